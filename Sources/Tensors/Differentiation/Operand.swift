/// What the rules of differentiation are written with, each once: numbers, dual numbers, and the symbols of
/// an expression. Reverse mode reads the rules with `Float` and `Double`, forward mode (`Dual`) with
/// `Double`, symbolic differentiation with symbols.
package protocol Operand: ExpressibleByIntegerLiteral {
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static prefix func - (a: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static func power(_ x: Self, _ y: Self) -> Self
  /// The natural logarithm.
  static func logarithm(_ x: Self) -> Self
  static func sine(_ x: Self) -> Self
  static func cosine(_ x: Self) -> Self
  /// `1 / (1 + exp(-x))`
  static func sigmoid(_ x: Self) -> Self
  /// 1, -1, or 0 at 0.
  static func sign(_ x: Self) -> Self

  /// Whether it is the constant 0: the term that it would be a factor of is left out where the other factor
  /// may have no value.
  var isZero: Bool { get }
}

extension Operand where Self: Scalar {
  @inline(__always)
  package var isZero: Bool { self == 0 }

  /// Written so that no exponential overflows.
  @inline(__always)
  package static func sigmoid(_ x: Self) -> Self {
    let e = exponential(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
  }

  @inline(__always)
  package static func sign(_ x: Self) -> Self { x > 0 ? 1 : x < 0 ? -1 : x * 0 }
}
