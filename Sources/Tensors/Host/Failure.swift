/// Why a call could not be served. Each case becomes the `fs_status` of the same name at the door, and its
/// text becomes `fs_last_error()`: one line, no full stop, the value seen and the value wanted.
package enum Failure: Error {
  case invalidArgument(String)
  case badData(String)
  case io(String)
  case noMemory(String)
  case noFace(String)
  case cancelled(String)
  case notFound(String)
  case wrongModel(String)
  case internalError(String)
}
