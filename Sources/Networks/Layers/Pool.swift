import CSystem
import Tensors

package enum Pooling: Int32, CaseIterable, Sendable {
  case average = 0
  case maximum = 1
  /// `y = 0.78 sqrt(sum over the window of x^2)`: the factor of style-transfer-pytorch, which keeps features
  /// about as large as a maximum does.
  case euclidean = 2

  static let euclideanScale: Float = 0.78
}

/// The mean or the maximum over windows.
package struct Pool: LayerKind {
  package let pooling: Pooling
  package let kernel, stride: Sides
  package let padding: Padding
  /// Whether the last window may extend past the edge.
  package let roundsUp: Bool

  static var kind: StaticString { "pool" }

  func output(for input: Extent) -> Extent {
    input.mapped(
      rows: { pooledSide($0, kernel.height, stride.height, padding.top, padding.bottom, roundsUp) },
      columns: { pooledSide($0, kernel.width, stride.width, padding.left, padding.right, roundsUp) })
  }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? {
    axis == .rows
      ? .init(size: kernel.height, stride: stride.height, start: -padding.top)
      : .init(size: kernel.width, stride: stride.width, start: -padding.left)
  }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.pool(x, self.pooling, poolingWindow(x.shape, kernel, stride, padding, roundsUp))
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0]
    return try planner.pool(x, pooling, poolingWindow(x.shape(), kernel, stride, padding, roundsUp))
  }

  init(_ pooling: Pooling, kernel: Sides, stride: Sides, padding: Padding, roundsUp: Bool) {
    self.pooling = pooling
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
    self.roundsUp = roundsUp
  }

  init(from text: inout LayerText) throws(Failure) {
    let word = text.take("pooling") ?? ""
    guard let pooling = Pooling.allCases.first(where: { "\($0.name)" == word }) else {
      throw text.refusal("pooling", word, "average, maximum or euclidean")
    }
    self.init(
      pooling, kernel: try text.sides("kernel", LayerLimits.window),
      stride: try text.sides("stride", LayerLimits.stride), padding: try Padding(from: &text),
      roundsUp: try text.flag("rounds-up"))
  }

  func write(to text: inout LayerText) {
    text.set("pooling", "\(pooling.name)")
    text.set("kernel", kernel)
    text.set("stride", stride)
    padding.write(to: &text)
    text.set("rounds-up", roundsUp)
  }
}

extension Layer {
  /// The mean or the maximum over windows.
  @inline(never)
  package static func pool(
    _ pooling: Pooling, kernel: Int, stride: Int, padding: Int = 0, roundsUp: Bool = false
  ) -> Layer {
    .single(
      .pool(
        Pool(
          pooling, kernel: Sides(kernel), stride: Sides(stride), padding: .around(padding),
          roundsUp: roundsUp)))
  }
}

extension Pooling {
  fileprivate var name: StaticString {
    switch self {
    case .average: "average"
    case .maximum: "maximum"
    case .euclidean: "euclidean"
    }
  }
}

extension Planner {
  func pool(_ x: Place, _ kind: Pooling, _ window: Window) throws(Failure) -> Place {
    let y = try new(x.batch, Extent(height: window.outHeight, width: window.outWidth, channels: x.channels))
    record(from: x, to: y) { memory in
      let source = memory.pointer(x), target = memory.pointer(y)
      guard kind == .euclidean else {
        Float.pool(window, isMaximum: kind == .maximum, source, target)
        return
      }
      Float.euclideanPool(window, source, target)
      scale(target, into: target, window.outputPixels * window.channels, by: Pooling.euclideanScale)
    }
    return y
  }
}

extension Tape {
  /// Pooling over k x k windows, channel by channel, [batch, height, width, channels].
  /// maximum: `y = max over the window of x`; average: `y = mean over the window of x`.
  ///
  /// A window that extends past an edge covers only the pixels inside: an average is divided by their number
  /// (TensorFlow's 'same' padding).
  ///
  /// - Parameter roundsUp: the last window may extend past the lower and right edge ('same' for k = stride);
  ///   otherwise every window ends inside the padded picture.
  package func pool(
    _ x: Variable<Element>, _ kind: Pooling, kernel: Int, stride: Int, padding: Int = 0,
    roundsUp: Bool = false
  ) throws(Failure) -> Variable<Element> {
    try pool(
      x, kind, poolingWindow(x.shape, Sides(kernel), Sides(stride), .around(padding), roundsUp))
  }

  func pool(_ x: Variable<Element>, _ kind: Pooling, _ window: Window) throws(Failure) -> Variable<Element> {
    if kind == .euclidean {
      return try scaled(euclideanPool(x, window), by: Element(Pooling.euclideanScale))
    }
    let y = try Tensor<Element>([window.batch, window.outHeight, window.outWidth, window.channels])
    Element.pool(window, isMaximum: kind == .maximum, x.tensor.pointer, y.pointer)
    // average: dx = sum over the windows that cover a pixel of dy / covered.
    // maximum: dy goes to the first pixel of the window that equals y.
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      try Element.poolGradient(
        window, kind == .average ? .average : .maximum, x.tensor.pointer, y.pointer, dy.pointer, dx.pointer)
      try tape.accumulate(dx, into: x)
    }
  }
}

extension Padding {
  /// The same zeros on every side.
  static func around(_ count: Int) -> Padding { count == 0 ? .valid : .zeros(count) }
}

/// Windows along a side of the picture.
func pooledSide(
  _ side: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int, _ roundsUp: Bool
) -> Int {
  let room = side + before + after - kernel
  guard room >= 0 else { return roundsUp && side > 0 ? 1 : 0 }
  let count = (room + (roundsUp ? stride - 1 : 0)) / stride + 1
  // A window that begins past the picture covers nothing.
  return (count - 1) * stride < side + before ? count : count - 1
}

func poolingWindow(
  _ shape: Shape, _ kernel: Sides, _ stride: Sides, _ padding: Padding, _ roundsUp: Bool
) throws(Failure) -> Window {
  guard shape.rank == 4 else {
    throw .invalidArgument("pooling of \(shape.description); expected [batch, height, width, channels]")
  }
  let window = Window(
    batch: shape[0], height: shape[1], width: shape[2], channels: shape[3], kernelHeight: kernel.height,
    kernelWidth: kernel.width, strideY: stride.height, strideX: stride.width, padTop: padding.top,
    padLeft: padding.left,
    outHeight: pooledSide(shape[1], kernel.height, stride.height, padding.top, padding.bottom, roundsUp),
    outWidth: pooledSide(shape[2], kernel.width, stride.width, padding.left, padding.right, roundsUp))
  guard window.outHeight > 0, window.outWidth > 0 else {
    throw .invalidArgument(
      "a picture \(shape.description) is smaller than the \(kernel.width)x\(kernel.height) window")
  }
  return window
}
