import CSystem
import TestSupport
import Tensors
import Testing

/// A machine or a container as the system's files describe it, in a folder that the library reads in place of
/// "/". Only in processes of their own: all of the process reads there from then on.
func describe(_ files: [(path: String, text: String)]) throws {
  if HostFiles.root.isEmpty {
    var name = Array("/tmp/facestyle-host-XXXXXX".utf8CString)
    HostFiles.root = String(cString: try #require(mkdtemp(&name)))
  }
  for (path, text) in files {
    let whole = HostFiles.root + path, bytes = Array(text.utf8)
    for place in whole.indices where whole[place] == "/" && place != whole.startIndex {
      mkdir(String(whole[..<place]), 0o755)
    }
    try bytes.withUnsafeBytes { try writeFile(whole, $0) }
  }
}

private let megabyte = 1 << 20
/// 16 GB, all of it free.
private let machine = ("/proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 16777216 kB\n")
private let unifiedMount = (
  "/proc/self/mountinfo",
  "23 29 0:21 / /proc rw,nosuid shared:5 - proc proc rw\n30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
)

private func group(
  _ path: String, max: String, current: Int = 0, inactive: Int = 0, active: Int = 0
) -> [(String, String)] {
  [
    (path + "/memory.max", max + "\n"), (path + "/memory.current", "\(current * megabyte)\n"),
    (
      path + "/memory.stat",
      "anon 17\nfile 4096\ninactive_file \(inactive * megabyte)\nactive_file \(active * megabyte)\n"
    )
  ]
}

@Suite struct MemoryLimitTests {
  @Test func `is three quarters of the machine's memory where nothing else limits it`() async {
    await #expect(processExitsWith: .success) {
      try describe([machine])
      try #require(Memory.current.limit == 12 << 30)
    }
  }

  @Test func `is the control group's, or that of a group above it, of version 2`() async {
    await #expect(processExitsWith: .success) {
      try describe([machine, unifiedMount, ("/proc/self/cgroup", "0::/pods/mine\n")])
      try describe(
        group("/sys/fs/cgroup/pods/mine", max: "max") + group("/sys/fs/cgroup/pods", max: "314572800"))
      try #require(Memory.current.limit == 300 * megabyte)
      try describe(group("/sys/fs/cgroup/pods/mine", max: "209715200"))
      try #require(Memory.current.limit == 200 * megabyte)
      // Beyond which the system slows processes down: systemd's MemoryHigh=.
      try describe([("/sys/fs/cgroup/pods/mine/memory.high", "104857600\n")])
      try #require(
        Memory.current.limit == 100 * megabyte && "\(Memory.current.source)" == "the control group's")
      try describe([("/sys/fs/cgroup/pods/mine/memory.high", "max\n")])
      try #require(Memory.current.limit == 200 * megabyte)
    }
  }

  @Test func `is the control group's of version 1, as a container mounts it`() async {
    await #expect(processExitsWith: .success) {
      try describe([
        machine, ("/proc/self/cgroup", "9:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n0::/\n"),
        (
          "/proc/self/mountinfo",
          "36 35 0:31 /docker/1f /sys/fs/cgroup/memory ro,nosuid master:1 - cgroup cgroup rw,memory\n"
            + "37 35 0:32 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw\n"
        ),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "314572800\n"),
        ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1048576\n")
      ])
      try #require(Memory.current.limit == 300 * megabyte)
      // None, as version 1 writes it.
      try describe([("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")])
      try #require(Memory.current.limit == 12 << 30)
    }
  }

  @Test func `is that of the mount's root where the group's own name leads nowhere`() async {
    await #expect(processExitsWith: .success) {
      for membership in ["0::/\n", "0::/../elsewhere\n", "0::/kubepods/of/the/host\n", "4:memory:/a\n", ""] {
        try describe(
          [machine, unifiedMount, ("/proc/self/cgroup", membership)]
            + group("/sys/fs/cgroup", max: "314572800"))
        try #require(Memory.current.limit == 300 * megabyte)
      }
    }
  }

  @Test func `folders with blanks and backslashes in their names are found`() async {
    await #expect(processExitsWith: .success) {
      try describe([
        machine, ("/proc/self/cgroup", "0::/system-a\\x2db.slice\n"),
        ("/proc/self/mountinfo", "30 23 0:26 / /sys/my\\040groups rw shared:4 - cgroup2 cgroup2 rw\n")
      ])
      try describe(group("/sys/my groups/system-a\\x2db.slice", max: "314572800"))
      try #require(Memory.current.limit == 300 * megabyte)
    }
  }

  @Test func `what others hold in the control group is not there, but what the system can take back is`()
    async
  {
    await #expect(processExitsWith: .success) {
      try describe([machine, unifiedMount, ("/proc/self/cgroup", "0::/a\n")])
      // 400 MB less a sixteenth for small things, less 300 MB, plus 100 MB of files and half of 40: 195 MB.
      try describe(group("/sys/fs/cgroup/a", max: "419430400", current: 300, inactive: 100, active: 40))
      try #require(
        outcome { try Storage<UInt8>(count: 196 * megabyte) }.hasPrefix(
          "noMemory: 196 MB more requested; 195 MB are left of the control group's 400 MB"))
      let block = try Storage<UInt8>(count: 194 * megabyte)
      withExtendedLifetime(block) {}
    }
  }

  @Test func `what was taken and not written to yet is not there either`() async {
    await #expect(processExitsWith: .success) {
      try describe([machine, unifiedMount, ("/proc/self/cgroup", "0::/a\n")])
      // 320 - 20 - 100 = 200 MB are left.
      try describe(group("/sys/fs/cgroup/a", max: "335544320", current: 100))
      let first = try Storage<UInt8>(count: 90 * megabyte), second = try Storage<UInt8>(count: 90 * megabyte)
      try #require(outcome { try Storage<UInt8>(count: 30 * megabyte) }.hasPrefix("noMemory"))
      // Once the first is written to, the group's count has it: it is not counted twice.
      first.pointer.update(repeating: 1, count: first.count)
      try describe(group("/sys/fs/cgroup/a", max: "335544320", current: 190))
      let third = try Storage<UInt8>(count: 15 * megabyte)
      try #require(outcome { try Storage<UInt8>(count: 15 * megabyte) }.hasPrefix("noMemory"))
      withExtendedLifetime((first, second, third)) {}
    }
  }

  @Test func `a limit that changes is heeded`() async {
    await #expect(processExitsWith: .success) {
      try describe([machine, unifiedMount, ("/proc/self/cgroup", "0::/a\n")])
      try describe(group("/sys/fs/cgroup/a", max: "1073741824"))
      _ = try Storage<UInt8>(count: 300 * megabyte)
      try describe(group("/sys/fs/cgroup/a", max: "314572800"))
      try #require(outcome { try Storage<UInt8>(count: 300 * megabyte) }.hasPrefix("noMemory"))
      try describe(group("/sys/fs/cgroup/a", max: "max"))
      _ = try Storage<UInt8>(count: 300 * megabyte)
    }
  }

  @Test func `many small blocks are counted too`() async {
    await #expect(processExitsWith: .success) {
      try describe([machine, unifiedMount, ("/proc/self/cgroup", "0::/a\n")])
      try describe(group("/sys/fs/cgroup/a", max: "16777216"))  // 15 MB are left, as the file stays
      var blocks: [Storage<UInt8>] = []
      var refusal = ""
      while refusal.isEmpty, blocks.count < 1000 {
        refusal = outcome { blocks.append(try Storage<UInt8>(count: 100 << 10)) }
        if !refusal.hasPrefix("noMemory") { refusal = "" }
      }
      try #require(refusal.hasPrefix("noMemory") && blocks.count > 140 && blocks.count <= 164)
    }
  }

  @Test func `memory that other programs of the machine hold is not there`() async {
    await #expect(processExitsWith: .success) {
      try describe([("/proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 204800 kB\n")])  // 200 MB less 64
      try #require(
        outcome { try Storage<UInt8>(count: 140 * megabyte) }.hasPrefix(
          "noMemory: 140 MB more requested; 136 MB are left of this machine's"))
      let block = try Storage<UInt8>(count: 130 * megabyte)
      withExtendedLifetime(block) {}
    }
  }

  @Test func `what others will take is expected in the same way`() async {
    await #expect(processExitsWith: .success) {
      try describe([("/proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 204800 kB\n")])
      try Memory.expect(130 * megabyte)
      try Memory.expect(130 * megabyte)
      try #require(outcome { try Memory.expect(140 * megabyte) }.hasPrefix("noMemory"))
    }
  }
}

