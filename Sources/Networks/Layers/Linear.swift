import Tensors

/// `scale x + offset`
package struct Linear: LoopLayer {
  package let scale, offset: Double

  static var kind: StaticString { "linear" }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.linear(x, scale: Element(scale), offset: Element(offset))
  }

  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place) {
    linearLoop(x, y, to.count, Float(scale), Float(offset))
  }

  init(scale: Double, offset: Double) {
    self.scale = scale
    self.offset = offset
  }

  init(from text: inout LayerText) throws(Failure) {
    self.init(scale: try text.real("scale"), offset: try text.real("offset"))
  }

  func write(to text: inout LayerText) {
    text.set("scale", scale)
    text.set("offset", offset)
  }
}

extension Layer {
  /// `scale x + offset`
  package static func linear(scale: Double, offset: Double) -> Layer {
    .single(.linear(Linear(scale: scale, offset: offset)))
  }
}

extension Tape {
  /// `y = scale x + offset`, elementwise.
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
