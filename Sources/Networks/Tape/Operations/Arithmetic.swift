import Tensors

// `a + b` is `sum` in Assembly.swift.
extension Tape {
  /// `y = a - b`, of the same shape.
  package func difference(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element>
  {
    try checkAlike(a, b, "difference")
    let y = try Tensor<Element>(a.shape)
    combine(a.tensor, .difference, b.tensor, into: y)
    // da = dy, db = -dy
    return record(y, from: [a, b]) { tape, dy throws(Failure) in
      let db = try dy.scaled(by: -1)
      try tape.accumulate(dy, into: a)
      try tape.accumulate(db, into: b)
    }
  }

  /// `y[i] = a[i] b[i]`, of the same shape.
  package func product(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element> {
    try combined(.product, a, b, "product")
  }

  /// `y[i] = a[i] / b[i]`, of the same shape.
  package func quotient(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element> {
    try combined(.quotient, a, b, "quotient")
  }

  /// `y[i] = a[i] ^ b[i]`, of the same shape.
  package func power(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element> {
    try combined(.power, a, b, "power")
  }

  /// By the table's rule, both ways.
  private func combined(
    _ operation: ArithmeticOperation, _ a: Variable<Element>, _ b: Variable<Element>, _ name: StaticString
  ) throws(Failure) -> Variable<Element> {
    try checkAlike(a, b, name)
    let y = try Tensor<Element>(a.shape)
    combine(a.tensor, operation, b.tensor, into: y)
    return record(y, from: [a, b]) { tape, dy throws(Failure) in
      let da = try Tensor<Element>(a.shape), db = try Tensor<Element>(b.shape)
      let (a0, b0, y0, dy0) = (a.tensor.pointer, b.tensor.pointer, y.pointer, dy.pointer)
      let (da0, db0) = (da.pointer, db.pointer)
      forEachSlice(of: y.count) {
        let i = $0.lowerBound
        operation.pullBack(a0 + i, b0 + i, y0 + i, dy0 + i, da0 + i, db0 + i, $0.count)
      }
      try tape.accumulate(da, into: a)
      try tape.accumulate(db, into: b)
    }
  }

  /// `y = factor x`
  package func scaled(_ x: Variable<Element>, by factor: Element) throws(Failure) -> Variable<Element> {
    // dx = factor dy
    record(try x.tensor.scaled(by: factor), from: [x]) { tape, dy throws(Failure) in
      try tape.accumulate(dy.scaled(by: factor), into: x)
    }
  }

  /// The sum of all elements, a single number.
  package func sum(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    let total = Element(totalLoop(x.tensor.pointer, x.tensor.count))
    // dx[i] = dy
    return record(try Tensor([1], [total]), from: [x]) { tape, dy throws(Failure) in
      try tape.accumulate(Tensor(x.shape.extents, repeating: dy[0]), into: x)
    }
  }

  /// The mean of all elements, a single number.
  package func mean(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    guard x.tensor.count > 0 else {
      throw .invalidArgument("the mean of \(x.shape.description); expected one element or more")
    }
    return try scaled(sum(x), by: 1 / Element(x.tensor.count))
  }

  private func checkAlike(
    _ a: Variable<Element>, _ b: Variable<Element>, _ name: StaticString
  ) throws(Failure) {
    guard a.shape == b.shape else {
      throw .invalidArgument(
        "the \(name) of \(a.shape.description) and \(b.shape.description); expected two of one shape")
    }
  }
}

/// `y = a op b`, elementwise.
private func combine<Element: Scalar>(
  _ a: Tensor<Element>, _ operation: ArithmeticOperation, _ b: Tensor<Element>, into y: Tensor<Element>
) {
  let (a, b, target) = (a.pointer, b.pointer, y.pointer)
  forEachSlice(of: y.count) {
    operation.apply(a + $0.lowerBound, b + $0.lowerBound, target + $0.lowerBound, $0.count)
  }
}

extension Tensor where Element: Scalar {
  /// Every number times `factor`.
  func scaled(by factor: Element) throws(Failure) -> Tensor {
    let product = try Tensor(shape)
    scale(pointer, into: product.pointer, count, by: factor)
    return product
  }
}

/// `y = factor x`; `y` may be `x`.
func scale<Element: Scalar>(
  _ x: UnsafePointer<Element>, into y: UnsafeMutablePointer<Element>, _ count: Int, by factor: Element
) {
  forEachSlice(of: count) { scaleLoop(x + $0.lowerBound, y + $0.lowerBound, $0.count, factor) }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func scaleLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int, _ factor: Element
) {
  for i in 0..<count { y[i] = factor * x[i] }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func totalLoop<Element: Scalar>(_ x: UnsafePointer<Element>, _ count: Int) -> Element.Accumulator {
  var total: Element.Accumulator = 0
  for i in 0..<count { total += x[i].accumulated }
  return total
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
func addLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ sum: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { sum[i] = a[i] + b[i] }
}
