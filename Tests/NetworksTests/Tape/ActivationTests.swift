import Networks
import TestSupport
import Tensors
import Testing

@Suite struct ActivationTests {
  @Test func `the rectifier has the gradient of its definition`() throws {
    let x = try awayFromZero([2, 5, 7, 3], seed: 41)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.rectifier(x) } <= 1)
  }

  @Test func `the parametric rectifier has the gradient of its definition`() throws {
    let x = try awayFromZero([2, 5, 7, 3], seed: 42)
    let slopes = try Finish<Double>(bias: nil, slopes: [0.25, -0.5, 0])
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in try tape.parametricRectifier(x, slopes) } <= 1)
  }

  @Test func `softmax has the gradient of its definition`() throws {
    let x = try randomTensor([2, 3, 1, 5], seed: 43)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.softmax(x) } <= 1)
  }

  @Test func `the rectifier shuts at zero and passes NaN`() throws {
    let x = try Tensor<Float>([5], [-1, 0, 2, .nan, -.infinity])
    let y = try forward(x) { tape, x throws(Failure) in try tape.rectifier(x) }.values
    #expect(y[0] == 0 && y[1] == 0 && y[2] == 2 && y[3].isNaN && y[4] == 0)
  }

  @Test func `the parametric rectifier has a slope a channel`() throws {
    let x = try Tensor<Double>([1, 2, 1, 2], [-4, -4, 4, -1])
    let slopes = try Finish<Double>(bias: nil, slopes: [0.25, -2])
    #expect(
      try forward(x) { tape, x throws(Failure) in try tape.parametricRectifier(x, slopes) }.values == [
        -1, 8, 4, 2
      ])
  }

  /// Rows -4 -4 and 4 -1, slopes 0.25 and -2: the slopes' gradients are -4 and -4 - 1.
  @Test func `the parametric rectifier learns its slopes`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([1, 2, 1, 2], [-4, -4, 4, -1])),
      slopes = tape.leaf(try Tensor([2], [0.25, -2]))
    let y = try tape.parametricRectifier(x, slopes: slopes)
    #expect(y.tensor.values == [-1, 8, 4, 2])
    let gradients = try tape.gradients(of: tape.sum(y), at: [x, slopes])
    #expect(gradients[0].values == [0.25, -2, 1, -2] && gradients[1].values == [-4, -5])
    #expect(
      outcome {
        try tape.parametricRectifier(
          tape.constant(x.tensor), slopes: tape.constant(Tensor([3], repeating: 0)))
      }
        == "invalidArgument: slopes [3] for [1, 2, 1, 2]; expected one a channel")
  }

  /// Rows of several tasks.
  @Test func `learnt slopes have the same gradient for one to four threads`() throws {
    var numbers = Numbers(seed: 44)
    let x: Tensor<Float> = try numbers.tensor([70_003, 3])
    func gradient() throws -> [Float] {
      let tape = Tape<Float>(), slopes = tape.leaf(try Tensor([3], [0.1, 0.2, 0.3]))
      return try tape.gradients(
        of: tape.sum(tape.parametricRectifier(tape.constant(x), slopes: slopes)), at: [slopes])[0].values
    }
    var results: [[Float]] = []
    for threads in 1...4 { try withPool(threads: threads) { results.append(try gradient()) } }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  /// exp(0) : exp(log 3) = 1 : 3
  @Test func `softmax is the share of exponentials, however large`() throws {
    let log3 = 1.0986122886681098
    for shift in [0.0, 1e3, -1e3] {
      let x = try Tensor<Double>([1, 2], [shift, shift + log3])
      let y = try forward(x) { tape, x throws(Failure) in try tape.softmax(x) }
      #expect(largestDifference(y.values, [0.25, 0.75]) < Tolerance.double)
    }
    #expect(
      try forward(Tensor<Float>([2, 1], [5, -7])) { tape, x throws(Failure) in try tape.softmax(x) }.values
        == [1, 1])
  }

  @Test(arguments: 0..<3)
  func `softmax passes NaN on in its row alone`(place: Int) throws {
    var values: [Float] = [1, 2, 3, 0, 0, 0]
    values[place] = .nan
    let y = try forward(Tensor<Float>([2, 3], values)) { tape, x throws(Failure) in try tape.softmax(x) }
      .values
    #expect(y[..<3].allSatisfy(\.isNaN) && y[3...].allSatisfy { abs($0 - 1 / 3) < 1e-6 })
  }
}
