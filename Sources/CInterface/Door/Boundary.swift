import CFaceStyle
import CSystem
import Tensors

/// What every door function that can fail goes through: the last error is cleared, the body runs in the
/// standard floating-point state, and a failure becomes a status with its reason kept for this thread.
func boundary(_ body: () throws(Failure) -> Void) -> fs_status {
  withStandardFloats { status(of: body) }
}

private func status(of body: () throws(Failure) -> Void) -> fs_status {
  setLastError(nil)
  do throws(Failure) {
    try body()
    setLastError(nil)  // of a call that the host's function made meanwhile
    return FS_OK
  } catch {
    let (status, reason) = error.status
    log(.debug, reason)  // first: the host's function may call the library and so clear the last error
    setLastError(reason)
    return status
  }
}

extension Failure {
  fileprivate var status: (fs_status, String) {
    switch self {
    case .invalidArgument(let reason): (FS_INVALID_ARGUMENT, reason)
    case .badData(let reason): (FS_BAD_DATA, reason)
    case .io(let reason): (FS_IO, reason)
    case .noMemory(let reason): (FS_NO_MEMORY, reason)
    case .noFace(let reason): (FS_NO_FACE, reason)
    case .cancelled(let reason): (FS_CANCELLED, reason)
    case .notFound(let reason): (FS_NOT_FOUND, reason)
    case .wrongModel(let reason): (FS_WRONG_MODEL, reason)
    case .internalError(let reason): (FS_INTERNAL, reason)
    }
  }
}

extension Failure {
  /// What a host's callback answered, to be passed on.
  init(_ status: fs_status, of callback: StaticString) {
    let name = fs_status_name(status).map { String(cString: $0) } ?? ""
    let reason = "the host's \(callback) returned \(name)"
    self =
      switch status {
      case FS_BAD_DATA: .badData(reason)
      case FS_IO: .io(reason)
      case FS_NO_MEMORY: .noMemory(reason)
      case FS_NO_FACE: .noFace(reason)
      case FS_CANCELLED: .cancelled(reason)
      case FS_NOT_FOUND: .notFound(reason)
      case FS_WRONG_MODEL: .wrongModel(reason)
      case FS_INTERNAL: .internalError(reason)
      case FS_INVALID_ARGUMENT: .invalidArgument(reason)
      default: .invalidArgument("the host's \(callback) returned \(status.rawValue), wanted one of fs_status")
      }
  }
}

/// Each thread's reason is a C string of its own, freed when it is replaced and when the thread ends.
private let lastErrorKey: pthread_key_t = {
  var key = pthread_key_t()
  pthread_key_create(&key) { free($0) }
  return key
}()

private func setLastError(_ reason: String?) {
  let old = pthread_getspecific(lastErrorKey)
  guard old != nil || reason != nil else { return }
  pthread_setspecific(lastErrorKey, reason.flatMap { oneLine($0).map { UnsafeRawPointer($0) } })
  free(old)
}

/// A copy in which control characters, which a file's or a caller's names may bring in, are blanks, and all
/// is UTF-8.
private func oneLine(_ text: String) -> UnsafeMutablePointer<CChar>? {
  let copy = shown(text).withCString { strdup($0) }
  guard let copy else { return nil }
  for i in 0..<strlen(copy) where UInt8(bitPattern: copy[i]) < 0x20 { copy[i] = 0x20 }
  return copy
}

@c @implementation
public func fs_last_error() -> UnsafePointer<CChar>? {
  guard let reason = pthread_getspecific(lastErrorKey) else { return staticText("") }
  return UnsafePointer(reason.assumingMemoryBound(to: CChar.self))
}

@c @implementation
public func fs_status_name(_ status: fs_status) -> UnsafePointer<CChar>? {
  switch status {
  case FS_OK: staticText("FS_OK")
  case FS_INVALID_ARGUMENT: staticText("FS_INVALID_ARGUMENT")
  case FS_BAD_DATA: staticText("FS_BAD_DATA")
  case FS_IO: staticText("FS_IO")
  case FS_NO_MEMORY: staticText("FS_NO_MEMORY")
  case FS_NO_FACE: staticText("FS_NO_FACE")
  case FS_CANCELLED: staticText("FS_CANCELLED")
  case FS_NOT_FOUND: staticText("FS_NOT_FOUND")
  case FS_WRONG_MODEL: staticText("FS_WRONG_MODEL")
  case FS_INTERNAL: staticText("FS_INTERNAL")
  default: staticText("unknown fs_status")
  }
}

/// A literal as a C string that lives as long as the library.
func staticText(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
