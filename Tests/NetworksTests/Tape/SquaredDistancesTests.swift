import Networks
import TestSupport
import Tensors
import Testing

@Suite struct SquaredDistancesTests {
  @Test(arguments: [[5, 3], [2, 7], [3, 1], [1, 4]]) func `has the gradient of its definition`(
    extents: [Int]
  ) throws {
    let x = try randomTensor(extents, seed: 9)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.squaredDistances(x) } <= 1)
  }

  /// (0, 0), (3, 4), (0, 8)
  @Test func `gives the numbers worked by hand`() throws {
    let x = try Tensor<Double>([3, 2], [0, 0, 3, 4, 0, 8])
    let y = try forward(x) { tape, x throws(Failure) in try tape.squaredDistances(x) }
    #expect(largestDifference(y.values, [0, 25, 64, 25, 0, 25, 64, 25, 0] as [Double]) < Tolerance.double)
  }

  @Test func `is zero between rows that are alike, and from each row to itself`() throws {
    let x = try Tensor<Float>([7, 5], repeating: 0.1)
    let y = try forward(x) { tape, x throws(Failure) in try tape.squaredDistances(x) }
    #expect(y.values.allSatisfy { $0 >= 0 && $0 < 1e-12 })
    var numbers = Numbers(seed: 2)
    let other = try forward(try numbers.tensor([9, 5]) as Tensor<Float>) { tape, x throws(Failure) in
      try tape.squaredDistances(x)
    }
    #expect((0..<9).allSatisfy { other[$0 * 10] == 0 })
  }

  @Test func `keeps what is no number`() throws {
    let y = try forward(Tensor<Float>([2, 1], [.nan, 0])) { tape, x throws(Failure) in
      try tape.squaredDistances(x)
    }
    #expect(y.values.allSatisfy { $0.isNaN })
  }

  @Test func `refuses nothing and other ranks`() {
    for extents in [[0, 3], [3, 0], [3], [1, 2, 3]] {
      #expect(
        outcome {
          try forward(Tensor<Float>(extents, repeating: 0)) { tape, x throws(Failure) in
            try tape.squaredDistances(x)
          }
        }
        .hasPrefix("invalidArgument: distances in"))
    }
  }
}
