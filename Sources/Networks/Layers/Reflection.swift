import Tensors

/// Reflection padding: the pixel `n` beyond an edge is a copy of the pixel `n` inside it.
package struct Reflection: LayerKind {
  package let count: Int

  static var kind: StaticString { "reflection" }

  func output(for input: Extent) -> Extent { input.mapped { $0 + 2 * count } }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? {
    .init(size: 1, stride: 1, start: -count)
  }
  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int> {
    mirrored(units.lowerBound - count, units.upperBound - 1 - count, side)
  }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.reflected(x, count)
  }

  func pixelMap(height: Int, width: Int) -> PixelMap? { .reflection(height: height, width: width, count) }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    try planner.copyPixels(node, .reflection(height: node.height, width: node.width, count))
  }

  init(_ count: Int) { self.count = count }
  init(from text: inout LayerText) throws(Failure) { count = try text.number("count", LayerLimits.padding) }
  func write(to text: inout LayerText) { text.set("count", count) }
}

extension Layer {
  /// Reflection padding by `count` pixels.
  package static func reflection(_ count: Int) -> Layer { .single(.reflection(Reflection(count))) }
}

/// The pixels that positions `first` to `last` show if the picture is mirrored at its edges.
private func mirrored(_ first: Int, _ last: Int, _ side: Int) -> Range<Int> {
  func image(_ place: Int) -> Int { place < 0 ? -place : place >= side ? 2 * (side - 1) - place : place }
  let ends = (image(first), image(last))
  // At an edge the order reverses.
  let low = first <= 0 && last >= 0 ? 0 : min(ends.0, ends.1)
  let high = first <= side - 1 && last >= side - 1 ? side - 1 : max(ends.0, ends.1)
  return low..<max(low, high + 1)
}

extension Tape {
  /// Reflection padding: the pixel `n` beyond an edge is a copy of the pixel `n` inside it.
  ///
  /// `x` is [batch, height, width, channels], the result [batch, height + 2 count, width + 2 count,
  /// channels].
  package func reflected(_ x: Variable<Element>, _ count: Int) throws(Failure) -> Variable<Element> {
    try checkMap(x, count, from: 0, "a reflection")
    return try mapped(x, .reflection(height: x.shape[1], width: x.shape[2], count))
  }
}
