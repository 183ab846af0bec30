import Tensors

/// Divides each pixel's channels by their length; zeros stay zeros.
package struct UnitLength: LoopLayer, BareLayer {
  static var kind: StaticString { "unit-length" }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.unitLength(x)
  }

  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place) {
    unitRows(x, y, rows: to.pixels, to.channels)
  }
}

extension Layer {
  /// Divides each pixel's channels by their length; zeros stay zeros.
  package static var unitLength: Layer { .single(.unitLength(UnitLength())) }
}

extension Tape {
  /// Divides each row by its length: `y = x / sqrt(sum of x^2)`; a zero row stays zero.
  package func unitLength(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    let channels = x.shape.extents.last ?? 1
    let y = try Tensor<Element>(x.shape)
    guard channels > 0 else { return constant(y) }
    let rows = y.count / channels
    let inverse = try Tensor<Element>([rows])
    unitRows(x.tensor.pointer, y.pointer, rows: rows, channels, inverse.pointer)
    // dx = (dy - y (y . dy)) / |x|
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for row in 0..<rows {
        let first = row * channels
        var dot: Element = 0
        for c in first..<(first + channels) { dot += y[c] * dy[c] }
        for c in first..<(first + channels) { dx.pointer[c] = (dy[c] - y[c] * dot) * inverse[row] }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

/// Divides each row by its length and stores 1 / length in `inverse`; a zero row stays zero. `y` may be
/// `x`.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
package func unitRows<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, rows: Int, _ channels: Int,
  _ inverse: UnsafeMutablePointer<Element>? = nil
) {
  for row in 0..<rows {
    let x = x + row * channels, y = y + row * channels
    var sum: Element = 0
    for c in 0..<channels { sum += x[c] * x[c] }
    let factor: Element = sum > 0 ? 1 / sum.squareRoot() : sum.isNaN ? sum : 0
    for c in 0..<channels { y[c] = x[c] * factor }
    inverse?[row] = factor
  }
}
