import Networks
import Tensors

/// Multiplies a picture by a symmetric positive definite matrix that weights frequencies f by about f^-p, so
/// that an optimiser's steps change large shapes as fast as details. With D, which halves a picture with the
/// weights (1, 3, 3, 1) / 8 along each axis and sees zeros beyond its edges:
/// ```
/// S g = a_0 g + 4 D'(a_1 D g + 4 D'(a_2 D D g + ...))      a_0 = 1      a_l = 2^(l p) - 2^((l - 1) p)
/// ```
/// Source of the sum over levels: Bramble, Pasciak and Xu, "Parallel multilevel preconditioners", 1990.
package struct PyramidPreconditioner {
  private struct Level {
    let height, width: Int
    /// Where its picture, and the one above with its rows halved, lie in the scratch.
    let place, halved: Int
    let weight: Float
  }

  /// From the picture itself down to one that is below four pixels high or wide.
  private let levels: [Level]
  private let scratch: Tensor<Float>

  /// - Parameter buffers: has those of `buffers(height:width:)`.
  package init(height: Int, width: Int, exponent: Float, _ buffers: Buffers) throws(Failure) {
    let (levels, count) = PyramidPreconditioner.levels(height, width, exponent)
    self.levels = levels
    scratch = try buffers.tensor("pyramid", [count])
  }

  package static func buffers(height: Int, width: Int) -> Buffers {
    var buffers = Buffers()
    buffers.add("pyramid", levels(height, width, 0).count)
    return buffers
  }

  private static func levels(_ height: Int, _ width: Int, _ exponent: Float) -> (levels: [Level], count: Int)
  {
    var levels = [Level(height: height, width: width, place: 0, halved: 0, weight: 1)], count = 0
    while let above = levels.last, min(above.height, above.width) >= 4 {
      let height = (above.height + 1) / 2, width = (above.width + 1) / 2, halved = 3 * height * above.width
      let own = Float.power(2, Float(levels.count) * exponent)
      levels.append(
        Level(
          height: height, width: width, place: count + halved, halved: count,
          weight: own - own / Float.power(2, exponent)))
      count += halved + 3 * height * width
    }
    return (levels, count)
  }

  /// - Parameter picture: [height, width, 3], which is replaced.
  package func apply(to picture: Tensor<Float>) {
    withPointers(picture, scratch) { picture, scratch in
      func place(_ level: Level) -> UnsafeMutablePointer<Float> {
        level.height == levels[0].height ? picture : scratch + level.place
      }
      for (above, level) in zip(levels, levels.dropFirst()) {
        let halved = scratch + level.halved
        halveRows(place(above), above.height, 3 * above.width, into: halved)
        halveColumns(halved, level.height, above.width, into: place(level))
      }
      if let last = levels.last {
        let numbers = place(last)
        for i in 0..<(3 * last.height * last.width) { numbers[i] *= last.weight }
      }
      for (above, level) in zip(levels, levels.dropFirst()).reversed() {
        let halved = scratch + level.halved
        doubleColumns(place(level), level.height, above.width, into: halved)
        doubleRows(halved, above.height, 3 * above.width, into: place(above), scaledBy: above.weight)
      }
    }
  }
}

/// Calls `body` with each row, on all threads.
private func forEachRow(_ height: Int, _ body: (Int) -> Void) {
  let rows = 16
  ThreadPool.shared.run((height + rows - 1) / rows) { task, _ in
    for row in (task * rows)..<min((task + 1) * rows, height) { body(row) }
  }
}

private func halveRows(
  _ source: UnsafePointer<Float>, _ height: Int, _ length: Int, into target: UnsafeMutablePointer<Float>
) {
  forEachRow((height + 1) / 2) { row in
    let y = target + row * length
    y.update(repeating: 0, count: length)
    for (tap, weight) in [Float(0.125), 0.375, 0.375, 0.125].enumerated() {
      let from = 2 * row - 1 + tap
      guard (0..<height).contains(from) else { continue }
      let x = source + from * length
      for i in 0..<length { y[i] += weight * x[i] }
    }
  }
}

/// - Parameter width: of the source.
private func halveColumns(
  _ source: UnsafePointer<Float>, _ height: Int, _ width: Int, into target: UnsafeMutablePointer<Float>
) {
  let half = (width + 1) / 2
  forEachRow(height) { row in
    let x = source + 3 * row * width, y = target + 3 * row * half
    func number(_ column: Int, _ channel: Int) -> Float {
      column >= 0 && column < width ? x[3 * column + channel] : 0
    }
    for i in 0..<half {
      for c in 0..<3 {
        y[3 * i + c] =
          0.125 * (number(2 * i - 1, c) + number(2 * i + 2, c))
          + 0.375 * (number(2 * i, c) + number(2 * i + 1, c))
      }
    }
  }
}

/// The transpose of `halveColumns`, doubled.
/// - Parameter width: of the target.
private func doubleColumns(
  _ source: UnsafePointer<Float>, _ height: Int, _ width: Int, into target: UnsafeMutablePointer<Float>
) {
  let half = (width + 1) / 2
  forEachRow(height) { row in
    let x = source + 3 * row * half, y = target + 3 * row * width
    for j in 0..<width {
      let near = j / 2, far = j % 2 == 0 ? near - 1 : near + 1
      for c in 0..<3 {
        y[3 * j + c] = 0.75 * x[3 * near + c] + (far >= 0 && far < half ? 0.25 * x[3 * far + c] : 0)
      }
    }
  }
}

/// Adds the transpose of `halveRows`, doubled, to the scaled target.
/// - Parameter height: of the target.
private func doubleRows(
  _ source: UnsafePointer<Float>, _ height: Int, _ length: Int, into target: UnsafeMutablePointer<Float>,
  scaledBy scale: Float
) {
  let half = (height + 1) / 2
  forEachRow(height) { row in
    let near = row / 2, far = row % 2 == 0 ? near - 1 : near + 1
    let x = source + near * length, y = target + row * length
    for i in 0..<length { y[i] = scale * y[i] + 0.75 * x[i] }
    guard (0..<half).contains(far) else { return }
    let beside = source + far * length
    for i in 0..<length { y[i] += 0.25 * beside[i] }
  }
}
