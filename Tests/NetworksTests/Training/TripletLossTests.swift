import Foundation
import Networks
import TestSupport
import Tensors
import Testing

@Suite struct TripletLossTests {
  private func loss<Element: Scalar>(
    _ a: Tensor<Element>, _ p: Tensor<Element>, _ n: Tensor<Element>, margin: Element,
    _ reduction: Reduction = .sum
  ) throws -> Element {
    let tape = Tape<Element>()
    return try tape.tripletLoss(
      tape.constant(a), tape.constant(p), tape.constant(n), margin: margin, reduction
    ).scalar
  }

  /// Seven triplets; their terms are worked out here, to keep away from the kink and to have both kinds.
  @Test(arguments: 0..<3, [Reduction.sum, .mean])
  func `has the gradient of its definition in anchors, positives and negatives`(
    place: Int, reduction: Reduction
  ) throws {
    let parts = try (0..<3).map { try randomTensor([7, 5], seed: 81 + UInt64($0)) }
    let terms = (0..<7).map { i in
      (5 * i..<5 * i + 5).reduce(0.2) {
        $0 + (parts[0][$1] - parts[1][$1]) * (parts[0][$1] - parts[1][$1]) - (parts[0][$1] - parts[2][$1])
          * (parts[0][$1] - parts[2][$1])
      }
    }
    try #require(
      terms.allSatisfy { abs($0) > 1e-3 } && terms.contains { $0 > 0 } && terms.contains { $0 < 0 })
    let error = try gradientError(at: parts[place]) { tape, x throws(Failure) in
      var all = parts.map { tape.constant($0) }
      all[place] = x
      return try tape.tripletLoss(all[0], all[1], all[2], margin: 0.2, reduction)
    }
    #expect(error <= 1)
  }

  @Test func `one tensor in all three places has the gradient zero`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try randomTensor([2, 3], seed: 84))
    let y = try tape.tripletLoss(x, x, x, margin: 0.5, .sum)
    #expect(y.scalar == 1)
    #expect(try tape.gradients(of: y, at: [x])[0].values == [0, 0, 0, 0, 0, 0])
  }

  @Test func `is zero when the negative is far`() throws {
    let a = try Tensor<Double>([1, 2], [0, 0]), p = try Tensor<Double>([1, 2], [0.1, 0]),
      n = try Tensor<Double>([1, 2], [3, 4])
    #expect(try loss(a, p, n, margin: 0.2) == 0)
  }

  /// First triplet: |a-p|^2 = 1, |a-n|^2 = 4: 1 - 4 + 0.5 < 0. Second: 4 - 1 + 0.5 = 3.5.
  @Test func `gives the numbers worked by hand`() throws {
    let a = try Tensor<Double>([2, 2], [0, 0, 1, 1]), p = try Tensor<Double>([2, 2], [1, 0, 1, 3])
    let n = try Tensor<Double>([2, 2], [0, 2, 2, 1])
    #expect(try loss(a, p, n, margin: 0.5, .sum) == 3.5)
    #expect(try loss(a, p, n, margin: 0.5, .mean) == 1.75)
  }

  @Test func `does not take NaN for apart`() throws {
    let a = try Tensor<Float>([1, 1], [.nan]), p = try Tensor<Float>([1, 1], [0])
    #expect(try loss(a, p, p, margin: 0.2).isNaN)
  }

  @Test func `refuses shapes that differ`() throws {
    let a = try Tensor<Float>([2, 3], repeating: 0), b = try Tensor<Float>([3, 2], repeating: 0)
    #expect(
      outcome { try loss(a, a, b, margin: 0.2) }
        == "invalidArgument: triplets of [2, 3], [2, 3] and [3, 2]; expected three times [count, dimension]")
    #expect(outcome { try loss(a, b, a, margin: 0.2) }.hasPrefix("invalidArgument"))
    let flat = try Tensor<Float>([6], repeating: 0)
    #expect(outcome { try loss(flat, flat, flat, margin: 0.2) }.hasPrefix("invalidArgument"))
  }

  /// Origin: the course notebook prints 528.143.
  @Test func `gives the notebook's loss`() throws {
    guard let triplet = try notebook()?["triplet"] as? [String: Any] else { return }
    func tensor<Element: Scalar>(_ name: String) throws -> Tensor<Element> {
      try Tensor([3, 128], flat(triplet[name]).map { Element($0) })
    }
    let double: Double = try loss(tensor("anchor"), tensor("positive"), tensor("negative"), margin: 0.2)
    let float: Float = try loss(tensor("anchor"), tensor("positive"), tensor("negative"), margin: 0.2)
    #expect(String(format: "%.6g", double) == "528.143")
    #expect(String(format: "%.6g", Double(float)) == "528.143")
  }
}
