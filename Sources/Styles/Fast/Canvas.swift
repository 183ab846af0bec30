import Images
import Networks
import Tensors

/// A picture as numbers [height, width, 3] in R, G, B order, its sides filled up to multiples of what a
/// network halves them to: mirrored beyond the right and the lower edge.
struct Canvas {
  let width, height: Int
  /// With what is filled up.
  let fullWidth, fullHeight: Int
  /// A level of 255 as the network counts.
  let white: Float

  init(width: Int, height: Int, multipleOf side: Int, white: Float) {
    (self.width, self.height, self.white) = (width, height, white)
    fullWidth = (width + side - 1) / side * side
    fullHeight = (height + side - 1) / side * side
  }

  /// Numbers of the whole.
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

  /// The way back, rounded and held within 0...255.
  /// - Throws: `.badData` for numbers that are not finite.
  func image(from source: UnsafePointer<Float>, _ name: StaticString) throws(Failure) -> Image {
    let scale = 255 / white
    var isFinite = true
    let image = try Image(width: width, height: height) { y, row in
      let line = source + 3 * y * fullWidth
      for i in 0..<(3 * width) {
        let level = line[i] * scale
        if !level.isFinite { isFinite = false }
        row[i] = level > 0 ? (level < 255 ? UInt8(level.rounded()) : 255) : 0
      }
    }
    guard isFinite else {
      throw .badData("\(name)'s picture has numbers that are not finite: its weights are damaged")
    }
    return image
  }
}
