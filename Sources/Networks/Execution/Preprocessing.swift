import Tensors

extension Architecture {
  /// Writes a picture [height, width, channels] from packed R,G,B bytes: `x = (level - mean) * scale`,
  /// channels in the network's order. One channel is the luma of JPEG.
  package func fill(
    _ target: UnsafeMutablePointer<Float>, _ pixels: UnsafePointer<UInt8>, height: Int, width: Int
  ) {
    let first = isBGR ? 2 : 0, last = isBGR ? 0 : 2
    if input.channels == 1 {
      for i in 0..<(height * width) {
        let (red, green, blue) = (Float(pixels[3 * i]), Float(pixels[3 * i + 1]), Float(pixels[3 * i + 2]))
        target[i] = (luma(red, green, blue) - mean.0) * scale
      }
      return
    }
    for i in 0..<(height * width) {
      target[3 * i] = (Float(pixels[3 * i + first]) - mean.0) * scale
      target[3 * i + 1] = (Float(pixels[3 * i + 1]) - mean.1) * scale
      target[3 * i + 2] = (Float(pixels[3 * i + last]) - mean.2) * scale
    }
  }

  /// The same in place, from levels in R,G,B order; three channels.
  package func normalise(_ numbers: UnsafeMutablePointer<Float>, count: Int) {
    guard isBGR || scale != 1 || mean != (0, 0, 0) else { return }
    let first = isBGR ? 2 : 0, last = isBGR ? 0 : 2
    for i in 0..<(count / 3) {
      let (red, blue) = (numbers[3 * i + first], numbers[3 * i + last])
      numbers[3 * i] = (red - mean.0) * scale
      numbers[3 * i + 1] = (numbers[3 * i + 1] - mean.1) * scale
      numbers[3 * i + 2] = (blue - mean.2) * scale
    }
  }

  /// The inverse: R,G,B levels, rounded and clamped to 0...255.
  package func read(
    _ source: UnsafePointer<Float>, into pixels: UnsafeMutablePointer<UInt8>, height: Int, width: Int
  ) {
    let first = isBGR ? 2 : 0, last = isBGR ? 0 : 2
    func level(_ x: Float, _ mean: Float) -> UInt8 {
      let level = (x / scale + mean).rounded()
      return level > 0 ? (level < 255 ? UInt8(level) : 255) : 0  // NaN is not > 0
    }
    for i in 0..<(height * width) {
      pixels[3 * i + first] = level(source[3 * i], mean.0)
      pixels[3 * i + 1] = level(source[3 * i + 1], mean.1)
      pixels[3 * i + last] = level(source[3 * i + 2], mean.2)
    }
  }
}

/// JPEG's: `0.299 R + 0.587 G + 0.114 B`, computed from differences from green, so that grey stays exact to
/// the last bit.
package func luma(_ red: Float, _ green: Float, _ blue: Float) -> Float {
  green + 0.299 * (red - green) + 0.114 * (blue - green)
}
