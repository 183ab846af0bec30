import Images
import Networks
import Tensors

/// The input format of a detector's network for a part of a picture, reduced by area means.
enum WindowInput {
  /// `(level - mean) * scale`, in R, G, B order.
  case colours(scale: Float, mean: Float)
  /// Luma, 0...255 to -1...1.
  case grey

  var channels: Int {
    switch self {
    case .colours: 3
    case .grey: 1
    }
  }

  /// Writes the part as `height` x `width` numbers per channel.
  /// - Throws: the errors of `Image.areaResampled`.
  func write(
    _ image: Image, rows: Range<Int>, columns: Range<Int>, to height: Int, width: Int,
    into target: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    switch self {
    case .colours(let scale, let mean):
      try image.areaResampled(
        rows: rows, columns: columns, to: height, width: width, into: target, scale: scale, mean: mean)
    case .grey:
      let colours = try Storage<Float>(count: 3 * height * width)
      try colours.withPointer { source throws(Failure) in
        try image.areaResampled(
          rows: rows, columns: columns, to: height, width: width, into: source, scale: 1 / 127.5,
          mean: 127.5)
        for i in 0..<(height * width) {
          target[i] = luma(source[3 * i], source[3 * i + 1], source[3 * i + 2])
        }
      }
    }
  }
}
