/// Which pixels of the input a layer's units see: all that may move their numbers; over branches, the hull of
/// what any of them sees.
package struct ReceptiveField {
  /// Where fields are windows that move with the unit: along an axis, unit `u` sees
  /// `start + stride u ..< start + stride u + size`. What of it lies outside the picture is what the network
  /// pads it with.
  package struct Window: Equatable, Sendable {
    package var size, stride, start: Int

    package init(size: Int, stride: Int, start: Int) {
      self.size = size
      self.stride = stride
      self.start = start
    }

    /// A unit that sees its own place alone.
    package static var pixel: Window { Window(size: 1, stride: 1, start: 0) }

    /// Inside the picture or not.
    package func pixels(of unit: Int) -> Range<Int> { pixels(of: unit..<unit + 1) }

    package func pixels(of units: Range<Int>) -> Range<Int> {
      guard !units.isEmpty else { return 0..<0 }
      let first = start + stride * units.lowerBound
      return first..<first + stride * (units.count - 1) + size
    }

    /// What units see through units that see by `earlier`.
    /// `size = (size - 1) e.stride + e.size`, `stride = stride e.stride`, `start = start e.stride + e.start`
    ///
    /// Source: Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks", 2019.
    func through(_ earlier: Window) -> Window {
      Window(
        size: (size - 1) * earlier.stride + earlier.size, stride: stride * earlier.stride,
        start: start * earlier.stride + earlier.start)
    }

    /// What either sees, where both move alike.
    func joined(_ other: Window) -> Window? {
      guard stride == other.stride else { return nil }
      let first = min(start, other.start)
      return Window(size: max(start + size, other.start + other.size) - first, stride: stride, start: first)
    }
  }

  /// A rectangle of pixels, or of units.
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

  fileprivate enum Axis { case rows, columns }

  /// From the input to the layer.
  private let path: [Layer]

  /// - Returns: nil if there is no tap of that name; taps in branches are not looked for.
  package init?(ofTap name: String, in layers: [Layer]) {
    var path: [Layer] = []
    for layer in layers {
      if case .tap(name) = layer {
        self.path = path
        return
      }
      path.append(layer)
    }
    return nil
  }

  /// The window, the same along rows and columns; nil where fields are of other kinds: of the whole picture,
  /// after enlarging, over branches that move differently.
  package var window: Window? {
    guard let rows = path.window(.rows), rows == path.window(.columns) else { return nil }
    return rows
  }

  /// The pixels of a picture of this size that units see together, for a network of any kind.
  package func pixels(of units: Box, height: Int, width: Int) -> Box {
    path.pixels(of: units, (height, width))
  }
}

extension [Layer] {
  fileprivate func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? {
    var window = ReceptiveField.Window.pixel
    for layer in reversed() {
      guard let earlier = layer.window(axis) else { return nil }
      window = window.through(earlier)
    }
    return window
  }

  /// What lies outside a layer's input is nobody's answer, so each step back ends at the edges.
  fileprivate func pixels(
    of units: ReceptiveField.Box, _ size: (height: Int, width: Int)
  ) -> ReceptiveField.Box {
    var sizes = [size]
    for layer in self {
      let output = layer.output(
        for: Extent(height: sizes[sizes.count - 1].height, width: sizes[sizes.count - 1].width, channels: 1))
      sizes.append((output.height ?? 0, output.width ?? 0))
    }
    func whole(_ i: Int) -> ReceptiveField.Box {
      .init(rows: 0..<Swift.max(sizes[i].height, 0), columns: 0..<Swift.max(sizes[i].width, 0))
    }
    var seen = units.clamped(to: whole(count))
    for i in indices.reversed() {
      if seen.isEmpty { return .nothing }
      seen = self[i].pixels(of: seen, sizes[i]).clamped(to: whole(i))
    }
    return seen.isEmpty ? .nothing : seen
  }
}

