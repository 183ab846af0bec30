/// Arithmetic, each operation with its rule, forwards (`change`) and backwards (`pullback`): the table that
/// forward mode, reverse mode and symbolic differentiation read. With y the result, d what changes:
///
///     y = a + b    dy = da + db                        a and b receive dy and dy
///     y = a - b    dy = da - db                        dy and -dy
///     y = -a       dy = -da                            -dy
///     y = a b      dy = da b + a db                    dy b and dy a
///     y = a / b    dy = (da - y db) / b                g = dy / b and -g y
///     y = a^b      dy = b a^(b-1) da + y log(a) db     b a^(b-1) dy and y log(a) dy
///
/// Source: Griewank and Walther, "Evaluating derivatives", 2008, chapters 2 and 3.
package enum ArithmeticOperation: UInt8, CaseIterable, Sendable {
  case sum, difference, product, quotient, power
  /// Of a; b is not read.
  case negation

  @inline(__always)
  package func callAsFunction<Element: Operand>(_ a: Element, _ b: Element) -> Element {
    switch self {
    case .sum: a + b
    case .difference: a - b
    case .product: a * b
    case .quotient: a / b
    case .power: Element.power(a, b)
    case .negation: -a
    }
  }

  /// What a change of a and b does to `y`, to first order. The terms of a power only where they are needed: a
  /// negative a has no logarithm.
  @inline(__always)
  package func change<Element: Operand>(
    _ a: Element, _ b: Element, _ y: Element, _ da: Element, _ db: Element
  ) -> Element {
    switch self {
    case .sum: return da + db
    case .difference: return da - db
    case .product: return da * b + a * db
    case .quotient: return (da - y * db) / b
    case .power:
      if db.isZero { return da.isZero ? 0 : Self.slopeByBase(a, b) * da }
      let byExponent = Self.slopeByExponent(a, y) * db
      return da.isZero ? byExponent : Self.slopeByBase(a, b) * da + byExponent
    case .negation: return -da
    }
  }

  /// What a and b receive of the gradient `dy` of the result.
  @inline(__always)
  package func pullback<Element: Operand>(
    _ a: Element, _ b: Element, _ y: Element, _ dy: Element
  ) -> (da: Element, db: Element) {
    switch self {
    case .sum: return (dy, dy)
    case .difference: return (dy, -dy)
    case .product: return (dy * b, dy * a)
    case .quotient:
      let da = dy / b
      return (da, -da * y)
    case .power: return (Self.slopeByBase(a, b) * dy, Self.slopeByExponent(a, y) * dy)
    case .negation: return (-dy, 0)
    }
  }

  /// `b a^(b - 1)`: a power of 0 is flat, also at 0.
  @inline(__always)
  package static func slopeByBase<Element: Operand>(_ a: Element, _ b: Element) -> Element {
    b.isZero ? 0 : b * Element.power(a, b - 1)
  }

  /// `y log(a)`
  @inline(__always)
  private static func slopeByExponent<Element: Operand>(_ a: Element, _ y: Element) -> Element {
    y * Element.logarithm(a)
  }
}

// The loops over numbers lie here, where the operations can be inlined.
extension ArithmeticOperation {
  /// `y[i] = a[i] op b[i]`
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  @_specialize(where Element == Dual)
  package func apply<Element: Scalar>(
    _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int
  ) {
    switch self {
    case .sum: for i in 0..<count { y[i] = a[i] + b[i] }
    case .difference: for i in 0..<count { y[i] = a[i] - b[i] }
    case .product: for i in 0..<count { y[i] = a[i] * b[i] }
    case .quotient: for i in 0..<count { y[i] = a[i] / b[i] }
    case .power: for i in 0..<count { y[i] = Element.power(a[i], b[i]) }
    case .negation: for i in 0..<count { y[i] = -a[i] }
    }
  }

  /// `(da[i], db[i]) = pullback(a[i], b[i], y[i], dy[i])`
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  @_specialize(where Element == Dual)
  package func pullBack<Element: Scalar>(
    _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ y: UnsafePointer<Element>,
    _ dy: UnsafePointer<Element>, _ da: UnsafeMutablePointer<Element>, _ db: UnsafeMutablePointer<Element>,
    _ count: Int
  ) {
    switch self {
    case .sum: Self.sum.pullBackLoop(a, b, y, dy, da, db, count)
    case .difference: Self.difference.pullBackLoop(a, b, y, dy, da, db, count)
    case .product: Self.product.pullBackLoop(a, b, y, dy, da, db, count)
    case .quotient: Self.quotient.pullBackLoop(a, b, y, dy, da, db, count)
    case .power: Self.power.pullBackLoop(a, b, y, dy, da, db, count)
    case .negation: Self.negation.pullBackLoop(a, b, y, dy, da, db, count)
    }
  }

  /// Inlined for one operation: a loop without a choice in it. One result after the other, as vectors.
  @inline(__always)
  private func pullBackLoop<Element: Scalar>(
    _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ y: UnsafePointer<Element>,
    _ dy: UnsafePointer<Element>, _ da: UnsafeMutablePointer<Element>, _ db: UnsafeMutablePointer<Element>,
    _ count: Int
  ) {
    for i in 0..<count { da[i] = pullback(a[i], b[i], y[i], dy[i]).da }
    for i in 0..<count { db[i] = pullback(a[i], b[i], y[i], dy[i]).db }
  }
}
