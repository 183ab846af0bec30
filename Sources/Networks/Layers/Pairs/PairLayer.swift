import Tensors

/// What is computed from two pictures, number by number.
enum PairOperation { case sum, difference, product, quotient }

/// Two pictures, number by number; one with a single row, column or channel is repeated along it.
protocol PairLayer: BareLayer {
  static var operation: PairOperation { get }
  func whole<Element: Scalar>(
    _ a: Variable<Element>, _ b: Variable<Element>, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element>
}

extension PairLayer {
  static var inputCounts: ClosedRange<Int> { 2...2 }

  func output(for inputs: [Extent]) -> Extent {
    func larger(_ a: Int?, _ b: Int?) -> Int? {
      if let a, let b {
        max(a, b)
      } else {
        a.flatMap { $0 > 1 ? $0 : nil } ?? b.flatMap { $0 > 1 ? $0 : nil }
      }
    }
    let a = inputs[0], b = inputs[1]
    return Extent(
      height: larger(a.height, b.height), width: larger(a.width, b.width),
      channels: max(a.channels, b.channels))
  }

  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int> {
    side == 1 ? 0..<1 : units
  }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    let a = inputs[0], b = inputs[1]
    guard a.shape != b.shape else { return try whole(a, b, on: tape) }
    let shape = try Shape(pairExtents(a.shape, b.shape, "\(Self.kind)"))
    return try whole(tape.repeated(a, to: shape), tape.repeated(b, to: shape), on: tape)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let a = node.inputs[0], b = node.inputs[1]
    let extents = try pairExtents(a.shape(), b.shape(), "\(Self.kind)")
    let y = try planner.new(
      extents[0], Extent(height: extents[1], width: extents[2], channels: extents[3]))
    planner.record(from: a, b, to: y) { memory in
      let (first, second, target) = (memory.pointer(a), memory.pointer(b), memory.pointer(y))
      if a.extent == b.extent {
        forEachSlice(of: y.count) {
          let i = $0.lowerBound
          pairLoop(Self.operation, first + i, 1, second + i, 1, target + i, $0.count)
        }
        return
      }
      let (s, t) = (RepeatedStrides(a), RepeatedStrides(b))
      ThreadPool.shared.run(y.batch * y.height) { row, _ in
        let (n, i) = (row / y.height, row % y.height)
        for j in 0..<y.width {
          pairLoop(
            Self.operation, first + s.offset(n, i, j), s.channel, second + t.offset(n, i, j), t.channel,
            target + (row * y.width + j) * y.channels, y.channels)
        }
      }
    }
    return y
  }
}

/// The shape of what two pictures give.
private func pairExtents(_ a: Shape, _ b: Shape, _ name: String) throws(Failure) -> [Int] {
  var extents: [Int] = []
  if a.rank == 4, b.rank == 4, a[0] == b[0] {
    for (one, other) in zip(a.extents, b.extents) where one == other || one == 1 || other == 1 {
      extents.append(max(one, other))
    }
  }
  guard extents.count == 4 else {
    throw .invalidArgument(
      "the \(name) of \(a.description) and \(b.description); expected two of one shape, or a single row, "
        + "column or channel")
  }
  return extents
}

/// How far apart numbers are that are read side by side; 0 along an axis on which there is one.
private struct RepeatedStrides {
  let picture, row, column, channel: Int

  init(_ place: Place) { self.init(place.height, place.width, place.channels) }

  init(_ height: Int, _ width: Int, _ channels: Int) {
    picture = height * width * channels
    row = height == 1 ? 0 : width * channels
    column = width == 1 ? 0 : channels
    channel = channels == 1 ? 0 : 1
  }

  func offset(_ n: Int, _ i: Int, _ j: Int) -> Int { n * picture + i * row + j * column }
}

private func pairLoop(
  _ operation: PairOperation, _ a: UnsafePointer<Float>, _ s: Int, _ b: UnsafePointer<Float>, _ t: Int,
  _ y: UnsafeMutablePointer<Float>, _ count: Int
) {
  // Without strides for the vectors' sake.
  if s == 1, t == 1 {
    switch operation {
    case .sum: for i in 0..<count { y[i] = a[i] + b[i] }
    case .difference: for i in 0..<count { y[i] = a[i] - b[i] }
    case .product: for i in 0..<count { y[i] = a[i] * b[i] }
    case .quotient: for i in 0..<count { y[i] = a[i] / b[i] }
    }
    return
  }
  switch operation {
  case .sum: for i in 0..<count { y[i] = a[i * s] + b[i * t] }
  case .difference: for i in 0..<count { y[i] = a[i * s] - b[i * t] }
  case .product: for i in 0..<count { y[i] = a[i * s] * b[i * t] }
  case .quotient: for i in 0..<count { y[i] = a[i * s] / b[i * t] }
  }
}

extension Tape {
  /// A picture whose single row, column or channel is repeated, to a larger shape.
  func repeated(_ x: Variable<Element>, to shape: Shape) throws(Failure) -> Variable<Element> {
    guard x.shape != shape else { return x }
    let strides = RepeatedStrides(x.shape[1], x.shape[2], x.shape[3])
    let y = try Tensor<Element>(shape)
    func forEach(_ body: (_ from: Int, _ to: Int) -> Void) {
      var to = 0
      for n in 0..<shape[0] {
        for i in 0..<shape[1] {
          for j in 0..<shape[2] {
            let from = strides.offset(n, i, j)
            for c in 0..<shape[3] {
              body(from + c * strides.channel, to)
              to += 1
            }
          }
        }
      }
    }
    forEach { y.pointer[$1] = x.tensor[$0] }
    // dx: the sum over its copies
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape.extents, repeating: 0)
      forEach { dx.pointer[$0] += dy[$1] }
      try tape.accumulate(dx, into: x)
    }
  }
}
