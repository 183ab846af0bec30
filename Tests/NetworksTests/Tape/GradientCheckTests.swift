import Networks
import TestSupport
import Tensors
import Testing

@Suite struct GradientCheckTests {
  @Test func `passes a right gradient`() throws {
    let x = try randomTensor([2, 3], seed: 1)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.sum(x, x) } <= 1)
  }

  /// The value is 2 x, the tape sees only one of the two: its gradient is half of the true one.
  @Test func `catches a gradient of half the size`() throws {
    let x = try randomTensor([2, 3], seed: 1)
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in try tape.sum(x, tape.constant(x.tensor)) } > 1)
  }

  @Test func `catches a gradient that is missing`() throws {
    let x = try randomTensor([3], seed: 1)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in tape.constant(x.tensor) } > 1)
  }

  /// Values of x^T with the pullback of x: y = x + (x^T - x), the bracket being constant.
  @Test func `catches a transposed gradient`() throws {
    let x = try randomTensor([2, 2], seed: 1)
    let error = try gradientError(at: x) { tape, x throws(Failure) in
      let v = x.tensor.values
      return try tape.sum(x, tape.constant(Tensor([2, 2], [0, v[2] - v[1], v[1] - v[2], 0])))
    }
    #expect(error > 1)
  }

  @Test func `takes NaN for an error without end`() throws {
    let x = try Tensor<Double>([2], [1, .nan])
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.sum(x, x) } == .infinity)
  }
}
