import Networks
import TestSupport
import Tensors
import Testing

@Suite struct ClippingTests {
  private func gradients() throws -> (reference: OptimisersReference.Clipping, tensors: [Tensor<Double>]) {
    let reference = try OptimisersReference.load().clipping
    return (
      reference,
      [
        try Tensor([4, 3], Array(reference.gradients[..<12])),
        try Tensor([6], Array(reference.gradients[12...]))
      ]
    )
  }

  /// PyTorch divides by the length plus 1e-6.
  @Test func `shortens as PyTorch does`() throws {
    var (reference, tensors) = try gradients()
    #expect(abs(try clip(&tensors, toNorm: 1.5) - reference.norm) < Tolerance.double)
    #expect(largestDifference(tensors.flatMap { $0.values }, reference.byNorm) < 1e-6)
    #expect(abs(gradientNorm(tensors) - 1.5) < Tolerance.double)
  }

  @Test func `limits every number as PyTorch does`() throws {
    var (reference, tensors) = try gradients()
    try clip(&tensors, toValue: 0.6)
    #expect(tensors.flatMap { $0.values } == reference.byValue)
  }

  @Test func `leaves short gradients as they are`() throws {
    var (reference, tensors) = try gradients()
    #expect(try clip(&tensors, toNorm: 100) < 100)
    #expect(tensors.flatMap { $0.values } == reference.gradients)
  }

  /// A tape may give one tensor to two leaves.
  @Test func `shortens a tensor that two gradients share once for each`() throws {
    let shared = try Tensor<Float>([2], [3, 4])
    var gradients = [shared, shared]
    #expect(abs(try clip(&gradients, toNorm: 1) - 50.0.squareRoot()) < Tolerance.double)
    #expect(gradients.allSatisfy { abs($0[0] - 3 / 50.0.squareRoot().asFloat) < 1e-6 })
    #expect(shared.values == [3, 4])
  }

  @Test func `tells of gradients that are not finite and leaves them`() throws {
    for value: Float in [.nan, .infinity] {
      var gradients = [try Tensor<Float>([2], [1, value])]
      #expect(!(try clip(&gradients, toNorm: 1)).isFinite)
      #expect(gradients[0][0] == 1)
    }
  }

  @Test func `refuses limits that are not above zero`() throws {
    var gradients = [try Tensor<Float>([1], [1])]
    for limit in [0, -1, Double.nan] {
      #expect(outcome { try clip(&gradients, toNorm: limit) }.hasPrefix("invalidArgument"))
      #expect(outcome { try clip(&gradients, toValue: Float(limit)) }.hasPrefix("invalidArgument"))
    }
  }
}

extension Double {
  fileprivate var asFloat: Float { Float(self) }
}
