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

  /// The picture as a network takes it, [1, height, width, channels].
  package func input(_ pixels: Storage<UInt8>, height: Int, width: Int) throws(Failure) -> Tensor<Float> {
    let x = try Tensor<Float>([1, height, width, input.channels])
    guard pixels.count == 3 * height * width else {
      throw .internalError("\(pixels.count) bytes for a picture of \(width)x\(height)")
    }
    pixels.withPointer { pixels in x.withPointer { fill($0, pixels, height: height, width: width) } }
    return x
  }

  /// Its pullback: from `d / dx` to `d / d level`, [height, width, 3] by R, G, B.
  package func pullBack(_ dx: Tensor<Float>) throws(Failure) -> Tensor<Float> {
    let height = dx.shape[1], width = dx.shape[2]
    let levels = try Tensor<Float>([height, width, 3])
    let first = isBGR ? 2 : 0, last = isBGR ? 0 : 2, isGrey = input.channels == 1
    withPointers(dx, levels) { dx, levels in
      for i in 0..<(height * width) {
        let (red, green, blue) = isGrey ? (i, i, i) : (3 * i + first, 3 * i + 1, 3 * i + last)
        levels[3 * i] = (isGrey ? 0.299 : 1) * scale * dx[red]
        levels[3 * i + 1] = (isGrey ? 0.587 : 1) * scale * dx[green]
        levels[3 * i + 2] = (isGrey ? 0.114 : 1) * scale * dx[blue]
      }
    }
    return levels
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
