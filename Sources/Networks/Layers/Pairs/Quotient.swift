import Tensors

/// `y = a / b`, number by number. The operation is one of Arithmetic.swift.
package struct Quotient: PairLayer {
  static var kind: StaticString { "quotient" }
  static var operation: PairOperation { .quotient }

  func whole<Element: Scalar>(
    _ a: Variable<Element>, _ b: Variable<Element>, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.quotient(a, b)
  }
}
