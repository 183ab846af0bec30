import Images
import Networks
import Tensors

/// A picture as numbers [height, width, 3] in R, G, B order, with its sides padded to multiples of the
/// network's downsampling: mirrored beyond the right and lower edges.
struct Canvas {
  let width, height: Int
  /// Including the padding.
  let fullWidth, fullHeight: Int
  /// The network's value of level 255.
  let white: Float

  init(width: Int, height: Int, multipleOf side: Int, white: Float) {
    (self.width, self.height, self.white) = (width, height, white)
    fullWidth = (width + side - 1) / side * side
    fullHeight = (height + side - 1) / side * side
  }

  /// Count of all numbers.
  var count: Int { fullWidth * fullHeight * 3 }

  func fill(_ target: UnsafeMutablePointer<Float>, from image: Image) {
    let scale = white / 255
    for y in 0..<fullHeight {
      let row = image.row(mirrored(y, in: height)), line = target + 3 * y * fullWidth
      for x in 0..<fullWidth {
        let source = 3 * (x < width ? x : mirrored(x, in: width))
        for c in 0..<3 { line[3 * x + c] = Float(row[source + c]) * scale }
      }
    }
  }

  /// The inverse, rounded and clamped to 0...255.
  /// - Throws: `.badData` for numbers that are not finite.
  func image(
    from source: UnsafePointer<Float>, isBGR: Bool = false, _ name: StaticString
  ) throws(Failure) -> Image {
    let scale = 255 / white
    var isFinite = true
    let image = try Image(width: width, height: height) { y, row in
      let line = source + 3 * y * fullWidth
      for i in 0..<(3 * width) {
        let level = line[i] * scale
        if !level.isFinite { isFinite = false }
        row[i] = level > 0 ? (level < 255 ? UInt8(level.rounded()) : 255) : 0
      }
      guard isBGR else { return }
      for x in 0..<width { (row[3 * x], row[3 * x + 2]) = (row[3 * x + 2], row[3 * x]) }
    }
    guard isFinite else {
      throw .badData("\(name)'s picture has numbers that are not finite: its weights are damaged")
    }
    return image
  }
}
