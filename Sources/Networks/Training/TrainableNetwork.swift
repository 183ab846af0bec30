import Tensors

/// A graph with learnable weights: the graph of inference, run on the tape, with every tensor of the weight
/// file as a parameter.
///
/// A convolution's bias before a batch normalisation cancels against the mean: in training it is a constant.
package final class TrainableNetwork<Element: Scalar> {
  /// In the order of the layers, including running statistics.
  package let parameters: [Parameter<Element>]
  private let graph: Graph
  /// The index in `parameters` for a tensor's name.
  private let places: [String: Int]
  /// The values that `results` returns.
  private let wanted: [Int]

  /// Whether batch normalisation uses the batch's statistics, and dropout is active.
  package enum Mode: Sendable { case training, frozen }

  /// - Parameters:
  ///   - results: the names of the outputs that training sees; none for the graph's final value.
  ///   - initial: supplies the initial value of each tensor of the weight file.
  /// - Throws: `.invalidArgument` for a layer that training does not support, a result that the graph lacks,
  ///   and for layers that no result depends on.
  package init(
    _ graph: Graph, input: Extent, results: [String] = [],
    _ initial: (TensorSpecification) throws(Failure) -> Tensor<Element>
  ) throws(Failure) {
    var parameters: [Parameter<Element>] = [], places: [String: Int] = [:]
    for specification in try graph.tensors(for: input) {
      guard places.updateValue(parameters.count, forKey: specification.name) == nil else {
        throw .internalError("two layers share the tensor \(specification.name)")
      }
      let value = try initial(specification)
      guard value.shape.extents == specification.extents else {
        throw .invalidArgument(
          "\(specification.name) is \(value.shape.description); expected \(try Shape(specification.extents).description)"
        )
      }
      parameters.append(Parameter(specification.name, value, isTrained: specification.isLearned))
    }
    var wanted: [Int] = results.isEmpty ? [graph.result] : []
    for name in results {
      guard let value = graph.value(of: name) else {
        throw .invalidArgument("a network without the result \"\(name)\" cannot be trained")
      }
      wanted.append(value)
    }
    guard !graph.needed(for: wanted).contains(false) else {
      throw .invalidArgument("a network with heads of its own cannot be trained")
    }
    self.wanted = wanted
    for node in graph.nodes { try node.layer.checkTrainable() }
    self.parameters = parameters
    self.places = places
    self.graph = graph
  }

  package convenience init(
    _ layers: [Layer], input: Extent, _ initial: (TensorSpecification) throws(Failure) -> Tensor<Element>
  ) throws(Failure) {
    try self.init(Graph(layers), input: input, initial)
  }

  /// The parameters as variables of a pass: leaves if they are trained.
  package func leaves(on tape: Tape<Element>) -> [Variable<Element>] {
    parameters.map { $0.isTrained ? tape.leaf($0.value) : tape.constant($0.value) }
  }

  /// Runs all layers.
  /// - Parameters:
  ///   - x: [batch, height, width, channels]
  ///   - leaves: of this tape.
  ///   - seed: of dropout in this pass.
  /// - Returns: the first result.
  package func run(
    _ x: Variable<Element>, _ leaves: [Variable<Element>], _ mode: Mode, seed: UInt64 = 0,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try results(x, leaves, mode, seed: seed, on: tape)[0]
  }

  /// The same, with all results that the network was made for.
  package func results(
    _ x: Variable<Element>, _ leaves: [Variable<Element>], _ mode: Mode, seed: UInt64 = 0,
    on tape: Tape<Element>
  ) throws(Failure) -> [Variable<Element>] {
    guard leaves.count == parameters.count else {
      throw .internalError("\(leaves.count) variables for \(parameters.count) parameters")
    }
    let pass = TrainingPass(
      tape: tape, parameters: parameters, leaves: leaves, places: places, isTraining: mode == .training,
      generator: Generator(seed: seed))
    let inputs = graph.nodes.map { $0.inputs }
    var values = LiveValues(
      x, inputs, [Bool](repeating: true, count: inputs.count), keeping: wanted)
    for (i, node) in graph.nodes.enumerated() {
      values[i + 1] = try node.layer.train(values.take(at: i), pass)
    }
    var results: [Variable<Element>] = []
    for value in wanted {
      guard let result = values[value] else { throw .internalError("a result was not made") }
      results.append(result)
    }
    return results
  }
}

/// One training pass, as the layers see it.
final class TrainingPass<Element: Scalar> {
  let tape: Tape<Element>
  let isTraining: Bool
  /// For dropout.
  var generator: Generator
  private let parameters: [Parameter<Element>]
  private let leaves: [Variable<Element>]
  private let places: [String: Int]

  init(
    tape: Tape<Element>, parameters: [Parameter<Element>], leaves: [Variable<Element>], places: [String: Int],
    isTraining: Bool, generator: Generator
  ) {
    self.tape = tape
    self.parameters = parameters
    self.leaves = leaves
    self.places = places
    self.isTraining = isTraining
    self.generator = generator
  }

  func variable(_ tensor: String) throws(Failure) -> Variable<Element> { leaves[try place(tensor)] }
  /// Its value, to be read, or in training to be updated like running statistics.
  func value(_ tensor: String) throws(Failure) -> Tensor<Element> {
    let place = try place(tensor)
    return isTraining ? parameters[place].value : leaves[place].tensor
  }

  /// The bias of a layer's sums: a constant if a normalisation's mean cancels it.
  func bias(_ layer: String, _ hasBias: Bool, _ ending: Ending) throws(Failure) -> Variable<Element>? {
    guard hasBias else { return nil }
    let isCancelled = isTraining && ending.normalisation != .none
    return try isCancelled ? tape.constant(value(layer + ".bias")) : variable(layer + ".bias")
  }

  private func place(_ tensor: String) throws(Failure) -> Int {
    guard let place = places[tensor] else { throw .internalError("no tensor \(tensor) was listed") }
    return place
  }
}
