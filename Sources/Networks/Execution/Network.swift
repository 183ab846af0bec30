import Tensors

/// A graph with its weights, ready to run; immutable, shared between threads.
///
/// Layers that act only in training are dropped. A normalisation with trained statistics is folded into the
/// preceding sum, unless something else reads that sum.
package final class Network<Element: Scalar>: @unchecked Sendable {
  /// A layer with its tensors. Values are numbered as in a graph.
  struct Node {
    let layer: AnyLayer
    let loaded: LoadedTensors<Element>
    let inputs: [Int]
  }

  let nodes: [Node]
  let outputs: [Graph.Output]
  /// Channels of the input picture.
  package let channels: Int
  /// Numbers read from the weight file.
  package let parameterCount: Int
  /// The filters that plans have joined.
  let jointFilters = JointFilters<Element>()

  /// - Parameters:
  ///   - input: the picture's size; required by dense layers, which have a fixed number of inputs.
  ///   - mixture: the share of each style; required by networks of several.
  package init(
    _ graph: Graph, input: Extent, weights: WeightFile, mixture: [Float] = []
  ) throws(Failure) {
    let loader = TensorLoader<Element>(weights, mixture: mixture), extents = graph.extents(from: input)
    var nodes: [Node] = [], places = [0], folded: Set<Int> = []
    for (i, node) in graph.nodes.enumerated() {
      let inputs = node.inputs.map { places[$0] }
      if folded.contains(i) || node.layer.traits.onlyTrains {
        places.append(inputs[0])
        continue
      }
      var next: BatchNormalisation?
      if let reader = graph.onlyReader(of: i + 1),
        case .batchNormalisation(let normalisation) = graph.nodes[reader].layer,
        node.layer.folds(normalisation)
      {
        next = normalisation
        folded.insert(reader)
      }
      let loaded = try node.layer.load(loader, for: extents[node.inputs[0]], folding: next)
      nodes.append(Node(layer: node.layer, loaded: loaded, inputs: inputs))
      places.append(nodes.count)
    }
    self.nodes = nodes
    outputs = graph.outputs.map { Graph.Output(name: $0.name, value: places[$0.value]) }
    channels = input.channels
    parameterCount = loader.parameterCount
  }

  package convenience init(
    _ architecture: Architecture, weights: WeightFile, mixture: [Float] = []
  ) throws(Failure) {
    try self.init(architecture.graph, input: architecture.input, weights: weights, mixture: mixture)
  }

  package convenience init(_ layers: [Layer], input: Extent, weights: WeightFile) throws(Failure) {
    try self.init(Graph(layers), input: input, weights: weights)
  }

  /// For square pictures.
  package convenience init(
    _ layers: [Layer], channels: Int = 3, side: Int? = nil, weights: WeightFile
  ) throws(Failure) {
    try self.init(layers, input: Extent(height: side, width: side, channels: channels), weights: weights)
  }

  /// The parameters of a run.
  package struct Request {
    package var pooling: Pooling
    /// The outputs to return; only the layers that they depend on are run.
    package var taps: [String]

    package init(_ taps: [String], pooling: Pooling = .average) {
      self.taps = taps
      self.pooling = pooling
    }
  }

  /// The value of an output.
  /// - Throws: `.notFound` if the network lacks it.
  func value(of output: String) throws(Failure) -> Int {
    for known in outputs where known.name == output { return known.value }
    throw .notFound("the network has no layer \"\(output)\"")
  }

  /// Runs `x` [batch, height, width, channels] through the layers that the outputs depend on.
  /// "conv4_2.linear" is the input of conv4_2's activation.
  /// - Returns: the outputs' values, in the order of the request.
  /// - Throws: `.notFound` for an output that the network lacks.
  package func run(
    _ x: Variable<Element>, _ request: Request, on tape: Tape<Element>
  ) throws(Failure) -> [Variable<Element>] {
    var places: [(value: Int, isLinear: Bool)] = []
    for tap in request.taps { places.append(try place(of: tap)) }
    let isNeeded = neededSteps(nodes.map { $0.inputs }, for: places.map { $0.value })
    var values = LiveValues(x, nodes.map { $0.inputs }, isNeeded, keeping: places.map { $0.value })
    var linear: [Int: Variable<Element>] = [:]
    for (i, node) in nodes.enumerated() where isNeeded[i] {
      let inputs = try values.take(at: i)
      if let filter = node.loaded.filter, places.contains(where: { $0.value == i + 1 && $0.isLinear }) {
        let sums = try tape.convolution(inputs[0], filter, filter.finish.activated(.none))
        linear[i + 1] = sums
        switch filter.finish.activation {
        case .none: values[i + 1] = sums
        case .rectifier: values[i + 1] = try tape.rectifier(sums)
        case .parametric: values[i + 1] = try tape.parametricRectifier(sums, filter.finish)
        }
      } else {
        values[i + 1] = try node.layer.run(inputs, node.loaded, request.pooling, on: tape)
      }
    }
    var answer: [Variable<Element>] = []
    for place in places {
      guard let value = place.isLinear ? linear[place.value] : values[place.value] else {
        throw .internalError("a value that was asked for was not made")
      }
      answer.append(value)
    }
    return answer
  }

  private func place(of tap: String) throws(Failure) -> (value: Int, isLinear: Bool) {
    for known in outputs where known.name == tap { return (known.value, false) }
    for known in outputs where known.name + linearSuffix == tap && known.value > 0 {
      if case .convolution = nodes[known.value - 1].layer { return (known.value, true) }
    }
    return (try value(of: tap), false)
  }

  /// Forward only: nothing is kept for a gradient.
  package func run(_ x: Tensor<Element>, _ request: Request) throws(Failure) -> [Tensor<Element>] {
    let tape = Tape<Element>()
    var tensors: [Tensor<Element>] = []
    for value in try run(tape.constant(x), request, on: tape) { tensors.append(value.tensor) }
    return tensors
  }
}

