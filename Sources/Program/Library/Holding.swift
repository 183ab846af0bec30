import CFaceStyle

// Handles are valid while their objects live. C does not retain them, so these functions do.

/// Calls `body`, which passes handles of these objects to C, and keeps them alive until it returns.
func holding<Result>(
  _ objects: AnyObject?..., body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let held = objects.map { $0.map { Unmanaged.passRetained($0) } }
  defer { for object in held { object?.release() } }
  return try body()
}

/// An object that holds one of the library's.
protocol HandleHolder: AnyObject {
  var handle: OpaquePointer { get }
}

extension Picture: HandleHolder {}
extension Model: HandleHolder {}

extension Array where Element: HandleHolder {
  /// The handles, valid inside `body`.
  func withHandles<Result>(
    _ body: ([OpaquePointer?]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let held = map { Unmanaged.passRetained($0) }
    defer { for holder in held { holder.release() } }
    return try body(map { $0.handle })
  }
}

extension Picture {
  /// R, G, B bytes, row by row, valid inside `body`.
  func withBytes(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    let held = Unmanaged.passRetained(self)
    defer { held.release() }
    body(UnsafeBufferPointer(start: fs_image_data(handle), count: 3 * width * height))
  }
}
