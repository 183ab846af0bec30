import Tensors

extension Tape {
  /// `y = scale x + offset`, element by element.
  package func linear(
    _ x: Variable<Element>, scale: Element, offset: Element
  ) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    linearLoop(x.tensor.pointer, y.pointer, y.count, scale, offset)
    // dx = scale dy
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      linearLoop(dy.pointer, dx.pointer, dx.count, scale, 0)
      try tape.accumulate(dx, into: x)
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
func linearLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int, _ scale: Element,
  _ offset: Element
) {
  for i in 0..<count { y[i] = scale * x[i] + offset }
}
