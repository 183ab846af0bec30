import Networks
import TestSupport
import Tensors
import Testing

/// An operation or a loss, at inputs of odd shapes that keep away from its kinks.
private struct Case {
  let name: String
  let inputs: [Tensor<Double>]
  let function: (Tape<Dual>, [Variable<Dual>]) throws(Failure) -> Variable<Dual>

  init(
    _ name: String, _ inputs: [Tensor<Double>],
    _ function: @escaping (Tape<Dual>, [Variable<Dual>]) throws(Failure) -> Variable<Dual>
  ) {
    (self.name, self.inputs, self.function) = (name, inputs, function)
  }
}

private let picture = [2, 5, 7, 3]

private func random(_ extents: Int..., seed: UInt64 = 1) throws -> Tensor<Double> { try randomTensor(extents, seed: seed) }

/// Between 0.1 and 2.
private func positive(_ extents: [Int], seed: UInt64) throws -> Tensor<Double> {
  let x = try randomTensor(extents, seed: seed)
  for i in 0..<x.count { x.pointer[i] = abs(x[i]) * 1.9 + 0.1 }
  return x
}

/// The file's one list of operations and losses: one line adds another.
private func cases() throws -> [Case] {
  let x = try randomTensor(picture, seed: 1), y = try randomTensor(picture, seed: 2)
  let away = try awayFromZero(picture, seed: 3), apartX = try apart([2, 7, 5, 3], seed: 4), above = try positive(picture, seed: 5)
  let slopes = try Finish<Dual>(bias: nil, slopes: [0.25, -0.5, 0])
  let wide: Filter<Dual> = try randomFilter(4, 3, kernel: 3, padding: .zeros(1), finish: Finish(bias: [1, 2, -1, 0]), seed: 6)
  let strided: Filter<Dual> = try randomFilter(6, 3, kernel: 3, stride: 2, groups: 3, padding: .valid, seed: 7)
  let sloped: Filter<Dual> = try randomFilter(3, 3, kernel: 2, padding: .valid, finish: Finish(bias: nil, slopes: [0.5, -1, 2]), seed: 8)
  let target = try Tensor<Dual>(picture, Numbers.duals(210, seed: 9))
  let gram = try Tensor<Dual>([3, 3], Numbers.duals(9, seed: 10))
  let features = try randomTensor([1, 3, 5, 3], seed: 11), content = try Tensor<Dual>([1, 3, 5, 3], Numbers.duals(45, seed: 12))
  let elementwise = ElementwiseFunction.allCases.map { f in
    Case("\(f)", [f == .magnitude ? away : above]) { t, x throws(Failure) in try t.map(x[0], f) }
  }
  return elementwise + [
    // Arithmetic
    Case("sum of two", [x, y]) { t, x throws(Failure) in try t.sum(x[0], x[1]) },
    Case("sum of two sizes", [x, try random(2, 3, 5, 2)]) { t, x throws(Failure) in try t.sum(x[0], x[1]) },
    Case("difference", [x, y]) { t, x throws(Failure) in try t.difference(x[0], x[1]) },
    Case("product", [x, y]) { t, x throws(Failure) in try t.product(x[0], x[1]) },
    Case("product with itself", [x]) { t, x throws(Failure) in try t.product(x[0], x[0]) },
    Case("quotient", [x, away]) { t, x throws(Failure) in try t.quotient(x[0], x[1]) },
    Case("scaled", [x]) { t, x throws(Failure) in try t.scaled(x[0], by: -1.5) },
    Case("sum", [x]) { t, x throws(Failure) in try t.sum(x[0]) },
    Case("mean", [x]) { t, x throws(Failure) in try t.mean(x[0]) },
    Case("power", [above]) { t, x throws(Failure) in try t.power(x[0], -1.5) },
    Case("whole power", [away]) { t, x throws(Failure) in try t.power(x[0], 3) },
    Case("weighted sum", [try random(1), try random(1, 1)]) { t, x throws(Failure) in try t.weightedSum(x, [2, -3]) },
    Case("squared distance", [x]) { t, x throws(Failure) in try t.squaredDistance(x[0], to: target, factor: 0.5) },
    // Activations
    Case("rectifier", [away]) { t, x throws(Failure) in try t.rectifier(x[0]) },
    Case("parametric rectifier", [away]) { t, x throws(Failure) in try t.parametricRectifier(x[0], slopes) },
    Case("learnt slopes", [away, try random(3)]) { t, x throws(Failure) in try t.parametricRectifier(x[0], slopes: x[1]) },
    Case("softmax", [x]) { t, x throws(Failure) in try t.softmax(x[0]) },
    Case("dropout", [x]) { t, x throws(Failure) in
      var generator = Generator(seed: 3)
      return try t.dropout(x[0], probability: 0.4, isTraining: true, &generator)
    },
    // Assembly
    Case("concatenation", [x, try random(2, 5, 7, 2)]) { t, x throws(Failure) in try t.concatenation(x) },
    Case("picture in a larger one", [x]) { t, x throws(Failure) in
      try t.embedding(x[0], top: 1, left: 2, height: 7, width: 9, channels: 4)
    },
    Case("reshaped", [x]) { t, x throws(Failure) in try t.reshaped(x[0], [7, 30]) },
    Case("lookup", [try random(5, 3)]) { t, x throws(Failure) in try t.lookup(x[0], at: [4, 0, 4, 2]) },
    // Convolution
    Case("convolution", [x]) { t, x throws(Failure) in try t.convolution(x[0], wide) },
    Case("convolution in groups", [x]) { t, x throws(Failure) in try t.convolution(x[0], strided) },
    Case("convolution with slopes", [x]) { t, x throws(Failure) in try t.convolution(x[0], sloped) },
    Case("1-D convolution", [try random(2, 9, 3), try random(4, 3, 5, seed: 2), try random(4, seed: 3)]) { t, x throws(Failure) in
      try t.spatialConvolution(x[0], weights: x[1], bias: x[2], stride: 2, padding: 1)
    },
    Case("2-D convolution", [try random(2, 5, 6, 3), try random(3, 3, 2, 3, seed: 2), try random(3, seed: 3)]) { t, x throws(Failure) in
      try t.spatialConvolution(x[0], weights: x[1], bias: x[2], stride: 2, padding: 1)
    },
    Case("3-D convolution", [try random(2, 4, 3, 5, 2), try random(3, 2, 2, 3, 2, seed: 2), try random(3, seed: 3)]) { t, x throws(Failure) in
      try t.spatialConvolution(x[0], weights: x[1], bias: x[2], padding: 1)
    },
    // Pooling
    Case("maximum", [apartX]) { t, x throws(Failure) in try t.pool(x[0], .maximum, kernel: 3, stride: 2, padding: 1) },
    Case("average", [x]) { t, x throws(Failure) in try t.pool(x[0], .average, kernel: 2, stride: 2, roundsUp: true) },
    Case("global average", [x]) { t, x throws(Failure) in try t.globalAverage(x[0]) },
    Case("euclidean pooling", [above]) { t, x throws(Failure) in try t.euclideanPool(x[0], kernel: 3, stride: 2) },
    Case("1-D maximum", [try apart([2, 9, 3], seed: 1)]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .maximum, kernel: 3, stride: 2, padding: 1)
    },
    Case("1-D average", [try random(2, 9, 3)]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .average, kernel: 3, stride: 2, padding: 1)
    },
    Case("2-D maximum", [apartX]) { t, x throws(Failure) in try t.spatialPool(x[0], .maximum, kernel: 2, stride: 2) },
    Case("3-D maximum", [try apart([2, 4, 3, 5, 2], seed: 2)]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .maximum, kernel: 2, stride: 1, padding: 1)
    },
    Case("3-D average", [try random(2, 4, 3, 5, 2)]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .average, kernel: 3, stride: 2, padding: 1)
    },
    // Normalisation
    Case("local response", [x]) { t, x throws(Failure) in
      try t.responseNormalisation(x[0], ResponseNormalisation.tensorFlow)
    },
    Case("unit length", [try random(5, 7)]) { t, x throws(Failure) in try t.unitLength(x[0]) },
    Case("Gram matrix", [features]) { t, x throws(Failure) in try t.gramMatrix(x[0]) },
    // Losses
    Case("content cost", [features]) { t, x throws(Failure) in try t.contentCost(x[0], content, .normalised) },
    Case("style cost", [features]) { t, x throws(Failure) in try t.styleCost(x[0], gram, .lecture) },
    Case("triplet loss", try (81...83).map { try randomTensor([7, 5], seed: $0) }) { t, x throws(Failure) in
      try t.tripletLoss(x[0], x[1], x[2], margin: 0.2, .mean)
    },
  ]
}

