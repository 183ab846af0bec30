import Networks
import TestSupport
import Tensors
import Testing

@Suite struct InstanceNormalisationTests {
  private func normalise<Element: Scalar>(
    _ tape: Tape<Element>, _ x: Variable<Element>, gamma: [Element], beta: [Element], rectifies: Bool = false
  ) throws(Failure) -> Variable<Element> {
    try tape.instanceNormalisation(
      x, gamma: tape.constant(Tensor([gamma.count], gamma)), beta: tape.constant(Tensor([beta.count], beta)),
      epsilon: 0.25, rectifies: rectifies)
  }

  /// (1 3), variance 1: +-1 / sqrt(1.25), times 2 plus 10; (5 5) has variance 0.
  @Test func `gives the numbers worked by hand, each picture and channel by itself`() throws {
    let x = try Tensor<Double>([2, 1, 2, 2], [1, 5, 3, 5, 7, -1, 7, 1])
    let y = try forward(x) { tape, x throws(Failure) in try normalise(tape, x, gamma: [2, 3], beta: [10, 0]) }
    let a = 1 / 1.25.squareRoot()
    #expect(
      largestDifference(y.values, [10 - 2 * a, 0, 10 + 2 * a, 0, 10, -3 * a, 10, 3 * a]) < Tolerance.double)
  }

  @Test func `a rectifier that follows opens and shuts`() throws {
    let x = try Tensor<Double>([1, 1, 2, 1], [1, 3])
    let y = try forward(x) { tape, x throws(Failure) in
      try normalise(tape, x, gamma: [1], beta: [0], rectifies: true)
    }
    #expect(largestDifference(y.values, [0, 1 / 1.25.squareRoot()]) < Tolerance.double)
  }

  @Test(arguments: [false, true])
  func `has the gradient of its definition in the picture, gamma and beta`(rectifies: Bool) throws {
    let x = try randomTensor([2, 3, 5, 3], seed: 61)
    let gamma = try Tensor<Double>([3], [0.7, -1.3, 0.4]), beta = try Tensor<Double>([3], [0.2, 0.1, -0.3])
    for input in 0..<3 {
      let error = try gradientError(at: [x, gamma, beta][input]) { tape, leaf throws(Failure) in
        var variables = [tape.constant(x), tape.constant(gamma), tape.constant(beta)]
        variables[input] = leaf
        return try tape.instanceNormalisation(
          variables[0], gamma: variables[1], beta: variables[2], rectifies: rectifies)
      }
      #expect(error <= 1, "input \(input)")
    }
  }

  /// More rows than one block of sums, and a mean far from 0, where digits would cancel.
  @Test func `Float keeps its digits on a large picture of large numbers`() throws {
    var numbers = Numbers(seed: 62)
    let wide: Tensor<Double> = try numbers.tensor([1, 83, 97, 4])
    let x = try Tensor<Float>(wide.shape.extents, wide.values.map { Float(1000 + $0) })
    let same = try Tensor<Double>(wide.shape.extents, x.values.map { Double($0) })
    let y = try forward(x) { tape, x throws(Failure) in
      try normalise(tape, x, gamma: [1, 1, 1, 1], beta: [0, 0, 0, 0])
    }
    let expected = try forward(same) { tape, x throws(Failure) in
      try normalise(tape, x, gamma: [1, 1, 1, 1], beta: [0, 0, 0, 0])
    }
    #expect(largestDifference(y.values, expected.values) < Tolerance.float)
  }

  @Test func `refuses factors of another number`() throws {
    let x = try Tensor<Float>([1, 2, 2, 3], repeating: 1)
    #expect(
      outcome { try forward(x) { tape, x throws(Failure) in try normalise(tape, x, gamma: [1], beta: [0]) } }
        .hasPrefix("invalidArgument: instance normalisation of [1, 2, 2, 3] with 1 factors"))
  }
}
