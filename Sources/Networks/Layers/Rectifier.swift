import Tensors

/// Rectifier (ReLU): `y = max(x, 0)`; NaN propagates.
package struct Rectifier: BareLayer {
  static var kind: StaticString { "rectifier" }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.rectifier(x)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0]
    // Already fused into the sum.
    if planner.isRectified(node.values[0]) { return x }
    let y = try planner.new(x.batch, x.extent)
    planner.rectify(x, to: y)
    return y
  }
}

extension Layer {
  /// Rectifier (ReLU).
  package static var rectifier: Layer { .single(.rectifier(Rectifier())) }
}

extension Planner {
  /// Rows need not be contiguous.
  func rectify(_ x: Place, to y: Place) {
    record(from: x, to: y) { memory in
      rectifyRows(memory.pointer(x), x.stride, memory.pointer(y), y.stride, y.pixels, y.channels)
    }
  }

  func rectify(_ place: Place) { rectify(place, to: place) }
}

private func rectifyRows(
  _ x: UnsafePointer<Float>, _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int, _ rows: Int,
  _ channels: Int
) {
  for row in 0..<rows {
    let x = x + row * xStride, y = y + row * yStride
    for c in 0..<channels { y[c] = x[c] < 0 ? 0 : x[c] }
  }
}

extension Tape {
  /// Rectifier (ReLU): `y = max(x, 0)`; NaN propagates.
  package func rectifier(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    rectifyLoop(x.tensor.pointer, y.pointer, y.count)
    // dx = dy where y > 0
    return record(y, from: [x]) { tape, dy throws(Failure) in
      try tape.passBack(&dy, throughRectifier: y)
      try tape.accumulate(dy, into: x)
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
func rectifyLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { y[i] = x[i] < 0 ? 0 : x[i] }
}
