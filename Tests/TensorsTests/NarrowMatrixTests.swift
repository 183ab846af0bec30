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
    func filter(_ matrix: [Float]) throws -> PackedFilter<Float> {
      try PackedFilter(kernel: kernel, stride: 1, inputs: channels, outputs: outputs, matrix: matrix)
    }
    func filter(_ narrow: NarrowMatrix) throws -> PackedFilter<Float> {
      try PackedFilter(kernel: kernel, stride: 1, inputs: channels, outputs: outputs, narrow: narrow)
    }
    let codes = try storage(count) { UInt8(truncatingIfNeeded: $0 &* 7919 / 13) }
    let entries: [Float] = numbers.array(256), table = try storage(256) { entries[$0] }
    let byCodes = try filter(NarrowMatrix(depth: count / outputs, columns: outputs, codes: codes, table: table))
    #expect(try bits(convolved(w, x, byCodes)) == bits(convolved(w, x, filter(codes.values.map { entries[Int($0)] }))))

    // Halves between 2^-8 and 2 of both signs.
    let halves = try storage(count) { UInt16(0x1C00 + $0 &* 7919 % 0x2400) | UInt16($0 % 3 == 0 ? 0x8000 : 0) }
    let byHalves = try filter(NarrowMatrix(depth: count / outputs, columns: outputs, halves: halves))
    #expect(try bits(convolved(w, x, byHalves)) == bits(convolved(w, x, filter(halves.values.map { float(half: $0) }))))
  }
}
