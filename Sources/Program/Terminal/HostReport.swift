import CFaceStyle

/// Prints what the library finds out about its host, one line each.
func printHost() throws(Failure) {
  var host = fs_host_info()
  host.size = MemoryLayout<fs_host_info>.size
  try check(fs_host_info_get(&host))
  print("processors: \(host.processors), of which this process may run on \(host.allowed)")
  print("quota of the control groups: \(host.quota > 0 ? "\(host.quota) processors" : "none")")
  print("threads: \(host.threads)")
  print("memory limit: \(host.memory_limit >> 20) MB")
  print("instruction set: \(String(cString: host.instruction_set))")
  print("algebra: \(algebraLibrary())")
}

/// OpenBLAS's description of itself, or why it is absent: few commands need it.
private func algebraLibrary() -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
    guard fs_algebra_library(text.baseAddress, text.count) == FS_OK, let start = text.baseAddress else {
      return String(cString: fs_last_error())
    }
    return String(cString: start)
  }
}
