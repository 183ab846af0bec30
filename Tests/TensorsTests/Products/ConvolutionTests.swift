import CSystem
import TestSupport
import Tensors
import Testing

/// A way of a window over a picture.
struct Sweep: Sendable, CustomStringConvertible {
  let kernel, stride, pad: Int
  var description: String { "kernel \(kernel), stride \(stride), padding \(pad)" }

  init(_ kernel: Int, _ stride: Int, _ pad: Int) {
    (self.kernel, self.stride, self.pad) = (kernel, stride, pad)
  }

  func window(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int) -> Window {
    TensorsTests.window(batch, height, width, channels, kernel: kernel, stride: stride, pad: pad)
  }

  /// Those of the library's networks, and some about them.
  static let all = [
    Sweep(1, 1, 0), Sweep(1, 2, 0), Sweep(1, 1, 1), Sweep(2, 1, 0), Sweep(3, 1, 0), Sweep(3, 1, 1),
    Sweep(3, 2, 0), Sweep(3, 2, 1),
    Sweep(3, 3, 4), Sweep(5, 1, 2), Sweep(5, 2, 2), Sweep(5, 1, 4), Sweep(7, 2, 3), Sweep(7, 1, 1)
  ]
}

/// One case for each way in which a convolution is done term by term.
private func methods(_ numbers: inout Numbers) throws -> [(name: String, work: Case)] {
  [
    ("a product of matrices", try Case(window(2, 6, 7, 35, kernel: 1, stride: 1, pad: 0), 21, &numbers)),
    (
      "whole rows of the padded picture",
      try Case(window(2, 6, 7, 3, kernel: 5, stride: 2, pad: 2), 21, &numbers)
    ),
    ("few channels", try Case(window(2, 6, 23, 3, kernel: 3, stride: 2, pad: 1), 21, &numbers)),
    ("a sweep", try Case(window(2, 6, 7, 18, kernel: 3, stride: 1, pad: 1), 21, &numbers)),
    (
      "a sweep in groups",
      try Case(window(2, 6, 7, 15, kernel: 3, stride: 2, pad: 1), 21, groups: 3, &numbers)
    ),
    ("to a few channels", try Case(window(2, 6, 7, 35, kernel: 3, stride: 1, pad: 1), 3, &numbers)),
    ("depthwise", try Case(window(2, 6, 7, 21, kernel: 3, stride: 1, pad: 1), 21, groups: 21, &numbers)),
    ("depthwise, wide", try Case(window(1, 5, 7, 21, kernel: 5, stride: 1, pad: 2), 21, groups: 21, &numbers))
  ]
}

/// Term by term: Winograd's method has tests of its own.
@Suite struct ConvolutionTests {
  private func plainly(_ c: Case, _ finish: PlainFinish = PlainFinish()) throws -> [Float] {
    let y = try Tensor<Float>([c.window.outputPixels, c.outputs], repeating: .nan)
    try Float.convolvePlainly(c.window, c.x.pointer, c.packed(), y.pointer, finish.finish(), Workspace())
    return y.values
  }

  private func wide(_ c: Case, _ finish: PlainFinish = PlainFinish()) throws -> [Double] {
    let filter = try PackedFilter<Double>(
      kernel: c.window.kernelHeight, stride: c.window.strideY, inputs: c.window.channels / c.groups,
      outputs: c.outputs,
      groups: c.groups, matrix: c.weights.map(Double.init))
    let y = try Tensor<Double>([c.window.outputPixels, c.outputs], repeating: .nan)
    try Double.convolve(
      c.window, c.x.values.map(Double.init), filter, y.pointer, finish.finish(), Workspace())
    return y.values
  }

  /// Float and Double, with every finish.
  private func check(_ c: Case, _ numbers: inout Numbers) throws {
    let finishes = PlainFinish.all(c.outputs, &numbers)
    for (finish, expected) in zip(finishes, plainConvolution(c, finishes)) {
      let difference = largestDifference(try plainly(c, finish), expected)
      #expect(difference < Tolerance.product(depth: c.depth), "\(c)")
      #expect(largestDifference(try wide(c, finish), expected) < Tolerance.double, "\(c)")
    }
  }

