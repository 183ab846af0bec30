import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// The layers of training_reference.py, over pictures 10 high and 8 wide.
private let referenceLayers: [Layer] = [
  .convolution(
    "c1", 6, kernel: 3, stride: 2, padding: .zeros(1), hasBias: false, normalisation: .batch("n1"),
    activation: .rectifier),
  .pool(.maximum, kernel: 3, stride: 2, padding: 1),
  .convolution(
    "c2", 8, kernel: 3, groups: 2, padding: .zeros(1), normalisation: .batch("n2"),
    activation: .parametric("p2")),
  .dense("d", 5), .tap("embedding")
]
private let referenceInput = Extent(height: 10, width: 8, channels: 3)

/// One of every kind of layer that can be trained, over a grey picture of 7x6.
private let everyLayer: [Layer] = [
  .convolution("c", 4, kernel: 3, stride: 2, padding: .zeros(1), activation: .rectifier),
  .responseNormalisation(.torch),
  .concatenation([
    [],
    [
      .batchNormalisation("n", activation: .parametric("np")),
      .convolution("d", 2, kernel: 1, normalisation: .batch("dn"))
    ],
    [.pool(.average, kernel: 2, stride: 2), .border(top: 1, left: 0, bottom: 1, right: 2)]
  ]),
  .residual(
    [
      .convolution(
        "r", 10, kernel: 3, groups: 2, padding: .zeros(1), hasBias: false, normalisation: .batch("rn"),
        activation: .rectifier)
    ],
    shortCut: [.euclideanPool(kernel: 3, stride: 1, padding: 1)]),
  .maxout(pieces: 2), .rectifier, .chosenPool, .pool(.maximum, kernel: 2, stride: 1), .tap("middle"),
  .dense("e", 6, activation: .parametric("ep")), .dropout(0.3),
  .batchNormalisation("en", activation: .rectifier),
  .dense("f", 3, hasBias: false), .sigmoid, .globalAverage, .softmax, .unitLength, .tap("embedding")
]
private let everyInput = Extent(height: 7, width: 6, channels: 1)

/// The layers that paint, over a picture of 4x4.
private let paintingLayers: [Layer] = [
  .reflection(1),
  .convolution("a", 3, kernel: 3, stride: 2, padding: .uneven(before: 0, after: 1), hasBias: false),
  .instanceNormalisation("a_in", epsilon: 1e-3, rectifies: true),
  .residual([.convolution("r", 3, kernel: 3, padding: .zeros(1)), .instanceNormalisation("r_in")]),
  .transposedConvolution("t", 4, kernel: 3, stride: 2), .instanceNormalisation("t_in"),
  .upsampling(2), .reflection(1), .convolution("b", 8, kernel: 3), .depthToSpace(2),
  .transposedConvolution("u", 2, kernel: 4, stride: 2, crop: 1, hasBias: false),
  .hyperbolicTangent, .linear(scale: 3, offset: 0.5), .tap("embedding")
]
private let paintingInput = Extent(height: 4, width: 4, channels: 2)

/// Small versions of the library's networks, and one layer of each kind.
private let networks: [(name: String, graph: Graph, input: Extent)] = [
  (
    "DenseNet", Graph(Architecture.denseNet(stem: 8, blocks: [2, 1], growth: 4, outputs: 5)),
    Extent(height: 35, width: 33, channels: 3)
  ),
  (
    "MobileFaceNet", Architecture.mobileFaceNet(side: 33, width: 0.125).graph,
    Extent(height: 33, width: 33, channels: 3)
  ),
  (
    "Siamese",
    Architecture.siamese(input: Extent(height: 18, width: 23, channels: 1), isSigmoid: true).graph,
    Extent(height: 18, width: 23, channels: 1)
  ),
  (
    "like NN1",
    Graph([
      .convolution("conv1", 6, kernel: 7, stride: 2, padding: .zeros(3), activation: .rectifier),
      .pool(.maximum, kernel: 3, stride: 2, padding: 1), .responseNormalisation(.torch),
      .convolution("conv2", 8, kernel: 3, padding: .zeros(1), activation: .rectifier),
      .responseNormalisation(.tensorFlow),
      .pool(.maximum, kernel: 3, stride: 2, padding: 1),
      .dense("fc1", 12, activation: .rectifier), .maxout(pieces: 2), .dense("fc7128", 5), .unitLength,
      .tap("embedding")
    ]), Extent(height: 21, width: 19, channels: 3)
  ),
  ("one of each", Graph(everyLayer), everyInput),
  ("those that paint", Graph(paintingLayers), paintingInput),
  ("the reference", Graph(referenceLayers), referenceInput)
]

