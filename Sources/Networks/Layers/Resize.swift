import Tensors

/// A picture in another size, by the nearest pixel or by two straight lines (bilinear), with the coordinates
/// of ONNX's operator Resize.
package struct Resize: LayerKind {
  package enum Mode: String, CaseIterable, Sendable { case nearest, bilinear }
  /// Where pixel i of the result lies in the input, for a factor s.
  package enum Coordinates: String, CaseIterable, Sendable {
    /// `(i + 1/2) / s - 1/2`
    case halfPixel = "half-pixel"
    /// The same; 0 for a single pixel.
    case halfPixelOrZero = "half-pixel-or-zero"
    /// `i / s`
    case asymmetric
    /// `i (n - 1) / (m - 1)` for n pixels to m: the corners stay where they are.
    case corners
  }
  /// The pixel nearest to a place.
  package enum Rounding: String, CaseIterable, Sendable {
    case floor, ceiling
    /// To the nearest, a half down or up.
    case halfDown = "half-down"
    case halfUp = "half-up"
  }
  /// The size of the result.
  package enum Size: Equatable, Sendable {
    case factors(rows: Double, columns: Double)
    case sides(Sides)
  }

  package let mode: Mode
  package let coordinates: Coordinates
  package let rounding: Rounding
  package let size: Size

  static var kind: StaticString { "resize" }

  private func side(_ side: Int, _ axis: ReceptiveField.Axis) -> Int {
    switch size {
    case .sides(let sides): axis == .rows ? sides.height : sides.width
    case .factors(let rows, let columns):
      Int((Double(side) * (axis == .rows ? rows : columns)).rounded(.down))
    }
  }

  func output(for input: Extent) -> Extent {
    let extent = input.mapped(rows: { side($0, .rows) }, columns: { side($0, .columns) })
    guard case .sides(let sides) = size else { return extent }
    return Extent(height: sides.height, width: sides.width, channels: input.channels)
  }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { nil }
  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int> {
    let table = interpolation(side, axis)
    guard units.upperBound <= table.count, let first = table[units].first, let last = table[units].last
    else { return 0..<max(side, 0) }
    return first.low..<last.high + 1
  }

  /// For each pixel of the result, the two of the input between which it lies, and the part of the second.
  private func interpolation(_ side: Int, _ axis: ReceptiveField.Axis) -> [Interpolation] {
    let count = max(self.side(side, axis), 0)
    var scale = Float(count) / Float(max(side, 1))
    if case .factors(let rows, let columns) = size { scale = Float(axis == .rows ? rows : columns) }
    return (0..<count).map { i in
      let place: Float =
        switch coordinates {
        case .halfPixel: (Float(i) + 0.5) / scale - 0.5
        case .halfPixelOrZero: count > 1 ? (Float(i) + 0.5) / scale - 0.5 : 0
        case .asymmetric: Float(i) / scale
        case .corners: count > 1 ? Float(i * (side - 1)) / Float(count - 1) : 0
        }
      return mode == .nearest ? .nearest(place, rounding, side) : .between(place, side)
    }
  }

  private func map(_ height: Int, _ width: Int) -> PixelMap {
    PixelMap(
      rows: interpolation(height, .rows).map { $0.low },
      columns: interpolation(width, .columns).map { $0.low }
    )
  }

  func pixelMap(height: Int, width: Int) -> PixelMap? { mode == .nearest ? map(height, width) : nil }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 4, x.tensor.count > 0 else {
      throw .invalidArgument("a resizing of \(x.shape.description); expected a picture")
    }
    if mode == .nearest { return try tape.mapped(x, map(x.shape[1], x.shape[2])) }
    return try tape.interpolated(
      x, rows: interpolation(x.shape[1], .rows), columns: interpolation(x.shape[2], .columns))
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    if mode == .nearest { return try planner.copyPixels(node, map(node.height, node.width)) }
    let x = node.inputs[0], y = try planner.new(x.batch, output(for: x.extent))
    let rows = interpolation(x.height, .rows), columns = interpolation(x.width, .columns)
    planner.record(from: x, to: y) { memory in
      interpolate(memory.pointer(x), memory.pointer(y), x.batch, x.height, x.width, x.channels, rows, columns)
    }
    return y
  }

  // MARK: Text

  init(from text: inout LayerText) throws(Failure) {
    mode = try text.choice("mode", usual: .nearest)
    coordinates = try text.choice("coordinates", usual: .halfPixel)
    rounding = try text.choice("rounding", usual: .halfDown)
    let sides = 1...(1 << 16)
    if text.entries.contains(where: { $0.key == "height" || $0.key == "width" }) {
      size = .sides(Sides(try text.number("height", sides), try text.number("width", sides)))
      return
    }
    let rows = try text.real("rows"), columns = try text.real("columns", usual: rows)
    for factor in [rows, columns] where factor <= 0 || factor > Double(LayerLimits.factor.upperBound) {
      throw text.refusal("rows", exactText(factor), "more than 0, to \(LayerLimits.factor.upperBound)")
    }
    size = .factors(rows: rows, columns: columns)
  }

  func write(to text: inout LayerText) {
    text.set("mode", mode.rawValue)
    text.set("coordinates", coordinates.rawValue)
    if mode == .nearest { text.set("rounding", rounding.rawValue) }
    switch size {
    case .sides(let sides):
      text.set("height", sides.height)
      text.set("width", sides.width)
    case .factors(let rows, let columns):
      text.set("rows", rows)
      if columns != rows { text.set("columns", columns) }
    }
  }
}

