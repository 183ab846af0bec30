import TestSupport
import Tensors
import Testing

@Suite struct WorkspaceTests {
  @Test func `lends the same memory until more is wanted`() throws {
    let workspace = Workspace()
    let first = try workspace.take(1000)
    first[999] = 5
    #expect(try workspace.take(10) == first)
    #expect(try workspace.take(1000) == first)
    let more = try workspace.take(1 << 20)
    more.update(repeating: 1, count: 1 << 20)
    #expect(try workspace.take(1000) == more)
  }

  @Test func `lends whole cache lines`() throws {
    #expect(try Int(bitPattern: Workspace().take(3)) % 64 == 0)
  }

  /// What `scratchCount` tells is what `convolve` takes: a workspace of that size is not given back for a
  /// larger one.
  @Test func `is as large as a convolution said beforehand`() throws {
    for (channels, outputs, kernel) in [(32, 32, 3), (272, 144, 3), (3, 8, 5), (40, 8, 1), (20, 8, 5)] {
      let w = window(1, 20, 20, channels, kernel: kernel, stride: 1, pad: kernel / 2)
      let filter = try PackedFilter<Float>(
        kernel: kernel, stride: 1, inputs: channels, outputs: outputs,
        matrix: [Float](repeating: 1, count: kernel * kernel * channels * outputs))
      let x = try Tensor<Float>([w.outputPixels, channels], repeating: 1),
        y = try Tensor<Float>([w.outputPixels, outputs])
      try withPool(threads: 3) {
        let workspace = Workspace(), before = try workspace.take(Float.scratchCount(w, filter.shape))
        try Float.convolve(w, x.pointer, filter, y.pointer, .nothing, workspace)
        #expect(try workspace.take(1) == before)
      }
    }
  }
}
