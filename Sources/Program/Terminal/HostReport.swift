import CFaceStyle
import Glibc

// What the library finds where it runs, and why it uses no more of it.

extension fs_host_info {
  static func found() throws(Failure) -> fs_host_info {
    var host = fs_host_info()
    host.size = MemoryLayout<fs_host_info>.size
    try check(fs_host_info_get(&host))
    return host
  }

  var instructionSet: String { String(cString: instruction_set) }

  /// Why that build of the kernels.
  var instructionSetReason: String {
    guard let asked = getenv("FACESTYLE_ISA").map({ String(cString: $0) }), !asked.isEmpty else {
      return "the best that this processor runs"
    }
    return asked == instructionSet
      ? "as FACESTYLE_ISA asks" : "FACESTYLE_ISA is \(shown(asked)), which this processor does not run"
  }

  /// Why as many threads.
  var threadsReason: String {
    if quota > 0, threads < allowed {
      return "the control groups grant the time of \(fixed(quota, 2)) processors"
    }
    return allowed < processors
      ? "this process may run on \(allowed) of \(counted(Int(processors), "processor", "processors"))"
      : "one for each processor of this machine"
  }

  /// Whose limit that of the memory is.
  var memoryReason: String {
    let source = String(cString: memory_source)
    switch source {
    case "this machine's": return "three quarters of this machine's memory"
    case "the control group's": return "the control group allows no more"
    default: return "\(source) limit of this process (ulimit)"
    }
  }
}

/// A library that the library loads when something needs it.
struct OptionalLibrary {
  let name, neededBy, package: String
  let isFound: Bool
  /// Its version, or why it was not found.
  let text: String

  /// All of them, loaded now.
  static func all() throws(Failure) -> [OptionalLibrary] {
    var libraries: [OptionalLibrary] = []
    for i in 0..<fs_optional_library_count() {
      var library = fs_optional_library(), line = [CChar](repeating: 0, count: 512)
      library.size = MemoryLayout<fs_optional_library>.size
      try check(fs_optional_library_get(i, &library, &line, line.count))
      libraries.append(
        OptionalLibrary(
          name: String(cString: library.name), neededBy: String(cString: library.needed_by),
          package: String(cString: library.package), isFound: library.found != 0,
          text: String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)))
    }
    return libraries
  }
}

/// The library's test of itself.
final class SelfTest {
  struct Check {
    let name: String
    let deviation, tolerance, seconds: Double
    let passed: Bool
  }

  private(set) var checks: [Check] = []
  /// Why it failed; nil if all checks passed.
  private(set) var fault: String?

  init() {
    let held = Unmanaged.passRetained(self)
    defer { held.release() }
    let status = fs_self_test(
      { check, user in
        guard let check = check?.pointee, let user else { return }
        Unmanaged<SelfTest>.fromOpaque(user).takeUnretainedValue().checks.append(
          Check(
            name: String(cString: check.name), deviation: check.deviation, tolerance: check.tolerance,
            seconds: check.seconds, passed: check.passed != 0))
      }, held.toOpaque())
    if status != FS_OK { fault = String(cString: fs_last_error()) }
  }
}
