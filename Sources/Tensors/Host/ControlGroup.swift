/// A Linux control group that contains this process, directly or as an ancestor. It holds the limits that
/// systemd's MemoryMax=, MemoryHigh= and CPUQuota=, Docker and Kubernetes set. Sources: Linux,
/// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst, scheduler/sched-bwc.rst.
struct ControlGroup {
  /// In version 1 each controller has its own tree, in version 2 all share one.
  let isUnified: Bool
  let folder: String

  /// The groups of a controller ("memory", "cpu"), from this process's own up to the root of the mount. Only
  /// the root if the process's own group is not visible: a container may see the name that its group has
  /// outside.
  static func all(_ controller: String) -> [ControlGroup] {
    guard let memberships = HostFiles.text("/proc/self/cgroup"),
      let mounts = HostFiles.text("/proc/self/mountinfo")
    else {
      return []
    }
    var groups: [ControlGroup] = []
    for line in HostFiles.lines(mounts) {
      guard let mount = Mount(line, controller) else { continue }
      let path = path(memberships, mount.isUnified ? nil : controller) ?? "/"
      var below = mount.below(path)
      if !HostFiles.exists(mount.point + below) { below = "" }
      while true {
        groups.append(ControlGroup(isUnified: mount.isUnified, folder: mount.point + below))
        guard let slash = below.utf8.lastIndex(of: UInt8(ascii: "/")) else { break }
        below = String(below[..<slash])
      }
    }
    return groups
  }

  /// The path of this process's group as /proc/self/cgroup has it, "4:memory:/a/b" or "0::/a/b".
  private static func path(_ memberships: String, _ controller: String?) -> String? {
    for line in HostFiles.lines(memberships) {
      let parts = line.utf8.split(
        separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false
      )
      .map { String(decoding: $0, as: UTF8.self) }
      guard parts.count == 3 else { continue }
      let isOurs =
        if let controller {
          HostFiles.parts(parts[1], separator: UInt8(ascii: ",")).contains(controller)
        } else {
          parts[0] == "0" && parts[1].isEmpty
        }
      if isOurs { return parts[2] }
    }
    return nil
  }

  // MARK: Limits and use

  /// Bytes; nil without a limit. Beyond memory.high nothing is killed, but all is slowed down.
  var memoryLimit: Int? {
    (isUnified ? ["/memory.max", "/memory.high"] : ["/memory.limit_in_bytes"])
      .compactMap { HostFiles.number(folder + $0) }
      // Version 1 writes "no limit" as the largest number of whole pages.
      .filter { $0 < 1 << 60 }.min()
  }

  /// Bytes that its processes hold, excluding what the system reclaims before it kills a process: cached
  /// files that were not used recently, and half of the others.
  var memoryInUse: Int? {
    guard let bytes = HostFiles.number(folder + (isUnified ? "/memory.current" : "/memory.usage_in_bytes"))
    else { return nil }
    let statistics = HostFiles.text(folder + "/memory.stat") ?? "", prefix = isUnified ? "" : "total_"
    let inactive = HostFiles.number(after: prefix + "inactive_file", in: statistics) ?? 0
    let active = HostFiles.number(after: prefix + "active_file", in: statistics) ?? 0
    return max(0, bytes - inactive - active / 2)
  }

  /// Processor time per period, in microseconds; nil without a limit.
  var quota: (time: Int, period: Int)? {
    var time: Int?, period: Int?
    if isUnified {
      // "max 100000" or "150000 100000"
      let words = HostFiles.words(HostFiles.text(folder + "/cpu.max") ?? "")
      guard words.count == 2 else { return nil }
      (time, period) = (HostFiles.number(in: words[0]), HostFiles.number(in: words[1]))
    } else {
      (time, period) = (
        HostFiles.number(folder + "/cpu.cfs_quota_us"), HostFiles.number(folder + "/cpu.cfs_period_us")
      )
    }
    guard let time, let period, time > 0, period > 0 else { return nil }
    return (time, period)
  }
}

/// Where a tree of control groups is mounted, from a line of /proc/self/mountinfo:
/// "36 35 0:30 /docker/1f /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory".
private struct Mount {
  let isUnified: Bool
  /// The group at the root of the mount.
  let root: String
  /// "" for "/".
  let point: String

  init?(_ line: String, _ controller: String) {
    let words = HostFiles.words(line)
    guard words.count >= 10, let dash = words.dropFirst(6).firstIndex(of: "-"), dash + 3 < words.count else {
      return nil
    }
    switch words[dash + 1] {
    case "cgroup2": isUnified = true
    case "cgroup":
      guard HostFiles.parts(words[dash + 3], separator: UInt8(ascii: ",")).contains(controller) else {
        return nil
      }
      isUnified = false
    default: return nil
    }
    root = Mount.plain(words[3])
    let point = Mount.plain(words[4])
    self.point = point == "/" ? "" : point
  }

  /// The path of a group below the mount: "" or "/a/b".
  func below(_ path: String) -> String {
    // Outside the namespace: "/../b".
    guard !path.utf8.starts(with: "/..".utf8) else { return "" }
    if path == root || path == "/" { return "" }
    if root == "/" { return path }
    let isInside = path.utf8.starts(with: (root + "/").utf8)
    return isInside ? String(decoding: path.utf8.dropFirst(root.utf8.count), as: UTF8.self) : ""
  }

  /// Decodes octal escapes, which stand for blanks and backslashes: "\040".
  private static func plain(_ text: String) -> String {
    var bytes = Array(text.utf8), place = 0
    while let start = bytes[place...].firstIndex(of: UInt8(ascii: "\\")), start + 3 < bytes.count {
      let digits = bytes[start + 1...start + 3].map { Int($0) - 0x30 }
      if digits.allSatisfy({ (0...7).contains($0) }) {
        bytes.replaceSubrange(
          start...start + 3, with: [UInt8(truncatingIfNeeded: digits[0] * 64 + digits[1] * 8 + digits[2])])
      }
      place = start + 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
