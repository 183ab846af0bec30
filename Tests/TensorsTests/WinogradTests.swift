import CSystem
import TestSupport
import Tensors
import Testing

@Suite struct WinogradTests {
  private func run(_ w: Window, _ x: [Float], _ b: [Float], _ columns: Int, _ finish: Finish<Float>) throws -> Tensor<Float> {
    let filter = try Float.pack(depth: 9 * w.channels, columns: columns, b, rowStride: columns, columnStride: 1)
    let y = try Tensor<Float>([w.outputPixels, columns], repeating: .nan)
    try Float.convolveByWinograd(w, x, filter, y.pointer, finish)
    return y
  }

  /// Sizes about the 4x4 tile and its multiples, several pictures, all paddings, small filters (in the cache) and large.
  @Test(arguments: [
    (1, 1, 1, 32, 32, 1), (1, 2, 3, 32, 32, 1), (1, 4, 4, 32, 64, 1), (2, 5, 7, 64, 32, 1), (1, 13, 15, 64, 64, 1),
    (1, 31, 33, 32, 96, 1), (3, 6, 9, 96, 128, 1), (1, 9, 8, 32, 32, 0), (1, 5, 6, 32, 32, 2), (1, 3, 3, 64, 32, 0),
    (1, 17, 16, 256, 128, 1), (2, 7, 5, 160, 192, 1), (1, 49, 45, 256, 256, 1),
  ])
  func `agrees with the plain twin of convolution`(n: Int, h: Int, wd: Int, c: Int, columns: Int, p: Int) throws {
    #expect(Float.fitsWinograd(kernel: 3, stride: 1, inputs: c, outputs: columns))
    let w = window(n, h, wd, c, kernel: 3, stride: 1, pad: p)
    var numbers = Numbers(seed: UInt64(n + h * 3 + c * 7 + columns))
    let x: [Float] = numbers.array(n * h * wd * c), b: [Float] = numbers.array(9 * c * columns)
    let bias: [Float] = numbers.array(columns), slopes: [Float] = numbers.array(columns)
    for (rectify, parametric) in [(false, false), (true, false), (false, true)] {
      let finish = try Finish<Float>(bias: bias, rectify: rectify, slopes: parametric ? slopes : nil)
      let y = try run(w, x, b, columns, finish)
      let expected = plainConvolution(
        w, x, b, columns: columns, bias: bias, slopes: parametric ? slopes : nil, rectify: rectify)
      #expect(largestDifference(y.values, expected) < Tolerance.winograd(depth: 9 * c))
      if h * wd * c * columns > 1 << 24 { break }
    }
  }

  @Test func `gives the same bits for one to four threads`() throws {
    let w = window(1, 37, 41, 160, kernel: 3, stride: 1, pad: 1)
    var numbers = Numbers(seed: 5)
    let x: [Float] = numbers.array(37 * 41 * 160), b: [Float] = numbers.array(9 * 160 * 192)
    var results: [[UInt32]] = []
    for threads in 1...4 {
      try withPool(threads: threads) { results.append(try run(w, x, b, 192, .nothing).values.map(\.bitPattern)) }
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test func `a NaN reaches the pixels about it`() throws {
    let w = window(1, 9, 9, 32, kernel: 3, stride: 1, pad: 1)
    var x = [Float](repeating: 1, count: 81 * 32)
    x[(4 * 9 + 4) * 32] = .nan
    let y = try run(w, x, [Float](repeating: 1, count: 9 * 32 * 32), 32, Finish(bias: nil, rectify: true))
    for (i, j) in [(3, 3), (4, 4), (5, 5)] { #expect(y[(i * 9 + j) * 32].isNaN) }
    #expect(!y[0].isNaN)
  }

  @Test func `refuses other kernels, strides and channels`() {
    #expect(!Float.fitsWinograd(kernel: 5, stride: 1, inputs: 64, outputs: 64))
    #expect(!Float.fitsWinograd(kernel: 3, stride: 2, inputs: 64, outputs: 64))
    #expect(!Float.fitsWinograd(kernel: 3, stride: 1, inputs: 3, outputs: 64))
    #expect(!Float.fitsWinograd(kernel: 3, stride: 1, inputs: 64, outputs: 3))
  }
}
