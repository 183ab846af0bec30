/// A block of memory for `count` elements, aligned for the widest vector, freed with its last owner.
///
/// The pointers never leave the rooms of the library; they are valid while the storage lives, so whoever
/// takes them keeps the storage alive (`withExtendedLifetime`) or goes through a scoped method.
package final class Storage<Element: BitwiseCopyable> {
  package let count: Int
  package let pointer: UnsafeMutablePointer<Element>

  /// Memory of unspecified content, followed by a vector's width of readable slack.
  /// - Throws: `.noMemory` when the system refuses, or when the size does not fit an `Int`.
  package init(count: Int) throws(Failure) {
    guard count >= 0 else { throw .internalError("storage of \(count) elements") }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, bytes < Int.max - 128 else {
      throw .noMemory("\(count) elements do not fit the address space")
    }
    let memory = try Memory.take(bytes)
    self.count = count
    pointer = memory.bindMemory(to: Element.self, capacity: count)
  }

  package convenience init(repeating value: Element, count: Int) throws(Failure) {
    try self.init(count: count)
    pointer.initialize(repeating: value, count: count)
  }

  deinit {
    Memory.give(pointer, count * MemoryLayout<Element>.stride)
  }

  package var buffer: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }
}
