import CSystem
import TestSupport
import Tensors
import Testing

/// The gradient of a pooling against its plain twin, which serves Double.
@Suite struct PoolGradientTests {
  private static let kinds = [WindowPooling.average, .maximum, .euclidean]
  /// Kernel, stride and padding: windows side by side, overlapping, apart, over the edges.
  private static let shapes = [(2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 1, 1), (5, 3, 2), (2, 3, 0), (1, 1, 0)]

  private func pool(_ w: Window, _ kind: WindowPooling, _ x: [Float]) throws -> Tensor<Float> {
    let y = try Tensor<Float>([w.outputPixels * w.channels], repeating: .nan)
    switch kind {
    case .average: Float.pool(w, isMaximum: false, x, y.pointer)
    case .maximum: Float.pool(w, isMaximum: true, x, y.pointer)
    case .euclidean: Float.euclideanPool(w, x, y.pointer)
    }
    return y
  }

  private func gradient(
    _ w: Window, _ kind: WindowPooling, _ x: [Float], _ y: Tensor<Float>, _ dy: [Float]
  ) throws -> [Float] {
    let dx = try Tensor<Float>([x.count], repeating: .nan)
    Float.poolGradient(w, kind, x, y.pointer, dy, dx.pointer)
    return dx.values
  }

  /// From the same `y`, so that both have the same maxima and lengths.
  private func twin(
    _ w: Window, _ kind: WindowPooling, _ x: [Float], _ y: Tensor<Float>, _ dy: [Float]
  ) throws -> [Double] {
    let dx = try Tensor<Double>([x.count], repeating: .nan)
    try Double.poolGradient(
      w, kind, x.map(Double.init), y.values.map(Double.init), dy.map(Double.init), dx.pointer)
    return dx.values
  }

  @Test(arguments: oddSides, PoolGradientTests.shapes)
  func `agrees with its plain twin`(channels: Int, shape: (Int, Int, Int)) throws {
    let (kernel, stride, pad) = shape
    for isRoundedUp in [false, true] {
      var w = window(2, 9, 8, channels, kernel: kernel, stride: stride, pad: pad)
      // The last window reaches over the edge, but covers something.
      if isRoundedUp, w.outHeight * stride - pad < 9 { w.outHeight += 1 }
      var numbers = Numbers(seed: UInt64(channels + kernel))
      let x: [Float] = numbers.array(2 * 9 * 8 * channels),
        dy: [Float] = numbers.array(w.outputPixels * channels)
      for kind in PoolGradientTests.kinds {
        let y = try pool(w, kind, x)
        #expect(
          largestDifference(try gradient(w, kind, x, y, dy), try twin(w, kind, x, y, dy))
            < Tolerance.product(depth: w.taps), "\(kind)")
      }
    }
  }

  /// Levels so coarse that most windows hold their maximum more than once: it goes to the first.
  @Test(arguments: oddSides) func `of equal maxima the first takes all`(channels: Int) throws {
    let w = window(1, 7, 8, channels, kernel: 3, stride: 2, pad: 1)
    var numbers = Numbers(seed: UInt64(channels))
    let x = (0..<(7 * 8 * channels)).map { _ in Float((numbers.next() * 1.5).rounded()) }
    let dy: [Float] = numbers.array(w.outputPixels * channels), y = try pool(w, .maximum, x)
    let dx = try gradient(w, .maximum, x, y, dy)
    #expect(largestDifference(dx, try twin(w, .maximum, x, y, dy)) < Tolerance.product(depth: w.taps))
    let (given, taken) = (dy.reduce(0) { $0 + Double($1) }, dx.reduce(0) { $0 + Double($1) })
    #expect(abs(given - taken) < Tolerance.float)
  }

  /// A window whose maximum is NaN has no winner; one whose length is 0 or NaN has no direction.
  @Test(arguments: [1, 16, 17]) func `NaN and zeros take no gradient from their windows`(channels: Int) throws
  {
    let w = window(1, 4, 4, channels, kernel: 2, stride: 2, pad: 0)
    var x = [Float](repeating: 1, count: 16 * channels)
    let last = channels - 1
    x[5 * channels + last] = .nan  // in the first window
    for pixel in [2, 3, 6, 7] { x[pixel * channels + last] = 0 }  // all of the second
    let dy = [Float](repeating: 1, count: 4 * channels)
    for kind in [WindowPooling.maximum, .euclidean] {
      let dx = try gradient(w, kind, x, pool(w, kind, x), dy)
      let sums = [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13]].map {
        $0.reduce(0) { $0 + dx[$1 * channels + last] }
      }
      // Of zeros the first is a maximum like any other; the third window is of ones, whose length is 2.
      #expect(sums == (kind == .maximum ? [0, 1, 1] : [0, 0, 2]), "\(kind)")
      #expect(largestDifference(dx, try twin(w, kind, x, pool(w, kind, x), dy)) < Tolerance.float, "\(kind)")
    }
    let dx = try gradient(w, .average, x, pool(w, .average, x), dy)
    #expect(dx == [Float](repeating: 0.25, count: 16 * channels))
  }

  @Test func `is nothing without pictures`() throws {
    let w = window(0, 4, 4, 3, kernel: 2, stride: 2, pad: 0)
    for kind in PoolGradientTests.kinds { #expect(try gradient(w, kind, [], Tensor([0]), []) == []) }
  }

  @Test(arguments: PoolGradientTests.kinds) func `gives the same bits for one to four threads`(
    kind: WindowPooling
  ) throws {
    let w = window(5, 31, 37, 33, kernel: 3, stride: 2, pad: 1)
    var numbers = Numbers(seed: 53)
    let x: [Float] = numbers.array(5 * 31 * 37 * 33), dy: [Float] = numbers.array(w.outputPixels * 33)
    #expect(try givesSameBits { try gradient(w, kind, x, pool(w, kind, x), dy) })
  }

  @Test(arguments: oddSides, [(2, 1, 1), (3, 2, 1), (5, 3, 2)])
  func `lengths over the edges agree with their plain twin`(channels: Int, shape: (Int, Int, Int)) throws {
    let w = window(2, 9, 8, channels, kernel: shape.0, stride: shape.1, pad: shape.2)
    var numbers = Numbers(seed: UInt64(channels))
    let x: [Float] = numbers.array(2 * 9 * 8 * channels)
    let twin = try Tensor<Double>([w.outputPixels * channels], repeating: .nan)
    Double.euclideanPool(w, x.map(Double.init), twin.pointer)
    #expect(
      largestDifference(try pool(w, .euclidean, x).values, twin.values) < Tolerance.product(depth: w.taps))
  }
}

