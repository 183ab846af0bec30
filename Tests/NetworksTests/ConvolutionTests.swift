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
    let filter: Filter<Double> = try randomFilter(2, 3, kernel: sweep.kernel, stride: sweep.stride, padding: sweep.padding, seed: 11)
    let x = try randomTensor([2, 5, 7, 3], seed: 12)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.convolution(x, filter) } <= 1)
  }

  @Test(arguments: Sweep.all)
  func `has the gradient with bias and activation`(sweep: Sweep) throws {
    let finishes: [Finish<Double>] = [
      try Finish(bias: [0.3, -0.2]), try Finish(bias: [0.1, -0.05], rectify: true),
      try Finish(bias: [0.1, -0.05], slopes: [0.25, -0.6]), try Finish(bias: nil, slopes: [-1.5, 0]),
    ]
    for finish in finishes {
      let filter = try randomFilter(
        2, 3, kernel: sweep.kernel, stride: sweep.stride, padding: sweep.padding, finish: finish, seed: 13)
      let linear = try randomFilter(
        2, 3, kernel: sweep.kernel, stride: sweep.stride, padding: sweep.padding, finish: finish.activated(.none), seed: 13)
      // Kinks lie where the sum before the activation is 0: take the first picture that keeps away from them.
      var seed: UInt64 = 14
      var x = try randomTensor([2, 5, 7, 3], seed: seed)
      while try !isSmooth(forward(x) { tape, x throws(Failure) in try tape.convolution(x, linear) }) {
        seed += 1
        try #require(seed < 100)
        x = try randomTensor([2, 5, 7, 3], seed: seed)
      }
      #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.convolution(x, filter) } <= 1, "seed \(seed)")
    }
  }

  /// A step of 1e-6 moves a sum by at most that; zeros of windows in the padding stay zeros.
  private func isSmooth(_ sums: Tensor<Double>) -> Bool { sums.values.allSatisfy { $0 == 0 || abs($0) > 1e-4 } }

  /// 1x1x2 windows on two channels: y = 2 a - b + 1.
  @Test func `gives the numbers worked by hand`() throws {
    let filter = try Filter<Double>(
      weights: Tensor([1, 2, 1, 1], [2, -1]), finish: Finish(bias: [1]), padding: .valid, isDifferentiable: false)
    let x = try Tensor<Double>([1, 1, 2, 2], [3, 4, -1, 5])
    #expect(try forward(x) { tape, x throws(Failure) in try tape.convolution(x, filter) }.values == [3, -6])
  }

  /// A 3x3 filter that is 1 at its upper left tap moves the picture down and right by one.
  @Test func `reads weights row by row`() throws {
    let filter = try Filter<Double>(
      weights: Tensor([1, 1, 3, 3], [1, 0, 0, 0, 0, 0, 0, 0, 0]), finish: .nothing, padding: .zeros(1), isDifferentiable: false)
    let x = try Tensor<Double>([1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(try forward(x) { tape, x throws(Failure) in try tape.convolution(x, filter) }.values == [0, 0, 0, 0, 1, 2, 0, 4, 5])
  }

  @Test(arguments: Sweep.all.filter { $0.pad < $0.kernel })
  func `Float agrees with Double, gradient too`(sweep: Sweep) throws {
    for (channels, outputs) in [(3, 19), (17, 2), (3, 2)] {
      #expect(try floatError(sweep, channels, outputs) < Tolerance.float, "\(channels) to \(outputs) channels")
    }
  }

  /// Padding as wide as the window makes windows that see nothing of the picture. In a process of its own, which
  /// a write outside its memory may end.
  @Test(arguments: [(1, 1), (1, 2), (3, 3), (5, 6)])
  func `Float agrees with Double where windows see only zeros`(kernel: Int, pad: Int) async throws {
    await #expect(processExitsWith: .success) { [kernel = kernel as Int, pad = pad as Int] in
      for (channels, outputs) in [(3, 19), (17, 2), (3, 2)] {
        try #require(try floatError(Sweep(kernel: kernel, stride: 1, pad: pad), channels, outputs) < Tolerance.float)
      }
    }
  }

  @Test func `passes NaN through its rectifier`() throws {
    let filter = try Filter<Float>(
      weights: Tensor([2, 1, 1, 1], [1, 1]), finish: Finish(bias: [0, 0], rectify: true), padding: .valid, isDifferentiable: true)
    let x = try Tensor<Float>([1, 1, 2, 1], [.nan, -1])
    let y = try forward(x) { tape, x throws(Failure) in try tape.convolution(x, filter) }
    #expect(y.values.map(\.isNaN) == [true, true, false, false])
  }

  @Test func `refuses pictures that do not fit`() throws {
    let filter: Filter<Float> = try randomFilter(2, 3, kernel: 5, padding: .zeros(1), seed: 1)
    func run(_ extents: [Int]) -> String {
      outcome { try forward(Tensor<Float>(extents, repeating: 0)) { tape, x throws(Failure) in try tape.convolution(x, filter) } }
    }
    #expect(run([1, 8, 8, 4]) == "invalidArgument: a picture [1, 8, 8, 4] for a filter of 3 channels")
    #expect(run([8, 8, 3]).hasPrefix("invalidArgument"))
    #expect(run([1, 2, 8, 3]) == "invalidArgument: a picture [1, 2, 8, 3] is smaller than the 5x5 window")
    #expect(run([1, 0, 8, 3]).hasPrefix("invalidArgument"))
    #expect(run([0, 8, 8, 3]) == "")
  }
}

/// The largest difference between Float and Double, of the result and of the gradient of its squared length.
func floatError(_ sweep: Sweep, _ channels: Int, _ outputs: Int) throws -> Double {
  func run<Element: Scalar>(_: Element.Type) throws -> [Double] {
    let filter: Filter<Element> = try randomFilter(
      outputs, channels, kernel: sweep.kernel, stride: sweep.stride, padding: sweep.padding, seed: 3)
    var numbers = Numbers(seed: 4)
    let values: [Float] = numbers.array(2 * 5 * 7 * channels)
    let tape = Tape<Element>()
    let x = tape.leaf(try Tensor([2, 5, 7, channels], values.map { Element($0) }))
    let y = try tape.convolution(x, filter)
    let zero = try Tensor<Element>(y.shape.extents, repeating: 0)
    // Divided by what it sums, so that its gradient is of order 1.
    let length = try tape.squaredDistance(y, to: zero, factor: 1 / Element(sweep.kernel * sweep.kernel * channels * outputs))
    let gradient = try tape.gradients(of: length, at: [x])[0]
    let scale = Double(sweep.kernel) * Double(channels).squareRoot()
    return y.tensor.values.map { Double($0) / scale } + gradient.values.map { Double($0) }
  }
  return largestDifference(try run(Float.self), try run(Double.self))
}