private func trainable<Element: Scalar>(
  _ layers: [Layer], _ input: Extent, _ weights: WeightFile, _: Element.Type = Element.self
) throws -> TrainableNetwork<Element> {
  try trainable(Graph(layers), input, weights)
}

private func trainable<Element: Scalar>(
  _ graph: Graph, _ input: Extent, _ weights: WeightFile, _: Element.Type = Element.self
) throws -> TrainableNetwork<Element> {
  try TrainableNetwork(graph, input: input) { specification throws(Failure) in
    let floats = try weights.tensor(specification.name, specification.extents)
    let tensor = try Tensor<Element>(floats.shape)
    for i in 0..<floats.count { tensor.pointer[i] = Element(floats[i]) }
    return tensor
  }
}

@Suite struct TrainableNetworkTests {
  @Test(arguments: networks.indices) func `a frozen pass is what inference gives`(index: Int) throws {
    let (name, graph, input) = networks[index]
    let weights = try Formula.file(graph, input)
    let x = try randomTensor([3, input.height ?? 0, input.width ?? 0, input.channels], seed: 91)
    let expected = try Network<Double>(graph, input: input, weights: weights).run(
      x, .init(["embedding"], pooling: .maximum))[0]
    let network: TrainableNetwork<Double> = try trainable(graph, input, weights)
    let tape = Tape<Double>()
    let y = try network.run(tape.constant(x), network.leaves(on: tape), .frozen, on: tape)
    #expect(largestDifference(y.tensor.values, expected.values) < Tolerance.double, "\(name)")
    #expect(expected.values.contains { abs($0) > 0.01 })
  }

  @Test func `a frozen pass of nn4.small2 is what inference gives`() throws {
    let architecture = Architecture.nn4Small2()
    let weights = try Formula.file(architecture.graph, architecture.input)
    var numbers = Numbers(seed: 92)
    let x: Tensor<Float> = try numbers.tensor([2, 96, 96, 3])
    let expected = try Network<Float>(architecture, weights: weights).run(x, .init(["embedding"]))[0]
    let network: TrainableNetwork<Float> = try trainable(architecture.graph, architecture.input, weights)
    let tape = Tape<Float>()
    let y = try network.run(
      tape.constant(x), network.parameters.map { tape.constant($0.value) }, .frozen, on: tape)
    #expect(largestDifference(y.tensor.values, expected.values) < Tolerance.float)
    // As OpenFace counts them.
    #expect(network.parameters.reduce(0) { $0 + ($1.isTrained ? $1.value.count : 0) } == 3_733_968)
  }

  /// A trunk with two heads, of which the first reads what the second does.
  private static let twoHeads = """
    input channels=3
    trunk convolution filters=4 kernel=3 padding=1 activation=rectifier < input
    fine convolution filters=3 kernel=1 < trunk
    small pool pooling=maximum kernel=2 stride=2 < trunk
    coarse convolution filters=5 kernel=1 < small
    output fine
    output coarse
    """

  @Test func `several results are what inference gives, and all of them reach the weights`() throws {
    let architecture = try Architecture(text: Self.twoHeads)
    let weights = try Formula.file(architecture.graph, architecture.input)
    let x = try randomTensor([2, 6, 4, 3], seed: 93)
    let expected = try Network<Double>(architecture, weights: weights).run(x, .init(["coarse", "fine"]))
    let network = try TrainableNetwork<Double>(
      architecture.graph, input: architecture.input, results: ["coarse", "fine"]
    ) { specification throws(Failure) in
      let floats = try weights.tensor(specification.name, specification.extents)
      let tensor = try Tensor<Double>(floats.shape)
      for i in 0..<floats.count { tensor.pointer[i] = Double(floats[i]) }
      return tensor
    }
    let tape = Tape<Double>(), leaves = network.leaves(on: tape)
    let results = try network.results(tape.constant(x), leaves, .training, on: tape)
    #expect(results.map(\.shape.extents) == [[2, 3, 2, 5], [2, 6, 4, 3]])
    for (result, expected) in zip(results, expected) {
      #expect(largestDifference(result.tensor.values, expected.values) < Tolerance.double)
    }
    // Of the sum of both the trunk's slope is the sum of the slopes of each.
    func slope(_ wanted: [Int]) throws -> [Double] {
      let tape = Tape<Double>(), leaves = network.leaves(on: tape)
      let results = try network.results(tape.constant(x), leaves, .training, on: tape)
      let sums = try wanted.map { try tape.sum(results[$0]) }
      let loss = try tape.weightedSum(sums, sums.map { _ in 1 })
      return try tape.gradients(of: loss, at: [leaves[0]])[0].values
    }
    let both = try slope([0, 1]), each = try (slope([0]), slope([1]))
    #expect(largestDifference(both, zip(each.0, each.1).map { $0 + $1 }) < Tolerance.double)
    #expect(each.0.contains { $0 != 0 } && each.1.contains { $0 != 0 })
  }