  @Test(arguments: [
    (1, 1, 1, 1, 1, 1, 0, 1), (1, 5, 7, 3, 3, 1, 1, 10), (2, 13, 15, 16, 3, 1, 1, 17),
    (1, 17, 16, 31, 3, 2, 1, 33),
    (3, 9, 7, 64, 3, 2, 0, 32), (1, 31, 33, 3, 7, 2, 3, 64), (1, 12, 12, 48, 5, 1, 2, 24),
    (1, 6, 5, 127, 1, 1, 0, 65),
    (1, 4, 4, 2, 2, 1, 0, 5), (1, 3, 3, 20, 3, 1, 4, 3), (1, 40, 41, 8, 3, 1, 1, 40),
    (1, 127, 1, 5, 3, 1, 1, 7),
    (1, 1, 127, 33, 3, 2, 1, 2), (1, 3, 3, 3, 3, 1, 0, 7), (1, 5, 5, 3, 3, 1, -1, 7),
    (1, 5, 5, 20, 3, 1, -1, 7),
    (2, 37, 19, 18, 5, 1, 2, 3), (1, 7, 9, 40, 3, 1, 4, 4), (1, 9, 7, 130, 3, 1, -1, 2),
    (1, 1, 1, 16, 3, 1, 3, 1)
  ])
  func `agrees with its plain twin`(
    n: Int, h: Int, w: Int, c: Int, k: Int, s: Int, p: Int, outputs: Int
  ) throws {
    var numbers = Numbers(seed: UInt64(n + h * 3 + c * 7 + outputs))
    try check(Case(window(n, h, w, c, kernel: k, stride: s, pad: p), outputs, &numbers), &numbers)
  }

  @Test(arguments: Sweep.all)
  func `agrees with its plain twin at odd numbers of channels`(sweep: Sweep) throws {
    var numbers = Numbers(seed: UInt64(sweep.kernel))
    for channels in oddSides {
      for outputs in [1, 7, 16, 33] {
        let c = try Case(sweep.window(1, 5, 7, channels), outputs, &numbers)
        let difference = largestDifference(try plainly(c), plainConvolution(c)[0])
        #expect(difference < Tolerance.product(depth: c.depth), "\(c)")
      }
    }
  }

  /// Deeper than what is summed in one go.
  @Test(arguments: [
    (300, Sweep(1, 1, 0)), (513, Sweep(1, 2, 0)), (300, Sweep(3, 1, 1)), (48, Sweep(5, 1, 2)),
    (14, Sweep(7, 1, 3))
  ])
  func `agrees with its plain twin where sums are deep`(channels: Int, sweep: Sweep) throws {
    var numbers = Numbers(seed: UInt64(channels))
    try check(Case(sweep.window(2, 7, 9, channels), 19, &numbers), &numbers)
  }

  @Test(
    arguments: [(4, 6, 2), (6, 6, 3), (32, 48, 4), (33, 66, 3), (17, 34, 17), (20, 5, 5), (64, 32, 2)],
    [Sweep(1, 1, 0), Sweep(3, 1, 1), Sweep(3, 2, 0), Sweep(5, 2, 2), Sweep(7, 1, 3)])
  func `agrees with its plain twin in groups`(
    sides: (channels: Int, outputs: Int, groups: Int), sweep: Sweep
  ) throws {
    var numbers = Numbers(seed: UInt64(sides.channels))
    try check(
      Case(sweep.window(2, 7, 6, sides.channels), sides.outputs, groups: sides.groups, &numbers), &numbers)
  }

  @Test(
    arguments: oddSides,
    [Sweep(1, 1, 0), Sweep(3, 1, 1), Sweep(3, 2, 0), Sweep(3, 1, 4), Sweep(5, 2, 2), Sweep(7, 1, 3)])
  func `agrees with its plain twin depthwise`(channels: Int, sweep: Sweep) throws {
    guard channels > 1 else { return }
    var numbers = Numbers(seed: UInt64(channels))
    try check(Case(sweep.window(2, 5, 7, channels), channels, groups: channels, &numbers), &numbers)
  }

  /// Rows long enough for runs inside the picture, and channels that do not fill whole vectors of any build.
  @Test(arguments: [4, 9, 16, 20, 40, 72, 77], [1, 2, 3])
  func `agrees with its plain twin depthwise in long rows`(channels: Int, stride: Int) throws {
    var numbers = Numbers(seed: UInt64(channels + stride))
    for (height, width) in [(3, 3), (4, 23), (7, 50)] {
      let sweep = Sweep(3, stride, 1)
      try check(
        Case(sweep.window(2, height, width, channels), channels, groups: channels, &numbers), &numbers)
    }
  }

