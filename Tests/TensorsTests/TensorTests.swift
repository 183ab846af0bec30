import TestSupport
import Tensors
import Testing

@Suite struct TensorTests {
  @Test func `keeps its values in row-major order`() throws {
    let tensor = try Tensor<Float>([2, 3], [1, 2, 3, 4, 5, 6])
    #expect(tensor[1 * 3 + 2] == 6)
    #expect(tensor.values == [1, 2, 3, 4, 5, 6])
    #expect(tensor.count == 6)
  }

  @Test func `repeats a value`() throws {
    #expect(try Tensor<Double>([2, 2], repeating: 3).values == [3, 3, 3, 3])
    #expect(try Tensor<Double>([2, 0], repeating: 3).values == [])
  }

  @Test func `refuses values that do not fill its shape`() {
    #expect(outcome { try Tensor<Float>([2, 2], [1, 2, 3]) } == "invalidArgument: 3 values for shape [2, 2]")
    #expect(outcome { try Tensor<Float>([0], [1]) } == "invalidArgument: 1 values for shape [0]")
  }

  @Test func `refuses extents that no memory holds`() {
    #expect(outcome { try Tensor<Float>([-1, 2]) }.hasPrefix("invalidArgument"))
    #expect(outcome { try Tensor<Float>([1 << 40, 1 << 40], repeating: 0) }.hasPrefix("invalidArgument"))
    #expect(outcome { try Tensor<Float>([1 << 31, 1 << 31]) }.hasPrefix("noMemory"))
  }

  @Test func `takes another shape of as many elements and shares the numbers`() throws {
    let tensor = try Tensor<Float>([2, 3], [1, 2, 3, 4, 5, 6])
    let other = try tensor.reshaped([3, 1, 2])
    #expect(other.shape.extents == [3, 1, 2])
    #expect(other.pointer == tensor.pointer)
  }

  @Test func `refuses a shape of another number of elements`() throws {
    let tensor = try Tensor<Float>([2, 3], repeating: 0)
    #expect(outcome { try tensor.reshaped([4, 2]) } == "invalidArgument: shape [2, 3] cannot become [4, 2]")
    #expect(outcome { try tensor.reshaped([-2, -3]) }.hasPrefix("invalidArgument"))
    #expect(outcome { try tensor.reshaped([1 << 40, 1 << 40]) }.hasPrefix("invalidArgument"))
  }

  @Test func `copies into storage of its own`() throws {
    let tensor = try Tensor<Float>([3], [1, 2, 3])
    let copy = try tensor.copy()
    copy.pointer[0] = 9
    #expect(tensor.values == [1, 2, 3])
    #expect(copy.values == [9, 2, 3])
  }
}
