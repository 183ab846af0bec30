import Tensors

/// Which pixel of a picture each pixel of another is a copy of: `y[i, j] = x[rows[i], columns[j]]`. Padding
/// by mirrors and nearest-neighbour upsampling are such maps, and one after another they are one.
struct PixelMap: Equatable {
  var rows, columns: [Int]

  /// `count` mirrored pixels beyond each edge; the edge itself is not repeated.
  static func reflection(height: Int, width: Int, _ count: Int) -> PixelMap {
    func places(_ side: Int) -> [Int] { (0..<(side + 2 * count)).map { mirrored($0 - count, in: side) } }
    return PixelMap(rows: places(height), columns: places(width))
  }

  /// Each pixel a square of `factor`.
  static func upsampling(height: Int, width: Int, _ factor: Int) -> PixelMap {
    func places(_ side: Int) -> [Int] { (0..<(side * factor)).map { $0 / factor } }
    return PixelMap(rows: places(height), columns: places(width))
  }

  /// First this, then the other.
  func followed(by other: PixelMap) -> PixelMap {
    PixelMap(rows: other.rows.map { rows[$0] }, columns: other.columns.map { columns[$0] })
  }
}

/// The place from 0 to `side - 1` at which a mirror at each edge shows place `i`.
package func mirrored(_ i: Int, in side: Int) -> Int {
  guard side > 1 else { return 0 }
  let period = 2 * (side - 1), place = (i % period + period) % period
  return min(place, period - place)
}

extension Layer {
  /// The map that the layer is, or nil if it does more than copy pixels.
  func pixelMap(height: Int, width: Int) -> PixelMap? {
    switch self {
    case .reflection(let count): .reflection(height: height, width: width, count)
    case .upsampling(let factor): .upsampling(height: height, width: width, factor)
    default: nil
    }
  }
}

extension Tape {
  /// Padding by reflection: what lies `count` pixels beyond an edge is what lies as far inside it.
  ///
  /// `x` is [batch, height, width, channels], the result [batch, height + 2 count, width + 2 count,
  /// channels].
  package func reflected(_ x: Variable<Element>, _ count: Int) throws(Failure) -> Variable<Element> {
    try checkMap(x, count, from: 0, "a reflection")
    return try mapped(x, .reflection(height: x.shape[1], width: x.shape[2], count))
  }

  /// Nearest-neighbour upsampling: each pixel becomes a square of `factor`.
  ///
  /// `x` is [batch, height, width, channels], the result [batch, factor height, factor width, channels].
  package func upsampled(_ x: Variable<Element>, _ factor: Int) throws(Failure) -> Variable<Element> {
    try checkMap(x, factor, from: 1, "an upsampling")
    return try mapped(x, .upsampling(height: x.shape[1], width: x.shape[2], factor))
  }

  private func checkMap(
    _ x: Variable<Element>, _ count: Int, from least: Int, _ name: StaticString
  ) throws(Failure) {
    guard x.shape.rank == 4, x.tensor.count > 0, count >= least, count < 1 << 16 else {
      throw .invalidArgument(
        "\(name) by \(count) of \(x.shape.description), wanted a picture and at least \(least)")
    }
  }

  /// `y[n, i, j] = x[n, rows[i], columns[j]]`
  private func mapped(_ x: Variable<Element>, _ map: PixelMap) throws(Failure) -> Variable<Element> {
    let batch = x.shape[0], height = x.shape[1], width = x.shape[2], channels = x.shape[3]
    let y = try Tensor<Element>([batch, map.rows.count, map.columns.count, channels])
    mapPixels(
      x.tensor.pointer, y.pointer, map, batch: batch, height: height, width: width, channels: channels)
    // dx[n, rows[i], columns[j]] += dy[n, i, j]
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape.extents, repeating: 0)
      let (source, target) = (dy.pointer, dx.pointer)
      for n in 0..<batch {
        for (i, row) in map.rows.enumerated() {
          for (j, column) in map.columns.enumerated() {
            let from = source + ((n * map.rows.count + i) * map.columns.count + j) * channels
            addLoop(from, to: target + ((n * height + row) * width + column) * channels, channels)
          }
        }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

/// Rows in parallel; neighbours that stay neighbours are copied together.
func mapPixels<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ map: PixelMap, batch: Int, height: Int,
  width: Int,
  channels: Int
) {
  var runs: [(from: Int, to: Int, count: Int)] = []
  for (j, column) in map.columns.enumerated() {
    if let last = runs.last, last.from + last.count == column {
      runs[runs.count - 1].count += 1
    } else {
      runs.append((column, j, 1))
    }
  }
  let copies = runs, outHeight = map.rows.count, outWidth = map.columns.count
  let rowsEach = max(1, (1 << 15) / max(1, outWidth * channels))
  ThreadPool.shared.run((batch * outHeight + rowsEach - 1) / rowsEach) { task, _ in
    for row in (task * rowsEach)..<min((task + 1) * rowsEach, batch * outHeight) {
      let source = x + (row / outHeight * height + map.rows[row % outHeight]) * width * channels
      let target = y + row * outWidth * channels
      for run in copies {
        (target + run.to * channels).update(from: source + run.from * channels, count: run.count * channels)
      }
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func addLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, to y: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { y[i] += x[i] }
}
