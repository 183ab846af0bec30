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

// Every rule is the table's (ArithmeticOperation.swift, ElementwiseFunction.swift).
extension Dual {
  private static func combined(_ operation: ArithmeticOperation, _ a: Dual, _ b: Dual) -> Dual {
    let y = operation(a.value, b.value)
    return Dual(y, derivative: operation.change(a.value, b.value, y, a.derivative, b.derivative))
  }

  package static func + (a: Dual, b: Dual) -> Dual { combined(.sum, a, b) }
  package static func - (a: Dual, b: Dual) -> Dual { combined(.difference, a, b) }
  package static prefix func - (a: Dual) -> Dual { combined(.negation, a, a) }
  package static func * (a: Dual, b: Dual) -> Dual { combined(.product, a, b) }
  package static func / (a: Dual, b: Dual) -> Dual { combined(.quotient, a, b) }
  package static func power(_ x: Dual, _ y: Dual) -> Dual { combined(.power, x, y) }
  package static func += (a: inout Dual, b: Dual) { a = a + b }
  package static func -= (a: inout Dual, b: Dual) { a = a - b }
  package static func *= (a: inout Dual, b: Dual) { a = a * b }
  package static func /= (a: inout Dual, b: Dual) { a = a / b }

  private static func mapped(_ function: ElementwiseFunction, _ x: Dual) -> Dual {
    let y = function(x.value)
    return Dual(y, derivative: function.change(x.value, y, x.derivative))
  }

  package var magnitude: Dual { Dual.mapped(.magnitude, self) }
  package func squareRoot() -> Dual { Dual.mapped(.squareRoot, self) }
  package static func exponential(_ x: Dual) -> Dual { mapped(.exponential, x) }
  package static func logarithm(_ x: Dual) -> Dual { mapped(.logarithm, x) }
  package static func logarithm(onePlus x: Dual) -> Dual {
    // The logarithm's rule at 1 + x.
    Dual(
      log1p(x.value),
      derivative: ElementwiseFunction.logarithm.change(1 + x.value, log1p(x.value), x.derivative))
  }
  package static func sine(_ x: Dual) -> Dual { mapped(.sine, x) }
  package static func cosine(_ x: Dual) -> Dual { mapped(.cosine, x) }
  package static func hyperbolicTangent(_ x: Dual) -> Dual { mapped(.hyperbolicTangent, x) }
}
