import Tensors

/// The bytes of a picture, for loops over its pixels.
extension Image {
  /// Creates a picture row by row: `fill` receives y and the 3 * width bytes of that row.
  package convenience init(
    width: Int, height: Int, fill: (Int, UnsafeMutableBufferPointer<UInt8>) -> Void
  ) throws(Failure) {
    try self.init(width: width, height: height)
    let stride = stride
    pixels.withPointer { pixels in
      for y in 0..<height {
        fill(y, UnsafeMutableBufferPointer(start: pixels + y * stride, count: stride))
      }
    }
  }

  /// The bytes of all rows, valid inside `body`.
  package func withPixels<Result, Refusal: Error>(
    _ body: (UnsafePointer<UInt8>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try pixels.withPointer { pixels throws(Refusal) in try body(UnsafePointer(pixels)) }
  }

  /// The bytes of row `y`, valid while the picture lives.
  package func row(_ y: Int) -> UnsafeBufferPointer<UInt8> {
    precondition(y >= 0 && y < height)
    return UnsafeBufferPointer(start: pixels.pointer + y * stride, count: stride)
  }
}
