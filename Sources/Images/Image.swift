import Tensors

/// A picture: 8-bit sRGB, R, G, B bytes packed, 3 * width a row, top row first.
///
/// It never changes once its maker has handed it out, so threads may share it; that is what `@unchecked` claims.
package final class Image: @unchecked Sendable {
  /// The longest width or height, FS_IMAGE_MAX_SIDE: what JPEG can hold, to a round number.
  package static var maxSide: Int { 65500 }
  /// The largest width * height, FS_IMAGE_MAX_PIXELS: 384 MiB of pixels.
  package static var maxPixels: Int { 1 << 27 }

  package let width: Int
  package let height: Int
  package let pixels: Storage<UInt8>

  /// A picture of unspecified content, for a maker to fill before anybody else sees it.
  /// - Throws: `.invalidArgument` for sides outside the limits, `.noMemory`.
  package init(width: Int, height: Int) throws(Failure) {
    try Image.check(width: width, height: height)
    self.width = width
    self.height = height
    pixels = try Storage(count: 3 * width * height)
  }

  /// A picture made row by row: `fill` receives y and the 3 * width bytes of that row.
  package convenience init(
    width: Int, height: Int, fill: (Int, UnsafeMutableBufferPointer<UInt8>) -> Void
  ) throws(Failure) {
    try self.init(width: width, height: height)
    for y in 0..<height { fill(y, mutableRow(y)) }
  }

  /// - Throws: `.invalidArgument` for sides outside the limits.
  package static func check(width: Int, height: Int) throws(Failure) {
    if let problem = problem(width: width, height: height) { throw .invalidArgument(problem) }
  }

  /// What is wrong with the sides, or nil.
  static func problem(width: Int, height: Int) -> String? {
    guard width >= 1, height >= 1 else { return "picture of \(width)x\(height) pixels, at least 1x1 wanted" }
    guard width <= maxSide, height <= maxSide else {
      return "picture of \(width)x\(height) pixels, sides of at most \(maxSide) wanted"
    }
    guard width * height <= maxPixels else {
      return "picture of \(width)x\(height) pixels, at most \(maxPixels) in all wanted"
    }
    return nil
  }

  /// Bytes of a row.
  package var stride: Int { 3 * width }

  /// The bytes of row `y`, valid while the picture lives.
  package func row(_ y: Int) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(mutableRow(y)) }

  /// The same for its maker.
  func mutableRow(_ y: Int) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(y >= 0 && y < height)
    return UnsafeMutableBufferPointer(start: pixels.pointer + y * stride, count: stride)
  }
}