@Suite struct ProcessorsTests {
  @Test func `are those that the system lets this thread run on`() {
    let processors = Processors()
    #expect(processors.allowed >= 1 && processors.allowed == systemAllowedProcessors())
    #expect(processors.threads >= 1 && processors.threads <= processors.allowed)
  }

  @Test func `the least quota of the groups, of either version, rounded up, decides`() async {
    await #expect(processExitsWith: .success) {
      try describe([unifiedMount, ("/proc/self/cgroup", "0::/pods/mine\n")])
      let allowed = Processors().allowed
      func threads(_ own: String, _ above: String) throws -> Int {
        try describe([("/sys/fs/cgroup/pods/mine/cpu.max", own), ("/sys/fs/cgroup/pods/cpu.max", above)])
        return Processors().threads
      }
      try #require(threads("max 100000\n", "max 100000\n") == allowed)
      try #require(threads("100000 100000\n", "max 100000\n") == 1)
      try #require(threads("max 100000\n", "50000 100000\n") == 1)
      try #require(threads("150000 100000\n", "1000 1000\n") == 1)
      try #require(threads("1000 1000\n", "200000 100000\n") == 1)
      try #require(threads("110000 100000\n", "max 100000\n") == min(2, allowed))
      try #require(threads("no number\n", "") == allowed)

      try describe([
        ("/proc/self/cgroup", "1:cpu,cpuacct:/a\n"),
        (
          "/proc/self/mountinfo",
          "36 35 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        ),
        ("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n")
      ])
      try #require(Processors().threads == allowed)
      try describe([("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "100000\n")])
      try #require(Processors().threads == 1 && ThreadPool.processors == 1)
    }
  }
}
