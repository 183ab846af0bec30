import Networks
import TestSupport
import Tensors
import Testing

@Suite struct TransposedConvolutionTests {
  /// Each pixel adds its window, as the definition says.
  private func scattered(
    _ x: Tensor<Double>, _ w: Tensor<Double>, _ bias: Tensor<Double>?, stride: Int, crop: Int
  ) throws -> Tensor<Double> {
    let (batch, height, width, inputs) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let outputs = w.shape[1], k = w.shape[2]
    let y = try Tensor<Double>([batch, stride * height, stride * width, outputs], repeating: 0)
    for n in 0..<batch {
      for i in 0..<height {
        for j in 0..<width {
          for ky in 0..<k {
            for kx in 0..<k {
              let a = stride * i + ky - crop, b = stride * j + kx - crop
              guard a >= 0, a < stride * height, b >= 0, b < stride * width else { continue }
              for o in 0..<outputs {
                for c in 0..<inputs {
                  y.pointer[((n * stride * height + a) * stride * width + b) * outputs + o] +=
                    x[((n * height + i) * width + j) * inputs + c] * w[((c * outputs + o) * k + ky) * k + kx]
                }
              }
            }
          }
        }
      }
    }
    if let bias { for i in 0..<y.count { y.pointer[i] += bias[i % outputs] } }
    return y
  }

  /// TensorFlow's "SAME" (crop 0) and PyTorch's paddings, windows that overlap and such that leave gaps.
  @Test(arguments: [
    (3, 2, 0), (3, 2, 1), (4, 2, 1), (2, 2, 0), (9, 4, 3), (5, 3, 2), (2, 3, 0), (3, 1, 1), (1, 2, 0),
    (5, 2, 4)
  ])
  func `agrees with its definition`(kernel: Int, stride: Int, crop: Int) throws {
    let x = try randomTensor([2, 3, 4, 3], seed: 64), w = try randomTensor([3, 2, kernel, kernel], seed: 65)
    for bias in [nil, try Tensor<Double>([2], [0.5, -2])] {
      let tape = Tape<Double>()
      let y = try tape.transposedConvolution(
        tape.constant(x), weights: tape.constant(w), bias: bias.map { tape.constant($0) }, stride: stride,
        crop: crop)
      let expected = try scattered(x, w, bias, stride: stride, crop: crop)
      #expect(y.shape == expected.shape)
      #expect(largestDifference(y.tensor.values, expected.values) < Tolerance.double)
    }
  }

  @Test(arguments: [(3, 2, 0), (3, 2, 1), (5, 3, 2), (2, 3, 0)])
  func `has the gradient of its definition in the picture, weights and bias`(
    kernel: Int, stride: Int, crop: Int
  ) throws {
    let inputs = [
      try randomTensor([2, 2, 3, 2], seed: 66), try randomTensor([2, 3, kernel, kernel], seed: 67),
      try randomTensor([3], seed: 68)
    ]
    for input in inputs.indices {
      let error = try gradientError(at: inputs[input]) { tape, leaf throws(Failure) in
        var v = [tape.constant(inputs[0]), tape.constant(inputs[1]), tape.constant(inputs[2])]
        v[input] = leaf
        return try tape.transposedConvolution(v[0], weights: v[1], bias: v[2], stride: stride, crop: crop)
      }
      #expect(error <= 1, "input \(input)")
    }
  }

  @Test func `refuses weights that do not fit and a crop beyond the window`() throws {
    let x = try Tensor<Double>([1, 2, 2, 3], repeating: 1)
    func reason(_ weights: [Int], crop: Int = 0) -> String {
      outcome {
        let tape = Tape<Double>()
        return try tape.transposedConvolution(
          tape.constant(x), weights: tape.constant(Tensor(weights, repeating: 1)), bias: nil, stride: 2,
          crop: crop)
      }
    }
    #expect(
      reason([2, 3, 3, 3]).hasPrefix("invalidArgument: transposed weights [2, 3, 3, 3] for [1, 2, 2, 3]"))
    #expect(reason([3, 3, 3, 2]).hasPrefix("invalidArgument: transposed weights"))
    #expect(
      reason([3, 1, 3, 3], crop: 3).hasPrefix("invalidArgument: a transposed window of 3, stride 2, crop 3"))
  }
}

@Suite struct DepthToSpaceTests {
  /// Origin: the example of TensorFlow's documentation of depth_to_space, [1, 1, 1, 12] by 2.
  @Test func `a pixel's channels become a square, its rows first`() throws {
    let x = try Tensor<Double>([1, 1, 1, 12], (1...12).map(Double.init))
    let y = try forward(x) { tape, x throws(Failure) in try tape.depthToSpace(x, 2) }
    #expect(y.shape.extents == [1, 2, 2, 3] && y.values == x.values)
    let row = try Tensor<Double>([1, 1, 2, 4], (1...8).map(Double.init))
    #expect(
      try forward(row) { tape, x throws(Failure) in try tape.depthToSpace(x, 2) }.values == [
        1, 2, 5, 6, 3, 4, 7, 8
      ])
  }

  @Test func `has the gradient of its definition`() throws {
    let x = try randomTensor([2, 2, 3, 8], seed: 69)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.depthToSpace(x, 2) } <= 1)
  }

  @Test func `refuses channels that make no squares`() throws {
    let x = try Tensor<Double>([1, 1, 1, 6], repeating: 1)
    #expect(
      outcome { try forward(x) { tape, x throws(Failure) in try tape.depthToSpace(x, 2) } }
        == "invalidArgument: squares of 2 from [1, 1, 1, 6]; expected side^2 C channels")
  }
}

@Suite struct LinearTests {
  @Test func `scales and shifts, and has the gradient of its definition`() throws {
    let x = try Tensor<Double>([3], [1, -2, 0])
    let y = try forward(x) { tape, x throws(Failure) in try tape.linear(x, scale: 150, offset: 127.5) }
    #expect(y.values == [277.5, -172.5, 127.5])
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in try tape.linear(x, scale: -3, offset: 2) } <= 1)
  }
}
