/// Functions of one number, each with its derivative: the table of rules that forward mode, reverse mode and
/// symbolic differentiation read. It is closed: what a rule needs is in the table, too.
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
  /// 1, -1, or 0 at 0; `f' = 0`, also at the step
  case sign

  @inline(__always)
  package func callAsFunction<Element: Scalar>(_ x: Element) -> Element {
    switch self {
    case .exponential: Element.exponential(x)
    case .logarithm: Element.logarithm(x)
    case .squareRoot: x.squareRoot()
    case .sine: Element.sine(x)
    case .cosine: Element.cosine(x)
    case .hyperbolicTangent: Element.hyperbolicTangent(x)
    case .sigmoid: Element.sigmoid(x)
    case .softplus: Self.smoothMaximum(x)
    case .magnitude: x.magnitude
    case .reciprocal: 1 / x
    case .square: x * x
    case .sign: Element.sign(x)
    }
  }

  /// `f'(x)`, given `y = f(x)`.
  @inline(__always)
  package func slope<Element: Operand>(_ x: Element, _ y: Element) -> Element {
    switch self {
    case .exponential: y
    case .logarithm: 1 / x
    case .squareRoot: 1 / (2 * y)
    case .sine: Element.cosine(x)
    case .cosine: -Element.sine(x)
    case .hyperbolicTangent: 1 - y * y
    case .sigmoid: y * (1 - y)
    case .softplus: Element.sigmoid(x)
    case .magnitude: Element.sign(x)
    case .reciprocal: -y * y
    case .square: 2 * x
    case .sign: 0
    }
  }

  /// `f(x + dx) - f(x)` to first order: `f'(x) dx`. What does not change stays so, even where f has no slope.
  @inline(__always)
  package func change<Element: Operand>(_ x: Element, _ y: Element, _ dx: Element) -> Element {
    dx.isZero ? 0 : slope(x, y) * dx
  }

  /// `log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))`
  @inline(__always)
  private static func smoothMaximum<Element: Scalar>(_ x: Element) -> Element {
    let small = Element.logarithm(onePlus: .exponential(x < 0 ? x : -x))
    return x > 0 ? x + small : small
  }
}

// The loops over numbers lie here, where the functions can be inlined.
extension ElementwiseFunction {
  /// `y[i] = f(x[i])`
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  @_specialize(where Element == Dual)
  package func apply<Element: Scalar>(
    _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int
  ) {
    for i in 0..<count { y[i] = self(x[i]) }
  }

  /// `dx[i] = f'(x[i]) dy[i]`
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  @_specialize(where Element == Dual)
  package func pullBack<Element: Scalar>(
    _ x: UnsafePointer<Element>, _ y: UnsafePointer<Element>, _ dy: UnsafePointer<Element>,
    _ dx: UnsafeMutablePointer<Element>, _ count: Int
  ) {
    for i in 0..<count { dx[i] = slope(x[i], y[i]) * dy[i] }
  }
}
