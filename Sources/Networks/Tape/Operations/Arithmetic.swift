import Tensors

// `a + b` is `sum` in Assembly.swift.
extension Tape {
  /// `y = a - b`, of the same shape.
  package func difference(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element>
  {
    try checkAlike(a, b, "difference")
    let y = try Tensor<Element>(a.shape)
    combine(a.tensor, .minus, b.tensor, into: y)
    // da = dy, db = -dy
    return record(y, from: [a, b]) { tape, dy throws(Failure) in
      let db = try dy.scaled(by: -1)
      try tape.accumulate(dy, into: a)
      try tape.accumulate(db, into: b)
    }
  }

  /// `y[i] = a[i] b[i]`, of the same shape.
  package func product(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element> {
    try checkAlike(a, b, "product")
    let y = try Tensor<Element>(a.shape)
    combine(a.tensor, .times, b.tensor, into: y)
    // da = dy b, db = dy a
    return record(y, from: [a, b]) { tape, dy throws(Failure) in
      let da = try Tensor<Element>(a.shape), db = try Tensor<Element>(b.shape)
      combine(dy, .times, b.tensor, into: da)
      combine(dy, .times, a.tensor, into: db)
      try tape.accumulate(da, into: a)
      try tape.accumulate(db, into: b)
    }
  }

  /// `y[i] = a[i] / b[i]`, of the same shape.
  package func quotient(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element> {
    try checkAlike(a, b, "quotient")
    let y = try Tensor<Element>(a.shape)
    combine(a.tensor, .over, b.tensor, into: y)
    // da = dy / b, db = -da y
    return record(y, from: [a, b]) { tape, dy throws(Failure) in
      let da = try Tensor<Element>(a.shape), db = try Tensor<Element>(b.shape)
      combine(dy, .over, b.tensor, into: da)
      combine(da, .minusTimes, y, into: db)
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

private enum Combination { case minus, times, over, minusTimes }

/// `y = a op b`, elementwise.
private func combine<Element: Scalar>(
  _ a: Tensor<Element>, _ operation: Combination, _ b: Tensor<Element>, into y: Tensor<Element>
) {
  let (a, b, target) = (a.pointer, b.pointer, y.pointer)
  forEachSlice(of: y.count) {
    combineLoop(a + $0.lowerBound, operation, b + $0.lowerBound, target + $0.lowerBound, $0.count)
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func combineLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ operation: Combination, _ b: UnsafePointer<Element>,
  _ y: UnsafeMutablePointer<Element>,
  _ count: Int
) {
  switch operation {
  case .minus: for i in 0..<count { y[i] = a[i] - b[i] }
  case .times: for i in 0..<count { y[i] = a[i] * b[i] }
  case .over: for i in 0..<count { y[i] = a[i] / b[i] }
  case .minusTimes: for i in 0..<count { y[i] = -a[i] * b[i] }
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
