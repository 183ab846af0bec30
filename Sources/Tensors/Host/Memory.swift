import CReserve
import CSystem

/// Allocates storage.
///
/// A system that overcommits grants any request and kills the process when the pages are used; here the
/// caller gets an error instead. A request is granted if it fits in what is now left of the machine's memory,
/// of each control group's limit and of the process's own limits (`MemoryRoom`), minus what is allocated but
/// not yet written to. All blocks together stay within the smallest of these limits, and within three
/// quarters of the machine's memory.
///
/// What is left is read again after a quarter of it has been requested, and for a large block when the last
/// reading is a second old. Most requests read nothing.
package enum Memory {
  /// Alignment of blocks, and the readable slack after them.
  private static let alignment = 64
  /// Blocks of this size or more have their own pages, which are returned to the system at once instead of to
  /// the C library's heap.
  private static let largeBlock = 1 << 20
  /// The same under the host's own limit, where what lies between blocks of the heap counts.
  private static let largeBlockOfFew = 1 << 17
  /// Of the host's own limit: what is left to objects and texts, which are not asked for.
  private static let roomOfObjects = 1 << 20

  private static let lock: Lock = {
    let lock = Lock()
    lock.surviveFork()
    return lock
  }()
  /// Blocks with pages of their own: address and size.
  nonisolated(unsafe) private static var large: [UInt: Int] = [:]
  nonisolated(unsafe) private static var largeHeld = 0
  /// Large blocks that are kept for the next request of the same size, and the number of users that keep
  /// them.
  nonisolated(unsafe) private static var spare: [Int: [UnsafeMutableRawPointer]] = [:]
  nonisolated(unsafe) private static var recyclers = 0
  /// What may be granted without reading again, and the time of the last reading.
  nonisolated(unsafe) private static var budget = 0
  nonisolated(unsafe) private static var limit = 0
  nonisolated(unsafe) private static var readAt = -Double.infinity

  /// The limit for all that the library holds, in bytes, and whose it is: "this machine's".
  package static var current: (limit: Int, source: StaticString) {
    let least = MemoryRoom().least, own = systemMayHold()
    return own < least.limit ? (own, "the program's") : (least.limit, least.source.name)
  }

  /// - Throws: `.noMemory`, stating what was requested and what is available.
  static func take(_ byteCount: Int) throws(Failure) -> UnsafeMutableRawPointer {
    if let kept = spareBlock(byteCount) { return kept }
    try reserve(byteCount, isTaken: true)
    return try allocate(byteCount)
  }

  /// For what is only quicker: nil where memory runs short, and nothing that is kept goes for it.
  static func takeIfRoom(_ byteCount: Int) throws(Failure) -> UnsafeMutableRawPointer? {
    if let kept = spareBlock(byteCount) { return kept }
    guard lock.hold({ refusal(byteCount, true) }) == nil else { return nil }
    return try allocate(byteCount)
  }

  private static func spareBlock(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    byteCount >= largeBlock ? lock.hold { spare[byteCount]?.popLast() } : nil
  }

  /// A block that is counted already.
  private static func allocate(_ byteCount: Int) throws(Failure) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    let isLarge = byteCount >= (systemMayHold() < Int.max ? largeBlockOfFew : largeBlock)
    if isLarge {
      memory = systemMap(byteCount + alignment)
      if memory == nil {
        trim()
        memory = systemMap(byteCount + alignment)
      }
    } else if __real_posix_memalign(&memory, alignment, byteCount + alignment) != 0 {
      memory = nil
    }
    guard let memory else {
      systemLetGo(byteCount + alignment)
      throw .noMemory("\(byteCount) bytes were refused by the system")
    }
    if isLarge {
      lock.hold {
        large[UInt(bitPattern: memory)] = byteCount
        largeHeld += byteCount
      }
    }
    return memory
  }

  /// Checks that there is memory for an allocation that a codec, LAPACK or an array is about to make.
  /// - Throws: `.noMemory` if there is not.
  package static func expect(_ byteCount: Int) throws(Failure) { try reserve(byteCount, isTaken: false) }

  /// Counts a block as held, if it is taken, and if there is room for it.
  private static func reserve(_ byteCount: Int, isTaken: Bool) throws(Failure) {
    guard lock.hold({ refusal(byteCount, isTaken) }) != nil else { return }
    trim()
    if let refusal = lock.hold({ refusal(byteCount, isTaken) }) { throw .noMemory(refusal) }
  }

  /// Counts the block and returns nil, or returns the reason for a refusal. Call with the lock held.
  private static func refusal(_ byteCount: Int, _ isTaken: Bool) -> String? {
    let held = systemHeld(), own = systemMayHold()
    guard byteCount <= own - roomOfObjects - held else {
      return excess(byteCount, held, own, "the program's")
    }
    let isFresh = byteCount < largeBlock || monotonicSeconds() - readAt < 1
    if isFresh, byteCount <= budget, byteCount <= limit - held {
      guard isTaken else { return nil }
      systemHold(byteCount + alignment)
      budget -= byteCount
      return nil
    }
    let room = MemoryRoom(), least = room.least, pages = room.leastPages, addresses = room.leastAddresses
    guard byteCount <= least.limit - held else {
      return excess(byteCount, held, least.limit, least.source.name)
    }
    guard byteCount <= addresses.free else { return shortage(byteCount, addresses, addresses.free) }
    // As if nothing that is held had been written to yet. Counted only where it matters: counting takes a
    // millisecond per gigabyte.
    var untouched = largeHeld
    if byteCount > pages.free - untouched { untouched = untouchedBytes() }
    guard byteCount <= pages.free - untouched else {
      return shortage(byteCount, pages, pages.free - untouched)
    }
    limit = least.limit
    budget = (min(pages.free - untouched, addresses.free) - (isTaken ? byteCount : 0)) / 4
    readAt = monotonicSeconds()
    if isTaken { systemHold(byteCount + alignment) }
    return nil
  }

  private static func excess(
    _ byteCount: Int, _ held: Int, _ limit: Int, _ source: StaticString
  ) -> String {
    "\(amount(byteCount)) more requested; the library holds \(amount(held)) and may hold \(amount(limit)),"
      + " by \(source) limit"
  }

  private static func shortage(_ byteCount: Int, _ level: MemoryRoom.Level, _ free: Int) -> String {
    "\(amount(byteCount)) more requested; \(amount(max(0, free))) are left of"
      + " \(level.source.name) \(amount(level.limit))"
  }

  private static func amount(_ byteCount: Int) -> String {
    byteCount < 10 << 20 ? "\((byteCount + 1023) >> 10) KB" : "\(byteCount >> 20) MB"
  }

  /// Bytes of large blocks without a page yet. Call with the lock held.
  private static func untouchedBytes() -> Int {
    let page = sysconf(Int32(_SC_PAGESIZE)), step = 4096
    var absent = 0
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: step) { state in
      guard let states = state.baseAddress else { return }
      for (address, byteCount) in large {
        let count = (byteCount + page - 1) / page
        for first in stride(from: 0, to: count, by: step) {
          let some = min(step, count - first)
          guard
            mincore(UnsafeMutableRawPointer(bitPattern: address + UInt(first * page)), some * page, states)
              == 0
          else { continue }
          for i in 0..<some where states[i] & 1 == 0 { absent += page }
        }
      }
    }
    return absent
  }

  /// Runs `body` while no other thread allocates a large block here.
  static func withoutOthers<Result>(_ body: () -> Result) -> Result { lock.hold { body() } }

  static func give(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    let isKept =
      byteCount >= largeBlock
      && lock.hold {
        guard recyclers > 0 else { return false }
        spare[byteCount, default: []].append(address)
        return true
      }
    if !isKept { release(address, byteCount) }
  }

  /// Returns what saves work alone to the system.
  package static func trim() {
    Reclaimable.emptyAll()
    empty()
  }

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
    systemLetGo(byteCount + alignment)
    let isLarge =
      byteCount >= largeBlockOfFew
      && lock.hold {
        guard large.removeValue(forKey: UInt(bitPattern: address)) != nil else { return false }
        largeHeld -= byteCount
        return true
      }
    if isLarge {
      munmap(address, byteCount + alignment)
    } else {
      __real_free(address)
    }
  }

  /// While an instance lives, freed large blocks are kept for the next request of the same size: work that
  /// allocates the same blocks repeatedly, such as training, avoids the system's zeroing of every page.
  package final class Recycling {
    package init() { Memory.lock.hold { Memory.recyclers += 1 } }

    /// Keeps blocks while `body` runs.
    package static func during<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
      let recycling = Recycling()
      defer { withExtendedLifetime(recycling) {} }
      return try body()
    }

    deinit {
      let isLast = Memory.lock.hold {
        Memory.recyclers -= 1
        return Memory.recyclers == 0
      }
      if isLast { Memory.empty() }
    }
  }
}