extension LayerText {
  /// One of a list of words.
  fileprivate mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: StaticString, usual: Choice
  ) throws(Failure) -> Choice where Choice.RawValue == String {
    guard let word = take(key) else { return usual }
    for choice in Choice.allCases where choice.rawValue == word { return choice }
    throw refusal(key, word, Choice.allCases.map { $0.rawValue }.joined(separator: ", "))
  }
}

/// A place between two pixels: `(1 - share) x[low] + share x[high]`.
struct Interpolation {
  let low, high: Int
  let share: Float

  static func nearest(_ place: Float, _ rounding: Resize.Rounding, _ side: Int) -> Interpolation {
    let rounded: Float =
      switch rounding {
      case .floor: place.rounded(.down)
      case .ceiling: place.rounded(.up)
      case .halfDown: (place - 0.5).rounded(.up)
      case .halfUp: (place + 0.5).rounded(.down)
      }
    let pixel = Int(min(max(rounded, 0), Float(max(side - 1, 0))))
    return Interpolation(low: pixel, high: pixel, share: 0)
  }

  static func between(_ place: Float, _ side: Int) -> Interpolation {
    let held = min(max(place, 0), Float(max(side - 1, 0))), low = Int(held)
    return Interpolation(low: low, high: min(low + 1, max(side - 1, 0)), share: held - Float(low))
  }
}

extension Tape {
  /// Bilinear: each number is a mean of four of the input's.
  func interpolated(
    _ x: Variable<Element>, rows: [Interpolation], columns: [Interpolation]
  ) throws(Failure) -> Variable<Element> {
    let batch = x.shape[0], height = x.shape[1], width = x.shape[2], channels = x.shape[3]
    let y = try Tensor<Element>([batch, rows.count, columns.count, channels])
    interpolate(x.tensor.pointer, y.pointer, batch, height, width, channels, rows, columns)
    // dx: each of the four receives its part of dy
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape.extents, repeating: 0)
      var from = 0
      for n in 0..<batch {
        for row in rows {
          for column in columns {
            for (i, u) in [(row.low, 1 - row.share), (row.high, row.share)] {
              for (j, v) in [(column.low, 1 - column.share), (column.high, column.share)] {
                let to = ((n * height + i) * width + j) * channels
                for c in 0..<channels { dx.pointer[to + c] += Element(u * v) * dy[from + c] }
              }
            }
            from += channels
          }
        }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

/// Runs rows in parallel.
private func interpolate<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ batch: Int, _ height: Int, _ width: Int,
  _ channels: Int, _ rows: [Interpolation], _ columns: [Interpolation]
) {
  ThreadPool.shared.run(batch * rows.count) { task, _ in
    let row = rows[task % rows.count], picture = x + task / rows.count * height * width * channels
    let above = picture + row.low * width * channels, below = picture + row.high * width * channels
    for (j, column) in columns.enumerated() {
      let left = column.low * channels, right = column.high * channels
      interpolateLoop(
        above + left, above + right, below + left, below + right, y + (task * columns.count + j) * channels,
        channels, Element(row.share), Element(column.share))
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func interpolateLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ c: UnsafePointer<Element>,
  _ d: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int, _ down: Element,
  _ right: Element
) {
  let (up, left) = (1 - down, 1 - right)
  for i in 0..<count { y[i] = up * (left * a[i] + right * b[i]) + down * (left * c[i] + right * d[i]) }
}
