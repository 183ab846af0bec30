import Tensors

extension Tape {
  /// `y[i] = f(x[i])`
  package func map(
    _ x: Variable<Element>, _ function: ElementwiseFunction
  ) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    let (source, target) = (x.tensor.pointer, y.pointer)
    forEachSlice(of: y.count) {
      function.apply(source + $0.lowerBound, target + $0.lowerBound, $0.count)
    }
    // dx = f'(x) dy
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      let (x0, y0, dy0, dx0) = (x.tensor.pointer, y.pointer, dy.pointer, dx.pointer)
      forEachSlice(of: dx.count) {
        let i = $0.lowerBound
        function.pullBack(x0 + i, y0 + i, dy0 + i, dx0 + i, $0.count)
      }
      try tape.accumulate(dx, into: x)
    }
  }

  package func exponential(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .exponential)
  }
  package func logarithm(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .logarithm)
  }
  package func squareRoot(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .squareRoot)
  }
  package func sine(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .sine) }
  package func cosine(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .cosine) }
  package func hyperbolicTangent(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .hyperbolicTangent)
  }
  package func sigmoid(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .sigmoid) }
  package func softplus(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .softplus) }
  package func magnitude(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .magnitude)
  }
  package func reciprocal(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    try map(x, .reciprocal)
  }
  package func square(_ x: Variable<Element>) throws(Failure) -> Variable<Element> { try map(x, .square) }

  /// `y[i] = x[i] ^ exponent`; for a negative x only if the exponent is an integer.
  package func power(_ x: Variable<Element>, _ exponent: Element) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    powerLoop(x.tensor.pointer, exponent, y.pointer, y.count)
    // dx = exponent x^(exponent - 1) dy
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      powerGradientLoop(x.tensor.pointer, exponent, dy.pointer, dx.pointer, dx.count)
      try tape.accumulate(dx, into: x)
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func powerLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ exponent: Element, _ y: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { y[i] = Element.power(x[i], exponent) }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func powerGradientLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ exponent: Element, _ dy: UnsafePointer<Element>,
  _ dx: UnsafeMutablePointer<Element>,
  _ count: Int
) {
  for i in 0..<count { dx[i] = ArithmeticOperation.slopeByBase(x[i], exponent) * dy[i] }
}
