import Tensors

/// `y = a - b`, number by number. The operation is one of Arithmetic.swift.
package struct Difference: PairLayer {
  static var kind: StaticString { "difference" }
  static var operation: PairOperation { .difference }

  func whole<Element: Scalar>(
    _ a: Variable<Element>, _ b: Variable<Element>, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.difference(a, b)
  }
}
