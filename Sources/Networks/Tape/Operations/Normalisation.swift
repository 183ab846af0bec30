import Tensors

/// The two local response normalisations in use for nn4.small2: one formula, different constants.
package struct ResponseNormalisation: Equatable, Sendable {
  package let window: Int
  /// What multiplies the sum of squares: the paper's alpha.
  package let scale: Double

  package init(window: Int, scale: Double) {
    self.window = window
    self.scale = scale
  }

  /// Torch's SpatialCrossMapLRN: window 5, alpha 1e-4 divided by the window, as OpenFace trained.
  package static let torch = ResponseNormalisation(window: 5, scale: 1e-4 / 5)
  /// TensorFlow's with depth radius 5, as the Keras port computes it: window 11, alpha not divided.
  package static let tensorFlow = ResponseNormalisation(window: 11, scale: 1e-4)
}

extension Tape {
  /// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3), k = 1, beta = 0.75.
  /// `y[c] = x[c] / (1 + scale * sum over |k - c| <= window / 2 of x[k]^2) ^ 0.75`
  package func responseNormalisation(
    _ x: Variable<Element>, _ constants: ResponseNormalisation
  ) throws(Failure) -> Variable<Element> {
    let channels = x.shape.extents.last ?? 1
    let y = try Tensor<Element>(x.shape)
    guard channels > 0 else { return constant(y) }
    let scale = Element(constants.scale), half = constants.window / 2
    try Element.normaliseResponse(
      x.tensor.pointer, y.pointer, rows: y.count / channels, channels: channels, scale: scale, half: half)
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      try Element.normaliseResponseGradient(
        x.tensor.pointer, dy.pointer, dx.pointer, rows: y.count / channels, channels: channels, scale: scale,
        half: half)
      try tape.accumulate(dx, into: x)
    }
  }

  /// Unit length of each row: `y = x / sqrt(sum of x^2)`; a zero row stays zero.
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

/// Each row divided by its length, which the inverse of which goes to `inverse`; a zero row stays zero.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func unitRows<Element: Scalar>(
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
