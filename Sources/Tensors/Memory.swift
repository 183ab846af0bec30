import CSystem

/// Where storage comes from.
///
/// All of the process together stays below three quarters of the machine's memory: a system that overcommits grants any
/// request and kills the process when the pages are used; here the caller gets an error instead.
///
/// During `reusing`, large blocks that are given back are kept for the next request of about their size: work that
/// repeats itself would otherwise spend its time on the system's fresh pages.
package enum Memory {
  /// Blocks follow one another at this alignment and have as much readable slack.
  private static let alignment = 64
  private static let largeBlock = 1 << 18

  private struct Block {
    let address: UnsafeMutableRawPointer
    let byteCount: Int
  }

  private static let lock: Lock = {
    let lock = Lock()
    lock.surviveFork()
    return lock
  }()
  nonisolated(unsafe) private static var held = 0
  nonisolated(unsafe) private static var kept: [Block] = []
  nonisolated(unsafe) private static var keptCount = 0
  nonisolated(unsafe) private static var reusers = 0
  /// The most that is kept: more only lies about.
  private static let mostKept = 256 << 20
  private static let limit: Int = {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? Int.max : bytes / 4 * 3
  }()

  /// Runs work that repeats itself. What it kept goes back to the system when the last such work is done.
  package static func reusing<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    lock.hold { reusers += 1 }
    defer {
      let spare: [Block] = lock.hold {
        reusers -= 1
        guard reusers == 0 else { return [] }
        defer {
          kept.removeAll()
          keptCount = 0
        }
        return kept
      }
      for block in spare { free(block.address) }
    }
    return try body()
  }

  /// - Throws: `.noMemory` naming what is wanted and what there is.
  static func take(_ byteCount: Int) throws(Failure) -> UnsafeMutableRawPointer {
    var reused: UnsafeMutableRawPointer?
    let fits = lock.hold {
      guard byteCount <= limit - held else { return false }
      held += byteCount
      if byteCount >= largeBlock { reused = keptBlock(byteCount) }
      return true
    }
    guard fits else {
      throw .noMemory("\(byteCount >> 20) MB more are wanted, the library may hold \(limit >> 20) MB on this machine")
    }
    if let reused { return reused }
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, alignment, byteCount + alignment) == 0, let memory else {
      lock.hold { held -= byteCount }
      throw .noMemory("\(byteCount) bytes were refused by the system")
    }
    return memory
  }

  static func give(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    // What no longer fits goes, the longest unused first.
    let spare: [UnsafeMutableRawPointer] = lock.hold {
      held -= byteCount
      guard reusers > 0, byteCount >= largeBlock, byteCount <= mostKept else { return [address] }
      var spare: [UnsafeMutableRawPointer] = []
      while keptCount + byteCount > mostKept, !kept.isEmpty {
        let oldest = kept.removeFirst()
        keptCount -= oldest.byteCount
        spare.append(oldest.address)
      }
      kept.append(Block(address: address, byteCount: byteCount))
      keptCount += byteCount
      return spare
    }
    for address in spare { free(address) }
  }

  /// The smallest kept block that is large enough and not a quarter too large. Called with the lock held.
  private static func keptBlock(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    var best: Int?
    for (i, block) in kept.enumerated() where block.byteCount >= byteCount && block.byteCount - byteCount <= byteCount / 4 {
      if best.map({ block.byteCount < kept[$0].byteCount }) ?? true { best = i }
    }
    guard let best else { return nil }
    let block = kept.remove(at: best)
    keptCount -= block.byteCount
    return block.address
  }
}
