import Tensors

/// Zeros, or another number, around the picture.
package struct Border: LayerKind {
  package let top, left, bottom, right: Int
  package let value: Double

  static var kind: StaticString { "border" }

  func output(for input: Extent) -> Extent {
    let wide = input.mapped { $0 + left + right }, high = input.mapped { $0 + top + bottom }
    return Extent(height: high.height, width: wide.width, channels: input.channels)
  }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? {
    .init(size: 1, stride: 1, start: axis == .rows ? -top : -left)
  }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.embedding(
      x, top: top, left: left, height: top + x.shape[1] + bottom, width: left + x.shape[2] + right,
      channels: x.shape[3], value: Element(value))
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0], extent = output(for: x.extent)
    let target = try planner.plainPlace(node, extent)
    planner.copy(x, to: target, top: top, left: left, value: Float(value))
    return target
  }

  init(top: Int, left: Int, bottom: Int, right: Int, value: Double = 0) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    self.value = value
  }

  init(from text: inout LayerText) throws(Failure) {
    self.init(
      top: try text.number("top", LayerLimits.padding, usual: 0),
      left: try text.number("left", LayerLimits.padding, usual: 0),
      bottom: try text.number("bottom", LayerLimits.padding, usual: 0),
      right: try text.number("right", LayerLimits.padding, usual: 0),
      value: try text.real("value", usual: 0))
  }

  func write(to text: inout LayerText) {
    text.set("top", top, usual: 0)
    text.set("left", left, usual: 0)
    text.set("bottom", bottom, usual: 0)
    text.set("right", right, usual: 0)
    if value != 0 { text.set("value", value) }
  }
}

extension Layer {
  /// Zeros around the picture.
  package static func border(top: Int, left: Int, bottom: Int, right: Int) -> Layer {
    .single(.border(Border(top: top, left: left, bottom: bottom, right: right)))
  }
}

extension Planner {
  /// Copies into a larger picture, the first pixel to (top, left), zeros or another number around it.
  func copy(_ x: Place, to y: Place, top: Int = 0, left: Int = 0, value: Float = 0) {
    record(from: x, to: y) { memory in
      copyRows(memory.pointer(x), x, memory.pointer(y), y, top, left, value)
    }
  }
}

private func copyRows(
  _ source: UnsafePointer<Float>, _ x: Place, _ target: UnsafeMutablePointer<Float>, _ y: Place, _ top: Int,
  _ left: Int, _ value: Float
) {
  for row in 0..<(y.batch * y.height) {
    let i = row % y.height - top
    for j in 0..<y.width {
      let pixel = target + (row * y.width + j) * y.stride
      guard i >= 0, i < x.height, j >= left, j - left < x.width else {
        pixel.update(repeating: value, count: y.channels)
        continue
      }
      pixel.update(
        from: source + ((row / y.height * x.height + i) * x.width + j - left) * x.stride, count: x.channels)
      (pixel + x.channels).update(repeating: 0, count: y.channels - x.channels)
    }
  }
}

extension Tape {
  /// Embeds a picture in a larger one of zeros, or of another number: its first pixel at (top, left), its
  /// channels first.
  package func embedding(
    _ x: Variable<Element>, top: Int, left: Int, height: Int, width: Int, channels: Int,
    value: Element = 0
  ) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 4, top >= 0, left >= 0, top + x.shape[1] <= height, left + x.shape[2] <= width,
      x.shape[3] <= channels
    else {
      throw .invalidArgument(
        "\(x.shape.description) does not fit \(height)x\(width)x\(channels) at (\(top), \(left))")
    }
    if x.shape[1] == height, x.shape[2] == width, x.shape[3] == channels { return x }
    let y = try Tensor<Element>([x.shape[0], height, width, channels], repeating: value)
    func forEachRow(_ body: (_ inner: Int, _ outer: Int) -> Void) {
      for n in 0..<x.shape[0] {
        for i in 0..<x.shape[1] {
          body(
            (n * x.shape[1] + i) * x.shape[2] * x.shape[3], ((n * height + top + i) * width + left) * channels
          )
        }
      }
    }
    forEachRow { inner, outer in
      copyColumns(
        x.tensor.pointer + inner, x.shape[3], 0, y.pointer + outer, channels, 0, x.shape[3], x.shape[2])
    }
    // dx: the same part of dy
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for n in 0..<x.shape[0] {
        for i in 0..<x.shape[1] {
          let inner = (n * x.shape[1] + i) * x.shape[2] * x.shape[3]
          let outer = ((n * height + top + i) * width + left) * channels
          copyColumns(
            dy.pointer + outer, channels, 0, dx.pointer + inner, x.shape[3], 0, x.shape[3], x.shape[2])
        }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}
