import CSystem

/// What all storage of the process holds, kept below three quarters of the machine's memory.
///
/// A system that overcommits grants any request and kills the process when the pages are used: the host's caller
/// gets an error instead.
enum MemoryBudget {
  private static let lock: Lock = {
    let lock = Lock()
    lock.surviveFork()
    return lock
  }()
  nonisolated(unsafe) private static var held = 0
  private static let limit: Int = {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? Int.max : bytes / 4 * 3
  }()

  /// - Throws: `.noMemory` naming what is wanted and what there is.
  static func take(_ bytes: Int) throws(Failure) {
    let fits = lock.hold {
      guard bytes <= limit - held else { return false }
      held += bytes
      return true
    }
    guard fits else {
      throw .noMemory("\(bytes >> 20) MB more are wanted, the library may hold \(limit >> 20) MB on this machine")
    }
  }

  static func give(_ bytes: Int) { lock.hold { held -= bytes } }
}
