import Tensors

/// A kind of layer: a function of one or more pictures, with parameters. Its file holds everything that the
/// library knows about it: parameters and their text, result size, receptive field, tensors, the
/// differentiable operation, and the operation of a plan. `AnyLayer` lists all kinds.
///
/// The defaults are those of an elementwise layer without tensors.
protocol LayerKind: Equatable, Sendable {
  /// Its name in the text of a graph.
  static var kind: StaticString { get }
  /// How many inputs it takes.
  static var inputCounts: ClosedRange<Int> { get }

  /// The prefix of its tensors' names; nil if it has none.
  var tensorName: String? { get }
  init(from text: inout LayerText) throws(Failure)
  func write(to text: inout LayerText)

  /// The size of its result, for one input and for several.
  func output(for input: Extent) -> Extent
  func output(for inputs: [Extent]) -> Extent
  /// - Throws: `.invalidArgument` for an input that it does not accept.
  func check(_ input: Extent) throws(Failure)

  /// Its receptive field in an input, if that is a window that moves with the unit.
  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window?
  /// The pixels that units see, of an input with `side` pixels along an axis; defined for every layer.
  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int>

  /// Its tensors in a weight file.
  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification]
  /// Multiply-adds for one picture.
  func multiplyAdds(for input: Extent) -> Int

  /// Whether it acts only in training.
  var onlyTrains: Bool { get }
  /// This layer with a following batch normalisation folded in; nil if that is impossible.
  func folding(_ next: BatchNormalisation) -> Self?
  /// Reads its tensors, for inference.
  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element>

  /// Its result for one picture, if it has no tensors.
  /// - Parameter pooling: the pooling of `ChosenPool`.
  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element>
  /// For inference, on the tape.
  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element>

  /// - Throws: `.invalidArgument` if it cannot be trained.
  func checkTrainable() throws(Failure)
  /// In training.
  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element>

  /// Plans its operations.
  /// - Returns: the place of the result.
  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place
  /// Where to write an input that has no other readers; nil if anywhere.
  func destination(ofInput position: Int, in step: Int, _ planner: Planner) throws(Failure) -> Destination?
  /// The layer as a map of pixels; nil if it does more than copy pixels.
  func pixelMap(height: Int, width: Int) -> PixelMap?
}

extension LayerKind {
  static var inputCounts: ClosedRange<Int> { 1...1 }

  var tensorName: String? { nil }
  func write(to text: inout LayerText) {}

  func output(for input: Extent) -> Extent { input }
  func output(for inputs: [Extent]) -> Extent { output(for: inputs[0]) }
  func check(_ input: Extent) throws(Failure) {}

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { .pixel }
  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int> {
    window(axis)?.pixels(of: units) ?? 0..<max(side, 0)
  }

  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] { [] }
  func multiplyAdds(for input: Extent) -> Int { 0 }

  var onlyTrains: Bool { false }
  func folding(_ next: BatchNormalisation) -> Self? { nil }
  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element> {
    LoadedTensors()
  }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    throw .internalError("a layer \(Self.kind) has more than one picture to work on")
  }
  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try apply(inputs[0], pooling, on: tape)
  }

  func checkTrainable() throws(Failure) {}
  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    try run(inputs, LoadedTensors(), .maximum, on: pass.tape)
  }

  func destination(
    ofInput position: Int, in step: Int, _ planner: Planner
  ) throws(Failure) -> Destination? {
    nil
  }
  func pixelMap(height: Int, width: Int) -> PixelMap? { nil }
}

/// A layer without parameters.
protocol BareLayer: LayerKind {
  init()
}

extension BareLayer {
  init(from text: inout LayerText) throws(Failure) { self.init() }
}

/// A layer whose plan is one loop from the numbers of its input to those of its result.
protocol LoopLayer: LayerKind {
  /// Whether each number of the result depends on the number in its place alone, so that it may replace it.
  static var worksInPlace: Bool { get }
  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place)
}

extension LoopLayer {
  static var worksInPlace: Bool { false }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0]
    try check(x.extent)
    let y = Self.worksInPlace && node.isOurs ? x : try planner.new(x.batch, output(for: x.extent))
    planner.record(from: x, to: y) { memory in
      compute(memory.pointer(x), memory.pointer(y), from: x, to: y)
    }
    return y
  }
}
