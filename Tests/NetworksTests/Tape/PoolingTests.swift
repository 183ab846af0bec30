import CSystem
import Networks
import TestSupport
import Tensors
import Testing

struct Windows: Sendable, CustomStringConvertible {
  let kernel, stride: Int
  var padding = 0, roundsUp = false
  var description: String {
    "\(kernel)x\(kernel)/\(stride), padding \(padding)\(roundsUp ? ", rounds up" : "")"
  }

  static let all = [
    Windows(kernel: 2, stride: 2), Windows(kernel: 2, stride: 2, roundsUp: true),
    Windows(kernel: 3, stride: 2),
    Windows(kernel: 3, stride: 2, roundsUp: true), Windows(kernel: 3, stride: 2, padding: 1),
    Windows(kernel: 3, stride: 2, padding: 1, roundsUp: true), Windows(kernel: 3, stride: 1),
    Windows(kernel: 3, stride: 3),
    Windows(kernel: 1, stride: 2), Windows(kernel: 4, stride: 3, padding: 2, roundsUp: true)
  ]
}

@Suite struct PoolingTests {
  private func pool<Element: Scalar>(
    _ x: Tensor<Element>, _ kind: Pooling, _ windows: Windows
  ) throws -> Tensor<Element> {
    try forward(x) { tape, x throws(Failure) in
      try tape.pool(
        x, kind, kernel: windows.kernel, stride: windows.stride, padding: windows.padding,
        roundsUp: windows.roundsUp)
    }
  }

  @Test(arguments: Windows.all, [Pooling.average, .maximum])
  func `has the gradient of its definition`(windows: Windows, kind: Pooling) throws {
    let error = try gradientError(at: apart([2, 5, 7, 3], seed: 21)) { tape, x throws(Failure) in
      try tape.pool(
        x, kind, kernel: windows.kernel, stride: windows.stride, padding: windows.padding,
        roundsUp: windows.roundsUp)
    }
    #expect(error <= 1)
  }

