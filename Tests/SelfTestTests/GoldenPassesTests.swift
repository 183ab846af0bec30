import Networks
import SelfTest
import Styles
import TestSupport
import Tensors
import Testing

/// The stored numbers are what the same passes come to in Double, by plain loops and OpenBLAS: none of the
/// kernels under test has a part in them.
@Suite struct GoldenPassesTests {
  /// Prints the numbers to store where they differ.
  private func compare(_ name: String, _ stored: [Double], _ numbers: [Double]) {
    let expected = golden(numbers)
    let deviation = SelfCheck.Answer(found: stored, expected: expected).deviation
    if deviation > 1e-9 { print("\(name): \(expected)") }
    #expect(deviation <= 1e-9, "\(name)")
  }

  @Test func `of networks they are the forward pass in Double`() throws {
    for network in GoldenNetwork.all {
      let twin = try Network<Double>(network.architecture, weights: network.weights())
      let tensors = try twin.run(network.picture(), .init(network.taps))
      compare("\(network.name)", network.expected, tensors.flatMap(\.values))
    }
  }

  @Test func `of a training they are its steps in Double`() throws {
    let settings = GoldenTraining.settings, architecture = GoldenTraining.architecture
    var generator = Generator(seed: settings.seed)
    func doubles(_ tensor: Tensor<Float>) throws(Failure) -> Tensor<Double> {
      try Tensor(tensor.shape.extents, tensor.values.map { Double($0) })
    }
    let network = try TrainableNetwork<Double>(architecture.graph, input: architecture.input) {
      specification throws(Failure) in
      try doubles(architecture.initialTensor(specification, &generator))
    }
    let head = try settings.loss.headParameters(
      dimension: architecture.dimension, classes: settings.classes, seed: settings.seed + 1
    ).map { Parameter("head." + $0.name, try doubles($0.tensor)) }
    let optimiser = try Optimiser(settings.rule, network.parameters + head)
    let trained = (network.parameters + head).filter(\.isTrained)
    let before = trained.map(\.value.values)
    let pictures: Tensor<Double> = try GoldenTraining.pictures()
    for step in 0..<GoldenTraining.steps {
      let tape = Tape<Double>()
      let leaves = network.leaves(on: tape), headLeaves = head.map { tape.leaf($0.value) }
      let answer = try network.results(tape.constant(pictures), leaves, .training, on: tape)[0]
      let embeddings = try tape.reshaped(answer, [GoldenTraining.labels.count, architecture.dimension])
      let loss = try settings.loss.value(
        embeddings: embeddings, targets: .labels(GoldenTraining.labels), head: headLeaves, memory: nil,
        on: tape
      ).loss
      let variables = zip(leaves + headLeaves, network.parameters + head).filter(\.1.isTrained).map(\.0)
      try optimiser.step(
        tape.gradients(of: loss, at: variables), rate: settings.schedule.rate(at: step))
    }
    let changes = zip(trained, before).flatMap { parameter, before in
      zip(parameter.value.values, before).map { $0 - $1 }
    }
    compare("training", GoldenTraining.expected, changes)
  }

  @Test func `of a painting they are the objective's gradient in Double`() throws {
    func numbers(_ picture: GoldenPainting.Picture) throws -> Tensor<Double> {
      let image = try GoldenPainting.picture(picture)
      let numbers = try VGGPicture(image).numbers.values
      return try Tensor([1, image.height, image.width, 3], numbers.map { Double($0) })
    }
    let network = try Network<Double>(GoldenPainting.architecture, weights: GoldenPainting.weights())
    let objective = try StyleObjective(
      network, content: numbers(.content), styles: [(numbers(.style), 1)], GoldenPainting.options)
    let gradient = try objective.evaluate(numbers(.painted), withGradient: true).gradient
    compare("painting", GoldenPainting.expected, try #require(gradient).values)
  }
}
