import Images
import Networks
import Tensors

/// The memory of a one-pass detector's input: a picture, or a part of one, zeros to its right and below.
struct PaddedInput {
  let numbers: UnsafeMutablePointer<Float>
  /// Whole cells of every size.
  let height, width: Int
  let format: Architecture

  /// A side with the zeros behind it.
  static func side(_ pixels: Int) -> Int {
    (pixels + YuNet.sideStep - 1) / YuNet.sideStep * YuNet.sideStep
  }

  /// Whether all channels have one mean and are in the picture's order.
  private var isPlain: Bool {
    !format.isBGR && format.mean.0 == format.mean.1 && format.mean.1 == format.mean.2
  }

  /// Writes a part of a picture.
  func write(_ picture: Image, _ rows: Range<Int>, _ columns: Range<Int>) {
    let scale = format.scale, mean = format.mean.0, count = 3 * columns.count, isPlain = self.isPlain
    picture.withPixels { pixels in
      for (i, y) in rows.enumerated() {
        let target = numbers + 3 * i * width, levels = pixels + 3 * (y * picture.width + columns.lowerBound)
        if isPlain {
          for k in 0..<count { target[k] = (Float(levels[k]) - mean) * scale }
        } else {
          format.fill(target, levels, height: 1, width: columns.count)
        }
        (target + count).update(repeating: 0, count: 3 * width - count)
      }
    }
    clear(from: rows.count)
  }

  /// Writes all of a picture at a smaller size, by area means.
  func write(_ picture: Image, reducedTo level: Pyramid.Level) throws(Failure) {
    let isPlain = self.isPlain
    try picture.areaResampled(
      rows: 0..<picture.height, columns: 0..<picture.width, to: level.height, width: level.width,
      into: numbers, scale: isPlain ? format.scale : 1, mean: isPlain ? format.mean.0 : 0)
    if !isPlain { format.normalise(numbers, count: level.height * level.width) }
    clear(from: level.height)
    guard width > level.width else { return }
    // From packed rows to rows of `width` pixels, the last row first, so that none is overwritten.
    let count = 3 * level.width
    for y in (0..<level.height).reversed() {
      let target = numbers + 3 * y * width
      target.update(from: numbers + y * count, count: count)
      (target + count).update(repeating: 0, count: 3 * width - count)
    }
  }

  private func clear(from row: Int) {
    (numbers + 3 * row * width).update(repeating: 0, count: 3 * (height - row) * width)
  }
}

extension Architecture {
  /// Levels in R, G, B order to the numbers that the network takes, in place.
  fileprivate func normalise(_ levels: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count {
      let pixel = levels + 3 * i, (red, green, blue) = (pixel[0], pixel[1], pixel[2])
      pixel[0] = ((isBGR ? blue : red) - mean.0) * scale
      pixel[1] = (green - mean.1) * scale
      pixel[2] = ((isBGR ? red : blue) - mean.2) * scale
    }
  }
}
