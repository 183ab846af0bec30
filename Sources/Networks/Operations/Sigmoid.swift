import Tensors

extension Tape {
  /// `y = 1 / (1 + exp(-x))`
  package func sigmoid(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    sigmoidLoop(x.tensor.pointer, y.pointer, y.count)
    // dx = dy y (1 - y)
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for i in 0..<dx.count { dx.pointer[i] = dy[i] * y[i] * (1 - y[i]) }
      try tape.accumulate(dx, into: x)
    }
  }
}

/// The exponential is of a number that is not positive, so that it cannot overflow.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func sigmoidLoop<Element: Scalar>(_ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int) {
  for i in 0..<count {
    let small = Element.exponential(x[i] < 0 ? x[i] : -x[i])
    y[i] = x[i] < 0 ? small / (1 + small) : 1 / (1 + small)
  }
}