  @Test func `results that are missing, and layers that none depends on, are refused`() throws {
    let architecture = try Architecture(text: Self.twoHeads)
    func refusal(_ results: [String]) -> String {
      outcome {
        try TrainableNetwork<Float>(architecture.graph, input: architecture.input, results: results) {
          specification throws(Failure) in try Tensor(specification.extents, repeating: 0)
        }
      }
    }
    #expect(refusal(["fine", "coarse"]) == "")
    #expect(
      refusal(["fine", "none"]) == "invalidArgument: a network without the result \"none\" cannot be trained")
    #expect(refusal(["fine"]) == "invalidArgument: a network with heads of its own cannot be trained")
  }

  @Test(arguments: networks.indices) func `its parameters are the tensors of the weight file`(
    index: Int
  ) throws {
    let (_, graph, input) = networks[index]
    let network: TrainableNetwork<Float> = try trainable(graph, input, Formula.file(graph, input))
    let list = try graph.tensors(for: input)
    #expect(network.parameters.map(\.name) == list.map(\.name))
    #expect(network.parameters.map(\.value.shape.extents) == list.map(\.extents))
    #expect(network.parameters.map(\.isTrained) == list.map(\.isLearned))
  }

  /// Of the picture and of every number of every parameter, dropout at work.
  @Test(arguments: [TrainableNetwork<Dual>.Mode.training, .frozen])
  func `reverse mode, forward mode and central differences agree on a whole network`(
    mode: TrainableNetwork<Dual>.Mode
  ) throws {
    for (layers, input) in [
      (everyLayer, everyInput), (paintingLayers, paintingInput), (referenceLayers, referenceInput)
    ] {
      let weights = try Formula.file(layers, input)
      let network: TrainableNetwork<Dual> = try trainable(layers, input, weights)
      let statistics = network.parameters.map { $0.value.values }
      var inputs = [try randomTensor([3, input.height ?? 0, input.width ?? 0, input.channels], seed: 93)]
      for parameter in network.parameters where parameter.isTrained {
        inputs.append(try Tensor(parameter.value.shape.extents, parameter.value.values.map { $0.value }))
      }
      let worst = try checkDerivatives(
        of: { tape, x throws(Failure) in
          var variables: [Variable<Dual>] = [], next = 1
          for (parameter, values) in zip(network.parameters, statistics) {
            if parameter.isTrained {
              variables.append(x[next])
              next += 1
            } else {
              // Training moves them.
              for (i, value) in values.enumerated() { parameter.value.pointer[i] = value }
              variables.append(tape.constant(parameter.value))
            }
          }
          return try network.run(x[0], variables, mode, seed: 5, on: tape)
        }, at: inputs)
      #expect(worst.ratio <= 1, "\(worst.description)")
    }
  }

  @Test func `drops other numbers with another seed, and none when frozen`() throws {
    let layers: [Layer] = [.dropout(0.5)], input = Extent(height: 5, width: 4, channels: 3)
    let network: TrainableNetwork<Float> = try trainable(layers, input, TensorFile().weightFile())
    let x = try Tensor<Float>([2, 5, 4, 3], repeating: 1)
    func run(_ mode: TrainableNetwork<Float>.Mode, _ seed: UInt64) throws -> [Float] {
      let tape = Tape<Float>()
      return try network.run(tape.constant(x), [], mode, seed: seed, on: tape).tensor.values
    }
    #expect(try run(.training, 1) == run(.training, 1) && run(.training, 1) != run(.training, 2))
    #expect(try run(.frozen, 1) == x.values)
  }

  @Test func `refuses what it cannot train`() throws {
    func made(_ layers: [Layer], shape: [Int]? = nil) -> String {
      outcome {
        try TrainableNetwork<Float>(layers, input: Extent(height: 9, width: 9, channels: 3)) {
          specification throws(Failure) in
          try Tensor(shape ?? specification.extents, repeating: 1)
        }
      }
    }
    #expect(made([.head([.softmax])]) == "invalidArgument: a network with heads of its own cannot be trained")
    #expect(
      made([.convolution("c", 2, kernel: 1, normalisation: .affine)]).hasPrefix(
        "invalidArgument: c has a scale of its own"))
    #expect(
      made([.convolution("c", 2, kernel: 1, hasBias: false)], shape: [2, 3])
        == "invalidArgument: c.weight is [2, 3]; expected [2, 3, 1, 1]")
    #expect(made([.dense("c", 2), .dense("c", 2)]) == "internalError: two layers share the tensor c.weight")
  }

  // MARK: Against PyTorch

  /// Five steps by SGD with momentum 0.9, weight decay 0.01 and rate 0.1.
  private func trained<Element: Scalar>(
    _: Element.Type
  ) throws -> (losses: [Double], frozen: Double, end: [String: [Double]]) {
    let weights = try Formula.file(referenceLayers, referenceInput)
    let network: TrainableNetwork<Element> = try trainable(referenceLayers, referenceInput, weights)
    func head(_ name: String, _ extents: [Int], factor: Double) throws -> Parameter<Element> {
      let count = extents.reduce(1, *)
      return Parameter(
        name, try Tensor(extents, Formula.numbers(name, count).map { Element(Float($0 * factor)) }))
    }
    let parameters =
      network.parameters + [
        try head("classifier.weight", [3, 5], factor: (6.0 / 5).squareRoot()),
        try head("classifier.bias", [3], factor: 0.2)
      ]
    let x = try Tensor<Element>(
      [7, 10, 8, 3], Formula.numbers("x", 7 * 10 * 8 * 3).map { Element(Float($0)) })
    let labels: [Int32] = [0, 1, 2, 0, 1, 2, 0]
    let optimiser = try Optimiser(.sgd(SGD(momentum: 0.9, weightDecay: 0.01)), parameters)
    func loss(
      _ mode: TrainableNetwork<Element>.Mode, _ tape: Tape<Element>, _ leaves: [Variable<Element>]
    ) throws -> Variable<Element> {
      let count = network.parameters.count
      let y = try network.run(tape.constant(x), Array(leaves[..<count]), mode, on: tape)
      return try tape.softmaxLoss(
        tape.reshaped(y, [7, 5]), labels: labels, weights: leaves[count], bias: leaves[count + 1], .mean)
    }
    var losses: [Double] = []
    for _ in 0..<5 {
      let tape = Tape<Element>()
      let leaves = parameters.map { $0.isTrained ? tape.leaf($0.value) : tape.constant($0.value) }
      let value = try loss(.training, tape, leaves)
      losses.append(Double(value.scalar))
      let gradients = try tape.gradients(
        of: value, at: zip(leaves, parameters).filter { $0.1.isTrained }.map(\.0))
      try optimiser.step(gradients, rate: 0.1)
    }
    let tape = Tape<Element>()
    let frozen = try loss(.frozen, tape, parameters.map { tape.constant($0.value) })
    let end = parameters.map { ($0.name, $0.value.values.map { Double($0) }) }
    return (losses, Double(frozen.scalar), Dictionary(uniqueKeysWithValues: end))
  }

  private func check(
    _ result: (losses: [Double], frozen: Double, end: [String: [Double]]), _ tolerance: Double
  ) throws {
    let reference = try fixture("training.json")
    #expect(largestDifference(result.losses, flat(reference["losses"])) < tolerance)
    #expect(largestDifference([result.frozen], flat(reference["frozen"])) < tolerance)
    let end = try #require(reference["end"] as? [String: Any])
    #expect(Set(end.keys) == Set(result.end.keys))
    for (name, values) in result.end {
      #expect(largestDifference(values, flat(end[name])) < tolerance, "\(name)")
    }
  }

  @Test func `training in Double follows PyTorch, running statistics too`() throws {
    try check(trained(Double.self), Tolerance.double)
  }

  @Test func `training in Float follows PyTorch, running statistics too`() throws {
    try check(trained(Float.self), Tolerance.float)
  }
}