extension Numbers {
  fileprivate static func duals(_ count: Int, seed: UInt64) -> [Dual] {
    var numbers = Numbers(seed: seed)
    return (0..<count).map { _ in Dual(numbers.next()) }
  }
}

@Suite struct DerivativesTests {
  @Test func `reverse mode, forward mode and central differences agree on every operation and loss`() throws {
    for item in try cases() {
      let worst = try checkDerivatives(
        of: item.function, at: item.inputs, step: 1e-6, absolute: Tolerance.gradientAbsolute,
        relative: Tolerance.gradientRelative)
      #expect(worst.ratio <= 1, "\(item.name): \(worst.description)")
    }
  }

  /// Values of x + x with the pullback of one x alone: reverse mode is wrong, the two others agree.
  @Test func `the comparison catches a pullback that is wrong`() throws {
    let worst = try checkDerivatives(of: { tape, x throws(Failure) in
      try tape.sum(x[0], tape.constant(x[0].tensor))
    }, at: [Tensor([2], [1, 2])])
    #expect(worst.ratio > 1 && abs(2 * worst.reverse - worst.forward) < Tolerance.double)
  }

  /// A branch on the value alone hides the slope from both exact ways.
  @Test func `the comparison catches a derivative that is dropped`() throws {
    let worst = try checkDerivatives(of: { tape, x throws(Failure) in
      tape.constant(try Tensor([1], [Dual(x[0].tensor[0].value)]))
    }, at: [Tensor([1], [3])])
    #expect(worst.ratio > 1 && worst.reverse == 0 && worst.forward == 0 && worst.numeric > 0.5)
  }

