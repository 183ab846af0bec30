import TestSupport
import Tensors
import Testing

/// (kernel, inputs and outputs of a group, groups); sides about the width of a panel.
private let forms = [(1, 5, 3, 1), (3, 3, 64, 1), (3, 33, 17, 1), (3, 130, 31, 1), (5, 7, 9, 3), (7, 2, 1, 2), (3, 1, 1, 6)]

@Suite struct FilterPanelsTests {
  @Test(arguments: forms)
  func `weights read in runs are packed as their matrix is`(kernel: Int, inputs: Int, outputs: Int, groups: Int) throws {
    for isTurned in [false, true] {
      let taps = kernel * kernel
      var numbers = Numbers(seed: UInt64(kernel + inputs))
      let weights: [Float] = numbers.array(groups * outputs * inputs * taps)
      // The definition: rows are taps and inputs, or, turned, taps from the last to the first and outputs.
      let (rows, columns) = isTurned ? (outputs, inputs) : (inputs, outputs)
      var matrix = [Float](repeating: .nan, count: weights.count)
      for group in 0..<groups {
        for o in 0..<outputs {
          for i in 0..<inputs {
            for t in 0..<taps {
              let (row, column) = isTurned ? ((taps - 1 - t) * rows + o, i) : (t * rows + i, o)
              matrix[(group * taps * rows + row) * columns + column] = weights[((group * outputs + o) * inputs + i) * taps + t]
            }
          }
        }
      }
      let shape = FilterShape(kernel: kernel, inputs: rows, outputs: groups * columns, groups: groups)
      let packed = try PackedFilter<Float>(shape, isTurned: isTurned) { output, first, count, target in
        for k in 0..<count { target[k] = weights[output * inputs * taps + first + k] }
      }
      let expected = try PackedFilter<Float>(
        kernel: kernel, stride: 1, inputs: rows, outputs: groups * columns, groups: groups, matrix: matrix)
      let w = window(1, 9, 8, groups * rows, kernel: kernel, stride: 1, pad: kernel / 2)
      let x: Tensor<Float> = try numbers.tensor([1, 9, 8, groups * rows])
      var results: [[Float]] = []
      for filter in [packed, expected] {
        let y = try Tensor<Float>([w.outHeight * w.outWidth, groups * columns], repeating: .nan)
        try Float.convolvePlainly(w, x.pointer, filter, y.pointer, .nothing, Workspace())
        results.append(y.values)
      }
      #expect(results[0] == results[1])
    }
  }
}
