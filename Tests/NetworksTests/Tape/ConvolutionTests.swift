import Networks
import TestSupport
import Tensors
import Testing

/// A convolution that fits a picture of 5x7.
struct Sweep: Sendable, CustomStringConvertible {
  let kernel, stride, pad: Int
  var padding: Padding { pad == 0 ? .valid : .zeros(pad) }
  var description: String { "kernel \(kernel), stride \(stride), padding \(pad)" }

  static let all: [Sweep] = [1, 3, 5, 7].flatMap { kernel in
    [1, 2].flatMap { stride in [0, 1, 2, 3].map { Sweep(kernel: kernel, stride: stride, pad: $0) } }
  }.filter { 5 + 2 * $0.pad >= $0.kernel }
}

@Suite struct ConvolutionTests {
  @Test(arguments: Sweep.all)
  func `has the gradient of its definition`(sweep: Sweep) throws {
    let filter: Filter<Double> = try randomFilter(
      2, 3, kernel: sweep.kernel, stride: sweep.stride, padding: sweep.padding, seed: 11)
    let x = try randomTensor([2, 5, 7, 3], seed: 12)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.convolution(x, filter) } <= 1)
  }

  @Test(arguments: Sweep.all)
  func `has the gradient with bias and activation`(sweep: Sweep) throws {
    let finishes: [Finish<Double>] = [
      try Finish(bias: [0.3, -0.2]), try Finish(bias: [0.1, -0.05], rectify: true),
      try Finish(bias: [0.1, -0.05], slopes: [0.25, -0.6]), try Finish(bias: nil, slopes: [-1.5, 0])
    ]
    for finish in finishes {
      let filter = try randomFilter(
        2, 3, kernel: sweep.kernel, stride: sweep.stride, padding: sweep.padding, finish: finish, seed: 13)
      let linear = try randomFilter(
        2, 3, kernel: sweep.kernel, stride: sweep.stride, padding: sweep.padding,
        finish: finish.activated(.none), seed: 13)
      // Kinks lie where the sum before the activation is 0: take the first picture that keeps away from them.
      var seed: UInt64 = 14
      var x = try randomTensor([2, 5, 7, 3], seed: seed)
      while try !isSmooth(forward(x) { tape, x throws(Failure) in try tape.convolution(x, linear) }) {
        seed += 1
        try #require(seed < 100)
        x = try randomTensor([2, 5, 7, 3], seed: seed)
      }
      #expect(
        try gradientError(at: x) { tape, x throws(Failure) in try tape.convolution(x, filter) } <= 1,
        "seed \(seed)")
    }
  }

  /// A step of 1e-6 moves a sum by at most that; zeros of windows in the padding stay zeros.
  private func isSmooth(_ sums: Tensor<Double>) -> Bool {
    sums.values.allSatisfy { $0 == 0 || abs($0) > 1e-4 }
  }

  @Test(arguments: Sweep.all, [(6, 4, 2), (3, 3, 3), (4, 2, 2), (6, 3, 3)])
  func `has the gradient of its definition in groups`(
    sweep: Sweep, sides: (outputs: Int, inputs: Int, groups: Int)
  ) throws {
    let filter: Filter<Double> = try randomFilter(
      sides.outputs, sides.inputs, kernel: sweep.kernel, stride: sweep.stride, groups: sides.groups,
      padding: sweep.padding, seed: 15)
    let x = try randomTensor([1, 5, 7, sides.inputs], seed: 16)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.convolution(x, filter) } <= 1)
  }

  /// Two groups of one channel and two results: a + 10 a' and so on, by 1x1 windows.
  @Test func `a group sees its own channels alone`() throws {
    func result<Element: Scalar>(_: Element.Type) throws -> [Element] {
      let filter = try Filter<Element>(
        weights: Tensor([4, 1, 1, 1], [1, 10, 100, 1000]), finish: Finish(bias: [0, 0, 0, 1]), groups: 2,
        padding: .valid)
      let x = try Tensor<Element>([1, 1, 2, 2], [2, 3, -1, 5])
      return try forward(x) { tape, x throws(Failure) in try tape.convolution(x, filter) }.values
    }
    #expect(try result(Double.self) == [2, 20, 300, 3001, -1, -10, 500, 5001])
    #expect(try result(Float.self) == [2, 20, 300, 3001, -1, -10, 500, 5001])
  }

  /// 1x1x2 windows on two channels: y = 2 a - b + 1.
  @Test func `gives the numbers worked by hand`() throws {
    let filter = try Filter<Double>(
      weights: Tensor([1, 2, 1, 1], [2, -1]), finish: Finish(bias: [1]), padding: .valid)
    let x = try Tensor<Double>([1, 1, 2, 2], [3, 4, -1, 5])
    #expect(try forward(x) { tape, x throws(Failure) in try tape.convolution(x, filter) }.values == [3, -6])
  }

  /// A 3x3 filter that is 1 at its upper left tap moves the picture down and right by one.
  @Test func `reads weights row by row`() throws {
    let filter = try Filter<Double>(
      weights: Tensor([1, 1, 3, 3], [1, 0, 0, 0, 0, 0, 0, 0, 0]), finish: .nothing, padding: .zeros(1))
    let x = try Tensor<Double>([1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(
      try forward(x) { tape, x throws(Failure) in try tape.convolution(x, filter) }.values == [
        0, 0, 0, 0, 1, 2, 0, 4, 5
      ])
  }

  @Test(arguments: Sweep.all.filter { $0.pad < $0.kernel })
  func `Float agrees with Double, gradient too`(sweep: Sweep) throws {
    for (channels, outputs) in [(3, 19), (17, 2), (3, 2)] {
      #expect(
        try floatError(sweep, channels, outputs) < Tolerance.float, "\(channels) to \(outputs) channels")
    }
  }

  @Test(arguments: Sweep.all.filter { $0.pad < $0.kernel })
  func `Float agrees with Double in groups, gradient too`(sweep: Sweep) throws {
    for (channels, outputs, groups) in [(6, 38, 2), (17, 17, 17), (33, 6, 3)] {
      #expect(
        try floatError(sweep, channels, outputs, groups: groups) < Tolerance.float,
        "\(channels) to \(outputs) channels in \(groups)")
    }
  }

  /// Channels that fill vectors and a picture of several tiles.
  @Test(arguments: [(32, 32, 0), (32, 48, 1), (48, 16, 2), (272, 144, 1)])
  func `Float agrees with Double by Winograd's method, gradient too`(
    channels: Int, outputs: Int, pad: Int
  ) throws {
    let sweep = Sweep(kernel: 3, stride: 1, pad: pad)
    #expect(try floatError(sweep, channels, outputs, height: 29, width: 31) < Tolerance.float)
  }

  /// `<y, dy> = <x, dx> = <w, dw>` for what is linear in x and in w: each of three kernels checks the others.
  @Test(arguments: [
    (3, 1, 1, 32, 48, 1), (3, 1, 0, 272, 144, 1), (5, 2, 2, 7, 9, 1), (7, 2, 3, 3, 16, 1),
    (3, 2, 1, 24, 24, 24),
    (1, 1, 0, 40, 17, 1), (5, 1, 2, 20, 30, 5)
  ])
  func `forward pass, gradient to the picture and gradient to the weights are one form`(
    kernel: Int, stride: Int, pad: Int, channels: Int, outputs: Int, groups: Int
  ) throws {
    let filter: Filter<Float> = try randomFilter(
      outputs, channels, kernel: kernel, stride: stride, groups: groups, padding: .zeros(pad), seed: 17)
    var numbers = Numbers(seed: 18), sameWeights = Numbers(seed: 17)
    let x: Tensor<Float> = try numbers.tensor([2, 21, 19, channels]), tape = Tape<Float>(),
      leaf = tape.leaf(x)
    let y = try tape.convolution(leaf, filter)
    // The gradient of half the squared distance to y - dy is dy.
    let dy: Tensor<Float> = try numbers.tensor(y.shape.extents)
    let target = try Tensor<Float>(y.shape.extents, (0..<dy.count).map { y.tensor[$0] - dy[$0] })
    let dx = try tape.gradients(of: tape.squaredDistance(y, to: target, factor: 0.5), at: [leaf])[0]
    let window = try filter.window(over: x.shape), each = outputs / groups, inputs = channels / groups,
      taps = kernel * kernel
    let dw = try Tensor<Float>([groups, taps, inputs, each])
    try Float.weightGradient(
      window, x.pointer, dy.pointer, outputs: outputs, groups: groups, dw.pointer, Workspace())
    let weights: [Float] = sameWeights.array(dw.count)  // [outputs, inputs / groups, taps]
    func dot(_ count: Int, _ a: (Int) -> Float, _ b: (Int) -> Float) -> Double {
      (0..<count).reduce(0) { $0 + Double(a($1)) * Double(b($1)) }
    }
    let form = dot(y.tensor.count, { y.tensor[$0] }, { dy[$0] }),
      byPicture = dot(x.count, { x[$0] }, { dx[$0] })
    let byWeights = dot(dw.count, { weights[$0] }) { i in
      let (o, c, t) = (i / taps / inputs, i / taps % inputs, i % taps)
      return dw[((o / each * taps + t) * inputs + c) * each + o % each]
    }
    let size = dot(y.tensor.count, { abs(y.tensor[$0]) }, { abs(dy[$0]) })
    #expect(abs(form - byPicture) < Tolerance.form * size && abs(form - byWeights) < Tolerance.form * size)
    #expect(abs(form) > 1e-3 * size)  // pictures that say something
  }

  /// Padding as wide as the window makes windows that see nothing of the picture. In a process of its own,
  /// which a write outside its memory may end.
  @Test(arguments: [(1, 1), (1, 2), (3, 3), (5, 6)])
  func `Float agrees with Double where windows see only zeros`(kernel: Int, pad: Int) async throws {
    await #expect(processExitsWith: .success) { [kernel = kernel as Int, pad = pad as Int] in
      for (channels, outputs) in [(3, 19), (17, 2), (3, 2)] {
        try #require(
          try floatError(Sweep(kernel: kernel, stride: 1, pad: pad), channels, outputs) < Tolerance.float)
      }
    }
  }

  @Test func `passes NaN through its rectifier`() throws {
    let filter = try Filter<Float>(
      weights: Tensor([2, 1, 1, 1], [1, 1]), finish: Finish(bias: [0, 0], rectify: true), padding: .valid)
    let x = try Tensor<Float>([1, 1, 2, 1], [.nan, -1])
    let y = try forward(x) { tape, x throws(Failure) in try tape.convolution(x, filter) }
    #expect(y.values.map(\.isNaN) == [true, true, false, false])
  }

  @Test func `refuses pictures that do not fit`() throws {
    let filter: Filter<Float> = try randomFilter(2, 3, kernel: 5, padding: .zeros(1), seed: 1)
    func run(_ extents: [Int]) -> String {
      outcome {
        try forward(Tensor<Float>(extents, repeating: 0)) { tape, x throws(Failure) in
          try tape.convolution(x, filter)
        }
      }
    }
    #expect(run([1, 8, 8, 4]) == "invalidArgument: a picture [1, 8, 8, 4] for a filter of 3 channels")
    #expect(run([8, 8, 3]).hasPrefix("invalidArgument"))
    #expect(run([1, 2, 8, 3]) == "invalidArgument: a picture [1, 2, 8, 3] is smaller than the 5x5 window")
    #expect(run([1, 0, 8, 3]).hasPrefix("invalidArgument"))
    #expect(run([0, 8, 8, 3]) == "")
  }
}

