import Tensors

// Column operations of the normalisations on a matrix [rows, channels]: sums over the rows, and a second pass
// with factors per column.

/// Two sums for each column.
enum ColumnSums<Element: Scalar> {
  /// Of `x - centre` and its square.
  case moments(about: UnsafePointer<Element>)
  /// Of `dy` and `dy (x - mean)`.
  case products(_ dy: UnsafePointer<Element>, _ mean: UnsafePointer<Element>)
}

/// Mean and (biased) variance of each column.
/// - Parameter partial: room for `columnSumsCount` numbers.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
package func columnMoments<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ rows: Int, _ channels: Int, _ mean: UnsafeMutablePointer<Element>,
  _ variance: UnsafeMutablePointer<Element>, _ partial: UnsafeMutablePointer<Element>
) {
  // First the mean of a few rows spread over the matrix: near enough to the mean of all that the variance
  // about it keeps its precision, even with an outlier.
  let few = min(rows, 16)
  for c in 0..<channels { mean[c] = 0 }
  for i in 0..<few {
    let source = x + i * rows / few * channels
    for c in 0..<channels { mean[c] += source[c] }
  }
  for c in 0..<channels { mean[c] /= Element(few) }
  columnSums(x, rows, channels, .moments(about: mean), partial)
  for c in 0..<channels {
    let shifted = partial[c] / Element(rows)
    let spread = partial[channels + c] / Element(rows) - shifted * shifted
    mean[c] += shifted
    variance[c] = spread < 0 ? 0 : spread
  }
}

/// Two sums for each column, the first `2 * channels` numbers of `sums`: first within blocks of rows, then
/// over the blocks in order, so that the result does not depend on the number of threads, and rounding errors
/// grow slowly.
/// - Parameter sums: room for `columnSumsCount` numbers.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func columnSums<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ rows: Int, _ channels: Int, _ kind: ColumnSums<Element>,
  _ sums: UnsafeMutablePointer<Element>
) {
  let blocks = blockCount(rows, channels)
  sums.update(repeating: 0, count: columnSumsCount(rows, channels))
  forEachBlock(ofRows: rows, channels) { block in
    let target = sums + block.lowerBound / rowsEach(channels) * 2 * channels
    switch kind {
    case .moments(let centre): momentLoop(x, centre, target, channels, block)
    case .products(let dy, let mean): productLoop(x, dy, mean, target, channels, block)
    }
  }
  addBlocks(sums, blocks, 2 * channels)
}

/// `columnSums` of `.products` behind a parametric rectifier of `z = (x - mean) factor + shift`: the gradient
/// of z, `dy` above 0 and `slope dy` below, and the gradient of the slopes, the sums of `z dy` below 0.
///
/// - Parameters:
///   - factors: all columns' factors followed by all shifts.
///   - dy: becomes the gradient of z.
///   - slopeSums: room as for `sums`; the first `channels` numbers are the result.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func slopedColumnSums<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ rows: Int, _ channels: Int, _ mean: UnsafePointer<Element>,
  _ factors: UnsafePointer<Element>, _ slopes: UnsafePointer<Element>, _ dy: UnsafeMutablePointer<Element>,
  _ sums: UnsafeMutablePointer<Element>, _ slopeSums: UnsafeMutablePointer<Element>
) {
  let blocks = blockCount(rows, channels)
  sums.update(repeating: 0, count: columnSumsCount(rows, channels))
  slopeSums.update(repeating: 0, count: columnSumsCount(rows, channels))
  forEachBlock(ofRows: rows, channels) { block in
    let place = block.lowerBound / rowsEach(channels)
    slopeLoop(x, mean, factors, slopes, dy, slopeSums + place * channels, channels, block)
    productLoop(x, dy, mean, sums + place * 2 * channels, channels, block)
  }
  addBlocks(sums, blocks, 2 * channels)
  addBlocks(slopeSums, blocks, channels)
}

/// Adds blocks of `count` sums to the first: neighbours first.
private func addBlocks<Element: Scalar>(_ sums: UnsafeMutablePointer<Element>, _ blocks: Int, _ count: Int) {
  var step = 1
  while step < blocks {
    for block in stride(from: 0, to: blocks - step, by: 2 * step) {
      let target = sums + block * count, other = sums + (block + step) * count
      for c in 0..<count { target[c] += other[c] }
    }
    step *= 2
  }
}

package func columnSumsCount(_ rows: Int, _ channels: Int) -> Int {
  max(1, blockCount(rows, channels)) * 2 * channels
}

private func blockCount(_ rows: Int, _ channels: Int) -> Int {
  (rows + rowsEach(channels) - 1) / rowsEach(channels)
}

