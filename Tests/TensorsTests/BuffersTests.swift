import TestSupport
import Tensors
import Testing

@Suite struct BuffersTests {
  private var buffers: Buffers {
    var buffers = Buffers()
    buffers.add("mean", 6)
    buffers.add("gradient", 4)
    return buffers
  }

  @Test func `a list counts all of its buffers`() {
    #expect(buffers.count == 10)
    #expect((buffers + buffers).count == 20)
    #expect(buffers.has("mean") && !buffers.has("picture"))
  }

  @Test func `a buffer of the list is taken in its size`() throws {
    let mean = try buffers.tensor("mean", [2, 3]) as Tensor<Float>
    #expect(mean.shape.extents == [2, 3])
  }

  @Test func `a buffer that no forecast knows is not taken`() {
    #expect(
      outcome { try buffers.tensor("picture", [4]) as Tensor<Float> }
        == "internalError: a buffer \"picture\" of 4 numbers; expected one that is forecast")
    #expect(
      outcome { try buffers.tensor("mean", [7]) as Tensor<Float> }
        == "internalError: a buffer \"mean\" of 7 numbers; expected one that is forecast")
  }
}
