import Tensors

/// Repeats each pixel in a square.
package struct Upsampling: LayerKind {
  package let factor: Int

  static var kind: StaticString { "upsampling" }

  func output(for input: Extent) -> Extent { input.mapped { $0 * factor } }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { nil }
  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int> {
    units.lowerBound / factor..<(units.upperBound - 1) / factor + 1
  }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.upsampled(x, factor)
  }

  func pixelMap(height: Int, width: Int) -> PixelMap? { .upsampling(height: height, width: width, factor) }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    try planner.copyPixels(node, .upsampling(height: node.height, width: node.width, factor))
  }

  init(_ factor: Int) { self.factor = factor }
  init(from text: inout LayerText) throws(Failure) { factor = try text.number("factor", LayerLimits.factor) }
  func write(to text: inout LayerText) { text.set("factor", factor) }
}

extension Layer {
  /// Repeats each pixel in a square.
  package static func upsampling(_ factor: Int) -> Layer { .single(.upsampling(Upsampling(factor))) }
}

extension Tape {
  /// Nearest-neighbour upsampling: repeats each pixel in a square of `factor`.
  ///
  /// `x` is [batch, height, width, channels], the result [batch, factor height, factor width, channels].
  package func upsampled(_ x: Variable<Element>, _ factor: Int) throws(Failure) -> Variable<Element> {
    try checkMap(x, factor, from: 1, "an upsampling")
    return try mapped(x, .upsampling(height: x.shape[1], width: x.shape[2], factor))
  }
}
