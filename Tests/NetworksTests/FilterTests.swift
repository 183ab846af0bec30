import Networks
import TestSupport
import Tensors
import Testing

@Suite struct FilterTests {
  @Test func `knows its sides`() throws {
    let filter: Filter<Float> = try randomFilter(4, 3, kernel: 5, stride: 2, padding: .zeros(1), seed: 1)
    #expect((filter.outputs, filter.inputs, filter.kernel, filter.stride) == (4, 3, 5, 2))
    #expect(filter.padding == .zeros(1))
  }

  @Test(arguments: [[4, 3, 5], [4, 3, 5, 3], [0, 3, 5, 5], [4, 3, 0, 0], [4, 3, 1, 1, 1]])
  func `refuses weights of another form`(extents: [Int]) {
    let reason = outcome {
      try Filter(weights: Tensor<Float>(extents, repeating: 0), finish: .nothing, padding: .valid, isDifferentiable: false)
    }
    #expect(reason.hasPrefix("invalidArgument: filter weights of shape"))
  }

  @Test func `gives no gradient when made for forward passes alone`() throws {
    let filter = try Filter(
      weights: Tensor<Float>([1, 1, 1, 1], [2]), finish: .nothing, padding: .valid, isDifferentiable: false)
    let tape = Tape<Float>()
    let x = tape.leaf(try Tensor([1, 1, 1, 1], [3]))
    let y = try tape.convolution(x, filter)
    #expect(y.scalar == 6)
    #expect(outcome { try tape.gradients(of: y, at: [x]) }.hasPrefix("internalError"))
  }
}
