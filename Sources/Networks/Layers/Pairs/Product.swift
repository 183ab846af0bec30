import Tensors

/// `y = a b`, number by number. The operation is one of Arithmetic.swift.
package struct Product: PairLayer {
  static var kind: StaticString { "product" }
  static var operation: PairOperation { .product }

  func whole<Element: Scalar>(
    _ a: Variable<Element>, _ b: Variable<Element>, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.product(a, b)
  }
}
