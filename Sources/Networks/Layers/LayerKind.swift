import Tensors

/// A kind of layer: a function of one picture or several, with parameters. All that the library knows of it
/// stands in its file: parameters and their text, the size of the result, what its units see, tensors, the
/// operation for learning with its pullback, and the operation of a plan. `AnyLayer` is the list of all
/// kinds.
///
/// The defaults are those of a layer that does the same to each number and has no tensors.
protocol LayerKind: Equatable, Sendable {
  /// Its name in the text of a graph.
  static var kind: StaticString { get }
  /// How many inputs it takes.
  static var inputCounts: ClosedRange<Int> { get }

  /// The name that its tensors begin with; nil where it has none.
  var tensorName: String? { get }
  init(from text: inout LayerText) throws(Failure)
  func write(to text: inout LayerText)

  /// The size of its result, of one input and of several.
  func output(for input: Extent) -> Extent
  func output(for inputs: [Extent]) -> Extent
  /// - Throws: `.invalidArgument` for an input that it cannot take.
  func check(_ input: Extent) throws(Failure)

  /// What its units see of an input, where that is a window that moves with the unit.
  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window?
  /// What units see of an input with so many pixels along an axis, whatever the layer.
  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int>

  /// The tensors of a weight file that it is made with.
  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification]
  /// Products that are added up for one picture.
  func multiplyAdds(for input: Extent) -> Int

  /// Whether it does nothing but while learning.
  var onlyTrains: Bool { get }
  /// This layer with a batch normalisation that follows taken into it; nil where it cannot be.
  func folding(_ next: BatchNormalisation) -> Self?
  /// Reads its tensors, for inference.
  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element>

  /// What it makes of one picture, where it has no tensors.
  /// - Parameter pooling: what `ChosenPool` does.
  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element>
  /// For inference, on the tape.
  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element>

  /// - Throws: `.invalidArgument` for one that cannot be trained.
  func checkTrainable() throws(Failure)
  /// While its tensors are learned.
  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element>

  /// Lays its operations out.
  /// - Returns: where the result lies.
  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place
  /// Where an input that nobody else reads is to be laid; nil: wherever.
  func destination(ofInput position: Int, in step: Int, _ planner: Planner) throws(Failure) -> Destination?
  /// The map that the layer is, or nil if it does more than copy pixels.
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
  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place)
}

extension LoopLayer {
  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0]
    try check(x.extent)
    let y = try planner.new(x.batch, output(for: x.extent))
    planner.record(from: x, to: y) { memory in
      compute(memory.pointer(x), memory.pointer(y), from: x, to: y)
    }
    return y
  }
}
