import Tensors

/// A picture: 8-bit sRGB, packed R, G, B bytes, 3 * width per row, top row first. It may also have 16-bit
/// samples, and alpha.
///
/// Immutable once its creator has published it, so threads may share it; that is what `@unchecked` claims.
package final class Image: @unchecked Sendable {
  /// The maximum width or height, FS_IMAGE_MAX_SIDE: JPEG's limit, rounded down.
  package static var maxSide: Int { 65500 }
  /// The maximum width * height, FS_IMAGE_MAX_PIXELS: 768 MiB of pixels. Phones' photos have up to 200
  /// million.
  package static var maxPixels: Int { 1 << 28 }

  package let width: Int
  package let height: Int
  /// Blended over white if there is alpha.
  package let pixels: Storage<UInt8>
  /// The same with 16 bits per sample, if available: `pixels` are these, rounded.
  package let deep: Storage<UInt16>?
  /// The coverage of each pixel, width per row, 255 opaque; nil if all are opaque.
  package let alpha: Storage<UInt8>?
  /// The picture before blending; nil without alpha.
  private let colours: Image?

  /// An uninitialised picture, to be filled before it is published.
  /// - Throws: `.invalidArgument` for sides outside the limits, `.noMemory`.
  package convenience init(width: Int, height: Int) throws(Failure) {
    try Image.check(width: width, height: height)
    self.init(width: width, height: height, pixels: try Storage(count: 3 * width * height))
  }

  /// - Parameter pixels: 3 * width * height, with checked sides.
  convenience init(width: Int, height: Int, pixels: Storage<UInt8>) {
    self.init(width, height, pixels, deep: nil, alpha: nil, colours: nil)
  }

  private init(
    _ width: Int, _ height: Int, _ pixels: Storage<UInt8>, deep: Storage<UInt16>?, alpha: Storage<UInt8>?,
    colours: Image?
  ) {
    precondition(pixels.count == 3 * width * height)
    (self.width, self.height) = (width, height)
    (self.pixels, self.deep) = (pixels, deep)
    (self.alpha, self.colours) = (alpha, colours)
  }

  /// - Throws: `.invalidArgument` for sides outside the limits.
  package static func check(width: Int, height: Int) throws(Failure) {
    if let problem = problem(width: width, height: height) { throw .invalidArgument(problem) }
  }

  /// The fault of the sides, or nil.
  static func problem(width: Int, height: Int) -> String? {
    guard width >= 1, height >= 1 else {
      return "picture of \(width)x\(height) pixels; expected at least 1x1"
    }
    guard width <= maxSide, height <= maxSide else {
      return "picture of \(width)x\(height) pixels; expected sides of at most \(maxSide)"
    }
    guard width * height <= maxPixels else {
      return "picture of \(width)x\(height) pixels; expected at most \(maxPixels) in all"
    }
    return nil
  }

  /// Bytes per row.
  package var stride: Int { 3 * width }

  // MARK: 16 bits

  /// A picture with 16 bits per sample; `pixels` become the nearest levels.
  /// - Parameter deep: 3 * width * height R, G, B samples, 65535 white.
  /// - Throws: `.invalidArgument` for sides outside the limits, `.noMemory`.
  package convenience init(width: Int, height: Int, deep: Storage<UInt16>) throws(Failure) {
    try Image.check(width: width, height: height)
    self.init(width, height, try Image.narrowed(deep), deep: deep, alpha: nil, colours: nil)
  }

  /// A sample in levels of 0...255, with all available precision.
  package func level(_ place: Int) -> Double {
    if let deep { return Double(deep.pointer[place]) / 257 }
    return Double(pixels.pointer[place])
  }

  private static func narrowed(_ deep: Storage<UInt16>) throws(Failure) -> Storage<UInt8> {
    try Storage(converting: deep) { UInt8(narrowing: $0) }
  }

  // MARK: Alpha

  /// The opaque picture before it was blended over white; itself if it is opaque.
  package var unblended: Image { colours ?? self }

  /// `colours` with alpha, blended over white: `c alpha + 1 - alpha`, on the stored values as in browsers,
  /// not in linear light. Returns `colours` if they are fully opaque.
  /// - Parameter alpha: width * height levels, 255 opaque.
  package static func blended(_ colours: Image, _ alpha: Storage<UInt8>) throws(Failure) -> Image {
    let colours = colours.unblended
    guard alpha.count == colours.width * colours.height else {
      throw .internalError(
        "alpha of \(alpha.count) pixels for a picture of \(colours.width)x\(colours.height)")
    }
    if alpha.withBuffer({ $0.allSatisfy { $0 == 255 } }) { return colours }
    var deep: Storage<UInt16>?
    if let straight = colours.deep { deep = try overWhite(straight, alpha) }
    let pixels: Storage<UInt8>
    if let deep { pixels = try narrowed(deep) } else { pixels = try overWhite(colours.pixels, alpha) }
    return Image(colours.width, colours.height, pixels, deep: deep, alpha: alpha, colours: colours)
  }

  private static func overWhite<Sample: Level>(
    _ colours: Storage<Sample>, _ alpha: Storage<UInt8>
  ) throws(Failure) -> Storage<Sample> {
    let blended = try Storage<Sample>(count: colours.count), white = Int(Sample.max)
    let count = alpha.count
    withPointers(colours, alpha, blended) { colours, alpha, blended in
      for pixel in 0..<count {
        let alpha = Int(alpha[pixel])
        for place in (3 * pixel)..<(3 * pixel + 3) {
          let sum = Int(colours[place]) * alpha + white * (255 - alpha)
          blended[place] = Sample(truncatingIfNeeded: (sum + 127) / 255)
        }
      }
    }
    return blended
  }
}
