import Images
import Networks
import Tensors

/// The memory of YuNet's input: a picture, or a part of one, zeros to its right and below.
struct YuNetInput {
  let numbers: UnsafeMutablePointer<Float>
  /// Whole cells of every size.
  let height, width: Int
  let format: Architecture

  /// A side with the zeros behind it.
  static func side(_ pixels: Int) -> Int {
    (pixels + YuNet.sideStep - 1) / YuNet.sideStep * YuNet.sideStep
  }

  /// Writes a part of a picture.
  func write(_ picture: Image, _ rows: Range<Int>, _ columns: Range<Int>) {
    let scale = format.scale, mean = format.mean.0, count = 3 * columns.count
    picture.withPixels { pixels in
      for (i, y) in rows.enumerated() {
        let target = numbers + 3 * i * width, levels = pixels + 3 * (y * picture.width + columns.lowerBound)
        for k in 0..<count { target[k] = (Float(levels[k]) - mean) * scale }
        (target + count).update(repeating: 0, count: 3 * width - count)
      }
    }
    clear(from: rows.count)
  }

  /// Writes all of a picture at a smaller size, by area means.
  func write(_ picture: Image, reducedTo level: Pyramid.Level) throws(Failure) {
    try picture.areaResampled(
      rows: 0..<picture.height, columns: 0..<picture.width, to: level.height, width: level.width,
      into: numbers, scale: format.scale, mean: format.mean.0)
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
