import Images
import Tensors

/// A picture being varied: levels of 0 to 255, R,G,B, in the caller's memory, `[height, width, 3]`.
package struct LevelView {
  package let levels: UnsafeMutablePointer<Float>
  package let width: Int
  package let height: Int

  package init(_ levels: UnsafeMutablePointer<Float>, width: Int, height: Int) {
    (self.levels, self.width, self.height) = (levels, width, height)
  }

  private var count: Int { 3 * width * height }

  /// The picture of the rounded levels, which lie in 0...255.
  package func image() throws(Failure) -> Image {
    try Image(width: width, height: height) { y, row in
      for i in 0..<row.count { row[i] = UInt8(truncatingIfNeeded: Int32(levels[y * row.count + i] + 0.5)) }
    }
  }

  /// Fills the view from a picture: `view(x, y) = picture(map(x, y))`, bilinear, with the picture's edge
  /// repeated.
  package func fill(
    from pixels: Span<UInt8>, width sourceWidth: Int, height sourceHeight: Int, map: Affine
  ) {
    precondition(pixels.count >= 3 * sourceWidth * sourceHeight)
    pixels.withUnsafeBufferPointer { pixels in
      if let start = pixels.baseAddress { fill(from: start, sourceWidth, sourceHeight, map) }
    }
  }

  private func fill(
    from pixels: UnsafePointer<UInt8>, _ sourceWidth: Int, _ sourceHeight: Int, _ map: Affine
  ) {
    let source = BilinearSource(pixels, width: sourceWidth, height: sourceHeight)
    var target = levels
    for y in 0..<height {
      let start = (x: map.b * Double(y) + map.c, y: map.e * Double(y) + map.f)
      for x in 0..<width {
        let px = map.a * Double(x) + start.x, py = map.d * Double(x) + start.y
        source.forEachLevel(px, py) { c, level in target[c] = level }
        target += 3
      }
    }
  }

  /// `level' = (level - 127.5) contrast + 127.5 + brightness`
  package func light(brightness: Float, contrast: Float) {
    let shift = 127.5 - 127.5 * contrast + brightness
    for i in 0..<count { levels[i] = levels[i] * contrast + shift }
  }

  /// `R, G, B = 0.299 R + 0.587 G + 0.114 B`, ITU-R BT.601's luma.
  package func loseColour() {
    for i in 0..<(width * height) {
      let pixel = levels + 3 * i
      let grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
      (pixel[0], pixel[1], pixel[2]) = (grey, grey, grey)
    }
  }

  /// Adds 96 x 96 grains to the view whatever its size, so that views of two sizes show the same; each level
  /// of a grain is shifted by a random number with mean 0 and the given standard deviation, nearly normal.
  package func addNoise(deviation: Float, seed: UInt64) {
    let grains = 96
    var random = Generator(seed: seed)
    // The sum of four bytes: variance 4 (256^2 - 1) / 12, mean 510.
    let scale = deviation / (4 * Float(65535) / 12).squareRoot()
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * grains) { line in
      line.initialize(repeating: 0)
      var drawn = -1
      for y in 0..<height {
        while drawn < y * grains / height {
          drawn += 1
          for i in stride(from: 0, to: 3 * grains, by: 2) {
            let bits = random.next()
            // Two sums of four bytes at once, in 16-bit lanes.
            let pairs = (bits & 0x00FF_00FF_00FF_00FF) &+ (bits >> 8 & 0x00FF_00FF_00FF_00FF)
            let sums = pairs &+ (pairs >> 16)
            line[i] = (Float(sums & 0xFFFF) - 510) * scale
            line[i + 1] = (Float(sums >> 32 & 0xFFFF) - 510) * scale
          }
        }
        let row = levels + 3 * width * y
        for x in 0..<width {
          let grain = 3 * (x * grains / width)
          for c in 0..<3 { row[3 * x + c] += line[grain + c] }
        }
      }
    }
  }

  /// Clamps all levels to 0...255.
  package func clamp() {
    for i in 0..<count { levels[i] = min(max(levels[i], 0), 255) }
  }

  /// A rectangle of one colour, covering the pixels whose centres lie inside.
  package func occlude(_ occluder: Variation.Occluder) {
    func pixels(_ from: Float, _ to: Float, _ count: Int) -> Range<Int> {
      let side = Float(count)
      let first = Int(min(max(from * side + 0.5, 0), side)), end = Int(min(max(to * side + 0.5, 0), side))
      return first..<max(first, end)
    }
    for y in pixels(occluder.top, occluder.bottom, height) {
      for x in pixels(occluder.left, occluder.right, width) {
        let pixel = levels + 3 * (y * width + x)
        (pixel[0], pixel[1], pixel[2]) = occluder.colour
      }
    }
  }

  /// Converts to the network's input: `x = (level - mean) scale`, channels in the network's order.
  package func preprocess(_ format: ViewFormat) {
    let (mean, scale) = (format.mean, format.scale)
    let first = format.isBGR ? 2 : 0, last = 2 - first
    for i in 0..<(width * height) {
      let pixel = levels + 3 * i
      let colour = (pixel[first], pixel[1], pixel[last])
      pixel[0] = (colour.0 - mean.0) * scale
      pixel[1] = (colour.1 - mean.1) * scale
      pixel[2] = (colour.2 - mean.2) * scale
    }
  }
}

/// A picture read between its pixels, its edge repeated: R,G,B bytes.
struct BilinearSource {
  private let pixels: UnsafePointer<UInt8>
  private let width, height: Int
  private let right, bottom: Double

  init(_ pixels: UnsafePointer<UInt8>, width: Int, height: Int) {
    (self.pixels, self.width, self.height) = (pixels, width, height)
    (right, bottom) = (Double(width - 1), Double(height - 1))
  }

  /// Calls `use` with each of the three channels and its level at a place.
  @inline(__always)
  func forEachLevel(_ x: Double, _ y: Double, _ use: (Int, Float) -> Void) {
    let x = min(max(x, 0), right), y = min(max(y, 0), bottom)
    let left = Int(x), top = Int(y)
    let toRight = Float(x - Double(left)), toBottom = Float(y - Double(top))
    let upper = pixels + 3 * (top * width + left)
    // The last row and column have no neighbour, and its weight is 0.
    let across = left < width - 1 ? 3 : 0
    let lower = upper + (top < height - 1 ? 3 * width : 0)
    for c in 0..<3 {
      let (a, b) = (Float(upper[c]), Float(upper[across + c]))
      let (p, q) = (Float(lower[c]), Float(lower[across + c]))
      let above = a + toRight * (b - a), below = p + toRight * (q - p)
      use(c, above + toBottom * (below - above))
    }
  }
}
