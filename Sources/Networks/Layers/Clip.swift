import Tensors

/// Holds numbers within bounds, `y = min(max(x, minimum), maximum)`; NaN propagates. Up to 6 from 0 it is
/// ReLU6.
package struct Clip: LoopLayer {
  /// Nil: no bound.
  package let minimum, maximum: Double?

  static var kind: StaticString { "clip" }
  static var worksInPlace: Bool { true }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.clipped(x, minimum.map { Element($0) }, maximum.map { Element($0) })
  }

  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place) {
    let bounds = Clip.bounds(minimum.map { Float($0) }, maximum.map { Float($0) })
    forEachSlice(of: to.count) {
      clipLoop(x + $0.lowerBound, y + $0.lowerBound, $0.count, bounds.low, bounds.high)
    }
  }

  fileprivate static func bounds<Element: Scalar>(
    _ minimum: Element?, _ maximum: Element?
  ) -> (low: Element, high: Element) {
    (minimum ?? -.infinity, maximum ?? .infinity)
  }

  init(minimum: Double?, maximum: Double?) { (self.minimum, self.maximum) = (minimum, maximum) }

  init(from text: inout LayerText) throws(Failure) {
    let minimum = try text.realIfAny("min"), maximum = try text.realIfAny("max")
    if let minimum, let maximum, minimum > maximum {
      throw text.refusal("min", exactText(minimum), "at most max, \(exactText(maximum))")
    }
    self.init(minimum: minimum, maximum: maximum)
  }

  func write(to text: inout LayerText) {
    if let minimum { text.set("min", minimum) }
    if let maximum { text.set("max", maximum) }
  }
}

extension LayerText {
  /// A number; nil if absent.
  mutating func realIfAny(_ key: StaticString) throws(Failure) -> Double? {
    guard entries.contains(where: { $0.key == "\(key)" }) else { return nil }
    return try real(key)
  }
}

extension Tape {
  /// `y = min(max(x, minimum), maximum)`, a nil bound bounding nothing.
  package func clipped(
    _ x: Variable<Element>, _ minimum: Element?, _ maximum: Element?
  ) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>(x.shape)
    let (low, high) = Clip.bounds(minimum, maximum)
    clipLoop(x.tensor.pointer, y.pointer, y.count, low, high)
    // dx = dy between the bounds
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for i in 0..<dx.count { dx.pointer[i] = x.tensor[i] > low && x.tensor[i] < high ? dy[i] : 0 }
      try tape.accumulate(dx, into: x)
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func clipLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int, _ low: Element,
  _ high: Element
) {
  for i in 0..<count {
    let value = x[i] < low ? low : x[i]
    y[i] = value > high ? high : value
  }
}