/// The largest difference between Float and Double, of the result and of the gradient of its squared length.
func floatError(
  _ sweep: Sweep, _ channels: Int, _ outputs: Int, groups: Int = 1, height: Int = 5, width: Int = 7
) throws -> Double {
  func run<Element: Scalar>(_: Element.Type) throws -> [Double] {
    let filter: Filter<Element> = try randomFilter(
      outputs, channels, kernel: sweep.kernel, stride: sweep.stride, groups: groups, padding: sweep.padding,
      seed: 3)
    var numbers = Numbers(seed: 4)
    let values: [Float] = numbers.array(2 * height * width * channels)
    let tape = Tape<Element>()
    let x = tape.leaf(try Tensor([2, height, width, channels], values.map { Element($0) }))
    let y = try tape.convolution(x, filter)
    let zero = try Tensor<Element>(y.shape.extents, repeating: 0)
    // Divided by what it sums, so that its gradient is of order 1.
    let length = try tape.squaredDistance(
      y, to: zero, factor: 1 / Element(sweep.kernel * sweep.kernel * channels * outputs))
    let gradient = try tape.gradients(of: length, at: [x])[0]
    let scale = Double(sweep.kernel) * Double(channels).squareRoot()
    return y.tensor.values.map { Double($0) / scale } + gradient.values.map { Double($0) }
  }
  return largestDifference(try run(Float.self), try run(Double.self))
}
