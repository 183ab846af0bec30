import Tensors

/// The sum of pictures: `y = a + b + ...`; smaller ones are zero-padded below, to the right and in the last
/// channels.
package struct Sum: BareLayer {
  static var kind: StaticString { "sum" }
  static var inputCounts: ClosedRange<Int> { 1...Graph.maxInputs }

  func output(for inputs: [Extent]) -> Extent {
    func larger(_ a: Int?, _ b: Int?) -> Int? { if let a, let b { max(a, b) } else { nil } }
    var whole = inputs[0]
    for input in inputs.dropFirst() {
      whole = Extent(
        height: larger(whole.height, input.height), width: larger(whole.width, input.width),
        channels: max(whole.channels, input.channels))
    }
    return whole
  }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    var sum = inputs[0]
    for input in inputs.dropFirst() { sum = try tape.sum(sum, input) }
    return sum
  }

  /// Where the inputs are summed. Starts with an input that is already computed: in place if it has no
  /// further readers, else with a copy.
  private func total(_ node: Int, _ planner: Planner) throws(Failure) -> Place {
    if let known = planner.assembly(node) { return known.place }
    let parts = planner.inputExtents(node), extent = output(for: parts)
    var base: (position: Int, place: Place)?
    for (position, place) in planner.knownInputs(node) {
      if parts[position] == extent, planner.isLastReader(node, ofInput: position) {
        planner.begin(node, at: place, with: position)
        return place
      }
      base = base ?? (position, place)
    }
    let sum = try planner.new(extent)
    planner.begin(node, at: sum, with: base?.position)
    if let base { planner.copy(base.place, to: sum) }
    return sum
  }

  /// An input without other readers is added to the sum directly; the last one with the rectifier that
  /// follows.
  func destination(ofInput position: Int, in step: Int, _ planner: Planner) throws(Failure) -> Destination? {
    let place = try total(step, planner)
    guard let assembly = planner.assembly(step) else { return nil }
    let missing = assembly.has.count(where: { !$0 })
    return Destination(
      place: place, accumulate: missing < assembly.has.count,
      rectify: missing == 1 && planner.isRead(step, byA: .rectifier(Rectifier())))
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let sum = try total(node.step, planner)
    for (position, part) in node.inputs.enumerated()
    where planner.assembly(node.step)?.has[position] == false { planner.add(part, to: sum) }
    if planner.isRead(node.step, byA: .rectifier(Rectifier())), !planner.isRectified(node.result) {
      planner.rectify(sum)
      planner.setRectified(node.step)
    }
    return sum
  }
}

extension Planner {
  /// Adds to the first rows, columns and channels of the larger picture.
  func add(_ x: Place, to y: Place) {
    record(from: x, to: y) { memory in addRows(memory.pointer(x), x, memory.pointer(y), y) }
  }
}

private func addRows(
  _ source: UnsafePointer<Float>, _ x: Place, _ target: UnsafeMutablePointer<Float>, _ y: Place
) {
  for pixel in 0..<x.pixels {
    let (row, j) = (pixel / x.width, pixel % x.width)
    let from = source + pixel * x.stride
    let to = target + ((row / x.height * y.height + row % x.height) * y.width + j) * y.stride
    for c in 0..<x.channels { to[c] += from[c] }
  }
}

extension Tape {
  /// `y = a + b`, pictures of one batch; the smaller one is zero-padded below, to the right and in the last
  /// channels.
  package func sum(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element> {
    if a.shape == b.shape {
      let y = try a.tensor.adding(b.tensor)
      return record(y, from: [a, b]) { tape, dy throws(Failure) in
        try tape.accumulate(dy, into: a)
        try tape.accumulate(dy, into: b)
      }
    }
    guard a.shape.rank == 4, b.shape.rank == 4, a.shape[0] == b.shape[0] else {
      throw .invalidArgument("the sum of \(a.shape.description) and \(b.shape.description)")
    }
    let height = max(a.shape[1], b.shape[1]), width = max(a.shape[2], b.shape[2]),
      channels = max(a.shape[3], b.shape[3])
    return try sum(
      embedding(a, top: 0, left: 0, height: height, width: width, channels: channels),
      embedding(b, top: 0, left: 0, height: height, width: width, channels: channels))
  }
}
