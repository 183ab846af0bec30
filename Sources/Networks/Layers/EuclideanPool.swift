import CSystem
import Tensors

/// `sqrt(sum of squares)` over the window.
package struct EuclideanPool: LayerKind {
  package let kernel, stride, padding: Int

  static var kind: StaticString { "euclidean-pool" }

  func output(for input: Extent) -> Extent {
    input.mapped { pooledSide($0, kernel, stride, padding, padding, false) }
  }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? {
    .init(size: kernel, stride: stride, start: -padding)
  }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.euclideanPool(x, kernel: kernel, stride: stride, padding: padding)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0]
    let window = try poolingWindow(x.shape(), Sides(kernel), Sides(stride), .around(padding), false)
    let y = try planner.new(x.batch, output(for: x.extent))
    planner.record(from: x, to: y) { memory in
      Float.euclideanPool(window, memory.pointer(x), memory.pointer(y))
    }
    return y
  }

  init(kernel: Int, stride: Int, padding: Int) {
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
  }

  init(from text: inout LayerText) throws(Failure) {
    self.init(
      kernel: try text.number("kernel", LayerLimits.window),
      stride: try text.number("stride", LayerLimits.stride),
      padding: try text.number("padding", LayerLimits.padding, usual: 0))
  }

  func write(to text: inout LayerText) {
    text.set("kernel", kernel)
    text.set("stride", stride)
    text.set("padding", padding, usual: 0)
  }
}

extension Layer {
  /// `sqrt(sum of squares)` over the window.
  package static func euclideanPool(kernel: Int, stride: Int, padding: Int = 0) -> Layer {
    .single(.euclideanPool(EuclideanPool(kernel: kernel, stride: stride, padding: padding)))
  }
}

extension Tape {
  /// L2 pooling (FaceNet): `y = sqrt(sum over the window of x^2)`; padding adds nothing.
  package func euclideanPool(
    _ x: Variable<Element>, kernel: Int, stride: Int, padding: Int = 0, roundsUp: Bool = false
  ) throws(Failure) -> Variable<Element> {
    try euclideanPool(
      x, poolingWindow(x.shape, Sides(kernel), Sides(stride), .around(padding), roundsUp))
  }

  func euclideanPool(_ x: Variable<Element>, _ window: Window) throws(Failure) -> Variable<Element> {
    let y = try Tensor<Element>([window.batch, window.outHeight, window.outWidth, window.channels])
    Element.euclideanPool(window, x.tensor.pointer, y.pointer)
    // dx = dy x / y; 0 where the whole window is 0
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      try Element.poolGradient(window, .euclidean, x.tensor.pointer, y.pointer, dy.pointer, dx.pointer)
      try tape.accumulate(dx, into: x)
    }
  }
}