/// The values of a pass, each kept until its last reader has run.
struct LiveValues<Element: Scalar> {
  private let inputs: [[Int]]
  private var values: [Variable<Element>?]
  /// For each value, the last step that reads it.
  private var lastReaders: [Int]

  init(_ x: Variable<Element>, _ inputs: [[Int]], _ isNeeded: [Bool], keeping kept: [Int]) {
    self.inputs = inputs
    values = [x] + [Variable<Element>?](repeating: nil, count: inputs.count)
    lastReaders = [Int](repeating: -1, count: inputs.count + 1)
    for i in inputs.indices where isNeeded[i] {
      for input in inputs[i] { lastReaders[input] = i }
    }
    for value in kept { lastReaders[value] = inputs.count }
  }

  subscript(value: Int) -> Variable<Element>? {
    get { values[value] }
    set { values[value] = newValue }
  }

  /// The inputs of a step. Releases those without further readers.
  mutating func take(at step: Int) throws(Failure) -> [Variable<Element>] {
    var taken: [Variable<Element>] = []
    for input in inputs[step] {
      guard let value = values[input] else { throw .internalError("a layer's input was not made") }
      taken.append(value)
    }
    for input in inputs[step] where lastReaders[input] == step { values[input] = nil }
    return taken
  }
}

/// Suffix of an output's name: the value before the activation.
package let linearSuffix = ".linear"

extension Network {
  /// A network that is a single chain, in the form that a gradient plan reads.
  enum Link {
    enum Plain { case chosenPool, tap(String) }
    case convolution(Filter<Element>)
    case plain(Plain)
    case other
  }

  /// The nodes, each followed by its outputs; `.other` for a node that does not only read the value before
  /// it.
  var steps: [Link] {
    var links: [Link] = []
    for value in 0...nodes.count {
      if value > 0 { links.append(link(nodes[value - 1], behind: value - 1)) }
      for output in outputs where output.value == value { links.append(.plain(.tap(output.name))) }
    }
    return links
  }

  private func link(_ node: Node, behind value: Int) -> Link {
    guard node.inputs == [value] else { return .other }
    switch node.layer {
    case .convolution: return node.loaded.filter.map { .convolution($0) } ?? .other
    case .chosenPool: return .plain(.chosenPool)
    default: return .other
    }
  }
}