  @Test func `global average has the gradient of its definition`() throws {
    let x = try randomTensor([2, 5, 7, 3], seed: 22)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.globalAverage(x) } <= 1)
  }

  @Test(arguments: [(3, 3), (2, 2), (3, 2), (5, 1)])
  func `euclidean pool has the gradient of its definition`(kernel: Int, stride: Int) throws {
    let x = try awayFromZero([2, 5, 7, 3], seed: 23)
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in
        try tape.euclideanPool(x, kernel: kernel, stride: stride)
      } <= 1)
  }

  private static let nine: [Double] = [1, 2, 3, 4, 5, 6, 7, 8, 9]

  @Test func `an average at the edge is divided by what it covers`() throws {
    let x = try Tensor<Double>([1, 3, 3, 1], Self.nine)
    let same = Windows(kernel: 2, stride: 2, roundsUp: true)
    // (1+2+4+5)/4, (3+6)/2, (7+8)/2, 9
    #expect(try pool(x, .average, same).values == [3, 4.5, 7.5, 9])
    #expect(try pool(x, .maximum, same).values == [5, 6, 8, 9])
    #expect(try pool(x, .average, Windows(kernel: 2, stride: 2)).values == [3])
    // Padding counts as little as the edge: (1+2+4+5)/4, (2+3+5+6)/4, (4+5+7+8)/4, (5+6+8+9)/4
    let padded = try pool(x, .average, Windows(kernel: 3, stride: 2, padding: 1))
    #expect(largestDifference(padded.values, [3, 4, 6, 7] as [Double]) < Tolerance.double)
  }

  /// Sides as the frameworks have them: floor((n + 2p - k) / s) + 1, Caffe rounds up but begins no window
  /// past the picture.
  @Test(arguments: [
    (12, Windows(kernel: 3, stride: 2, padding: 1), 6), (48, Windows(kernel: 3, stride: 2, padding: 1), 24),
    (300, Windows(kernel: 2, stride: 2, roundsUp: true), 150),
    (75, Windows(kernel: 2, stride: 2, roundsUp: true), 38),
    (11, Windows(kernel: 3, stride: 2, roundsUp: true), 5),
    (22, Windows(kernel: 3, stride: 2, roundsUp: true), 11),
    (46, Windows(kernel: 3, stride: 2, roundsUp: true), 23),
    (1, Windows(kernel: 2, stride: 2, roundsUp: true), 1),
    (3, Windows(kernel: 1, stride: 5, roundsUp: true), 1), (2, Windows(kernel: 1, stride: 1, padding: 0), 2)
  ])
  func `gives the sides that the frameworks give`(side: Int, windows: Windows, wanted: Int) throws {
    let y = try pool(Tensor<Float>([1, side, side, 1], repeating: 1), .average, windows)
    #expect(y.shape.extents == [1, wanted, wanted, 1])
    #expect(y.values.allSatisfy { abs($0 - 1) < 1e-6 })
  }

  @Test func `global average is the mean over the pixels`() throws {
    let x = try Tensor<Double>([1, 2, 2, 2], [1, 10, 2, 20, 3, 30, 6, 60])
    #expect(try forward(x) { tape, x throws(Failure) in try tape.globalAverage(x) }.values == [3, 30])
  }

  @Test func `euclidean pool is the root of the sum of squares`() throws {
    let x = try Tensor<Double>([1, 2, 2, 1], [1, -2, 2, 4])
    #expect(
      try forward(x) { tape, x throws(Failure) in try tape.euclideanPool(x, kernel: 2, stride: 2) }.values
        == [5])
  }

  @Test func `euclidean pool of zeros has the gradient zero`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([1, 2, 2, 1], repeating: 0))
    let y = try tape.euclideanPool(x, kernel: 2, stride: 2)
    #expect(try tape.gradients(of: y, at: [x])[0].values == [0, 0, 0, 0])
  }

  /// A poisoned picture must not come out clean.
  @Test(arguments: 0..<4)
  func `passes NaN on from any place of its window`(place: Int) throws {
    var values: [Float] = [1, 2, 3, 4]
    values[place] = .nan
    let x = try Tensor<Float>([1, 2, 2, 1], values)
    #expect(try pool(x, .maximum, Windows(kernel: 2, stride: 2))[0].isNaN)
    #expect(try pool(x, .average, Windows(kernel: 2, stride: 2))[0].isNaN)
    #expect(
      try forward(x) { tape, x throws(Failure) in try tape.euclideanPool(x, kernel: 2, stride: 2) }[0].isNaN)
    #expect(try forward(x) { tape, x throws(Failure) in try tape.globalAverage(x) }[0].isNaN)
  }

  @Test func `a maximum of infinities is one`() throws {
    let low = try Tensor<Float>([1, 2, 2, 1], repeating: -.infinity)
    #expect(try pool(low, .maximum, Windows(kernel: 2, stride: 2)).values == [-.infinity])
  }

  @Test func `gives the gradient of equal maxima to the first alone`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([1, 2, 2, 1], [1, 5, 5, 2]))
    let y = try tape.pool(x, .maximum, kernel: 2, stride: 2)
    #expect(try tape.gradients(of: y, at: [x])[0].values == [0, 1, 0, 0])
  }

  @Test func `refuses what no window fits`() throws {
    #expect(
      outcome { try pool(Tensor<Float>([1, 2, 9, 1], repeating: 0), .average, Windows(kernel: 3, stride: 2)) }
        == "invalidArgument: a picture [1, 2, 9, 1] is smaller than the 3x3 window")
    #expect(
      outcome { try pool(Tensor<Float>([2, 9, 1], repeating: 0), .average, Windows(kernel: 3, stride: 2)) }
        .hasPrefix("invalidArgument"))
    #expect(
      outcome {
        try pool(
          Tensor<Float>([1, 0, 9, 1], repeating: 0), .maximum, Windows(kernel: 2, stride: 2, roundsUp: true))
      }
      .hasPrefix("invalidArgument"))
    #expect(
      outcome {
        try forward(Tensor<Float>([3, 3], repeating: 0)) { tape, x throws(Failure) in
          try tape.globalAverage(x)
        }
      }
      .hasPrefix("invalidArgument"))
  }

  /// Each way has the same products and sums to do, so no bit may differ.
  @Test(arguments: [Pooling.average, .maximum], [(1, 1), (1, 8), (5, 7), (13, 2), (16, 17), (31, 33)])
  func `the kernel behind a rectifier agrees with rectifier and pooling one after the other`(
    kind: Pooling, sides: (Int, Int)
  ) throws {
    let extents = [2, sides.0, sides.1, 48],
      pooling = kind == .average ? Int(poolingAverage) : Int(poolingMaximum)
    var numbers = Numbers(seed: 61)
    let x: Tensor<Float> = try numbers.tensor(extents), tape = Tape<Float>(), leaf = tape.leaf(x)
    let rectified = try tape.rectifier(leaf)
    let y = try tape.pool(rectified, kind, kernel: 2, stride: 2, roundsUp: true)
    // The gradient of half the squared distance to y - dy is dy, or what Float makes of it.
    let dy: Tensor<Float> = try numbers.tensor(y.shape.extents)
    let target = try Tensor<Float>(y.shape.extents, (0..<dy.count).map { y.tensor[$0] - dy[$0] })
    for i in 0..<dy.count { dy.pointer[i] = y.tensor[i] - target[i] }
    let expected = try tape.gradients(of: tape.squaredDistance(y, to: target, factor: 0.5), at: [leaf])[0]

    var window = Window()
    (window.batch, window.height, window.width, window.channels) = (2, sides.0, sides.1, 48)
    let pooled = try Tensor<Float>(y.shape.extents, repeating: .nan),
      codes = try Tensor<UInt8>(y.shape.extents)
    Float.poolRectified(
      window, isMaximum: pooling == Int(poolingMaximum), rectified.tensor.pointer, pooled.pointer,
      codes.pointer)
    #expect(pooled.values == y.tensor.values)
    let dx = try Tensor<Float>(extents, repeating: .nan)
    Float.unpool(window, isMaximum: pooling == Int(poolingMaximum), dy.pointer, codes.pointer, dx.pointer)
    #expect(dx.values == expected.values)
  }
}
