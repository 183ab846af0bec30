import CSystem

/// Where storage comes from.
///
/// All of the process together stays below three quarters of the machine's memory: a system that overcommits grants any
/// request and kills the process when the pages are used; here the caller gets an error instead.
package enum Memory {
  /// Blocks begin at this alignment and have as much readable slack behind them.
  private static let alignment = 64
  /// From here on a block has pages of its own, which go back to the system at once and not to the C library's heap.
  private static let largeBlock = 1 << 20

  private static let lock: Lock = {
    let lock = Lock()
    lock.surviveFork()
    return lock
  }()
  nonisolated(unsafe) private static var held = 0
  /// Large blocks that are kept for the next who wants one of that size, and for how many.
  nonisolated(unsafe) private static var spare: [Int: [UnsafeMutableRawPointer]] = [:]
  nonisolated(unsafe) private static var recyclers = 0
  private static let limit: Int = {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? Int.max : bytes / 4 * 3
  }()

  /// - Throws: `.noMemory` naming what is wanted and what there is.
  static func take(_ byteCount: Int) throws(Failure) -> UnsafeMutableRawPointer {
    if byteCount >= largeBlock, let kept = lock.hold({ spare[byteCount]?.popLast() }) { return kept }
    func reserve() -> Bool {
      lock.hold {
        guard byteCount <= limit - held else { return false }
        held += byteCount
        return true
      }
    }
    var fits = reserve()
    if !fits {
      empty()
      fits = reserve()
    }
    guard fits else {
      throw .noMemory("\(byteCount >> 20) MB more are wanted, the library may hold \(limit >> 20) MB on this machine")
    }
    var memory: UnsafeMutableRawPointer?
    if byteCount >= largeBlock {
      memory = systemMap(byteCount + alignment)
      if memory == nil {
        empty()
        memory = systemMap(byteCount + alignment)
      }
    } else if posix_memalign(&memory, alignment, byteCount + alignment) != 0 {
      memory = nil
    }
    guard let memory else {
      lock.hold { held -= byteCount }
      throw .noMemory("\(byteCount) bytes were refused by the system")
    }
    return memory
  }

  static func give(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    let isKept = byteCount >= largeBlock && lock.hold {
      guard recyclers > 0 else { return false }
      spare[byteCount, default: []].append(address)
      return true
    }
    if !isKept { release(address, byteCount) }
  }

  /// Gives the kept blocks back to the system.
  private static func empty() {
    let blocks = lock.hold {
      let blocks = spare
      spare = [:]
      return blocks
    }
    for (byteCount, addresses) in blocks {
      for address in addresses { release(address, byteCount) }
    }
  }

  private static func release(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    lock.hold { held -= byteCount }
    if byteCount >= largeBlock {
      munmap(address, byteCount + alignment)
    } else {
      free(address)
    }
  }

  /// While one of these lives, large blocks that are given back are kept for the next request of the same size: work that
  /// takes the same blocks over and over, as training does, saves the system's zeroing of every page.
  package final class Recycling {
    package init() { Memory.lock.hold { Memory.recyclers += 1 } }

    deinit {
      let isLast = Memory.lock.hold {
        Memory.recyclers -= 1
        return Memory.recyclers == 0
      }
      if isLast { Memory.empty() }
    }
  }
}