  /// Rows of a network's first layers: groups of neighbours, what is left of them, and edges.
  @Test(arguments: [1, 2, 3], [1, 7, 8, 9, 15, 16, 17, 31, 33])
  func `agrees with its plain twin at few channels and any width`(channels: Int, width: Int) throws {
    var numbers = Numbers(seed: UInt64(width))
    for (sweep, outputs) in [
      (Sweep(3, 1, 1), 1), (Sweep(3, 2, 1), 16), (Sweep(3, 1, 4), 21), (Sweep(2, 1, 0), 32),
      (Sweep(5, 1, 2), 8)
    ] {
      guard width >= sweep.kernel else { continue }
      try check(Case(sweep.window(2, 6, width, channels), outputs, &numbers), &numbers)
    }
  }

  @Test func `writes nothing outside its slice of a wider picture, and adds to what is there`() throws {
    var numbers = Numbers(seed: 21)
    for (name, c) in try methods(&numbers) {
      let before: [Float] = numbers.array(c.window.outputPixels * c.outputs), filter = try c.packed()
      let finishes = PlainFinish.all(c.outputs, &numbers)
      for accumulate in [false, true] {
        for (finish, expected) in zip(
          finishes, plainConvolution(c, finishes, addedTo: accumulate ? before : nil))
        {
          let slice = try Slice(
            pixels: c.window.outputPixels, columns: c.outputs, before: accumulate ? before : nil)
          try Float.convolve(
            c.window, Source(c.x.pointer), filter, slice.target(accumulate: accumulate), finish.finish(),
            Workspace())
          #expect(
            largestDifference(slice.result, expected) < Tolerance.product(depth: c.depth),
            "\(name), accumulate \(accumulate)")
          #expect(slice.isWhole, "\(name), accumulate \(accumulate)")
        }
      }
    }
  }

  @Test func `gives the same bits for one to four threads`() throws {
    var numbers = Numbers(seed: 5)
    let works =
      try methods(&numbers) + [
        ("many pixels", try Case(window(1, 37, 41, 24, kernel: 3, stride: 1, pad: 1), 70, &numbers)),
        (
          "many pixels depthwise",
          try Case(window(1, 97, 101, 24, kernel: 3, stride: 1, pad: 1), 24, groups: 24, &numbers)
        ),
        (
          "many pixels in groups",
          try Case(window(1, 37, 41, 24, kernel: 3, stride: 1, pad: 1), 46, groups: 2, &numbers)
        )
      ]
    for (name, c) in works { #expect(try givesSameBits { try plainly(c) }, "\(name)") }
  }

  /// A power of two changes no bit but the exponent.
  @Test(arguments: [Float(0x1p100), 0x1p-100])
  func `scales with its picture, exactly`(scale: Float) throws {
    var numbers = Numbers(seed: 6)
    for (name, c) in try methods(&numbers) {
      let plain = try plainly(c)
      for i in 0..<c.x.count { c.x.pointer[i] *= scale }
      #expect(bits(try plainly(c)) == bits(plain.map { $0 * scale }), "\(name)")
    }
  }

  /// Every number a subnormal: each product rounds to a whole number of the smallest.
  @Test func `keeps subnormal numbers`() throws {
    var numbers = Numbers(seed: 7)
    for (name, c) in try methods(&numbers) {
      for i in 0..<c.x.count { c.x.pointer[i] *= 0x1p-130 }
      let smallest = Double(Float.leastNonzeroMagnitude), expected = plainConvolution(c)[0]
      #expect(largestDifference(try plainly(c), expected) <= 0.5 * smallest * Double(c.depth + 1), "\(name)")
      #expect(expected.contains { abs($0) > smallest * Double(c.depth + 1) })
    }
  }

  /// In Double, what is not finite spreads as IEEE 754 says; here it has to spread in the same way.
  @Test(arguments: [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude])
  func `passes on what is not finite, and only where it belongs`(value: Float) throws {
    var numbers = Numbers(seed: 8)
    for (name, c) in try methods(&numbers) {
      let finishes = PlainFinish.all(c.outputs, &numbers)
      for place in [0, c.x.count / 3, c.x.count - 1] {
        let before = c.x[place]
        c.x.pointer[place] = value
        for (finish, expected) in zip(finishes, plainConvolution(c, finishes)) {
          let isSame = zip(try plainly(c, finish), expected).allSatisfy { a, b in
            if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
            return Double(a) == Double(Float(b)) || abs(Double(a) - b) < Tolerance.float * max(1, abs(b))
          }
          #expect(isSame, "\(name)")
        }
        c.x.pointer[place] = before
      }
    }
  }

  @Test func `passes a NaN on, through the rectifier too`() throws {
    let c = Case(
      window(1, 1, 3, 16, kernel: 1, stride: 1, pad: 0), 2, x: try Tensor([1, 1, 3, 16], repeating: 1),
      weights: [Float](repeating: 1, count: 32))
    c.x.pointer[20] = .nan
    #expect(
      try plainly(c, PlainFinish(rectify: true)).map(\.isNaN) == [false, false, true, true, false, false])
  }

  @Test func `is no work without pictures`() throws {
    var numbers = Numbers(seed: 9)
    let filter = try Case(window(1, 3, 3, 4, kernel: 3, stride: 1, pad: 1), 5, &numbers).packed()
    let y = try Tensor<Float>([1], repeating: 5)
    let none = window(0, 3, 3, 4, kernel: 3, stride: 1, pad: 1)
    try Float.convolve(none, y.pointer, filter, y.pointer, .nothing, Workspace())
    try Float.convolvePlainly(none, y.pointer, filter, y.pointer, .nothing, Workspace())
    #expect(y.values == [5])
  }

  /// The same numbers go into the same sums, so no bit may differ.
  @Test(arguments: [(1, 1, 1), (2, 5, 7), (1, 33, 16)], [(16, 1), (64, 3), (33, 4)])
  func `to a few channels reads behind a rectifier as if it had been gated before`(
    sides: (n: Int, h: Int, w: Int), channels: (Int, Int)
  ) throws {
    var numbers = Numbers(seed: 11)
    let c = try Case(
      window(sides.n, sides.h, sides.w, channels.0, kernel: 3, stride: 1, pad: 1), channels.1, &numbers)
    let gate: Tensor<Float> = try numbers.tensor(c.x.shape.extents), filter = try c.packed()
    let source = Source(
      values: c.x.pointer, gate: UnsafePointer(gate.pointer), codes: nil, pooling: Int(poolingNone))
    let y = try Tensor<Float>([c.window.outputPixels, c.outputs], repeating: .nan)
    #expect(Float.gates(c.window, filter.shape))
    try Float.convolve(c.window, source, filter, Target(y.pointer, stride: c.outputs), .nothing, Workspace())
    let rectified = try Tensor<Float>(y.shape.extents, repeating: .nan)
    try Float.convolve(
      c.window, source, filter, Target(rectified.pointer, stride: c.outputs),
      Finish(bias: nil, rectify: true), Workspace())
    let added = Target(
      values: rectified.pointer, stride: c.outputs, accumulate: 1, pooling: Int(poolingNone), codes: nil)
    #expect(
      outcome { try Float.convolve(c.window, source, filter, added, .nothing, Workspace()) }.hasPrefix(
        "internalError"))
    Float.gate(c.x.pointer, by: gate.pointer, c.x.pointer, c.x.count)
    #expect(bits(y.values) == bits(try plainly(c)))
    #expect(bits(rectified.values) == bits(try plainly(c, PlainFinish(rectify: true))))
  }

  @Test func `refuses to read or to pool on its way`() throws {
    var numbers = Numbers(seed: 10)
    let c = try Case(window(1, 3, 3, 4, kernel: 5, stride: 1, pad: 2), 16, &numbers), filter = try c.packed()
    let slice = try Slice(pixels: 9, columns: 16)
    #expect(!Float.fuses(c.window, filter.shape))
    let gated = Source(
      values: c.x.pointer, gate: UnsafePointer(c.x.pointer), codes: nil, pooling: Int(poolingNone))
    #expect(
      outcome { try Float.convolve(c.window, gated, filter, slice.target(), .nothing, Workspace()) }
        .hasPrefix("internalError"))
    let pooled = Source(
      values: c.x.pointer, gate: nil, codes: UnsafePointer(slice.codes.pointer), pooling: Int(poolingMaximum))
    #expect(
      outcome { try Float.convolve(c.window, pooled, filter, slice.target(), .nothing, Workspace()) }
        .hasPrefix("internalError"))
    let target = slice.target(pooling: Int(poolingAverage))
    #expect(
      outcome { try Float.convolve(c.window, Source(c.x.pointer), filter, target, .nothing, Workspace()) }
        .hasPrefix("internalError"))
  }
}