  @Test func `the comparison takes NaN for an error without end`() throws {
    let worst = try checkDerivatives(of: { tape, x throws(Failure) in try tape.logarithm(x[0]) }, at: [Tensor([2], [1, -1])])
    #expect(worst.ratio == .infinity)
  }

  /// d/dx of x^2 sin(x) is 2 x sin(x) + x^2 cos(x).
  @Test func `gives f and f' of a function of one number`() {
    let (value, slope) = derivative(of: { $0 * $0 * .sine($0) }, at: 1.5)
    #expect(abs(value - 2.25 * Double.sine(1.5)) < Tolerance.double)
    #expect(abs(slope - (3 * Double.sine(1.5) + 2.25 * Double.cosine(1.5))) < Tolerance.double)
  }

  /// The directional derivative of a product: (a b)' = a' b + a b'.
  @Test func `gives the derivative along a direction`() throws {
    let a = try Tensor<Double>([2], [1, 2]), b = try Tensor<Double>([2], [3, 4])
    let da = try Tensor<Double>([2], [10, 0]), db = try Tensor<Double>([2], [1, -1])
    let (value, slope) = try directionalDerivative(
      of: { tape, x throws(Failure) in try tape.product(x[0], x[1]) }, at: [a, b], along: [da, db])
    #expect(value.values == [3, 8] && slope.values == [31, -2])
    #expect(outcome {
      try directionalDerivative(of: { _, x throws(Failure) in x[0] }, at: [a], along: [Tensor([3], repeating: 0)])
    } == "invalidArgument: a direction [3] for an input [2]")
    #expect(outcome { try directionalDerivative(of: { _, x throws(Failure) in x[0] }, at: [a], along: []) }
      == "invalidArgument: 0 directions for 1 inputs, wanted one for each")
  }
}
