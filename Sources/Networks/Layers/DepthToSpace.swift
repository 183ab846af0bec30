import Tensors

/// Channels to pixels: [b, h, w, side^2 c] to [b, side h, side w, c], a square's rows first.
package struct DepthToSpace: LayerKind {
  package let side: Int

  static var kind: StaticString { "depth-to-space" }

  func output(for input: Extent) -> Extent {
    input.mapped({ $0 * side }, channels: input.channels / max(side * side, 1))
  }

  func check(_ input: Extent) throws(Failure) {
    guard side > 0, input.channels % (side * side) == 0 else {
      throw .invalidArgument("squares of \(side) from \(input.channels) channels; expected side^2 C channels")
    }
  }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { nil }
  func pixels(of units: Range<Int>, side _: Int, _ axis: ReceptiveField.Axis) -> Range<Int> {
    units.lowerBound / side..<(units.upperBound - 1) / side + 1
  }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.depthToSpace(x, side)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    try plan(node.inputs[0], in: planner)
  }

  func plan(_ x: Place, in planner: Planner) throws(Failure) -> Place {
    try check(x.extent)
    let y = try planner.new(x.batch, output(for: x.extent))
    planner.record(from: x, to: y) { memory in
      depthToSpaceRows(
        memory.pointer(x), memory.pointer(y), rows: x.batch * x.height, width: x.width, side: side,
        channels: y.channels)
    }
    return y
  }

  init(side: Int) { self.side = side }
  init(from text: inout LayerText) throws(Failure) {
    side = try text.number("side", 1...(LayerLimits.factor.upperBound - 1))
  }
  func write(to text: inout LayerText) { text.set("side", side) }
}

extension Layer {
  /// Channels to pixels.
  package static func depthToSpace(_ side: Int) -> Layer { .single(.depthToSpace(DepthToSpace(side: side))) }
}

extension Tape {
  /// Channels to pixels: `y[n, s i + p, s j + q, c] = x[n, i, j, (p s + q) C + c]`, as TensorFlow's
  /// depth_to_space.
  ///
  /// `x` is [batch, height, width, s^2 C], the result [batch, s height, s width, C].
  package func depthToSpace(_ x: Variable<Element>, _ side: Int) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 4, side >= 1, side < 1 << 8, x.shape[3] % (side * side) == 0 else {
      throw .invalidArgument("squares of \(side) from \(x.shape.description); expected side^2 C channels")
    }
    let height = x.shape[1], width = x.shape[2], channels = x.shape[3] / (side * side)
    let y = try Tensor<Element>([x.shape[0], height * side, width * side, channels])
    depthToSpaceRows(
      x.tensor.pointer, y.pointer, rows: x.shape[0] * height, width: width, side: side, channels: channels)
    // dx: the inverse, number for number
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      let run = side * channels
      for row in 0..<(x.shape[0] * height) {
        for p in 0..<side {
          for j in 0..<width {
            (dx.pointer + ((row * width + j) * side + p) * run).update(
              from: dy.pointer + ((row * side + p) * width + j) * run, count: run)
          }
        }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

/// Runs rows in parallel. A row of a square is contiguous on both sides.
func depthToSpaceRows<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, rows: Int, width: Int, side: Int,
  channels: Int
) {
  let run = side * channels
  ThreadPool.shared.run(rows) { row, _ in
    for p in 0..<side {
      let target = y + (row * side + p) * width * run, source = x + (row * width * side + p) * run
      for j in 0..<width { (target + j * run).update(from: source + j * side * run, count: run) }
    }
  }
}
