import CSystem
import TestSupport
import Tensors
import Testing

/// Weights in a byte or two, against the same weights as numbers: widening them rounds nothing, so no bit may differ.
@Suite struct NarrowMatrixTests {
  private func storage<Number: BitwiseCopyable>(_ count: Int, _ number: (Int) -> Number) throws -> Storage<Number> {
    let storage = try Storage<Number>(count: count)
    for i in 0..<count { storage.pointer[i] = number(i) }
    return storage
  }

  private func convolved(_ w: Window, _ x: Tensor<Float>, _ filter: PackedFilter<Float>) throws -> [Float] {
    let y = try Tensor<Float>([w.outputPixels, filter.shape.outputs], repeating: .nan)
    try Float.convolve(w, x.pointer, filter, y.pointer, .nothing, Workspace())
    return y.values
  }

  /// A product, padded rows, a sweep; Winograd's method in chunks, in phases with a kept filter and without.
  @Test(arguments: [
    (6, 5, 40, 21, 1), (6, 5, 3, 21, 5), (6, 5, 18, 17, 3), (1, 1, 127, 1, 1), (29, 31, 32, 48, 3), (20, 21, 144, 144, 3),
    (20, 21, 272, 144, 3),
  ])
  func `a convolution by narrow weights has the bits of one by wide weights`(h: Int, w: Int, channels: Int, outputs: Int, kernel: Int) throws {
    var numbers = Numbers(seed: UInt64(channels))
    let w = window(1, h, w, channels, kernel: kernel, stride: 1, pad: kernel / 2), count = kernel * kernel * channels * outputs
    let x: Tensor<Float> = try numbers.tensor([1, w.height, w.width, channels])
    let shape = FilterShape(kernel: kernel, inputs: channels, outputs: outputs), each = count / outputs
    func wide(_ weights: [Float]) throws -> PackedFilter<Float> {
      try PackedFilter(shape, isTurned: false) { output, first, count, target in
        for i in 0..<count { target[i] = weights[output * each + first + i] }
      }
    }
    func narrow(_ matrix: NarrowMatrix) throws -> PackedFilter<Float> {
      try Float.filter(FilterShape(kernel: kernel, inputs: channels, outputs: outputs, isNarrow: true), narrow: matrix)
    }
    let codes = try storage(count) { UInt8(truncatingIfNeeded: $0 &* 7919 / 13) }
    let entries: [Float] = numbers.array(256), table = try storage(256) { entries[$0] }
    let byCodes = try narrow(
      NarrowMatrix(shape, isTurned: false, table: table) { output, first, count, target in
        target.update(from: codes.pointer + output * each + first, count: count)
      })
    #expect(try bits(convolved(w, x, byCodes)) == bits(convolved(w, x, wide(codes.values.map { entries[Int($0)] }))))

    // Halves between 2^-8 and 2 of both signs.
    let halves = try storage(count) { UInt16(0x1C00 + $0 &* 7919 % 0x2400) | UInt16($0 % 3 == 0 ? 0x8000 : 0) }
    let byHalves = try narrow(
      NarrowMatrix(shape, isTurned: false) { output, first, count, target in
        target.update(from: halves.pointer + output * each + first, count: count)
      })
    #expect(try bits(convolved(w, x, byHalves)) == bits(convolved(w, x, wide(halves.values.map { float(half: $0) }))))
  }
}
