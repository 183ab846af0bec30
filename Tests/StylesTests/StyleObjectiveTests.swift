import Networks
import Styles
import Tensors
import TestSupport
import Testing

/// A small network of VGG's kind, so that the whole objective can be checked in Double.
@Suite struct StyleObjectiveTests {
  private let layers: [Layer] = [
    .convolution("conv1_1", 4, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv1_1"),
    .chosenPool,
    .convolution("conv2_1", 5, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv2_1"),
    .chosenPool,
    .convolution("conv3_1", 6, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv3_1")
  ]

  private var options: StyleOptions {
    var options = StyleOptions()
    options.contentLayers = [("conv2_1", 1)]
    options.styleLayers = [("conv1_1", 0.5), ("conv3_1", 0.25)]
    return options
  }

  private func weights() throws -> WeightFile {
    var numbers = Numbers(seed: 11)
    var file = TensorFile()
    for (name, outputs, inputs) in [("conv1_1", 4, 3), ("conv2_1", 5, 4), ("conv3_1", 6, 5)] {
      file.add(name + ".weight", [outputs, inputs, 3, 3], numbers.array(outputs * inputs * 9))
      file.add(name + ".bias", [outputs], numbers.array(outputs))
    }
    return try file.weightFile()
  }

  @Test(arguments: [Pooling.average, .maximum], CostVariant.allCases)
  func `its pixel gradient agrees with central differences in Double`(
    pooling: Pooling, variant: CostVariant
  ) throws {
    var options = options
    options.pooling = pooling
    options.cost = variant
    let network = try Network<Double>(layers, weights: weights())
    var numbers = Numbers(seed: 3)
    let content: Tensor<Double> = try numbers.tensor([1, 7, 9, 3]),
      style: Tensor<Double> = try numbers.tensor([1, 6, 11, 3])
    let picture: Tensor<Double> = try numbers.tensor([1, 7, 9, 3])
    let objective = try StyleObjective(network, content: content, styles: [(style, 1)], options)
    let gradient = try #require(try objective.evaluate(picture, withGradient: true).gradient)
    let h = 1e-6
    for i in 0..<picture.count {
      let moved = try picture.copy()
      moved.pointer[i] = picture[i] + h
      let above = try objective.evaluate(moved, withGradient: false).costs.total
      moved.pointer[i] = picture[i] - h
      let below = try objective.evaluate(moved, withGradient: false).costs.total
      let numeric = (above - below) / (2 * h)
      #expect(
        abs(gradient[i] - numeric) <= Tolerance.gradientAbsolute + Tolerance.gradientRelative * abs(numeric))
    }
  }

  @Test func `costs nothing for the content itself, and its total is the weighted sum`() throws {
    let network = try Network<Float>(layers, weights: weights())
    var numbers = Numbers(seed: 5)
    let content: Tensor<Float> = try numbers.tensor([1, 8, 8, 3]),
      style: Tensor<Float> = try numbers.tensor([1, 8, 8, 3])
    let objective = try StyleObjective(network, content: content, styles: [(style, 1)], options)
    let costs = try objective.evaluate(content, withGradient: false).costs
    #expect(costs.content == 0 && costs.style > 0)
    #expect(abs(costs.total - 40 * costs.style) < 1e-5 * costs.total)
    #expect(try objective.evaluate(style, withGradient: false).costs.style < 1e-6 * costs.style)
  }

  @Test func `names a layer that the network lacks`() throws {
    let network = try Network<Float>(layers, weights: weights())
    var numbers = Numbers(seed: 5)
    let picture: Tensor<Float> = try numbers.tensor([1, 8, 8, 3])
    var options = options
    options.contentLayers = [("conv9_9", 1)]
    #expect(throws: Failure.self) {
      try StyleObjective(network, content: picture, styles: [(picture, 1)], options)
    }
  }
}
