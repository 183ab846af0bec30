import CFaceStyle
import CSystem
import Galleries
import Images
import Tensors

// Version, log, threads: the library as a whole.

@c @implementation
public func fs_version() -> UInt32 {
  UInt32(clamping: FS_VERSION_MAJOR * 10000 + FS_VERSION_MINOR * 100 + FS_VERSION_PATCH)
}

@c @implementation
public func fs_abi_version() -> UInt32 { UInt32(clamping: FS_ABI_VERSION) }

@c @implementation
public func fs_log_set(_ level: fs_log_level, _ callback: fs_log_callback?, _ user: UnsafeMutableRawPointer?)
{
  guard let callback else { return setLog(level: 0, nil) }
  nonisolated(unsafe) let user = user
  setLog(level: Int32(bitPattern: level.rawValue)) { level, message in
    withHostFloats { callback(level.inC, message, user) }
  }
}

@c @implementation
public func fs_threads_set(_ count: UInt32) -> fs_status {
  boundary { () throws(Failure) in
    guard count <= ThreadPool.maximum else {
      throw .invalidArgument("\(count) threads; expected 0 to \(ThreadPool.maximum)")
    }
    ThreadPool.shared.threads = count == 0 ? ThreadPool.processors : Int(count)
  }
}

@c @implementation
public func fs_threads() -> UInt32 { UInt32(clamping: ThreadPool.shared.threads) }

@c @implementation
public func fs_memory_limit_set(_ bytes: UInt64) -> fs_status {
  boundary(isFreeing: true) { () throws(Failure) in
    try Memory.setLimit(bytes == 0 ? nil : Int(clamping: bytes))
  }
}

@c @implementation
public func fs_memory_limit() -> UInt64 { withStandardFloats { UInt64(clamping: Memory.current.limit) } }

@c @implementation
public func fs_memory_used() -> UInt64 { UInt64(clamping: Memory.held) }

@c @implementation
public func fs_memory_peak() -> UInt64 { UInt64(clamping: Memory.mostHeld) }

@c @implementation
public func fs_memory_peak_reset() { Memory.forgetMostHeld() }

@c @implementation
public func fs_memory_trim() { withStandardFloats { Memory.trimAll() } }

extension fs_host_info: SizedStruct {}

@c @implementation
public func fs_host_info_get(_ info: UnsafeMutablePointer<fs_host_info>?) -> fs_status {
  boundary { () throws(Failure) in
    let processors = Processors()
    var answer = fs_host_info.standard
    answer.processors = UInt32(clamping: processors.online)
    answer.allowed = UInt32(clamping: processors.allowed)
    if let quota = processors.quota { answer.quota = Double(quota.time) / Double(quota.period) }
    answer.threads = UInt32(clamping: ThreadPool.processors)
    let memory = Memory.current
    answer.memory_limit = UInt64(clamping: memory.limit)
    answer.memory_source = staticText(memory.source)
    answer.instruction_set = instructionSetName
    try fill(info, with: answer, "info")
  }
}

/// OpenBLAS's strings, which live as long as it is loaded: for ever.
@c @implementation
public func fs_algebra_library(_ text: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> fs_status {
  boundary { () throws(Failure) in
    let target = try output(text, capacity: capacity, needed: 1, "text")
    let (configuration, core) = try OpenBLAS.description()
    write("\(configuration), core \(core)", to: target, capacity)
  }
}

/// One line, cut off at `capacity`.
private func write(_ line: String, to target: UnsafeMutablePointer<CChar>, _ capacity: Int) {
  line.withCString { line in
    let count = min(strlen(line), capacity - 1)
    target.update(from: line, count: count)
    target[count] = 0
  }
}

extension fs_optional_library: SizedStruct {}

private var optionalLibraries: [OptionalLibrary] {
  [OpenBLAS.optional] + OptionalLibrary.ofPictures + OptionalLibrary.ofGalleries
}

@c @implementation
public func fs_optional_library_count() -> Int { optionalLibraries.count }

@c @implementation
public func fs_optional_library_get(
  _ index: Int, _ library: UnsafeMutablePointer<fs_optional_library>?, _ text: UnsafeMutablePointer<CChar>?,
  _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let optional = try element(optionalLibraries, index, "library")
    _ = try required(library, "library")
    try checkRoom(library, "library")
    let target = try output(text, capacity: capacity, needed: 1, "text")
    var answer = fs_optional_library.sized, line: String
    answer.name = staticText(optional.name)
    answer.needed_by = staticText(optional.neededBy)
    answer.package = staticText(optional.debianPackage)
    do throws(Failure) {
      line = try optional.version()
      answer.found = 1
    } catch {
      line = error.reason
    }
    write(line, to: target, capacity)
    try fill(library, with: answer, "library")
  }
}

@c @implementation
public func fs_instruction_set() -> UnsafePointer<CChar>? { instructionSetName }

@c @implementation
public func fs_instruction_set_choose(_ name: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    try chooseInstructionSet(name == nil ? nil : text(name, "name", limit: 64))
  }
}
