import CSystem

/// How much memory this process may use at one moment, according to the machine, its control groups and its
/// own limits.
struct MemoryRoom {
  /// The origin of a limit.
  enum Source {
    case machine, controlGroup, addressSpace, data

    /// As in "of the control group's 300 MB".
    var name: StaticString {
      switch self {
      case .machine: "this machine's"
      case .controlGroup: "the control group's"
      case .addressSpace: "RLIMIT_AS's"
      case .data: "RLIMIT_DATA's"
      }
    }
  }

  struct Level {
    let source: Source
    /// The limit on what may be held in total.
    let limit: Int
    /// What may be allocated beyond what is held.
    let free: Int
  }

  /// Limits on resident memory, which counts once it is written to.
  private(set) var pages: [Level] = []
  /// Limits on address space, which counts once it is allocated.
  private(set) var addresses: [Level] = []

  /// The level with the smallest limit.
  var least: Level { (pages + addresses).min { $0.limit < $1.limit } ?? MemoryRoom.boundless }
  var leastPages: Level { pages.min { $0.free < $1.free } ?? MemoryRoom.boundless }
  var leastAddresses: Level { addresses.min { $0.free < $1.free } ?? MemoryRoom.boundless }

  private static var boundless: Level { Level(source: .machine, limit: Int.max, free: Int.max) }

  init() {
    let machine = HostFiles.text("/proc/meminfo") ?? ""
    if let total = MemoryRoom.kilobytes("MemTotal:", machine) ?? MemoryRoom.physical {
      // A quarter is left to other processes.
      let limit = total / 4 * 3
      let available = MemoryRoom.kilobytes("MemAvailable:", machine)
      pages.append(
        Level(source: .machine, limit: limit, free: available.map { $0 - MemoryRoom.reserve(total) } ?? limit)
      )
    }
    for group in ControlGroup.all("memory") {
      guard let limit = group.memoryLimit else { continue }
      let free = limit - (group.memoryInUse ?? 0) - MemoryRoom.reserve(limit)
      pages.append(Level(source: .controlGroup, limit: limit, free: free))
    }
    let space = systemAddressSpaceLimit(), data = systemDataLimit()
    guard space != Int.max || data != Int.max else { return }
    // Pages: size, resident, shared, text, 0, data and stack, 0.
    let sizes = HostFiles.words(HostFiles.text("/proc/self/statm") ?? "").map {
      HostFiles.number(in: $0) ?? 0
    }
    let page = sysconf(Int32(_SC_PAGESIZE))
    func add(_ source: Source, _ limit: Int, place: Int) {
      guard limit != Int.max else { return }
      let used = place < sizes.count ? sizes[place] * page : 0
      addresses.append(Level(source: source, limit: limit, free: limit - used - MemoryRoom.reserve(limit)))
    }
    add(.addressSpace, space, place: 0)
    add(.data, data, place: 5)
  }

  /// What stays free for small blocks that do not come from `Memory`: arrays and strings, the work of codecs
  /// and the database, stacks, the system's own tables.
  private static func reserve(_ limit: Int) -> Int { min(limit / 16, 64 << 20) }

  private static func kilobytes(_ word: String, _ text: String) -> Int? {
    HostFiles.number(after: word, in: text).flatMap { $0 > 0 && $0 < 1 << 50 ? $0 << 10 : nil }
  }

  private static var physical: Int? {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(
      by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? nil : bytes
  }
}
