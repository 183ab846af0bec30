import CReserve
import CSystem

// The host's own limit, and what the library holds: storage, objects, arrays and texts.
extension Memory {
  /// Bytes that the library holds now.
  package static var held: Int { systemHeld() }
  /// The most that it held at one moment, since it was loaded or `forgetMostHeld` was called.
  package static var mostHeld: Int { systemMostHeld() }
  package static func forgetMostHeld() { systemForgetMostHeld() }

  /// Returns what saves work alone to the system, and what the C library keeps of it.
  package static func trimAll() {
    trim()
    systemTrimHeap()
  }

  /// - Parameter limit: in bytes; nil: none but those of the machine and its like.
  /// - Throws: `.noMemory` if more is held already.
  package static func setLimit(_ limit: Int?) throws(Failure) {
    guard let limit else { return systemSetMayHold(Int.max) }
    if held > limit { trim() }
    let held = held
    guard held <= limit else {
      throw .noMemory("a limit of \(limit) bytes; expected at least the \(held) that the library holds")
    }
    systemSetMayHold(limit)
  }

  /// For each of many steps that make a few small objects and texts.
  /// - Throws: `.noMemory` if there is not.
  package static func expectObjects() throws(Failure) { try expect(1) }

  /// For the beginning of calls, and for steps that need memory for objects, arrays and texts but no storage.
  /// - Throws: `.noMemory` if the system has refused such memory, and refuses still, or if more is held than
  ///   the host's limit.
  @inline(never)
  package static func check() throws(Failure) {
    if systemIsShortOfMemory() != 0 { throw .noMemory("the system refuses memory for small blocks") }
    let held = systemHeld(), limit = systemMayHold()
    guard held > limit else { return }
    trim()
    if systemHeld() > limit {
      throw .noMemory("the library holds \(held) bytes; expected at most \(limit), by the program's limit")
    }
  }
}
