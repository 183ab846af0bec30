import CSystem

/// A number and its derivative in one direction: forward-mode automatic differentiation.
/// `a + b e` with `e^2 = 0`, so that `f(a + b e) = f(a) + f'(a) b e` for every differentiable f.
///
/// A computation on dual numbers yields the derivative together with the result. Comparisons use `value`, so
/// branches are taken as they would be without derivatives, and `==` ignores `derivative`.
///
/// Source: Griewank and Walther, "Evaluating derivatives", 2008, chapter 3.
package struct Dual: PlainScalar {
  package typealias Accumulator = Dual

  package var value: Double
  package var derivative: Double

  package init(_ value: Double, derivative: Double) {
    self.value = value
    self.derivative = derivative
  }

  /// A constant: its derivative is 0.
  package init(_ value: Double) { self.init(value, derivative: 0) }
  package init(_ value: Int) { self.init(Double(value)) }
  package init(_ value: Float) { self.init(Double(value)) }
  package init(_ sum: Dual) { self = sum }
  package init(floatLiteral value: Double) { self.init(value) }
  package init(integerLiteral value: Int) { self.init(Double(value)) }
  package init?<Source: BinaryInteger>(exactly source: Source) {
    guard let value = Double(exactly: source) else { return nil }
    self.init(value)
  }

  package var accumulated: Dual { self }

  package static var nan: Dual { Dual(Double.nan) }
  package static var infinity: Dual { Dual(Double.infinity) }
  package var isNaN: Bool { value.isNaN }
  package var isFinite: Bool { value.isFinite }

  package static func == (a: Dual, b: Dual) -> Bool { a.value == b.value }
  package static func < (a: Dual, b: Dual) -> Bool { a.value < b.value }
}

// (x + y)' = x' + y'      (x y)' = x' y + x y'      (x / y)' = (x' - (x / y) y') / y
extension Dual {
  package static func + (a: Dual, b: Dual) -> Dual {
    Dual(a.value + b.value, derivative: a.derivative + b.derivative)
  }
  package static func - (a: Dual, b: Dual) -> Dual {
    Dual(a.value - b.value, derivative: a.derivative - b.derivative)
  }
  package static prefix func - (a: Dual) -> Dual { Dual(-a.value, derivative: -a.derivative) }
  package static func * (a: Dual, b: Dual) -> Dual {
    Dual(a.value * b.value, derivative: a.derivative * b.value + a.value * b.derivative)
  }
  package static func / (a: Dual, b: Dual) -> Dual {
    let quotient = a.value / b.value
    return Dual(quotient, derivative: (a.derivative - quotient * b.derivative) / b.value)
  }
  package static func += (a: inout Dual, b: Dual) { a = a + b }
  package static func -= (a: inout Dual, b: Dual) { a = a - b }
  package static func *= (a: inout Dual, b: Dual) { a = a * b }
  package static func /= (a: inout Dual, b: Dual) { a = a / b }

  /// |x|' = sign(x) x', 0 at 0.
  package var magnitude: Dual { value > 0 ? self : value < 0 ? -self : Dual(value.magnitude) }
}

extension Dual {
  /// `f(a + b e) = f(a) + f'(a) b e`. A constant stays constant, even where f has no slope.
  private func mapped(_ value: Double, slope: Double) -> Dual {
    Dual(value, derivative: derivative == 0 ? 0 : slope * derivative)
  }

  package func squareRoot() -> Dual {
    let root = value.squareRoot()
    return mapped(root, slope: 0.5 / root)
  }

  package static func exponential(_ x: Dual) -> Dual {
    let y = exp(x.value)
    return x.mapped(y, slope: y)
  }

  package static func logarithm(_ x: Dual) -> Dual { x.mapped(log(x.value), slope: 1 / x.value) }
  package static func logarithm(onePlus x: Dual) -> Dual {
    x.mapped(log1p(x.value), slope: 1 / (1 + x.value))
  }
  package static func sine(_ x: Dual) -> Dual { x.mapped(sin(x.value), slope: cos(x.value)) }
  package static func cosine(_ x: Dual) -> Dual { x.mapped(cos(x.value), slope: -sin(x.value)) }

  package static func hyperbolicTangent(_ x: Dual) -> Dual {
    let y = tanh(x.value)
    return x.mapped(y, slope: 1 - y * y)
  }

  /// `(x^y)' = y x^(y - 1) x' + x^y log(x) y'`, each term only where it is needed: a negative x has no
  /// logarithm.
  package static func power(_ x: Dual, _ y: Dual) -> Dual {
    let result = pow(x.value, y.value)
    let byBase = x.derivative == 0 || y.value == 0 ? 0 : y.value * pow(x.value, y.value - 1) * x.derivative
    let byExponent = y.derivative == 0 ? 0 : result * log(x.value) * y.derivative
    return Dual(result, derivative: byBase + byExponent)
  }
}
