import Tensors

/// Maps each pixel of the result to the pixel that it copies: `y[i, j] = x[rows[i], columns[j]]`. Reflection
/// padding and nearest-neighbour upsampling are such maps, and the composition of maps is a map.
struct PixelMap: Equatable {
  var rows, columns: [Int]

  /// Reflects `count` pixels at each edge; the edge itself is not repeated.
  static func reflection(height: Int, width: Int, _ count: Int) -> PixelMap {
    func places(_ side: Int) -> [Int] { (0..<(side + 2 * count)).map { mirrored($0 - count, in: side) } }
    return PixelMap(rows: places(height), columns: places(width))
  }

  /// Repeats each pixel in a square of `factor`.
  static func upsampling(height: Int, width: Int, _ factor: Int) -> PixelMap {
    func places(_ side: Int) -> [Int] { (0..<(side * factor)).map { $0 / factor } }
    return PixelMap(rows: places(height), columns: places(width))
  }

  func followed(by other: PixelMap) -> PixelMap {
    PixelMap(rows: other.rows.map { rows[$0] }, columns: other.columns.map { columns[$0] })
  }
}

/// The position from 0 to `side - 1` that position `i` shows with a mirror at each edge.
package func mirrored(_ i: Int, in side: Int) -> Int {
  guard side > 1 else { return 0 }
  let period = 2 * (side - 1), place = (i % period + period) % period
  return min(place, period - place)
}

extension Planner {
  /// Merges copies of copies: if the only reader of the result is the next layer and that is also a map, this
  /// map is deferred.
  func copyPixels(_ node: PlannedNode, _ map: PixelMap) throws(Failure) -> Place {
    let x = node.inputs[0]
    let whole = waitingMap(node.values[0])?.followed(by: map) ?? map
    if waits(node, for: whole) { return x }
    let extent = Extent(height: whole.rows.count, width: whole.columns.count, channels: x.channels)
    if let destination = node.destination, destination.accumulate, !destination.rectify,
      destination.place.extent == extent, destination.place.isWhole, x.isWhole,
      destination.place.buffer != x.buffer
    {
      let y = destination.place
      record(from: x, to: y) { memory in
        addPixels(
          memory.pointer(x), to: memory.pointer(y), whole, batch: x.batch, height: x.height, width: x.width,
          channels: x.channels)
      }
      return y
    }
    let y = try new(x.batch, extent)
    record(from: x, to: y) { memory in
      mapPixels(
        memory.pointer(x), memory.pointer(y), whole, batch: x.batch, height: x.height, width: x.width,
        channels: x.channels)
    }
    return y
  }
}

extension Tape {
  func checkMap(
    _ x: Variable<Element>, _ count: Int, from least: Int, _ name: StaticString
  ) throws(Failure) {
    guard x.shape.rank == 4, x.tensor.count > 0, count >= least, count < 1 << 16 else {
      throw .invalidArgument(
        "\(name) by \(count) of \(x.shape.description); expected a picture and at least \(least)")
    }
  }

  /// `y[n, i, j] = x[n, rows[i], columns[j]]`
  func mapped(_ x: Variable<Element>, _ map: PixelMap) throws(Failure) -> Variable<Element> {
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

/// Runs rows in parallel; pixels that stay adjacent are copied together.
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

/// `y[n, i, j] += x[n, rows[i], columns[j]]`, rows in parallel.
private func addPixels(
  _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ map: PixelMap, batch: Int, height: Int,
  width: Int, channels: Int
) {
  let outHeight = map.rows.count, outWidth = map.columns.count
  let rowsEach = max(1, (1 << 15) / max(1, outWidth * channels))
  ThreadPool.shared.run((batch * outHeight + rowsEach - 1) / rowsEach) { task, _ in
    for row in (task * rowsEach)..<min((task + 1) * rowsEach, batch * outHeight) {
      let source = x + (row / outHeight * height + map.rows[row % outHeight]) * width * channels
      let target = y + row * outWidth * channels
      for (j, column) in map.columns.enumerated() {
        addLoop(source + column * channels, to: target + j * channels, channels)
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
