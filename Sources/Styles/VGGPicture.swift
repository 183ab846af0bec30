import Images
import Networks
import Tensors

/// A picture as the input of VGG-19: [height, width, 3] numbers, channels B, G, R, in levels of 0...255 minus
/// the network's means. No other file of this folder knows the order or the means.
package struct VGGPicture {
  package let numbers: Tensor<Float>

  package init(_ numbers: Tensor<Float>) { self.numbers = numbers }

  /// Uses 16 bits per sample if the image has them.
  package init(_ image: Image) throws(Failure) {
    numbers = try Tensor([image.height, image.width, 3])
    numbers.withPointer { image.fill($0) }
  }

  /// Uses 8 bits per sample, even if the image has more.
  package init(bytesOf image: Image) throws(Failure) {
    numbers = try Tensor([image.height, image.width, 3])
    numbers.withPointer { target in
      image.pixels.withPointer { source in
        Architecture.vgg19Pictures.fill(target, source, height: image.height, width: image.width)
      }
    }
  }

  /// Rounded to 8 or 16 bits per sample, and clamped to their range.
  package func image(isDeep: Bool) throws(Failure) -> Image {
    let (height, width) = (numbers.shape[0], numbers.shape[1])
    guard isDeep else {
      let image = try Image(width: width, height: height)
      numbers.withPointer { source in
        image.pixels.withPointer { target in
          Architecture.vgg19Pictures.read(source, into: target, height: height, width: width)
        }
      }
      return image
    }
    let mean = Architecture.vgg19Pictures.mean, deep = try Storage<UInt16>(count: numbers.count)
    numbers.withPointer { source in
      deep.withPointer { target in
        for i in stride(from: 0, to: numbers.count, by: 3) {
          target[i] = UInt16(level: source[i + 2] + mean.2)
          target[i + 1] = UInt16(level: source[i + 1] + mean.1)
          target[i + 2] = UInt16(level: source[i] + mean.0)
        }
      }
    }
    return try Image(width: width, height: height, deep: deep)
  }

  /// Clamps some pixels, indexed row by row, to levels 0...255.
  package func clampToLevels(_ pixels: Range<Int>) {
    let mean = Architecture.vgg19Pictures.mean
    numbers.withPointer { numbers in
      let first = numbers + 3 * pixels.lowerBound
      forEachSlice(of: pixels.count) { slice in
        for i in slice {
          first[3 * i] = min(max(first[3 * i], -mean.0), 255 - mean.0)
          first[3 * i + 1] = min(max(first[3 * i + 1], -mean.1), 255 - mean.1)
          first[3 * i + 2] = min(max(first[3 * i + 2], -mean.2), 255 - mean.2)
        }
      }
    }
  }

  /// Converts a channel of an 8-bit image's pixel to the network's units.
  package struct Channels {
    private let means: [Float]

    package init() {
      let mean = Architecture.vgg19Pictures.mean
      means = [mean.0, mean.1, mean.2]
    }

    /// - Parameter row: R, G, B bytes of an image's row.
    package func number(_ channel: Int, ofPixel x: Int, in row: UnsafeBufferPointer<UInt8>) -> Float {
      Float(row[3 * x + 2 - channel]) - means[channel]
    }
  }

  /// Converts the gradient with respect to these numbers to one with respect to the levels of R, G, B.
  package static func writeByLevels(
    _ slopes: UnsafePointer<Float>, pixels: Int, to target: UnsafeMutablePointer<Float>
  ) {
    for i in stride(from: 0, to: 3 * pixels, by: 3) {
      for c in 0..<3 { target[i + c] = slopes[i + 2 - c] }
    }
  }

  /// Converts levels of R, G, B by a convolution, so that gradients propagate back.
  package static func entered(
    _ levels: Variable<Float>, on tape: Tape<Float>
  ) throws(Failure) -> Variable<Float> {
    let mean = Architecture.vgg19Pictures.mean
    let exchange = try Tensor<Float>([3, 3, 1, 1], [0, 0, 1, 0, 1, 0, 1, 0, 0])
    return try tape.convolution(
      levels, weights: tape.constant(exchange),
      bias: tape.constant(Tensor([3], [-mean.0, -mean.1, -mean.2])), padding: .valid)
  }
}

extension Image {
  /// In the network's units, from 16 bits if there are 16.
  func fill(_ target: UnsafeMutablePointer<Float>) {
    for y in 0..<height { fillRow(target + y * 3 * width, y, 0..<width) }
  }

  func fillRow(_ target: UnsafeMutablePointer<Float>, _ y: Int, _ columns: Range<Int>) {
    let first = 3 * (y * width + columns.lowerBound)
    guard let deep else {
      return pixels.withPointer { source in
        Architecture.vgg19Pictures.fill(target, source + first, height: 1, width: columns.count)
      }
    }
    let mean = Architecture.vgg19Pictures.mean
    deep.withPointer { samples in
      let source = samples + first
      for x in 0..<columns.count {
        target[3 * x] = Float(source[3 * x + 2]) / 257 - mean.0
        target[3 * x + 1] = Float(source[3 * x + 1]) / 257 - mean.1
        target[3 * x + 2] = Float(source[3 * x]) / 257 - mean.2
      }
    }
  }
}

extension UInt16 {
  /// The sample nearest to a level of 0...255, clamped to the range.
  init(level: Float) {
    let sample = (level * 257).rounded()
    self = sample > 0 ? (sample < 65535 ? UInt16(sample) : 65535) : 0  // NaN is not > 0
  }
}
