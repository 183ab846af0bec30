import Tensors

/// Local response normalisation across channels. The two variants in use for nn4.small2 have the same formula
/// and different constants.
package struct ResponseNormalisation: LayerKind {
  package let window: Int
  /// The factor of the sum of squares: the paper's alpha.
  package let scale: Double

  static var kind: StaticString { "response-normalisation" }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.responseNormalisation(x, self)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0], y = try planner.new(x.batch, x.extent)
    planner.record(from: x, to: y) { memory throws(Failure) in
      try Float.normaliseResponse(
        memory.pointer(x), memory.pointer(y), rows: x.pixels, channels: x.channels, scale: Float(scale),
        half: window / 2)
    }
    return y
  }

  package init(window: Int, scale: Double) {
    self.window = window
    self.scale = scale
  }

  init(from text: inout LayerText) throws(Failure) {
    self.init(window: try text.number("window", LayerLimits.window), scale: try text.real("scale"))
  }

  func write(to text: inout LayerText) {
    text.set("window", window)
    text.set("scale", scale)
  }

  /// Torch's SpatialCrossMapLRN: window 5, alpha 1e-4 divided by the window, as OpenFace trained.
  package static let torch = ResponseNormalisation(window: 5, scale: 1e-4 / 5)
  /// TensorFlow's with depth radius 5, as the Keras port computes it: window 11, alpha not divided.
  package static let tensorFlow = ResponseNormalisation(window: 11, scale: 1e-4)
}

extension Layer {
  /// Local response normalisation across channels.
  package static func responseNormalisation(_ constants: ResponseNormalisation) -> Layer {
    .single(.responseNormalisation(constants))
  }
}

extension Tape {
  /// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3), k = 1, beta = 0.75.
  /// `y[c] = x[c] / (1 + scale * sum over |k - c| <= window / 2 of x[k]^2) ^ 0.75`
  package func responseNormalisation(
    _ x: Variable<Element>, _ constants: ResponseNormalisation
  ) throws(Failure) -> Variable<Element> {
    let channels = x.shape.extents.last ?? 1
    let y = try Tensor<Element>(x.shape)
    guard channels > 0 else { return constant(y) }
    let scale = Element(constants.scale), half = constants.window / 2
    try Element.normaliseResponse(
      x.tensor.pointer, y.pointer, rows: y.count / channels, channels: channels, scale: scale, half: half)
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      try Element.normaliseResponseGradient(
        x.tensor.pointer, dy.pointer, dx.pointer, rows: y.count / channels, channels: channels, scale: scale,
        half: half)
      try tape.accumulate(dx, into: x)
    }
  }
}
