import CFaceStyle
import CSystem
import Tensors

/// Wraps every exported function that can fail: clears the last error, runs the body in the standard
/// floating-point state, and turns a failure into a status, with its reason kept for this thread.
/// - Parameter isFreeing: it is of use where memory is short.
func boundary(isFreeing: Bool = false, _ body: () throws(Failure) -> Void) -> fs_status {
  withStandardFloats { status(of: body, isFreeing) }
}

private func status(of body: () throws(Failure) -> Void, _ isFreeing: Bool) -> fs_status {
  setLastError(nil)
  do throws(Failure) {
    if !isFreeing { try Memory.check() }
    try body()
    setLastError(nil)  // it may be that of a call from the host's function
    return FS_OK
  } catch {
    // First: the host's function may call the library and thereby clear the last error.
    log(.debug, error.reason)
    setLastError(error.reason)
    return error.kind.inC
  }
}

extension Failure {
  /// A failure returned by a host's callback, to be passed on.
  init(_ status: fs_status, of callback: StaticString) {
    guard let kind = Kind(rawValue: Int32(bitPattern: status.rawValue)) else {
      self = .invalidArgument("the host's \(callback) returned \(status.rawValue); expected one of fs_status")
      return
    }
    self.init(kind, "the host's \(callback) returned \(kind.name)")
  }
}

/// Each thread owns its reason as a C string, which is freed when it is replaced and when the thread ends.
private let lastErrorKey: pthread_key_t = {
  var key = pthread_key_t()
  pthread_key_create(&key) { free($0) }
  return key
}()

private func setLastError(_ reason: String?) {
  let old = pthread_getspecific(lastErrorKey)
  guard old != nil || reason != nil else { return }
  let new = reason.flatMap { oneLine($0) }
  // Refused where the host has many keys and no memory.
  guard pthread_setspecific(lastErrorKey, new.map { UnsafeRawPointer($0) }) == 0 else { return free(new) }
  free(old)
}

/// A copy in UTF-8, with control characters, which a file's or a caller's names may contain, as blanks.
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
  guard status != FS_OK else { return staticText("FS_OK") }
  let kind = Failure.Kind(rawValue: Int32(bitPattern: status.rawValue))
  return staticText(kind?.name ?? "unknown fs_status")
}

/// A literal as a C string that lives as long as the library.
func staticText(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
