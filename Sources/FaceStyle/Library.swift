import CFaceStyle
import CSystem
import Tensors

// Version, log, threads: the library as a whole.

@c @implementation
public func fs_version() -> UInt32 {
  UInt32(clamping: FS_VERSION_MAJOR * 10000 + FS_VERSION_MINOR * 100 + FS_VERSION_PATCH)
}

@c @implementation
public func fs_abi_version() -> UInt32 { UInt32(clamping: FS_ABI_VERSION) }

@c @implementation
public func fs_log_set(_ level: fs_log_level, _ callback: fs_log_callback?, _ user: UnsafeMutableRawPointer?) {
  guard let callback else { return setLog(level: 0, nil) }
  nonisolated(unsafe) let user = user
  setLog(level: Int32(truncatingIfNeeded: level.rawValue)) { level, message in
    callback(fs_log_level(rawValue: UInt32(truncatingIfNeeded: level)), message, user)
  }
}

@c @implementation
public func fs_threads_set(_ count: UInt32) -> fs_status {
  boundary { () throws(Failure) in
    guard count <= ThreadPool.maximum else { throw .invalidArgument("\(count) threads, wanted 0 to \(ThreadPool.maximum)") }
    ThreadPool.shared.threads = count == 0 ? ThreadPool.processors : Int(count)
  }
}

@c @implementation
public func fs_threads() -> UInt32 { UInt32(clamping: ThreadPool.shared.threads) }

@c @implementation
public func fs_instruction_set() -> UnsafePointer<CChar>? { instructionSetName }

@c @implementation
public func fs_instruction_set_choose(_ name: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    try chooseInstructionSet(name == nil ? nil : text(name, "name", limit: 64))
  }
}
