import Tensors

/// Functions of one number that the tape applies elementwise, each with its derivative.
package enum ElementwiseFunction: Int32, CaseIterable, Sendable {
  /// `exp(x)`, `f' = exp(x)`
  case exponential = 0
  /// Natural logarithm: `log(x)`, `f' = 1 / x`
  case logarithm
  /// `sqrt(x)`, `f' = 1 / (2 sqrt(x))`
  case squareRoot
  /// `sin(x)`, `f' = cos(x)`
  case sine
  /// `cos(x)`, `f' = -sin(x)`
  case cosine
  /// `tanh(x)`, `f' = 1 - tanh(x)^2`
  case hyperbolicTangent
  /// `1 / (1 + exp(-x))`, `f' = f (1 - f)`
  case sigmoid
  /// `log(1 + exp(x))`, `f' = sigmoid(x)`
  case softplus
  /// `|x|`, `f' = sign(x)`, 0 at 0
  case magnitude
  /// `1 / x`, `f' = -1 / x^2`
  case reciprocal
  /// `x^2`, `f' = 2 x`
  case square

  @inline(__always)
  package func callAsFunction<Element: Scalar>(_ x: Element) -> Element {
    switch self {
    case .exponential: Element.exponential(x)
    case .logarithm: Element.logarithm(x)
    case .squareRoot: x.squareRoot()
    case .sine: Element.sine(x)
    case .cosine: Element.cosine(x)
    case .hyperbolicTangent: Element.hyperbolicTangent(x)
    case .sigmoid: Networks.sigmoid(x)
    case .softplus: Networks.softplus(x)
    case .magnitude: x.magnitude
    case .reciprocal: 1 / x
    case .square: x * x
    }
  }

  /// `f'(x)`, given `y = f(x)`.
  @inline(__always)
  func slope<Element: Scalar>(_ x: Element, _ y: Element) -> Element {
    switch self {
    case .exponential: y
    case .logarithm: 1 / x
    case .squareRoot: 1 / (2 * y)
    case .sine: Element.cosine(x)
    case .cosine: -Element.sine(x)
    case .hyperbolicTangent: 1 - y * y
    case .sigmoid: y * (1 - y)
    case .softplus: Networks.sigmoid(x)
    case .magnitude: x > 0 ? 1 : x < 0 ? -1 : x * 0
    case .reciprocal: -y * y
    case .square: 2 * x
    }
  }
}

/// `1 / (1 + exp(-x))`, written so that no exponential overflows.
@inline(__always)
package func sigmoid<Element: Scalar>(_ x: Element) -> Element {
  let e = Element.exponential(-x.magnitude)
  return (x < 0 ? e : 1) / (1 + e)
}

/// `log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))`
@inline(__always)
package func softplus<Element: Scalar>(_ x: Element) -> Element {
  let small = Element.logarithm(onePlus: .exponential(x < 0 ? x : -x))
  return x > 0 ? x + small : small
}

extension Tape {
  /// `y[i] = f(x[i])`
  package func map(
    _ x: Variable<Element>, _ function: ElementwiseFunction
  ) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    let (source, target) = (x.tensor.pointer, y.pointer)
    forEachSlice(of: y.count) { mapLoop(function, source + $0.lowerBound, target + $0.lowerBound, $0.count) }
    // dx = f'(x) dy
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      let (x0, y0, dy0, dx0) = (x.tensor.pointer, y.pointer, dy.pointer, dx.pointer)
      forEachSlice(of: dx.count) {
        let i = $0.lowerBound
        slopeLoop(function, x0 + i, y0 + i, dy0 + i, dx0 + i, $0.count)
      }
      try tape.accumulate(dx, into: x)
    }
  }

  package func exponential(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .exponential)
  }
  package func logarithm(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .logarithm)
  }
  package func squareRoot(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .squareRoot)
  }
  package func sine(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .sine) }
  package func cosine(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .cosine) }
  package func hyperbolicTangent(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .hyperbolicTangent)
  }
  package func sigmoid(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .sigmoid) }
  package func softplus(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .softplus) }
  package func magnitude(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .magnitude)
  }
  package func reciprocal(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .reciprocal)
  }
  package func square(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .square) }

  /// `y[i] = x[i] ^ exponent`; for a negative x only if the exponent is an integer.
  package func power(_ x: Variable<Element>, _ exponent: Element) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    powerLoop(x.tensor.pointer, exponent, y.pointer, y.count)
    // dx = exponent x^(exponent - 1) dy
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      powerGradientLoop(x.tensor.pointer, exponent, dy.pointer, dx.pointer, dx.count)
      try tape.accumulate(dx, into: x)
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func mapLoop<Element: Scalar>(
  _ function: ElementwiseFunction, _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>,
  _ count: Int
) {
  for i in 0..<count { y[i] = function(x[i]) }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func slopeLoop<Element: Scalar>(
  _ function: ElementwiseFunction, _ x: UnsafePointer<Element>, _ y: UnsafePointer<Element>,
  _ dy: UnsafePointer<Element>,
  _ dx: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { dx[i] = function.slope(x[i], y[i]) * dy[i] }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func powerLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ exponent: Element, _ y: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { y[i] = Element.power(x[i], exponent) }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func powerGradientLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ exponent: Element, _ dy: UnsafePointer<Element>,
  _ dx: UnsafeMutablePointer<Element>,
  _ count: Int
) {
  for i in 0..<count { dx[i] = exponent == 0 ? 0 : exponent * Element.power(x[i], exponent - 1) * dy[i] }
}
