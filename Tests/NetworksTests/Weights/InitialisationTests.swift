import Networks
import TestSupport
import Tensors
import Testing

@Suite struct InitialisationTests {
  private let weights: [String: [Float]]

  init() throws {
    weights = try Dictionary(
      uniqueKeysWithValues: initialWeights(of: .mobileFaceNet(), seed: 1).map { ($0.name, $0.tensor.values) })
  }

  private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    return (
      mean,
      (values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count))
        .squareRoot()
    )
  }

  /// He et al. 2015, equation 10: 128 inputs of a 1x1 convolution, nine of a depthwise one.
  @Test(arguments: [("conv3.weight", 128, 65_536), ("block4_1.dw.weight", 9, 4608)])
  func `convolutions are normal by the inputs of one sum`(name: String, inputs: Int, count: Int) throws {
    let values = try #require(weights[name])
    #expect(values.count == count)
    let (mean, deviation) = moments(values), wanted = (2 / Double(inputs)).squareRoot()
    // Five of the standard deviations of a mean and of a deviation.
    #expect(abs(mean) < 5 * wanted / Double(count).squareRoot())
    #expect(abs(deviation / wanted - 1) < 5 / (2 * Double(count)).squareRoot())
    // Of a normal distribution 4.55 % lie beyond two deviations.
    let beyond = Double(values.filter { abs(Double($0)) > 2 * wanted }.count) / Double(count)
    #expect(abs(beyond - 0.0455) < 5 * (0.0455 * 0.9545 / Double(count)).squareRoot())
  }

  /// Glorot and Bengio 2010, equation 16.
  @Test func `dense layers are uniform by inputs and outputs`() throws {
    let all = try initialWeights(of: .siamese(), seed: 1)
    let values = try #require(all.first { $0.name == "fc.weight" }).tensor.values
    let bound = (6.0 / (4480 + 128)).squareRoot(), (mean, deviation) = moments(values)
    #expect(values.allSatisfy { abs(Double($0)) <= bound })
    #expect(abs(deviation * 3.0.squareRoot() / bound - 1) < 0.01)
    #expect(abs(mean) < bound / 100)
    #expect(try #require(all.first { $0.name == "fc.bias" }).tensor.values.allSatisfy { $0 == 0 })
  }

  @Test func `normalisations have no effect, slopes are a quarter`() {
    for (suffix, value) in [
      ("_bn.weight", 1), ("_bn.bias", 0), ("_bn.running_mean", 0), ("_bn.running_var", 1),
      ("_prelu.weight", 0.25)
    ] as [(String, Float)] {
      let matching = weights.filter { $0.key.hasSuffix(suffix) }
      #expect(!matching.isEmpty && matching.allSatisfy { $0.value.allSatisfy { $0 == value } }, "\(suffix)")
    }
  }

  @Test func `a seed gives the same weights, another one others`() throws {
    func first(_ seed: UInt64) throws -> [Float] {
      try initialWeights(of: .mobileFaceNet(), seed: seed)[0].tensor.values
    }
    #expect(try first(1) == weights["conv1.weight"])
    #expect(try first(2) != first(1))
  }
}