extension Layer {
  /// What this layer's units see of its input, where that is a window.
  fileprivate func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? {
    switch self {
    case .convolution(_, _, let kernel, let stride, _, let padding, _, _, _):
      return .init(size: kernel, stride: stride, start: -padding.before)
    case .pool(_, let kernel, let stride, let padding, _),
      .euclideanPool(let kernel, let stride, let padding):
      return .init(size: kernel, stride: stride, start: -padding)
    case .chosenPool: return .init(size: 2, stride: 2, start: 0)
    case .border(let top, let left, _, _):
      return .init(size: 1, stride: 1, start: axis == .rows ? -top : -left)
    case .reflection(let count): return .init(size: 1, stride: 1, start: -count)
    case .concatenation(let branches): return joined(branches, axis)
    case .residual(let body, let shortCut): return joined([body, shortCut], axis)
    case .upsampling, .depthToSpace, .transposedConvolution, .dense, .globalAverage, .instanceNormalisation:
      return nil
    case .rectifier, .sigmoid, .softmax, .hyperbolicTangent, .linear, .maxout, .batchNormalisation, .dropout,
      .responseNormalisation, .unitLength, .head, .tap:
      return .pixel
    }
  }

  private func joined(_ branches: [[Layer]], _ axis: ReceptiveField.Axis) -> ReceptiveField.Window? {
    var hull: ReceptiveField.Window?
    for branch in branches {
      guard let window = branch.window(axis) else { return nil }
      guard let known = hull else {
        hull = window
        continue
      }
      guard let both = known.joined(window) else { return nil }
      hull = both
    }
    return hull
  }

  /// What units see of this layer's input, whatever the layer's kind.
  fileprivate func pixels(
    of units: ReceptiveField.Box, _ size: (height: Int, width: Int)
  ) -> ReceptiveField.Box {
    func each(
      _ pixels: (_ first: Int, _ last: Int, _ side: Int, ReceptiveField.Axis) -> Range<Int>
    ) -> ReceptiveField.Box {
      .init(
        rows: pixels(units.rows.lowerBound, units.rows.upperBound - 1, size.height, .rows),
        columns: pixels(units.columns.lowerBound, units.columns.upperBound - 1, size.width, .columns))
    }
    switch self {
    case .reflection(let count):
      return each { first, last, side, _ in mirrored(first - count, last - count, side) }
    case .concatenation(let branches): return hull(branches, units, size)
    case .residual(let body, let shortCut): return hull([body, shortCut], units, size)
    case .upsampling(let factor), .depthToSpace(let factor):
      return each { first, last, _, _ in first / factor..<last / factor + 1 }
    case .transposedConvolution(_, _, let kernel, let stride, let crop, _):
      return each { first, last, _, _ in
        // unit = stride pixel + tap - crop
        let low = max(0, first + crop - kernel + stride) / stride
        return low..<max(low, (last + crop) / stride + 1)
      }
    default:
      return each { first, last, side, axis in window(axis)?.pixels(of: first..<last + 1) ?? 0..<max(side, 0)
      }
    }
  }

  private func hull(
    _ branches: [[Layer]], _ units: ReceptiveField.Box, _ size: (height: Int, width: Int)
  ) -> ReceptiveField.Box {
    var hull = ReceptiveField.Box.nothing
    for branch in branches { hull = hull.joined(branch.pixels(of: units, size)) }
    return hull
  }
}

/// What places `first` to `last` show where the picture's edges are mirrors.
private func mirrored(_ first: Int, _ last: Int, _ side: Int) -> Range<Int> {
  func image(_ place: Int) -> Int { place < 0 ? -place : place >= side ? 2 * (side - 1) - place : place }
  let ends = (image(first), image(last))
  // Between the two it goes the other way at an edge.
  let low = first <= 0 && last >= 0 ? 0 : min(ends.0, ends.1)
  let high = first <= side - 1 && last >= side - 1 ? side - 1 : max(ends.0, ends.1)
  return low..<max(low, high + 1)
}