/// The gradient of response normalisation against its plain twin.
@Suite struct ResponseGradientTests {
  private func gradient(
    _ x: [Float], _ dy: [Float], _ channels: Int, scale: Float, half: Int
  ) throws -> [Float] {
    let dx = try Tensor<Float>([x.count], repeating: .nan)
    try Float.normaliseResponseGradient(
      x, dy, dx.pointer, rows: x.count / channels, channels: channels, scale: scale, half: half)
    return dx.values
  }

  /// Windows of 1, 5 and 11 channels, of which rows have fewer or more.
  @Test(arguments: oddSides, [0, 2, 5]) func `agrees with its plain twin`(channels: Int, half: Int) throws {
    var numbers = Numbers(seed: UInt64(channels))
    let x: [Float] = numbers.array(11 * channels), dy: [Float] = numbers.array(11 * channels)
    for scale: Float in [1e-4, 0.3] {
      let twin = try Tensor<Double>([x.count], repeating: .nan)
      Double.normaliseResponseGradient(
        x.map(Double.init), dy.map(Double.init), twin.pointer, rows: 11, channels: channels,
        scale: Double(scale), half: half)
      #expect(
        largestDifference(try gradient(x, dy, channels, scale: scale, half: half), twin.values)
          < Tolerance.float)
    }
  }

  @Test func `a NaN reaches its window of its row alone`() throws {
    let channels = 21
    var x = [Float](repeating: 0.5, count: 3 * channels)
    let dy = [Float](repeating: 1, count: x.count)
    x[channels + 10] = .nan
    // Its base is in the terms of two channels on either side, whose sums reach two further.
    let dx = try gradient(x, dy, channels, scale: 0.3, half: 2)
    #expect((0..<dx.count).filter { dx[$0].isNaN } == Array((channels + 6)...(channels + 14)))
  }

  @Test(arguments: [2, 5]) func `gives the same bits for one to four threads`(half: Int) throws {
    var numbers = Numbers(seed: 54)
    let x: [Float] = numbers.array(60 * 70 * 33), dy: [Float] = numbers.array(60 * 70 * 33)
    #expect(try givesSameBits { try gradient(x, dy, 33, scale: 0.3, half: half) })
  }
}
