import CSystem
import TestSupport
import Tensors
import Testing

/// A way to do Winograd's method: by tiles of 6x6 or 8x8, in chunks or in phases.
struct Way: Sendable, CustomStringConvertible {
  let side: Int, inChunks: Bool
  var description: String { "tiles of \(side)x\(side) in \(inChunks ? "chunks" : "phases")" }

  static let all = [6, 8].flatMap { side in [true, false].map { Way(side: side, inChunks: $0) } }
}

private func tolerance(_ way: Way, _ depth: Int) -> Double {
  way.side == 6 ? Tolerance.winogradFour(depth: depth) : Tolerance.winogradSix(depth: depth)
}

@Suite struct WinogradTests {
  private func case3x3(
    _ n: Int, _ h: Int, _ w: Int, _ c: Int, _ outputs: Int, pad: Int = 1, _ numbers: inout Numbers
  ) throws -> Case {
    try Case(window(n, h, w, c, kernel: 3, stride: 1, pad: pad), outputs, &numbers)
  }

  private func run(
    _ c: Case, _ way: Way, into target: Target, from source: Source? = nil,
    _ finish: PlainFinish = PlainFinish(),
    filter: PackedFilter<Float>? = nil
  ) throws {
    try Float.convolveByWinograd(
      side: way.side, c.window, source ?? Source(c.x.pointer), filter ?? c.packed(), target, finish.finish(),
      Workspace(),
      inChunks: way.inChunks)
  }

  private func run(
    _ c: Case, _ way: Way, _ source: Source? = nil, _ finish: PlainFinish = PlainFinish()
  ) throws -> [Float] {
    let y = try Tensor<Float>([c.window.outputPixels, c.outputs], repeating: .nan)
    try run(c, way, into: Target(y.pointer, stride: c.outputs), from: source, finish)
    return y.values
  }

  /// Sizes about the tiles and their multiples, several pictures, all paddings, small filters (in the cache)
  /// and large.
  @Test(arguments: [
    (1, 1, 1, 32, 32, 1), (1, 2, 3, 32, 32, 1), (1, 4, 4, 32, 64, 1), (2, 5, 7, 64, 32, 1),
    (1, 13, 15, 64, 64, 1),
    (1, 31, 33, 32, 48, 1), (3, 6, 9, 96, 128, 1), (1, 9, 8, 32, 32, 0), (1, 5, 6, 32, 32, 2),
    (1, 3, 3, 64, 32, 0),
    (1, 9, 16, 256, 128, 1), (2, 7, 5, 160, 192, 1), (1, 1, 127, 16, 48, 1), (127, 1, 1, 48, 16, 1),
    (1, 17, 12, 16, 16, 4),
    (1, 9, 10, 48, 16, -1), (1, 7, 15, 272, 144, 1), (1, 8, 8, 32, 32, 1), (1, 12, 12, 16, 16, 1),
    (1, 14, 6, 16, 32, 1)
  ])
  func `agrees with the plain twin of convolution`(
    n: Int, h: Int, w: Int, channels: Int, outputs: Int, pad: Int
  ) throws {
    var numbers = Numbers(seed: UInt64(n + h * 3 + channels * 7 + outputs))
    let c = try case3x3(n, h, w, channels, outputs, pad: pad, &numbers)
    let finishes = PlainFinish.all(outputs, &numbers), expected = plainConvolution(c, finishes)
    for way in Way.all {
      for (finish, expected) in zip(finishes, expected) {
        let difference = largestDifference(try run(c, way, nil, finish), expected)
        #expect(difference < tolerance(way, c.depth), "\(way)")
      }
    }
  }

  /// Channels that fill vectors, if not panels.
  @Test(arguments: [1, 2, 3, 5], [1, 2, 3, 7])
  func `agrees with its plain twin at odd numbers of vectors`(inputVectors: Int, outputVectors: Int) throws {
    var numbers = Numbers(seed: UInt64(inputVectors))
    let c = try case3x3(2, 7, 10, inputVectors * lanes, outputVectors * lanes, &numbers)
    let expected = plainConvolution(c)[0]
    for way in Way.all {
      let difference = largestDifference(try run(c, way), expected)
      #expect(difference < tolerance(way, c.depth), "\(way)")
    }
  }

