/// The receptive field of a layer's units: all input pixels that can change their values; over branches, the
/// hull of the branches' fields.
package struct ReceptiveField {
  /// A field that moves with the unit: along an axis, unit `u` sees `start + stride u ..< start + stride u +
  /// size`. The part outside the picture is padding.
  package struct Window: Equatable, Sendable {
    package var size, stride, start: Int

    package init(size: Int, stride: Int, start: Int) {
      self.size = size
      self.stride = stride
      self.start = start
    }

    /// A unit that sees only its own position.
    package static var pixel: Window { Window(size: 1, stride: 1, start: 0) }

    /// Includes pixels outside the picture.
    package func pixels(of unit: Int) -> Range<Int> { pixels(of: unit..<unit + 1) }

    package func pixels(of units: Range<Int>) -> Range<Int> {
      guard !units.isEmpty else { return 0..<0 }
      let first = start + stride * units.lowerBound
      return first..<first + stride * (units.count - 1) + size
    }

    /// The field of units on top of units with the field `earlier`.
    /// `size = (size - 1) e.stride + e.size`, `stride = stride e.stride`, `start = start e.stride + e.start`
    ///
    /// Source: Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks", 2019.
    func through(_ earlier: Window) -> Window {
      Window(
        size: (size - 1) * earlier.stride + earlier.size, stride: stride * earlier.stride,
        start: start * earlier.stride + earlier.start)
    }

    /// The hull of both fields, if they move alike.
    func joined(_ other: Window) -> Window? {
      guard stride == other.stride else { return nil }
      let first = min(start, other.start)
      return Window(size: max(start + size, other.start + other.size) - first, stride: stride, start: first)
    }
  }

  /// A rectangle of pixels or units.
  package struct Box: Equatable, Sendable {
    package var rows, columns: Range<Int>

    package init(rows: Range<Int>, columns: Range<Int>) {
      self.rows = rows
      self.columns = columns
    }

    package init(row: Int, column: Int) { self.init(rows: row..<row + 1, columns: column..<column + 1) }

    package static var nothing: Box { Box(rows: 0..<0, columns: 0..<0) }
    package var isEmpty: Bool { rows.isEmpty || columns.isEmpty }
    package var area: Int { rows.count * columns.count }

    package func clamped(to other: Box) -> Box {
      Box(rows: rows.clamped(to: other.rows), columns: columns.clamped(to: other.columns))
    }

    fileprivate func joined(_ other: Box) -> Box {
      guard !isEmpty else { return other }
      guard !other.isEmpty else { return self }
      func hull(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
        min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
      }
      return Box(rows: hull(rows, other.rows), columns: hull(columns, other.columns))
    }
  }

  enum Axis { case rows, columns }

  private let graph: Graph
  private let value: Int

  /// - Returns: nil if there is no output of that name.
  package init?(of output: String, in graph: Graph) {
    guard let value = graph.value(of: output) else { return nil }
    self.graph = graph
    self.value = value
  }

  /// The window, the same along rows and columns; nil for fields of other kinds: the whole picture, behind
  /// upsampling, over branches that move differently.
  package var window: Window? {
    guard let rows = window(.rows), rows == window(.columns) else { return nil }
    return rows
  }

  /// Walks from the units back to the input: their field in each value that they depend on.
  private func window(_ axis: Axis) -> Window? {
    var seen = [Window?](repeating: nil, count: value + 1)
    seen[value] = .pixel
    for (i, node) in graph.nodes[..<value].enumerated().reversed() {
      guard let units = seen[i + 1] else { continue }
      guard let earlier = node.layer.window(axis) else { return nil }
      let window = units.through(earlier)
      for input in node.inputs {
        guard let known = seen[input] else {
          seen[input] = window
          continue
        }
        guard let both = known.joined(window) else { return nil }
        seen[input] = both
      }
    }
    return seen[0]
  }

  /// The pixels of a picture of this size that some units see together, for a network of any kind. Padding is
  /// not part of any value, so each step back ends at the edges.
  package func pixels(of units: Box, height: Int, width: Int) -> Box {
    let extents = graph.extents(from: Extent(height: height, width: width, channels: 1))
    func whole(_ value: Int) -> Box {
      Box(rows: 0..<max(extents[value].height ?? 0, 0), columns: 0..<max(extents[value].width ?? 0, 0))
    }
    var seen = [Box](repeating: .nothing, count: value + 1)
    seen[value] = units.clamped(to: whole(value))
    for (i, node) in graph.nodes[..<value].enumerated().reversed() where !seen[i + 1].isEmpty {
      for input in node.inputs {
        let size = whole(input)
        let box = Box(
          rows: node.layer.pixels(of: seen[i + 1].rows, side: size.rows.count, .rows),
          columns: node.layer.pixels(of: seen[i + 1].columns, side: size.columns.count, .columns))
        seen[input] = seen[input].joined(box.clamped(to: size))
      }
    }
    return seen[0].isEmpty ? .nothing : seen[0]
  }
}
