import TestSupport
import Tensors
import Testing

@Suite struct GateTests {
  @Test(arguments: [1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 33, 127, 70_001])
  func `lets through where the rectifier was open, as its plain twin does`(count: Int) throws {
    var numbers = Numbers(seed: UInt64(count))
    let dy: [Float] = numbers.array(count)
    var y: [Float] = numbers.array(count)
    y[count / 2] = .nan
    y[0] = 0
    let dx = try Tensor<Float>([count], repeating: 9), twin = try Tensor<Double>([count], repeating: 9)
    Float.gate(dy, by: y, dx.pointer, count)
    Double.gate(dy.map(Double.init), by: y.map(Double.init), twin.pointer, count)
    #expect(largestDifference(dx.values, twin.values) == 0)
  }

  @Test func `works in place`() throws {
    let dx = try Tensor<Float>([3], [1, 2, 3])
    Float.gate(dx.pointer, by: [1, 0, 2], dx.pointer, 3)
    #expect(dx.values == [1, 0, 3])
  }
}
