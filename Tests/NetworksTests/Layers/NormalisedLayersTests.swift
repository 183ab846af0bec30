import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// The layers that FaceNet, DenseNet and MobileFaceNet have besides SmallNetwork's, over a grey picture 10
/// high, 8 wide.
private let layers: [Layer] = [
  .convolution("c", 6, kernel: 3, padding: .zeros(1), hasBias: false),
  .batchNormalisation("cn", activation: .parametric("cp")), .tap("folded"),
  .batchNormalisation("n", activation: .parametric("np")), .tap("scaled"),
  .euclideanPool(kernel: 3, stride: 1, padding: 1), .tap("lengths"),
  .concatenation([
    [],
    [
      .batchNormalisation("d1", activation: .rectifier),
      .convolution("d", 4, kernel: 3, padding: .zeros(1), hasBias: false)
    ],
    [.batchNormalisation("d2")]
  ]), .tap("dense"),
  .dropout(0.5), .maxout(pieces: 4), .tap("maxout"),
  .sigmoid, .tap("sigmoid"),
  .dense("e", 5), .batchNormalisation("en", activation: .rectifier), .dropout(0.2), .tap("embedding")
]
private let input = Extent(height: 10, width: 8, channels: 1)
private let taps = ["folded", "scaled", "lengths", "dense", "maxout", "sigmoid", "embedding"]

@Suite struct NormalisedLayersTests {
  private func network<Element: Scalar>(_ layers: [Layer], _: Element.Type) throws -> Network<Element> {
    try Network(layers, input: input, weights: Formula.file(layers, input))
  }

  private func results() throws -> [String: Tensor<Double>] {
    let answers = try network(layers, Double.self).run(randomTensor([2, 10, 8, 1], seed: 31), .init(taps))
    return Dictionary(uniqueKeysWithValues: zip(taps, answers))
  }

  /// Of the statistics `name`: `(x - mean) / sqrt(variance + epsilon) gamma + beta`.
  private func normalised(_ x: Double, _ name: String, _ c: Int, of count: Int) -> Double {
    func number(_ part: String, _ centre: Double, _ spread: Double) -> Double {
      Double(Float(centre + spread * Formula.numbers("\(name).\(part)", count)[c]))
    }
    return (x - number("running_mean", 0, 0.2)) / (number("running_var", 1, 0.5) + 1e-5).squareRoot()
      * number("weight", 1, 0.2)
      + number("bias", 0, 0.2)
  }

  private func slope(_ name: String, _ c: Int, of count: Int) -> Double {
    Double(Float(0.25 + 0.2 * Formula.numbers(name + ".weight", count)[c]))
  }

  /// A tap between the two keeps them apart.
  @Test func `a normalisation folded into the sum before it changes nothing`() throws {
    let x = try randomTensor([2, 10, 8, 1], seed: 31)
    for (sum, normalisation) in [(0, "cn"), (14, "en")] {
      var apart = layers
      apart.insert(.tap("between"), at: sum + 1)
      let whole = try network(layers, Double.self).run(x, .init(taps))
      for (a, b) in zip(whole, try network(apart, Double.self).run(x, .init(taps))) {
        #expect(largestDifference(a.values, b.values) < Tolerance.double, "\(normalisation)")
      }
    }
  }

  @Test func `a normalisation that stands alone scales and shifts each channel`() throws {
    let results = try results(), before = try #require(results["folded"]),
      after = try #require(results["scaled"])
    let expected = before.values.enumerated().map { i, x in
      let y = normalised(x, "n", i % 6, of: 6)
      return y < 0 ? y * slope("np", i % 6, of: 6) : y
    }
    #expect(largestDifference(after.values, expected) < Tolerance.double)
    #expect(after.values.contains { $0 < 0 } && after.values.contains { $0 > 0 })
  }

  @Test func `lengths over the edge are of what lies inside`() throws {
    let results = try results(), x = try #require(results["scaled"]), y = try #require(results["lengths"])
    #expect(y.shape == x.shape)
    for (i, j, c) in [(0, 0, 0), (0, 7, 3), (9, 4, 5), (4, 4, 1)] {
      var sum = 0.0
      for row in max(i - 1, 0)...min(i + 1, 9) {
        for column in max(j - 1, 0)...min(j + 1, 7) { sum += pow(x[(row * 8 + column) * 6 + c], 2) }
      }
      #expect(abs(y[(i * 8 + j) * 6 + c] - sum.squareRoot()) < Tolerance.double)
    }
  }

