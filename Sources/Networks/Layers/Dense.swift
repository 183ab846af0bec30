import Tensors

/// Connects every number of the input to every output: [b, h, w, c] to [b, 1, 1, outputs]. The input is read
/// row by row.
package struct Dense: EndedLayer {
  package let name: String
  package let outputs: Int
  package var hasBias = true
  package var ending = Ending()

  static var kind: StaticString { "dense" }
  var tensorName: String? { name }

  func output(for input: Extent) -> Extent { Extent(height: 1, width: 1, channels: outputs) }
  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { nil }

  private func inputs(_ input: Extent) throws(Failure) -> Int {
    guard let height = input.height, let width = input.width else {
      throw .internalError("the size of the input to the dense layer \(name) is not known")
    }
    return height * width * input.channels
  }

  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] {
    var list = [
      TensorSpecification(name: name + ".weight", extents: [outputs, try inputs(input)], kind: .weight)
    ]
    if hasBias { list.append(TensorSpecification(name: name + ".bias", extents: [outputs], kind: .bias)) }
    return list + ending.tensors(name, outputs)
  }

  func multiplyAdds(for input: Extent) -> Int {
    (input.height ?? 0) * (input.width ?? 0) * input.channels * outputs
  }

  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element> {
    LoadedTensors(
      filter: try tensors.filter(name, [outputs, try inputs(input), 1, 1], hasBias: hasBias, ending))
  }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    let x = inputs[0]
    return try tape.convolution(
      tape.reshaped(x, [x.shape[0], 1, 1, x.shape.count / max(x.shape[0], 1)]), loaded.whole(name))
  }

  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    let y = try pass.tape.dense(
      inputs[0], weights: pass.variable(name + ".weight"), bias: pass.bias(name, hasBias, ending))
    return try ending.train(pass.tape.reshaped(y, [y.shape[0], 1, 1, y.shape[1]]), pass)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0], count = x.height * x.width * x.channels
    let row = Place(
      buffer: x.buffer, offset: x.offset, batch: x.batch, height: 1, width: 1, channels: count, stride: count)
    return try planner.convolve(node.loaded.whole(name), row, to: node.destination)
  }

  package init(name: String, outputs: Int, hasBias: Bool = true, ending: Ending = Ending()) {
    self.name = name
    self.outputs = outputs
    self.hasBias = hasBias
    self.ending = ending
  }

  init(from text: inout LayerText) throws(Failure) {
    name = text.takeTensorName()
    outputs = try text.number("outputs", LayerLimits.channels)
    hasBias = try text.flag("bias", usual: true)
    ending = try Ending(from: &text)
    if ending.normalisation != .none {
      throw text.refusal("normalisation", "\(name)", "none in a dense layer")
    }
  }

  func write(to text: inout LayerText) {
    text.set(tensorName: name)
    text.set("outputs", outputs)
    text.set("bias", hasBias, usual: true)
    ending.write(to: &text)
  }
}

extension Layer {
  /// Connects every number of the input to every output, then activation.
  @inline(never)
  package static func dense(
    _ name: String, _ outputs: Int, hasBias: Bool = true, activation: Activation = .none
  ) -> Layer {
    .single(
      .dense(Dense(name: name, outputs: outputs, hasBias: hasBias, ending: Ending(activation: activation))))
  }
}

extension Tape {
  /// Connects every number of a row to every output: `y[n, o] = sum over i of x[n, i] w[o, i] + bias[o]`
  ///
  /// - Parameters:
  ///   - x: [batch, ...], flattened.
  ///   - weights: [outputs, inputs]
  /// - Returns: [batch, outputs]
  package func dense(
    _ x: Variable<Element>, weights: Variable<Element>, bias: Variable<Element>?
  ) throws(Failure) -> Variable<Element> {
    let batch = x.shape.extents.first ?? 0
    guard weights.shape.rank == 2, batch > 0, x.tensor.count == batch * weights.shape[1] else {
      throw .invalidArgument(
        "a dense layer of weights \(weights.shape.description) for \(x.shape.description)")
    }
    let row = try reshaped(x, [batch, 1, 1, weights.shape[1]])
    let kernel = try reshaped(weights, [weights.shape[0], weights.shape[1], 1, 1])
    let y = try convolution(row, weights: kernel, bias: bias, padding: .valid)
    return try reshaped(y, [batch, weights.shape[0]])
  }
}
