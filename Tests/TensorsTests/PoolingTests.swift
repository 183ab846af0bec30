import CSystem
import TestSupport
import Tensors
import Testing

/// The kernels against their plain twins, which serve Double.
@Suite struct PoolingTests {
  @Test(arguments: [1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 33, 127], [(2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 1, 1), (5, 3, 2)])
  func `maximum and mean agree with their plain twins`(channels: Int, shape: (Int, Int, Int)) throws {
    let (kernel, stride, pad) = shape
    var w = window(2, 9, 8, channels, kernel: kernel, stride: stride, pad: pad)
    w.outHeight += (9 + 2 * pad - kernel) % stride == 0 ? 0 : 1  // the last window reaches over the edge
    var numbers = Numbers(seed: UInt64(channels + kernel))
    let x: [Float] = numbers.array(2 * 9 * 8 * channels)
    for isMaximum in [true, false] {
      let y = try Tensor<Float>([w.outputPixels, channels], repeating: .nan)
      let twin = try Tensor<Double>([w.outputPixels, channels], repeating: .nan)
      Float.pool(w, isMaximum: isMaximum, x, y.pointer)
      Double.pool(w, isMaximum: isMaximum, x.map(Double.init), twin.pointer)
      #expect(largestDifference(y.values, twin.values) < (isMaximum ? 1e-12 : Tolerance.float))
    }
  }

  @Test func `a NaN stays, wherever it is in the window`() throws {
    let w = window(1, 2, 2, 17, kernel: 2, stride: 2, pad: 0)
    for place in 0..<4 {
      for channel in [0, 16] {
        var x = [Float](repeating: 1, count: 4 * 17)
        x[place * 17 + channel] = .nan
        for isMaximum in [true, false] {
          let y = try Tensor<Float>([17])
          Float.pool(w, isMaximum: isMaximum, x, y.pointer)
          #expect((0..<17).filter { y[$0].isNaN } == [channel])
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 33, 127], [0, 2, 5])
  func `response normalisation agrees with its plain twin`(channels: Int, half: Int) throws {
    var numbers = Numbers(seed: UInt64(channels))
    let x: [Float] = numbers.array(11 * channels)
    let y = try Tensor<Float>([11, channels]), twin = try Tensor<Double>([11, channels])
    try Float.normaliseResponse(x, y.pointer, rows: 11, channels: channels, scale: 0.3, half: half)
    Double.normaliseResponse(x.map(Double.init), twin.pointer, rows: 11, channels: channels, scale: 0.3, half: half)
    #expect(largestDifference(y.values, twin.values) < Tolerance.float)
  }
}
