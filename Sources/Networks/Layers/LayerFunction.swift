import Tensors

/// A function of a layer of any kind.
protocol LayerFunction {
  associatedtype Result
  associatedtype Refusal: Error
  func callAsFunction(_ layer: some LayerKind) throws(Refusal) -> Result
}

// The members of `LayerKind`, for a layer of any kind.
extension AnyLayer {
  /// Properties that do not depend on the input.
  struct Traits {
    let kind: StaticString
    let inputCounts: ClosedRange<Int>
    let tensorName: String?
    let onlyTrains: Bool
  }

  private struct ItsTraits: LayerFunction {
    func callAsFunction<Kind: LayerKind>(_ layer: Kind) throws(Never) -> Traits {
      Traits(
        kind: Kind.kind, inputCounts: Kind.inputCounts, tensorName: layer.tensorName,
        onlyTrains: layer.onlyTrains)
    }
  }
  var traits: Traits { open(ItsTraits()) }

  private struct Writing: LayerFunction {
    let name: String
    func callAsFunction(_ layer: some LayerKind) throws(Never) -> LayerText {
      var text = LayerText(name: name)
      layer.write(to: &text)
      return text
    }
  }
  /// Its parameters, for a node of this name.
  func text(ofNode name: String) -> LayerText { open(Writing(name: name)) }

  private struct Output: LayerFunction {
    let inputs: [Extent]
    func callAsFunction(_ layer: some LayerKind) throws(Never) -> Extent { layer.output(for: inputs) }
  }
  func output(for inputs: [Extent]) -> Extent { open(Output(inputs: inputs)) }

  private struct Check: LayerFunction {
    let input: Extent
    func callAsFunction(_ layer: some LayerKind) throws(Failure) { try layer.check(input) }
  }
  func check(_ input: Extent) throws(Failure) { try open(Check(input: input)) }

  private struct Window: LayerFunction {
    let axis: ReceptiveField.Axis
    func callAsFunction(_ layer: some LayerKind) throws(Never) -> ReceptiveField.Window? {
      layer.window(axis)
    }
  }
  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { open(Window(axis: axis)) }

  private struct Pixels: LayerFunction {
    let units: Range<Int>, side: Int, axis: ReceptiveField.Axis
    func callAsFunction(_ layer: some LayerKind) throws(Never) -> Range<Int> {
      layer.pixels(of: units, side: side, axis)
    }
  }
  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int> {
    open(Pixels(units: units, side: side, axis: axis))
  }

  private struct Tensors: LayerFunction {
    let input: Extent
    func callAsFunction(_ layer: some LayerKind) throws(Failure) -> [TensorSpecification] {
      try layer.tensors(for: input)
    }
  }
  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] { try open(Tensors(input: input)) }

  private struct MultiplyAdds: LayerFunction {
    let input: Extent
    func callAsFunction(_ layer: some LayerKind) throws(Never) -> Int { layer.multiplyAdds(for: input) }
  }
  func multiplyAdds(for input: Extent) -> Int { open(MultiplyAdds(input: input)) }

  private struct Folding: LayerFunction {
    let next: BatchNormalisation
    func callAsFunction(_ layer: some LayerKind) throws(Never) -> Bool { layer.folding(next) != nil }
  }

  private struct Load<Element: Scalar>: LayerFunction {
    let tensors: TensorLoader<Element>, input: Extent, next: BatchNormalisation?
    func callAsFunction(_ layer: some LayerKind) throws(Failure) -> LoadedTensors<Element> {
      let whole = next.flatMap { layer.folding($0) } ?? layer
      return try whole.load(tensors, for: input)
    }
  }
  func folds(_ next: BatchNormalisation) -> Bool { open(Folding(next: next)) }
  /// - Parameter next: a batch normalisation to be folded in.
  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent, folding next: BatchNormalisation?
  ) throws(Failure) -> LoadedTensors<Element> {
    try open(Load(tensors: tensors, input: input, next: next))
  }

  private struct Run<Element: Scalar>: LayerFunction {
    let inputs: [Variable<Element>], loaded: LoadedTensors<Element>, pooling: Pooling, tape: Tape<Element>
    func callAsFunction(_ layer: some LayerKind) throws(Failure) -> Variable<Element> {
      try layer.run(inputs, loaded, pooling, on: tape)
    }
  }
  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try open(Run(inputs: inputs, loaded: loaded, pooling: pooling, tape: tape))
  }

  private struct CheckTrainable: LayerFunction {
    func callAsFunction(_ layer: some LayerKind) throws(Failure) { try layer.checkTrainable() }
  }
  func checkTrainable() throws(Failure) { try open(CheckTrainable()) }

  private struct Train<Element: Scalar>: LayerFunction {
    let inputs: [Variable<Element>], pass: TrainingPass<Element>
    func callAsFunction(_ layer: some LayerKind) throws(Failure) -> Variable<Element> {
      try layer.train(inputs, pass)
    }
  }
  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    try open(Train(inputs: inputs, pass: pass))
  }

  private struct Planning: LayerFunction {
    let node: PlannedNode, planner: Planner
    func callAsFunction(_ layer: some LayerKind) throws(Failure) -> Place {
      try layer.plan(node, in: planner)
    }
  }
  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    try open(Planning(node: node, planner: planner))
  }

  private struct Offer: LayerFunction {
    let position, step: Int, planner: Planner
    func callAsFunction(_ layer: some LayerKind) throws(Failure) -> Destination? {
      try layer.destination(ofInput: position, in: step, planner)
    }
  }
  func destination(ofInput position: Int, in step: Int, _ planner: Planner) throws(Failure) -> Destination? {
    try open(Offer(position: position, step: step, planner: planner))
  }

  private struct Map: LayerFunction {
    let height, width: Int
    func callAsFunction(_ layer: some LayerKind) throws(Never) -> PixelMap? {
      layer.pixelMap(height: height, width: width)
    }
  }
  func pixelMap(height: Int, width: Int) -> PixelMap? { open(Map(height: height, width: width)) }
}
