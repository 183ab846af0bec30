import Networks
import TestSupport
import Tensors
import Testing

@Suite struct ReductionTests {
  @Test func `squared distance has the gradient of its definition`() throws {
    let target = try randomTensor([2, 3, 5], seed: 61)
    let error = try gradientError(at: randomTensor([2, 3, 5], seed: 62)) { tape, x throws(Failure) in
      try tape.squaredDistance(x, to: target, factor: 0.7)
    }
    #expect(error <= 1)
  }

  /// 0.5 ((1 - 3)^2 + (2 + 1)^2) = 6.5
  @Test func `squared distance gives the number worked by hand`() throws {
    let target = try Tensor<Double>([2], [3, -1])
    let y = try forward(Tensor<Double>([2], [1, 2])) { tape, x throws(Failure) in
      try tape.squaredDistance(x, to: target, factor: 0.5)
    }
    #expect(y.values == [6.5])
  }

  /// A million squares of 1/1000 are 1; summed in Float they would be far from it.
  @Test func `squared distance of a million Floats loses nothing`() throws {
    let target = try Tensor<Float>([1_000_000], repeating: 0)
    let y = try forward(Tensor<Float>([1_000_000], repeating: 0.001)) { tape, x throws(Failure) in
      try tape.squaredDistance(x, to: target, factor: 1)
    }
    #expect(abs(y[0] - 1) < 1e-6)
  }

  @Test func `weighted sum has the gradient of its definition, a term used twice too`() throws {
    let target = try Tensor<Double>([3], [0, 0, 0])
    let error = try gradientError(at: randomTensor([3], seed: 63)) { tape, x throws(Failure) in
      let a = try tape.squaredDistance(x, to: target, factor: 1),
        b = try tape.squaredDistance(x, to: target, factor: 3)
      return try tape.weightedSum([a, b, a], [2, -0.5, 0.25])
    }
    #expect(error <= 1)
  }

  @Test func `both refuse what does not match`() throws {
    let tape = Tape<Float>()
    let two = tape.constant(try Tensor([2], [1, 2])), one = tape.constant(try Tensor([1], [1]))
    #expect(
      outcome { try tape.squaredDistance(two, to: one.tensor, factor: 1) }
        == "invalidArgument: the distance of [2] and [1]")
    #expect(outcome { try tape.weightedSum([one], [1, 2]) } == "invalidArgument: 1 terms with 2 weights")
    #expect(
      outcome { try tape.weightedSum([two], [1]) } == "invalidArgument: a term [2]; expected a single number")
  }
}
