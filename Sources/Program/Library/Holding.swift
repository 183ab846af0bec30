import CFaceStyle

// Pointers of objects are valid while the objects live. C holds none of them: here they are held for it.

/// Calls `body`, which has handed pointers of these objects to C; they live until it has returned.
func holding<Result>(
  _ objects: AnyObject?..., body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let held = objects.map { $0.map { Unmanaged.passRetained($0) } }
  defer { for object in held { object?.release() } }
  return try body()
}

extension [Picture] {
  /// The handles, valid inside `body`.
  func withHandles<Result>(
    _ body: ([OpaquePointer?]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let held = map { Unmanaged.passRetained($0) }
    defer { for picture in held { picture.release() } }
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