  @Test(arguments: oddSides)
  func `agrees with its plain twin at odd sides`(side: Int) throws {
    var numbers = Numbers(seed: UInt64(side))
    for other in [1, 4, 6, 7, 12, 13] {
      let c = try case3x3(1, side, other, 16, 16, &numbers), expected = plainConvolution(c)[0]
      for way in Way.all {
        let difference = largestDifference(try run(c, way), expected)
        #expect(difference < tolerance(way, c.depth), "\(way), \(side)x\(other)")
      }
    }
  }

  /// Against the plain kernel, which is as good as its plain twin and quicker: a picture of more tiles than
  /// one round.
  @Test func `goes round after round over a large picture`() throws {
    var numbers = Numbers(seed: 30)
    let c = try case3x3(1, 401, 397, 16, 16, &numbers)
    let plain = try Tensor<Float>([c.window.outputPixels, 16], repeating: .nan)
    try Float.convolvePlainly(c.window, c.x.pointer, c.packed(), plain.pointer, .nothing, Workspace())
    for way in Way.all {
      let difference = largestDifference(try run(c, way), plain.values)
      #expect(difference < tolerance(way, c.depth) + Tolerance.product(depth: c.depth), "\(way)")
    }
  }

  @Test(arguments: [(lanes, 3 * lanes), (32, 32), (272, 144)])
  func `writes nothing outside its slice of a wider picture, and adds to what is there`(
    channels: Int, outputs: Int
  ) throws {
    var numbers = Numbers(seed: 31)
    let c = try case3x3(1, 9, 7, channels, outputs, &numbers), filter = try c.packed()
    let before: [Float] = numbers.array(c.window.outputPixels * outputs),
      finishes = PlainFinish.all(outputs, &numbers)
    for accumulate in [false, true] {
      for (finish, expected) in zip(
        finishes, plainConvolution(c, finishes, addedTo: accumulate ? before : nil))
      {
        for way in Way.all {
          let slice = try Slice(
            pixels: c.window.outputPixels, columns: outputs, before: accumulate ? before : nil)
          try run(c, way, into: slice.target(accumulate: accumulate), finish, filter: filter)
          #expect(
            largestDifference(slice.result, expected) < tolerance(way, c.depth),
            "\(way), accumulate \(accumulate)")
          #expect(slice.isWhole, "\(way), accumulate \(accumulate)")
        }
      }
    }
  }

  /// The same numbers go into the same sums, so no bit may differ.
  @Test(arguments: Way.all, [(1, 1, 1), (1, 2, 2), (2, 5, 7), (1, 13, 8), (3, 6, 15), (1, 17, 31)])
  func `reads the gradient behind a rectifier as if it had been gated before`(
    way: Way, sides: (n: Int, h: Int, w: Int)
  ) throws {
    var numbers = Numbers(seed: UInt64(sides.w))
    for pad in [0, 1, 2] where sides.h + 2 * pad >= 3 && sides.w + 2 * pad >= 3 {
      let c = try case3x3(sides.n, sides.h, sides.w, 32, 16, pad: pad, &numbers)
      let gate: Tensor<Float> = try numbers.tensor(c.x.shape.extents)
      (gate.pointer[0], gate.pointer[gate.count / 2]) = (0, .nan)
      let source = Source(
        values: c.x.pointer, gate: UnsafePointer(gate.pointer), codes: nil, pooling: Int(poolingNone))
      let fused = try run(c, way, source)
      Float.gate(c.x.pointer, by: gate.pointer, c.x.pointer, c.x.count)
      #expect(bits(fused) == bits(try run(c, way)))
    }
  }

  @Test(arguments: Way.all, [(1, 1, 1), (1, 2, 2), (2, 5, 7), (1, 13, 8), (3, 6, 15), (1, 17, 31)])
  func `reads the gradient behind a pooling as if it had been unpooled before`(
    way: Way, sides: (n: Int, h: Int, w: Int)
  ) throws {
    var numbers = Numbers(seed: UInt64(sides.h))
    for pad in [0, 1, 2] where sides.h + 2 * pad >= 3 && sides.w + 2 * pad >= 3 {
      let c = try case3x3(sides.n, sides.h, sides.w, 32, 16, pad: pad, &numbers)
      let picture: Tensor<Float> = try numbers.tensor(c.x.shape.extents)
      for pooling in [Int(poolingAverage), Int(poolingMaximum)] {
        let codes = packedCodes(plainPooling(c.window, pooling, picture.values.map { max($0, 0) }).codes)
        let dy: Tensor<Float> = try numbers.tensor([2 * codes.count])
        let fused = try codes.withUnsafeBufferPointer {
          try run(c, way, Source(values: dy.pointer, gate: nil, codes: $0.baseAddress, pooling: pooling))
        }
        Float.unpool(c.window, isMaximum: pooling == Int(poolingMaximum), dy.pointer, codes, c.x.pointer)
        #expect(bits(fused) == bits(try run(c, way)))
      }
    }
  }

  @Test(arguments: Way.all, [(1, 1, 1), (1, 2, 2), (1, 1, 6), (2, 5, 7), (1, 13, 8), (3, 6, 15), (1, 17, 31)])
  func `pools on its way as if it had been pooled behind it`(way: Way, sides: (n: Int, h: Int, w: Int)) throws
  {
    var numbers = Numbers(seed: UInt64(sides.h))
    for (outputs, pad) in [(16, 1), (48, 2), (3 * lanes, 1)] {
      let c = try case3x3(sides.n, sides.h, sides.w, 32, outputs, pad: pad, &numbers)
      let w = c.window, pooledPixels = w.batch * ((w.outHeight + 1) / 2) * ((w.outWidth + 1) / 2)
      let finish = PlainFinish(bias: numbers.array(outputs), rectify: true)
      let result = window(w.batch, w.outHeight, w.outWidth, outputs, kernel: 2, stride: 2, pad: 0)
      let unpooled = try run(c, way, nil, finish), twin = plainConvolution(c, [finish])[0]
      for pooling in [Int(poolingAverage), Int(poolingMaximum)] {
        let expected = plainPooling(result, pooling, unpooled)
        for withCodes in [true, false] {
          let slice = try Slice(pixels: pooledPixels, columns: outputs)
          try run(c, way, into: slice.target(pooling: pooling, withCodes: withCodes), finish)
          #expect(bits(slice.result) == bits(expected.values))
          #expect(!withCodes || slice.resultCodes == expected.codes)
          #expect(withCodes || slice.hasNoCodes)
          #expect(slice.isWhole)
          // Neither a mean nor a maximum makes a difference larger.
          #expect(
            largestDifference(slice.result, plainPooling(result, pooling, twin.map { Float($0) }).values)
              < tolerance(way, c.depth))
        }
      }
    }
  }

  @Test(arguments: Way.all)
  func `gives the same bits for one to four threads`(way: Way) throws {
    var numbers = Numbers(seed: 5)
    // A filter that is kept, and one that is too large for that in phases.
    for (channels, outputs) in [(32, 48), (272, 144)] {
      let c = try case3x3(1, 27, 23, channels, outputs, &numbers), filter = try c.packed()
      let gate: Tensor<Float> = try numbers.tensor(c.x.shape.extents)
      let pooledPixels = 14 * 12, codes = try Tensor<UInt8>([pooledPixels * channels], repeating: 9)
      let finish = PlainFinish(bias: numbers.array(outputs), rectify: true)
      let sources = [
        Source(c.x.pointer),
        Source(values: c.x.pointer, gate: UnsafePointer(gate.pointer), codes: nil, pooling: Int(poolingNone)),
        Source(
          values: c.x.pointer, gate: nil, codes: UnsafePointer(codes.pointer), pooling: Int(poolingAverage))
      ]
      for source in sources {
        #expect(
          try givesSameBits {
            let y = try Tensor<Float>([c.window.outputPixels, outputs], repeating: .nan)
            try run(c, way, into: Target(y.pointer, stride: outputs), from: source, finish, filter: filter)
            return y.values
          })
      }
      #expect(
        try givesSameBits {
          let slice = try Slice(pixels: pooledPixels, columns: outputs)
          try run(
            c, way, into: slice.target(pooling: Int(poolingMaximum), withCodes: true), finish, filter: filter)
          return slice.result + slice.resultCodes.map { Float($0) }
        })
      withExtendedLifetime((gate, codes)) {}
    }
  }

  /// A power of two changes no bit but the exponent, in the transforms neither.
  @Test(arguments: Way.all, [Float(0x1p100), 0x1p-100])
  func `scales with its picture, exactly`(way: Way, scale: Float) throws {
    var numbers = Numbers(seed: 6)
    let c = try case3x3(1, 9, 11, 32, 32, &numbers), plain = try run(c, way)
    for i in 0..<c.x.count { c.x.pointer[i] *= scale }
    #expect(bits(try run(c, way)) == bits(plain.map { $0 * scale }))
  }

  /// Each number of a transform rounds to a whole number of the smallest, and the way back multiplies by up
  /// to 8 or 32 a side: the differences were measured 2 and 37 times the number of products.
  @Test(arguments: Way.all)
  func `keeps subnormal numbers`(way: Way) throws {
    var numbers = Numbers(seed: 7)
    let c = try case3x3(1, 9, 11, 32, 32, &numbers)
    for i in 0..<c.x.count { c.x.pointer[i] *= 0x1p-130 }
    let smallest = Double(Float.leastNonzeroMagnitude), expected = plainConvolution(c)[0]
    let allowed = (way.side == 6 ? 6 : 100) * smallest * Double(c.depth)
    #expect(largestDifference(try run(c, way), expected) <= allowed)
    #expect(expected.contains { abs($0) > 10 * allowed })
  }

  /// A tile shares what is not finite in it, with the tiles that read the same pixels, and with no other.
  @Test(arguments: Way.all, [Float.nan, .infinity, -.infinity])
  func `what is not finite reaches the pixels about it and stays near`(way: Way, value: Float) throws {
    var numbers = Numbers(seed: 8)
    let c = try case3x3(2, 30, 30, 32, 32, &numbers), clean = try run(c, way)
    let (row, column) = (13, 13)
    c.x.pointer[(row * 30 + column) * 32 + 5] = value
    for finish in [PlainFinish(), PlainFinish(slopes: [Float](repeating: 0.5, count: 32))] {
      let y = try run(c, way, nil, finish), step = way.side - 2
      func tileReads(_ place: Int, _ pixel: Int) -> Bool {
        (place / step * step - 1...place / step * step + step).contains(pixel)
      }
      var spared = 0, changed = 0
      for i in 0..<y.count {
        let (n, r, k) = (i / 32 / 900, i / 32 / 30 % 30, i / 32 % 30)
        if n == 0 && abs(r - row) <= 1 && abs(k - column) <= 1 && y[i].isFinite { spared += 1 }
        let isOpen = finish.slopes == nil || clean[i] > 0
        if n == 1 || !tileReads(r, row) || !tileReads(k, column), y[i] != (isOpen ? clean[i] : clean[i] / 2) {
          changed += 1
        }
      }
      #expect(spared == 0 && changed == 0)
    }
  }

  @Test(arguments: Way.all)
  func `a NaN passes through the rectifier and the pooling`(way: Way) throws {
    var numbers = Numbers(seed: 9)
    let c = try case3x3(1, 9, 9, 32, 32, &numbers)
    c.x.pointer[(4 * 9 + 4) * 32] = .nan
    let y = try run(c, way, nil, PlainFinish(rectify: true))
    for (i, j) in [(3, 3), (4, 4), (5, 5)] { #expect(y[(i * 9 + j) * 32].isNaN) }
    for pooling in [Int(poolingAverage), Int(poolingMaximum)] {
      let slice = try Slice(pixels: 25, columns: 32)
      try run(c, way, into: slice.target(pooling: pooling, withCodes: true), PlainFinish(rectify: true))
      for (i, j) in [(1, 1), (2, 2)] { #expect(slice.result[(i * 5 + j) * 32].isNaN) }
      // No gradient flows to what is NaN.
      if way.side == 6 { #expect(slice.resultCodes[(2 * 5 + 2) * 32] == 0) }
    }
  }

  @Test func `convolve takes it where it pays`() throws {
    var numbers = Numbers(seed: 10)
    for (channels, outputs) in [(32, 64), (272, 144)] {
      let c = try case3x3(1, 29, 31, channels, outputs, &numbers), filter = try c.packed()
      #expect(Float.fuses(c.window, filter.shape))
      let finish = PlainFinish(bias: numbers.array(outputs), rectify: true)
      let y = try Tensor<Float>([c.window.outputPixels, outputs], repeating: .nan), workspace = Workspace()
      try Float.convolve(c.window, c.x.pointer, filter, y.pointer, finish.finish(), workspace)
      #expect(
        largestDifference(y.values, plainConvolution(c, [finish])[0]) < Tolerance.winogradSix(depth: c.depth))
      // Of the two tiles' results it is one; a workspace that was used serves again.
      try Float.convolve(c.window, c.x.pointer, filter, y.pointer, finish.finish(), workspace)
      let each = try [6, 8].map { side in
        let z = try Tensor<Float>([c.window.outputPixels, outputs], repeating: .nan)
        try Float.convolveByWinograd(
          side: side, c.window, Source(c.x.pointer), filter, Target(z.pointer, stride: outputs),
          finish.finish(), Workspace())
        return bits(z.values)
      }
      #expect(each.contains(bits(y.values)))
    }
    let single = try case3x3(1, 1, 1, 32, 32, &numbers)
    #expect(!Float.fuses(single.window, try single.packed().shape))
  }

  /// How many pictures are done together changes no bit of one: verdicts must not depend on who else is in a
  /// batch.
  @Test(arguments: [(3, 3, 256, 256), (5, 7, 64, 64), (12, 12, 272, 144), (1, 1, 256, 256), (19, 19, 32, 32)])
  func `convolve gives a picture the same bits alone and in a batch`(
    h: Int, w: Int, channels: Int, outputs: Int
  ) throws {
    var numbers = Numbers(seed: 13)
    let all = try case3x3(5, h, w, channels, outputs, &numbers), filter = try all.packed()
    func run(_ first: Int, _ count: Int) throws -> [Float] {
      let window = window(count, h, w, channels, kernel: 3, stride: 1, pad: 1)
      let y = try Tensor<Float>([window.outputPixels, outputs], repeating: .nan)
      try Float.convolve(
        window, all.x.pointer + first * h * w * channels, filter, y.pointer, .nothing, Workspace())
      return y.values
    }
    #expect(try bits((0..<5).flatMap { try run($0, 1) }) == bits(run(0, 5)))
  }

  /// In a process of its own, whose limit leaves no room.
  @Test func `gives the same bits where there is no room for the transformed filter`() async {
    await #expect(processExitsWith: .success) {
      var numbers = Numbers(seed: 14)
      let tests = WinogradTests()
      for (side, channels, outputs) in [(12, 64, 192), (12, 96, 128), (7, 512, 32), (9, 96, 160)] {
        let c = try tests.case3x3(1, side, side, channels, outputs, &numbers)
        for way in Way.all {
          func run() throws -> [Float] {
            let y = try Tensor<Float>([c.window.outputPixels, outputs], repeating: .nan)
            let filter = try c.packed()
            // Of numbers, and what stays free beside it.
            let transformed = way.side * way.side * channels * outputs * 4, free = 1 << 20
            if Memory.current.limit < 1 << 30 {
              try Memory.setLimit(Memory.held + free + transformed - 1 << 14)
            }
            Memory.forgetMostHeld()
            let before = Memory.held
            try tests.run(c, way, into: Target(y.pointer, stride: outputs), filter: filter)
            let isMade = Memory.mostHeld - before > transformed
            try #require(isMade == (Memory.current.limit > 1 << 30), "\(c.window), \(way)")
            return y.values
          }
          try Memory.setLimit(nil)
          let kept = try run()
          try Memory.setLimit(Memory.held + 64 << 20)
          try #require(bits(run()) == bits(kept), "\(c.window), \(way)")
        }
      }
    }
  }

  @Test func `is no work without pictures`() throws {
    var numbers = Numbers(seed: 11)
    let filter = try case3x3(1, 3, 3, 16, 16, &numbers).packed()
    let y = try Tensor<Float>([1], repeating: 5)
    for way in Way.all {
      try Float.convolveByWinograd(
        side: way.side, window(0, 3, 3, 16, kernel: 3, stride: 1, pad: 1), Source(y.pointer), filter,
        Target(y.pointer, stride: 16),
        .nothing, Workspace(), inChunks: way.inChunks)
    }
    #expect(y.values == [5])
  }

  @Test(arguments: [
    (5, 1, 64, 64, 1, 6), (3, 2, 64, 64, 1, 6), (3, 1, 3, 64, 1, 6), (3, 1, 64, 3, 1, 8),
    (3, 1, 64, 64, 2, 8), (3, 1, 64, 64, 64, 8),
    (1, 1, 64, 64, 1, 6), (3, 1, 64, 64, 1, 7), (3, 1, 64, 64, 1, 4)
  ])
  func `refuses other kernels, strides, channels, groups and tiles`(
    k: Int, s: Int, c: Int, outputs: Int, groups: Int, side: Int
  ) throws {
    var numbers = Numbers(seed: 12)
    let c = try Case(
      window(1, 12, 12, c, kernel: k, stride: s, pad: k / 2), outputs, groups: groups, &numbers)
    let reason = outcome { try run(c, Way(side: side, inChunks: true)) }
    #expect(reason.hasPrefix("invalidArgument: Winograd's method for a \(k)x\(k) filter"), "\(reason)")
    if side == 6 || side == 8 { #expect(!Float.fuses(c.window, try c.packed().shape)) }
  }
}
