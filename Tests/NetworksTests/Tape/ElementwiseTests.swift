import Networks
import TestSupport
import Tensors
import Testing

@Suite struct ElementwiseTests {
  private func values<Element: Scalar>(_ function: ElementwiseFunction, _ x: [Element]) throws -> [Element] {
    try forward(Tensor([x.count], x)) { tape, x throws(Failure) in try tape.map(x, function) }.values
  }

  /// Origin: the definitions; log 2 = 0.6931471805599453, tanh 1 = 0.7615941559557649.
  @Test func `gives the numbers worked by hand`() throws {
    #expect(try values(.exponential, [0.0]) == [1])
    #expect(try abs(values(.logarithm, [2.0])[0] - 0.6931471805599453) < Tolerance.double)
    #expect(try values(.squareRoot, [9.0]) == [3])
    #expect(try values(.sine, [0.0]) == [0] && values(.cosine, [0.0]) == [1])
    #expect(try abs(values(.hyperbolicTangent, [1.0])[0] - 0.7615941559557649) < Tolerance.double)
    #expect(try values(.sigmoid, [0.0]) == [0.5])
    #expect(try abs(values(.softplus, [0.0])[0] - 0.6931471805599453) < Tolerance.double)
    #expect(try values(.magnitude, [-2.0, 3]) == [2, 3] && values(.reciprocal, [4.0]) == [0.25])
    #expect(try values(.square, [-3.0]) == [9] && values(.sign, [-2.0, 0, 3]) == [-1, 0, 1])
  }

  @Test func `sigmoid and softplus stand any number`() throws {
    #expect(try values(.sigmoid, [-1e4, 1e4, -.infinity, .infinity] as [Float]) == [0, 1, 0, 1])
    #expect(try values(.softplus, [-1e4, 1e4, .infinity] as [Float]) == [0, 1e4, .infinity])
    // exp(-40): what log(1 + exp(x)) as it is written would lose.
    #expect(try abs(values(.softplus, [-40.0])[0] / Double.exponential(-40) - 1) < Tolerance.double)
    #expect(try values(.sigmoid, [Float.nan])[0].isNaN && values(.softplus, [Float.nan])[0].isNaN)
  }

  /// More numbers than one slice has.
  @Test func `Float agrees with Double on large tensors`() throws {
    var numbers = Numbers(seed: 1)
    let x: [Float] = numbers.array(70_001)
    for function in ElementwiseFunction.allCases
    where function != .reciprocal && function != .logarithm && function != .squareRoot {
      #expect(
        try largestDifference(values(function, x), values(function, x.map { Double($0) })) < Tolerance.float,
        "\(function)")
    }
  }

  @Test func `the gradient of Float is that of Double`() throws {
    func gradient<Element: Scalar>(_ function: ElementwiseFunction, _: Element.Type) throws -> [Element] {
      let tape = Tape<Element>(), x = tape.leaf(try Tensor([5], [0.2, 0.5, 1, 1.5, 2]))
      return try tape.gradients(of: tape.sum(tape.map(x, function)), at: [x])[0].values
    }
    for function in ElementwiseFunction.allCases {
      // 1/x^2 is 25 at 0.2.
      #expect(
        try largestDifference(gradient(function, Float.self), gradient(function, Double.self))
          < Tolerance.float, "\(function)")
    }
  }

  @Test func `a power of 0 is flat`() throws {
    let tape = Tape<Double>(), x = tape.leaf(try Tensor([2], [0, -3]))
    #expect(try tape.gradients(of: tape.sum(tape.power(x, 0)), at: [x])[0].values == [0, 0])
  }
}

@Suite struct ArithmeticTests {
  private let a, b: Tensor<Double>

  init() throws { (a, b) = (try Tensor([2, 2], [1, 2, 3, 4]), try Tensor([2, 2], [4, 3, 2, 8])) }

  @Test func `gives the numbers worked by hand`() throws {
    let tape = Tape<Double>()
    let (x, y) = (tape.constant(a), tape.constant(b))
    #expect(try tape.difference(x, y).tensor.values == [-3, -1, 1, -4])
    #expect(try tape.product(x, y).tensor.values == [4, 6, 6, 32])
    #expect(try tape.quotient(x, y).tensor.values == [0.25, 2.0 / 3, 1.5, 0.5])
    #expect(try tape.scaled(x, by: 0.5).tensor.values == [0.5, 1, 1.5, 2])
    #expect(try tape.sum(x).scalar == 10 && tape.mean(x).scalar == 2.5)
  }

  @Test func `a million Float terms lose nothing`() throws {
    let tape = Tape<Float>()
    #expect(try tape.mean(tape.constant(Tensor([1 << 20], repeating: 0.1))).scalar == 0.1)
  }

  @Test func `refuses shapes that differ`() throws {
    let tape = Tape<Double>()
    let x = tape.constant(a), y = tape.constant(try Tensor([4], [1, 2, 3, 4]))
    #expect(
      outcome { try tape.difference(x, y) }
        == "invalidArgument: the difference of [2, 2] and [4]; expected two of one shape")
    #expect(outcome { try tape.product(x, y) }.hasPrefix("invalidArgument"))
    #expect(outcome { try tape.quotient(x, y) }.hasPrefix("invalidArgument"))
    #expect(
      outcome { try tape.mean(tape.constant(Tensor([0], []))) }
        == "invalidArgument: the mean of [0]; expected one element or more")
  }
}
