import CSystem
import TestSupport
import Tensors
import Testing

/// Against convolutions one after the other, which compute the same sums: no bit may differ.
@Suite struct SeparableTests {
  private struct Layers {
    var first: Case?
    let depthwise, pointwise: Case
    let finishes: [PlainFinish]
    let x: Tensor<Float>

    /// - Parameter few: channels of a picture whose convolution, to `channels`, is the first; 0 for none.
    init(
      _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, stride: Int, outputs: Int, few: Int = 0,
      kernel: Int = 3, kind: Int = 2, _ numbers: inout Numbers
    ) throws {
      var (height, width) = (height, width)
      if few > 0 {
        let window = window(batch, height, width, few, kernel: 3, stride: 2, pad: 1)
        first = try Case(window, channels, &numbers)
        (height, width) = (window.outHeight, window.outWidth)
      }
      let window = window(batch, height, width, channels, kernel: kernel, stride: stride, pad: kernel / 2)
      depthwise = try Case(window, channels, groups: channels, &numbers)
      pointwise = try Case(
        TensorsTests.window(batch, window.outHeight, window.outWidth, channels, kernel: 1, stride: 1, pad: 0),
        outputs, &numbers)
      finishes = [channels, channels, outputs].map { PlainFinish.all($0, &numbers)[kind] }
      x = first?.x ?? depthwise.x
    }

    private func convolved(
      _ c: Case, _ x: UnsafePointer<Float>, _ finish: PlainFinish
    ) throws -> Tensor<Float> {
      let y = try Tensor<Float>([c.window.outputPixels, c.outputs], repeating: .nan)
      try Float.convolvePlainly(c.window, x, c.packed(), y.pointer, finish.finish(), Workspace())
      return y
    }

    func separately() throws -> [Float] {
      var x = x
      if let first { x = try convolved(first, x.pointer, finishes[0]) }
      x = try convolved(depthwise, x.pointer, finishes[1])
      return try convolved(pointwise, x.pointer, finishes[2]).values
    }

    func together(into target: Target) throws {
      let opening = try first.map { PassingConvolution($0.window, try $0.packed(), try finishes[0].finish()) }
      try Float.convolveSeparably(
        opening, PassingConvolution(depthwise.window, depthwise.packed(), finishes[1].finish()), x.pointer,
        pointwise.packed(), target, finishes[2].finish(), Workspace())
    }

    func together() throws -> [Float] {
      let y = try Tensor<Float>([pointwise.window.outputPixels, pointwise.outputs], repeating: .nan)
      try together(into: Target(y.pointer, stride: pointwise.outputs))
      return y.values
    }
  }

  @Test(arguments: [1, 3, 16, 17, 33, 48, 64, 130], [1, 2])
  func `gives the bits of two convolutions`(channels: Int, stride: Int) throws {
    guard channels > 1 else { return }
    var numbers = Numbers(seed: UInt64(channels))
    for (height, width, outputs) in [(1, 1, 1), (5, 7, 15), (9, 40, 16), (13, 31, 48), (3, 130, 64)] {
      for kind in 0..<4 {
        let layers = try Layers(
          2, height, width, channels, stride: stride, outputs: outputs, kind: kind, &numbers)
        #expect(
          bits(try layers.together()) == bits(try layers.separately()), "\(height)x\(width) to \(outputs)")
      }
    }
    let wide = try Layers(1, 9, 11, channels, stride: stride, outputs: 20, kernel: 5, &numbers)
    #expect(bits(try wide.together()) == bits(try wide.separately()))
  }

  /// Several bands of rows in a picture, and pictures of one band.
  @Test(arguments: [(1, 1, 1), (2, 5, 7), (3, 64, 96), (1, 150, 4100)], [1, 2])
  func `gives the bits of three convolutions, of which the first sees few channels`(
    sides: (n: Int, h: Int, w: Int), stride: Int
  ) throws {
    var numbers = Numbers(seed: UInt64(sides.w))
    for (few, channels, kind) in [(3, 16, 2), (1, 5, 3), (2, 32, 1)] {
      let layers = try Layers(
        sides.n, sides.h, sides.w, channels, stride: stride, outputs: 24, few: few, kind: kind, &numbers)
      #expect(bits(try layers.together()) == bits(try layers.separately()), "\(few) to \(channels)")
    }
  }

  @Test func `writes nothing outside its slice of a wider picture, and adds to what is there`() throws {
    var numbers = Numbers(seed: 3)
    for few in [0, 3] {
      let layers = try Layers(2, 9, 14, 16, stride: 1, outputs: 21, few: few, kind: 0, &numbers)
      let pixels = layers.pointwise.window.outputPixels, expected = try layers.separately()
      let before: [Float] = numbers.array(pixels * 21)
      for accumulate in [false, true] {
        let slice = try Slice(pixels: pixels, columns: 21, before: accumulate ? before : nil)
        try layers.together(into: slice.target(accumulate: accumulate))
        let sums = zip(expected, before).map { accumulate ? $0 + $1 : $0 }
        #expect(bits(slice.result) == bits(sums) && slice.isWhole)
      }
    }
  }

  @Test func `gives the same bits for one to four threads`() throws {
    var numbers = Numbers(seed: 4)
    for few in [0, 3] {
      let layers = try Layers(1, 180, 200, 32, stride: 2, outputs: 48, few: few, &numbers)
      #expect(try givesSameBits { try layers.together() })
    }
  }

  @Test func `takes what it forecasts from the workspace`() throws {
    var numbers = Numbers(seed: 5)
    for few in [0, 3] {
      let layers = try Layers(1, 40, 60, 16, stride: 2, outputs: 48, few: few, &numbers),
        workspace = Workspace()
      let y = try Tensor<Float>([layers.pointwise.window.outputPixels, 48])
      let opening = try layers.first.map { PassingConvolution($0.window, try $0.packed(), .nothing) }
      try Float.convolveSeparably(
        opening, PassingConvolution(layers.depthwise.window, layers.depthwise.packed(), .nothing),
        layers.x.pointer, layers.pointwise.packed(), Target(y.pointer, stride: 48), .nothing, workspace)
      let forecast = Float.separableScratchCount(
        try layers.first.map { ($0.window, try $0.packed().shape) }, layers.depthwise.window,
        try layers.pointwise.packed().shape)
      #expect(workspace.count == forecast && forecast > 0)
    }
  }
}
