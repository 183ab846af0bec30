import Tensors

/// How restless a picture is, from pixel to pixel; x is [height, width, 3].
package enum TotalVariation: Int32, CaseIterable, Sendable {
  /// `sum |x - right| + sum |x - below|`
  case absolute = 0
  /// `1/2 sum (x - right)^2 + (x - below)^2`, of the pixels that have both neighbours (Mahendran and Vedaldi 2015).
  case squared = 1

  /// - Parameter slope: the gradient, times this, is added to `gradient`.
  package func cost<Element: Scalar>(
    _ x: UnsafePointer<Element>, height: Int, width: Int, slope: Element, into gradient: UnsafeMutablePointer<Element>?
  ) throws(Failure) -> Double {
    let sums = try Storage<Double>(count: height)
    let kind = self
    ThreadPool.shared.run(height) { y, _ in
      sums.pointer[y] = kind.costOfRow(x, y, height: height, width: width, slope: slope, into: gradient)
    }
    // In the order of the rows: the same bits for any number of threads.
    var sum = 0.0
    for y in 0..<height { sum += sums.pointer[y] }
    withExtendedLifetime(sums) {}
    return sum
  }

  /// What the pixels of row `y` have to do with those to the right and below; and their gradient, which each pixel gathers
  /// from all its neighbours.
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
      let (countsRight, countsBelow) = self == .absolute ? (hasRight, hasBelow) : (hasRight && hasBelow, hasRight && hasBelow)
      let (countsLeft, countsAbove) = self == .absolute ? (hasLeft, hasAbove) : (hasLeft && hasBelow, hasAbove && hasRight)
      if countsRight { sum += cost(here - row[i + 3]) }
      if countsBelow { sum += cost(here - row[i + stride]) }
      guard let gradient else { continue }
      var g: Element = 0
      if countsRight { g = g + derivative(here - row[i + 3]) }
      if countsBelow { g = g + derivative(here - row[i + stride]) }
      if countsLeft { g = g - derivative(row[i - 3] - here) }
      if countsAbove { g = g - derivative(row[i - stride] - here) }
      gradient[y * stride + i] = gradient[y * stride + i] + slope * g
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