  @Test func `branches without layers hand on what came`() throws {
    let results = try results(), x = try #require(results["lengths"]), y = try #require(results["dense"])
    #expect(y.shape.extents == [2, 10, 8, 16])
    for pixel in 0..<160 {
      for c in 0..<6 {
        #expect(y[pixel * 16 + c] == x[pixel * 6 + c])
        #expect(abs(y[pixel * 16 + 10 + c] - normalised(x[pixel * 6 + c], "d2", c, of: 6)) < Tolerance.double)
      }
    }
  }

  @Test func `maxout takes the largest of channels in a row, sigmoid squeezes it`() throws {
    let results = try results()
    let x = try #require(results["dense"]), y = try #require(results["maxout"]),
      z = try #require(results["sigmoid"])
    #expect(y.shape.extents == [2, 10, 8, 4])
    for i in 0..<y.count {
      #expect(y[i] == (0..<4).map { x[4 * i + $0] }.max())
      #expect(abs(z[i] - 1 / (1 + exp(-y[i]))) < Tolerance.double)
    }
  }

  @Test func `the plan agrees with the tape at every layer`() throws {
    let network = try network(layers, Float.self)
    let x = try randomTensor([3, 10, 8, 1], seed: 32)
    let small = try Tensor<Float>(x.shape.extents, x.values.map { Float($0) })
    for request in [taps] + taps.map({ [$0] }) {
      let expected = try network.run(small, .init(request))
      try Executor(network, .init(request)).run(batch: 3, height: 10, width: 8) { memory in
        memory.update(from: small.pointer, count: small.count)
      } _: { answers in
        for (i, tensor) in expected.enumerated() {
          #expect(answers.extents(i) == tensor.shape.extents)
          let answer = Array(UnsafeBufferPointer(start: answers[i], count: tensor.count))
          #expect(largestDifference(answer, tensor.values) < Tolerance.float, "\(request[i])")
        }
      }
    }
  }

  @Test func `Float agrees with Double`() throws {
    let x = try randomTensor([2, 10, 8, 1], seed: 31)
    let narrow = try network(layers, Float.self).run(
      Tensor<Float>(x.shape.extents, x.values.map { Float($0) }), .init(taps))
    for (tap, (a, b)) in zip(taps, zip(narrow, try network(layers, Double.self).run(x, .init(taps)))) {
      #expect(largestDifference(a.values, b.values) < Tolerance.float, "\(tap)")
    }
  }

  @Test func `the gradient of the whole is right`() throws {
    let network = try network(layers, Double.self)
    // Without the last rectifier's closed units nothing is 0: every layer has its part.
    #expect(
      try gradientError(at: randomTensor([1, 10, 8, 1], seed: 33)) { tape, x throws(Failure) in
        try network.run(x, .init(["sigmoid"]), on: tape)[0]
      } <= 1)
  }

  @Test func `sigmoid and maxout hold at the ends of numbers`() throws {
    let x = try Tensor<Double>([1, 1, 1, 6], [-1000, 1000, 0, .nan, -.infinity, .infinity])
    let sigmoid = try forward(x) { tape, x throws(Failure) in try tape.sigmoid(x) }.values
    #expect(
      sigmoid[0] == 0 && sigmoid[1] == 1 && sigmoid[2] == 0.5 && sigmoid[3].isNaN && sigmoid[4] == 0
        && sigmoid[5] == 1)
    let maxout = try forward(x) { tape, x throws(Failure) in try tape.maxout(x, pieces: 2) }.values
    #expect(maxout[0] == 1000 && maxout[1].isNaN && maxout[2] == .infinity)
    #expect(
      outcome { try forward(x) { tape, x throws(Failure) in try tape.maxout(x, pieces: 4) } }.hasPrefix(
        "invalidArgument"))
  }

  @Test func `maxout gives its gradient to the first of the largest`() throws {
    let tape = Tape<Double>()
    let x = try tape.leaf(Tensor([1, 6], [3, 3, 1, -1, 0, 2]))
    let y = try tape.maxout(x, pieces: 3)
    #expect(y.tensor.values == [3, 2])
    let loss = try tape.squaredDistance(y, to: Tensor([1, 2], [0, 0]), factor: 0.5)
    #expect(try tape.gradients(of: loss, at: [x])[0].values == [3, 0, 0, 0, 0, 2])
  }
}
