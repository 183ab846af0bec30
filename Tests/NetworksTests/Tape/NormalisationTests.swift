import Foundation
import Networks
import TestSupport
import Tensors
import Testing

@Suite struct NormalisationTests {
  /// The constants in use make a term of 1e-4: numbers a hundred times as large make it count.
  @Test(arguments: [ResponseNormalisation.torch, .tensorFlow], [1.0, 100.0])
  func `response normalisation has the gradient of its definition`(
    constants: ResponseNormalisation, size: Double
  ) throws {
    let x = try randomTensor([2, 2, 3, 13], seed: 31)
    for i in 0..<x.count { x.pointer[i] *= size }
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in try tape.responseNormalisation(x, constants) }
        <= 1)
  }

  /// Torch divides alpha by its window of 5; TensorFlow's radius 5 is a window of 11, alpha undivided.
  @Test(arguments: [(ResponseNormalisation.torch, 2, 1e-4 / 5), (.tensorFlow, 5, 1e-4)])
  func `response normalisation follows its formula`(
    constants: ResponseNormalisation, half: Int, scale: Double
  ) throws {
    let channels = 13
    let x = try randomTensor([1, 2, 2, channels], seed: 32)
    for i in 0..<x.count { x.pointer[i] *= 100 }
    let y = try forward(x) { tape, x throws(Failure) in try tape.responseNormalisation(x, constants) }
    var expected: [Double] = []
    for i in 0..<x.count {
      let row = i / channels * channels
      var sum = 0.0
      for k in 0..<channels where abs(k - i % channels) <= half { sum += x[row + k] * x[row + k] }
      expected.append(x[i] / pow(1 + scale * sum, 0.75))
    }
    #expect(largestDifference(y.values, expected) < Tolerance.double)
    // The term must matter, or this says nothing.
    #expect(largestDifference(y.values, x.values) > 1)
  }

  @Test func `unit length has the gradient of its definition`() throws {
    let x = try randomTensor([3, 1, 2, 5], seed: 33)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.unitLength(x) } <= 1)
  }

  @Test func `unit length divides each row by its length`() throws {
    let x = try Tensor<Double>([2, 2], [3, 4, 0, 0])
    #expect(
      try forward(x) { tape, x throws(Failure) in try tape.unitLength(x) }.values == [
        0.6000000000000001, 0.8, 0, 0
      ])
  }

  @Test func `unit length passes NaN on in its row alone`() throws {
    let x = try Tensor<Float>([2, 2], [.nan, 1, 0, 2])
    let y = try forward(x) { tape, x throws(Failure) in try tape.unitLength(x) }.values
    #expect(y[0].isNaN && y[1].isNaN && y[2] == 0 && y[3] == 1)
  }
}
