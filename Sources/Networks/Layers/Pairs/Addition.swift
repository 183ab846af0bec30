import Tensors

/// `y = a + b`, number by number, where one may have a single row, column or channel; `Sum` fills a smaller
/// picture with zeros instead.
package struct Addition: PairLayer {
  static var kind: StaticString { "addition" }
  static var operation: PairOperation { .sum }

  func whole<Element: Scalar>(
    _ a: Variable<Element>, _ b: Variable<Element>, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.sum(a, b)
  }
}
