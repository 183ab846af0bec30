import Tensors

/// Leaky rectifier: `y = max(x, 0) + slope min(x, 0)`; NaN propagates.
package struct LeakyRectifier: LoopLayer {
  package let slope: Double

  static var kind: StaticString { "leaky-rectifier" }
  static var worksInPlace: Bool { true }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.leakyRectifier(x, slope: Element(slope))
  }

  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place) {
    forEachSlice(of: to.count) {
      leakyLoop(x + $0.lowerBound, gate: x + $0.lowerBound, y + $0.lowerBound, $0.count, Float(slope))
    }
  }

  init(slope: Double) { self.slope = slope }
  init(from text: inout LayerText) throws(Failure) { slope = try text.real("slope") }
  func write(to text: inout LayerText) { text.set("slope", slope) }
}

extension Tape {
  /// `y = max(x, 0) + slope min(x, 0)`
  package func leakyRectifier(
    _ x: Variable<Element>, slope: Element
  ) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    leakyLoop(x.tensor.pointer, gate: x.tensor.pointer, y.pointer, y.count, slope)
    // dx = dy where x >= 0, slope dy where x < 0
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      leakyLoop(dy.pointer, gate: x.tensor.pointer, dx.pointer, dx.count, slope)
      try tape.accumulate(dx, into: x)
    }
  }
}

/// `y = x` where `gate >= 0` or NaN, else `slope x`.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func leakyLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, gate: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>,
  _ count: Int, _ slope: Element
) {
  for i in 0..<count { y[i] = gate[i] < 0 ? slope * x[i] : x[i] }
}
