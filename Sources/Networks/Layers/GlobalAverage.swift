import CSystem
import Tensors

/// Mean over all pixels: [b, h, w, c] to [b, 1, 1, c].
package struct GlobalAverage: BareLayer {
  static var kind: StaticString { "global-average" }

  func output(for input: Extent) -> Extent { Extent(height: 1, width: 1, channels: input.channels) }
  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { nil }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.globalAverage(x)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0]
    return try planner.pool(x, .average, wholeWindow(x.batch, x.height, x.width, x.channels))
  }
}

extension Layer {
  /// Mean over all pixels.
  package static var globalAverage: Layer { .single(.globalAverage(GlobalAverage())) }
}

/// One window over the whole picture.
private func wholeWindow(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int) -> Window {
  Window(
    batch: batch, height: height, width: width, channels: channels, kernelHeight: height, kernelWidth: width,
    strideY: 1, strideX: 1, padTop: 0, padLeft: 0, outHeight: 1, outWidth: 1)
}

extension Tape {
  /// Mean over all pixels: [batch, height, width, channels] to [batch, 1, 1, channels].
  package func globalAverage(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 4 else { throw .invalidArgument("global average of \(x.shape.description)") }
    let window = wholeWindow(x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let y = try Tensor<Element>([window.batch, 1, 1, window.channels])
    Element.pool(window, isMaximum: false, x.tensor.pointer, y.pointer)
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      try Element.poolGradient(window, .average, x.tensor.pointer, y.pointer, dy.pointer, dx.pointer)
      try tape.accumulate(dx, into: x)
    }
  }
}
