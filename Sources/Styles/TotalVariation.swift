import Tensors

/// The variation of a picture from pixel to pixel; x is [height, width, 3].
package enum TotalVariation: Int32, CaseIterable, Sendable {
  /// `sum |x - right| + sum |x - below|`
  case absolute = 0
  /// `1/2 sum (x - right)^2 + (x - below)^2`, over the pixels with both neighbours (Mahendran and Vedaldi
  /// 2015).
  case squared = 1
  /// `2 (mean of squares to the right / 3 + below / 3 + along both diagonals / 12)` of x / 255, edges
  /// repeated: style-transfer-pytorch's.
  case ninePoints = 2

  /// - Parameters:
  ///   - rows: the rows whose part of the cost and gradient to compute; nil: all.
  ///   - slope: the factor of the gradient that is added to `gradient`, which begins with the first of the
  ///     rows.
  package func cost<Element: Scalar>(
    _ x: UnsafePointer<Element>, height: Int, width: Int, rows: Range<Int>? = nil, slope: Element,
    into gradient: UnsafeMutablePointer<Element>?
  ) throws(Failure) -> Double {
    let rows = rows ?? 0..<height, first = rows.lowerBound
    let sums = try Storage<Double>(count: rows.count)
    let kind = self
    return sums.withPointer { sums in
      ThreadPool.shared.run(rows.count) { i, _ in
        let row = gradient.map { $0 + i * 3 * width }
        if kind == .ninePoints {
          sums[i] = ninePointsOfRow(x, first + i, height: height, width: width, slope: slope, into: row)
        } else {
          sums[i] = kind.costOfRow(x, first + i, height: height, width: width, slope: slope, into: row)
        }
      }
      // In row order: the same bits for any number of threads.
      var sum = 0.0
      for i in 0..<rows.count { sum += sums[i] }
      return sum
    }
  }

  /// The variation between row `y` and its neighbours to the right and below, and the gradient of the row,
  /// which each pixel gathers from all its neighbours.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  private func costOfRow<Element: Scalar>(
    _ x: UnsafePointer<Element>, _ y: Int, height: Int, width: Int, slope: Element,
    into gradient: UnsafeMutablePointer<Element>?
  ) -> Double {
    let stride = 3 * width, row = x + y * stride
    let hasAbove = y > 0, hasBelow = y + 1 < height
    var sum = 0.0
    for i in 0..<stride {
      let hasLeft = i >= 3, hasRight = i + 3 < stride
      let here = row[i]
      // Squares count where a pixel has both neighbours.
      let (countsRight, countsBelow) =
        self == .absolute ? (hasRight, hasBelow) : (hasRight && hasBelow, hasRight && hasBelow)
      let (countsLeft, countsAbove) =
        self == .absolute ? (hasLeft, hasAbove) : (hasLeft && hasBelow, hasAbove && hasRight)
      if countsRight { sum += cost(here - row[i + 3]) }
      if countsBelow { sum += cost(here - row[i + stride]) }
      guard let gradient else { continue }
      var g: Element = 0
      if countsRight { g = g + derivative(here - row[i + 3]) }
      if countsBelow { g = g + derivative(here - row[i + stride]) }
      if countsLeft { g = g - derivative(row[i - 3] - here) }
      if countsAbove { g = g - derivative(row[i - stride] - here) }
      gradient[i] = gradient[i] + slope * g
    }
    return sum
  }

  @inline(__always)
  private func cost<Element: Scalar>(_ difference: Element) -> Double {
    let difference = difference.value
    return self == .absolute ? abs(difference) : 0.5 * difference * difference
  }

  @inline(__always)
  private func derivative<Element: Scalar>(_ difference: Element) -> Element {
    guard self == .absolute else { return difference }
    return difference > 0 ? 1 : difference < 0 ? -1 : 0
  }
}

/// The pairs of neighbours along a side whose first, and whose last, a position is.
private func copies(_ place: Int, of count: Int) -> (first: ClosedRange<Int>, last: ClosedRange<Int>) {
  ((place == 0 ? 0 : place + 1)...(place + 1), place...(place == count - 1 ? count : place))
}

/// The same for `TotalVariation.ninePoints`. A pair of neighbours is indexed by its lower right end in a
/// picture with its edges repeated once: pair (i, j) joins the clamped positions (i - 1, j - 1) and (i, j),
/// or (i - 1, j) and (i, j - 1).
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func ninePointsOfRow<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: Int, height: Int, width: Int, slope: Element,
  into gradient: UnsafeMutablePointer<Element>?
) -> Double {
  let straight = 2 / (3 * 65025 * Double(3 * height * width))
  let diagonal = 2 / (12 * 65025 * Double(3 * (height + 1) * (width + 1)))
  func at(_ y: Int, _ column: Int, _ c: Int) -> Double {
    x[(min(max(y, 0), height - 1) * width + min(max(column, 0), width - 1)) * 3 + c].value
  }
  var sum = 0.0
  // Pairs that end in this row; those that end below the last row belong to the last row.
  for i in y...(y == height - 1 ? height : y) {
    for j in 0...width {
      for c in 0..<3 {
        let falling = at(i, j, c) - at(i - 1, j - 1, c), rising = at(i, j - 1, c) - at(i - 1, j, c)
        sum += diagonal * (falling * falling + rising * rising)
      }
    }
  }
  for column in 0..<width {
    for c in 0..<3 {
      let here = at(y, column, c), right = at(y, column + 1, c) - here, below = at(y + 1, column, c) - here
      sum += straight * (right * right + below * below)
      guard let gradient else { continue }
      // Differences from a repeated pixel are 0.
      let beside = at(y, column + 1, c) + at(y, column - 1, c),
        over = at(y + 1, column, c) + at(y - 1, column, c)
      var g = straight * (4 * here - beside - over)
      // On the diagonals a pixel at an edge ends several pairs, through its copies.
      let rows = copies(y, of: height), columns = copies(column, of: width)
      for i in rows.last {
        for j in columns.last { g += diagonal * (here - at(i - 1, j - 1, c)) }
        for j in columns.first { g += diagonal * (here - at(i - 1, j, c)) }
      }
      for i in rows.first {
        for j in columns.first { g += diagonal * (here - at(i, j, c)) }
        for j in columns.last { g += diagonal * (here - at(i, j - 1, c)) }
      }
      gradient[3 * column + c] = gradient[3 * column + c] + slope * Element(2 * g)
    }
  }
  return sum
}
