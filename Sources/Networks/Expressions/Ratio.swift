import Tensors

/// A number as a quotient, so that `x/3 + x/3` is `2*x/3`: of whole numbers below 2^53 in lowest terms, else
/// over 1. The denominator is positive.
struct Ratio {
  private(set) var numerator: Double, denominator: Double

  init(_ value: Double) { (numerator, denominator) = (value, 1) }

  private init(_ numerator: Double, over denominator: Double) {
    var divisor = denominator.magnitude, rest = numerator.magnitude
    guard divisor != 1 || denominator < 0 else {
      (self.numerator, self.denominator) = (numerator, 1)
      return
    }
    guard Ratio.isWhole(numerator), Ratio.isWhole(denominator), denominator != 0 else {
      (self.numerator, self.denominator) = (numerator / denominator, 1)
      return
    }
    // Euclid's algorithm.
    while rest > 0 { (divisor, rest) = (rest, divisor.truncatingRemainder(dividingBy: rest)) }
    let sign = denominator < 0 ? -divisor : divisor
    (self.numerator, self.denominator) = (numerator / sign, denominator / sign)
  }

  var value: Double { numerator / denominator }
  var isZero: Bool { numerator == 0 }
  var isOne: Bool { numerator == 1 && denominator == 1 }
  var magnitude: Ratio { numerator < 0 ? Ratio(0) - self : self }
  /// Neither lost to an overflow nor to an underflow, where digits are.
  var isSound: Bool { value.isNormal }

  static func * (a: Ratio, b: Ratio) -> Ratio {
    Ratio(a.numerator * b.numerator, over: a.denominator * b.denominator)
  }
  static func / (a: Ratio, b: Ratio) -> Ratio {
    Ratio(a.numerator * b.denominator, over: a.denominator * b.numerator)
  }
  static func + (a: Ratio, b: Ratio) -> Ratio {
    Ratio(
      a.numerator * b.denominator + b.numerator * a.denominator, over: a.denominator * b.denominator)
  }
  static func - (a: Ratio, b: Ratio) -> Ratio {
    Ratio(
      a.numerator * b.denominator - b.numerator * a.denominator, over: a.denominator * b.denominator)
  }

  /// - Parameter exponent: a whole number.
  func power(_ exponent: Double) -> Ratio {
    let up = Double.power(numerator, exponent.magnitude), down = Double.power(denominator, exponent.magnitude)
    return exponent < 0 ? Ratio(down, over: up) : Ratio(up, over: down)
  }

  static func isWhole(_ x: Double) -> Bool { x.magnitude <= 0x1p53 && x.rounded() == x }
}