/// About 16,000 numbers per block.
private func rowsEach(_ channels: Int) -> Int { max(1, (1 << 14) / channels) }

func forEachBlock(ofRows rows: Int, _ channels: Int, _ body: (Range<Int>) -> Void) {
  let each = rowsEach(channels)
  guard rows > each else { return body(0..<rows) }
  ThreadPool.shared.run((rows + each - 1) / each) { task, _ in
    body((task * each)..<min((task + 1) * each, rows))
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func momentLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ centre: UnsafePointer<Element>, _ sums: UnsafeMutablePointer<Element>,
  _ channels: Int,
  _ rows: Range<Int>
) {
  let squares = sums + channels
  for row in rows {
    let x = x + row * channels
    for c in 0..<channels {
      let difference = x[c] - centre[c]
      sums[c] += difference
      squares[c] += difference * difference
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func productLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ dy: UnsafePointer<Element>, _ mean: UnsafePointer<Element>,
  _ sums: UnsafeMutablePointer<Element>, _ channels: Int, _ rows: Range<Int>
) {
  let products = sums + channels
  for row in rows {
    let x = x + row * channels, dy = dy + row * channels
    for c in 0..<channels {
      sums[c] += dy[c]
      products[c] += dy[c] * (x[c] - mean[c])
    }
  }
}

/// `y = f((x - mean) factor + shift)`, all columns' factors followed by all shifts.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func scaleLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ mean: UnsafePointer<Element>, _ factors: UnsafePointer<Element>,
  _ y: UnsafeMutablePointer<Element>, _ channels: Int, _ rows: Range<Int>, _ rectifies: Bool
) {
  let shifts = factors + channels
  for row in rows {
    let x = x + row * channels, y = y + row * channels
    if rectifies {
      for c in 0..<channels {
        let value = (x[c] - mean[c]) * factors[c] + shifts[c]
        y[c] = value < 0 ? 0 : value
      }
    } else {
      for c in 0..<channels { y[c] = (x[c] - mean[c]) * factors[c] + shifts[c] }
    }
  }
}

/// `scaleLoop` with a parametric rectifier.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func scaleLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ mean: UnsafePointer<Element>, _ factors: UnsafePointer<Element>,
  _ slopes: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ channels: Int, _ rows: Range<Int>
) {
  let shifts = factors + channels
  for row in rows {
    let x = x + row * channels, y = y + row * channels
    for c in 0..<channels {
      let value = (x[c] - mean[c]) * factors[c] + shifts[c], sloped = value * slopes[c]
      y[c] = value < 0 ? sloped : value
    }
  }
}

/// The gradient of what `scaleLoop` gives a parametric rectifier, and of the slopes.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func slopeLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ mean: UnsafePointer<Element>, _ factors: UnsafePointer<Element>,
  _ slopes: UnsafePointer<Element>, _ dy: UnsafeMutablePointer<Element>,
  _ sums: UnsafeMutablePointer<Element>, _ channels: Int, _ rows: Range<Int>
) {
  let shifts = factors + channels
  for row in rows {
    let x = x + row * channels, dy = dy + row * channels
    for c in 0..<channels {
      // Factors of 0 and 1, not branches: signs are hard to predict.
      let value = (x[c] - mean[c]) * factors[c] + shifts[c], gradient = dy[c]
      let below: Element = value < 0 ? 1 : 0
      dy[c] = gradient * (below * slopes[c] + (1 - below))
      sums[c] += below * (value * gradient)
    }
  }
}

/// `dx = a dy + b (x - mean) + c`; `terms` holds a, b and c of all columns. `dx` may be `dy`.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func gradientLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ mean: UnsafePointer<Element>, _ dy: UnsafePointer<Element>,
  _ terms: UnsafePointer<Element>,
  _ dx: UnsafeMutablePointer<Element>, _ channels: Int, _ rows: Range<Int>, usesX: Bool
) {
  let slopes = terms + channels, shifts = terms + 2 * channels
  // In place, a loop through two pointers would not become one over vectors.
  let isInPlace = dy == UnsafePointer(dx)
  for row in rows {
    let x = x + row * channels, dy = dy + row * channels, dx = dx + row * channels
    switch (usesX, isInPlace) {
    case (true, false):
      for c in 0..<channels { dx[c] = terms[c] * dy[c] + slopes[c] * (x[c] - mean[c]) + shifts[c] }
    case (true, true):
      for c in 0..<channels { dx[c] = terms[c] * dx[c] + slopes[c] * (x[c] - mean[c]) + shifts[c] }
    case (false, false): for c in 0..<channels { dx[c] = terms[c] * dy[c] }
    case (false, true): for c in 0..<channels { dx[c] = terms[c] * dx[c] }
    }
  }
}
