import Tensors

extension Tape {
  /// Rectifier (ReLU): `y = max(x, 0)`; NaN stays NaN.
  package func rectifier(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    rectifyLoop(x.tensor.pointer, y.pointer, y.count)
    // dx = dy where y > 0
    return record(y, from: [x]) { tape, dy throws(Failure) in
      try dy.gate(by: y)
      try tape.accumulate(dy, into: x)
    }
  }

  /// Parametric rectifier (He et al. 2015): `y = max(x, 0) + slope[c] * min(x, 0)`, one slope a channel.
  package func parametricRectifier(
    _ x: Variable<Element>, _ slopes: Finish<Element>
  ) throws(Failure) -> Variable<Element> {
    // The bias was added before: apply the activation alone.
    let channels = x.shape.extents.last ?? 1
    let y = try Tensor<Element>(x.shape)
    for i in 0..<y.count { y.pointer[i] = x.tensor[i] < 0 ? x.tensor[i] * slopes.slope(i % channels) : x.tensor[i] }
    // dx = dy where x > 0, slope * dy where x < 0
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for i in 0..<dx.count { dx.pointer[i] = x.tensor[i] < 0 ? dy[i] * slopes.slope(i % channels) : dy[i] }
      try tape.accumulate(dx, into: x)
    }
  }

  /// Softmax over the last axis: `y[c] = exp(x[c]) / sum over k of exp(x[k])`.
  package func softmax(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    let channels = x.shape.extents.last ?? 1
    let y = try Tensor<Element>(x.shape)
    guard channels > 0 else { return constant(y) }
    softmaxRows(x.tensor.pointer, y.pointer, rows: y.count / channels, channels)
    // dx[c] = y[c] (dy[c] - sum over k of dy[k] y[k])
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for row in 0..<(y.count / channels) {
        let first = row * channels
        var sum: Element = 0
        for c in first..<(first + channels) { sum += dy[c] * y[c] }
        for c in first..<(first + channels) { dx.pointer[c] = y[c] * (dy[c] - sum) }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

extension Tensor where Element: Scalar {
  /// Makes this gradient 0 where the rectifier that gave `y` was shut.
  mutating func gate(by y: Tensor) throws(Failure) {
    let open = try isUnique() ? self : Tensor(shape)
    Element.gate(pointer, by: y.pointer, open.pointer, count)
    self = open
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
func softmaxRows<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, rows: Int, _ channels: Int
) {
  for row in 0..<rows {
    let source = x + row * channels, target = y + row * channels
    var largest = source[0]
    for c in 1..<max(channels, 1) where source[c] > largest { largest = source[c] }
    var sum: Element = 0
    for c in 0..<channels {
      target[c] = Element.exponential(source[c] - largest)
      sum += target[c]
    }
    for c in 0..<channels { target[c] /= sum }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func rectifyLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { y[i] = x[i] < 0 ? 0 : x[i] }
}
