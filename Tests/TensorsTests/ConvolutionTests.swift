import CSystem
import TestSupport
import Tensors
import Testing

/// The definition of convolution, term by term, in Double: the plain twin of the kernels.
func plainConvolution(_ w: Window, _ x: [Float], _ b: [Float], columns: Int, bias: [Float]?, slopes: [Float]?, rectify: Bool) -> [Double] {
  var y = [Double](repeating: 0, count: w.outputPixels * columns)
  for n in 0..<w.batch {
    for oy in 0..<w.outHeight {
      for ox in 0..<w.outWidth {
        for j in 0..<columns {
          var sum = Double(bias?[j] ?? 0)
          for ky in 0..<w.kernelHeight {
            for kx in 0..<w.kernelWidth {
              let iy = oy * w.strideY - w.padTop + ky, ix = ox * w.strideX - w.padLeft + kx
              guard iy >= 0, iy < w.height, ix >= 0, ix < w.width else { continue }
              for c in 0..<w.channels {
                sum += Double(x[((n * w.height + iy) * w.width + ix) * w.channels + c])
                  * Double(b[((ky * w.kernelWidth + kx) * w.channels + c) * columns + j])
              }
            }
          }
          if let slopes, sum < 0 { sum *= Double(slopes[j]) }
          if rectify, sum < 0 { sum = 0 }
          y[((n * w.outHeight + oy) * w.outWidth + ox) * columns + j] = sum
        }
      }
    }
  }
  return y
}

func window(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int, kernel: Int, stride: Int, pad: Int) -> Window {
  Window(
    batch: batch, height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel,
    strideY: stride, strideX: stride, padTop: pad, padLeft: pad,
    outHeight: (height + 2 * pad - kernel) / stride + 1, outWidth: (width + 2 * pad - kernel) / stride + 1)
}

@Suite struct ConvolutionTests {
  @Test(arguments: [
    (1, 1, 1, 1, 1, 1, 0, 1), (1, 5, 7, 3, 3, 1, 1, 10), (2, 13, 15, 16, 3, 1, 1, 17), (1, 17, 16, 31, 3, 2, 1, 33),
    (3, 9, 7, 64, 3, 2, 0, 32), (1, 31, 33, 3, 7, 2, 3, 64), (1, 12, 12, 48, 5, 1, 2, 24), (1, 6, 5, 127, 1, 1, 0, 65),
    (1, 4, 4, 2, 2, 1, 0, 5), (1, 3, 3, 20, 3, 1, 4, 3), (1, 40, 41, 8, 3, 1, 1, 40),
  ])
  func `agrees with its plain twin`(n: Int, h: Int, wd: Int, c: Int, k: Int, s: Int, p: Int, columns: Int) throws {
    let w = window(n, h, wd, c, kernel: k, stride: s, pad: p)
    var numbers = Numbers(seed: UInt64(n + h * 3 + c * 7 + columns))
    let x: [Float] = numbers.array(n * h * wd * c), b: [Float] = numbers.array(k * k * c * columns)
    let bias: [Float] = numbers.array(columns), slopes: [Float] = numbers.array(columns)
    let packed = try Float.pack(depth: k * k * c, columns: columns, b, rowStride: columns, columnStride: 1)
    for (rectify, parametric) in [(false, false), (true, false), (false, true)] {
      let finish = try Finish<Float>(bias: bias, rectify: rectify, slopes: parametric ? slopes : nil)
      let y = try Tensor<Float>([w.outputPixels, columns], repeating: .nan)
      try Float.convolve(w, x, packed, y.pointer, finish)
      let expected = plainConvolution(w, x, b, columns: columns, bias: bias, slopes: parametric ? slopes : nil, rectify: rectify)
      #expect(largestDifference(y.values, expected) < Tolerance.product(depth: k * k * c))
    }
    let wide = try Double.pack(depth: k * k * c, columns: columns, b.map(Double.init), rowStride: columns, columnStride: 1)
    let y = try Tensor<Double>([w.outputPixels, columns], repeating: .nan)
    try Double.convolve(w, x.map(Double.init), wide, y.pointer, .nothing)
    let expected = plainConvolution(w, x, b, columns: columns, bias: nil, slopes: nil, rectify: false)
    #expect(largestDifference(y.values, expected) < Tolerance.double)
  }

  @Test func `passes a NaN on, through the rectifier too`() throws {
    let w = window(1, 1, 3, 16, kernel: 1, stride: 1, pad: 0)
    var x = [Float](repeating: 1, count: 48)
    x[20] = .nan
    let packed = try Float.pack(depth: 16, columns: 2, [Float](repeating: 1, count: 32), rowStride: 2, columnStride: 1)
    let y = try Tensor<Float>([3, 2], repeating: 0)
    try Float.convolve(w, x, packed, y.pointer, Finish(bias: nil, rectify: true))
    #expect(y.values.map(\.isNaN) == [false, false, true, true, false, false])
  }

  @Test func `gives the same bits for one to four threads`() throws {
    let w = window(1, 37, 41, 24, kernel: 3, stride: 1, pad: 1)
    var numbers = Numbers(seed: 5)
    let x: [Float] = numbers.array(37 * 41 * 24), b: [Float] = numbers.array(9 * 24 * 70)
    let packed = try Float.pack(depth: 9 * 24, columns: 70, b, rowStride: 70, columnStride: 1)
    var results: [[UInt32]] = []
    for threads in 1...4 {
      try withPool(threads: threads) {
        let y = try Tensor<Float>([w.outputPixels, 70])
        try Float.convolve(w, x, packed, y.pointer, .nothing)
        results.append(y.values.map(\.bitPattern))
      }
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }
}
