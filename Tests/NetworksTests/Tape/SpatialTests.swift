import Networks
import TestSupport
import Tensors
import Testing

@Suite struct SpatialConvolutionTests {
  private func convolve<Element: Scalar>(
    _ x: [Int], _ weights: [Int], bias: Bool = true, stride: Int = 1, padding: Int = 0, _: Element.Type
  ) throws -> Tensor<Element> {
    var numbers = Numbers(seed: 1)
    let tape = Tape<Element>()
    return try tape.spatialConvolution(
      tape.constant(numbers.tensor(x)), weights: tape.constant(numbers.tensor(weights)),
      bias: bias ? tape.constant(numbers.tensor([weights[0]])) : nil, stride: stride, padding: padding
    ).tensor
  }

  /// n - k + 1 = 14 - 5 + 1
  @Test func `14x1 with 16 filters of 5 gives 10x16`() throws {
    #expect(try convolve([1, 14, 1], [16, 1, 5], Float.self).shape.extents == [1, 10, 16])
  }

  @Test func `14x14x14x1 with 16 filters of 5x5x5 gives 10x10x10x16`() throws {
    #expect(
      try convolve([1, 14, 14, 14, 1], [16, 1, 5, 5, 5], Float.self).shape.extents == [1, 10, 10, 10, 16])
  }

  /// (1 2 3 4) with (1 -1 2): 1 - 2 + 6, 2 - 3 + 8; a bias of 10.
  @Test func `gives the numbers worked by hand`() throws {
    let tape = Tape<Double>()
    let y = try tape.spatialConvolution(
      tape.constant(Tensor([1, 4, 1], [1, 2, 3, 4])), weights: tape.constant(Tensor([1, 1, 3], [1, -1, 2])),
      bias: tape.constant(Tensor([1], [10])))
    #expect(y.tensor.values == [15, 17])
  }

  @Test(arguments: [1, 2, 3])
  func `Float agrees with Double and with the sums of its definition`(axes: Int) throws {
    let sides = [5, 4, 6], kernel = [3, 2, 3], stride = 2, padding = 1
    let x = [2] + sides[..<axes] + [3], w = [4, 3] + kernel[..<axes]
    let single = try convolve(x, w, bias: false, stride: stride, padding: padding, Float.self)
    let double = try convolve(x, w, bias: false, stride: stride, padding: padding, Double.self)
    #expect(largestDifference(single.values, double.values) < Tolerance.float)
    var numbers = Numbers(seed: 1)
    let xs: [Double] = numbers.array(x.reduce(1, *)), ws: [Double] = numbers.array(w.reduce(1, *))
    // Every output by its definition, with missing axes of extent 1.
    let n = Array(sides[..<axes]) + [Int](repeating: 1, count: 3 - axes),
      k = Array(kernel[..<axes]) + [Int](repeating: 1, count: 3 - axes)
    func pad(_ axis: Int) -> Int { axis < axes ? padding : 0 }
    func step(_ axis: Int) -> Int { axis < axes ? stride : 1 }
    let m = (0..<3).map { (n[$0] + 2 * pad($0) - k[$0]) / step($0) + 1 }
    var expected: [Double] = []
    for batch in 0..<2 {
      for at in 0..<m[0] * m[1] * m[2] {
        let place = [at / (m[1] * m[2]), at / m[2] % m[1], at % m[2]]
        for o in 0..<4 {
          var sum = 0.0
          for tap in 0..<k[0] * k[1] * k[2] {
            let t = [tap / (k[1] * k[2]), tap / k[2] % k[1], tap % k[2]]
            let p = (0..<3).map { place[$0] * step($0) + t[$0] - pad($0) }
            guard (0..<3).allSatisfy({ p[$0] >= 0 && p[$0] < n[$0] }) else { continue }
            for c in 0..<3 {
              sum +=
                xs[(((batch * n[0] + p[0]) * n[1] + p[1]) * n[2] + p[2]) * 3 + c]
                * ws[(o * 3 + c) * k[0] * k[1] * k[2] + tap]
            }
          }
          expected.append(sum)
        }
      }
    }
    #expect(largestDifference(double.values, expected) < Tolerance.double)
  }

  @Test func `two axes agree with the fast convolution`() throws {
    let filter: Filter<Float> = try randomFilter(5, 3, kernel: 3, stride: 2, padding: .zeros(1), seed: 3)
    var numbers = Numbers(seed: 3), others = Numbers(seed: 4)
    let weights: Tensor<Float> = try numbers.tensor([5, 3, 3, 3]),
      x: Tensor<Float> = try others.tensor([2, 9, 8, 3])
    let tape = Tape<Float>()
    let plain = try tape.spatialConvolution(
      tape.constant(x), weights: tape.constant(weights), stride: 2, padding: 1)
    let fast = try tape.convolution(tape.constant(x), filter)
    #expect(plain.shape == fast.shape)
    #expect(largestDifference(plain.tensor.values, fast.tensor.values) < Tolerance.float)
  }

  @Test func `refuses shapes that do not fit`() throws {
    func run(_ x: [Int], _ w: [Int], stride: Int = 1, padding: Int = 0) -> String {
      outcome { try convolve(x, w, stride: stride, padding: padding, Double.self) }
    }
    #expect(
      run([1, 14, 2], [16, 1, 5])
        == "invalidArgument: weights [16, 1, 5] for [1, 14, 2]; expected [outputs, inputs, k1 ... kd] for [batch, n1 ... nd, inputs]"
    )
    #expect(
      run([1, 4, 1], [2, 1, 5])
        == "invalidArgument: a window of 5 over 4 with padding 0; expected a window that fits")
    #expect(run([1, 4, 1], [2, 1, 5], padding: 1) == "")
    #expect(
      run([1, 4, 1], [2, 1, 3], stride: 0)
        == "invalidArgument: stride 0 and padding 0; expected 1 or more and 0 or more")
    #expect(run([1, 4, 1], [2, 1, 3], padding: -1).hasPrefix("invalidArgument"))
    #expect(run([1, 4, 1], [2, 1, 3], padding: .max).hasPrefix("invalidArgument"))
    #expect(run([4, 1], [2, 1]).hasPrefix("invalidArgument"))
    #expect(run([1, 2, 2, 2, 2, 1], [1, 1, 2, 2, 2, 2]).hasPrefix("invalidArgument"))
    #expect(run([0, 4, 1], [2, 1, 3]) == "")
  }
}

@Suite struct SpatialPoolingTests {
  private func pool(
    _ x: [Double], _ kind: Pooling, kernel: Int, stride: Int, padding: Int = 0
  ) throws -> [Double] {
    try forward(Tensor([1, x.count, 1], x)) { tape, x throws(Failure) in
      try tape.spatialPool(x, kind, kernel: kernel, stride: stride, padding: padding)
    }.values
  }

  @Test func `gives the numbers worked by hand`() throws {
    #expect(try pool([1, 5, 2, 3], .maximum, kernel: 2, stride: 1) == [5, 5, 3])
    #expect(try pool([1, 5, 2, 4], .average, kernel: 2, stride: 2) == [3, 3])
    // Windows (-, 1), (5, 2), (4, -): what lies outside is not counted.
    #expect(try pool([1, 5, 2, 4], .average, kernel: 2, stride: 2, padding: 1) == [1, 3.5, 4])
    #expect(try pool([1, .nan, 2, 4], .maximum, kernel: 2, stride: 2)[0].isNaN)
  }

  @Test(arguments: [Pooling.maximum, .average])
  func `two axes agree with pooling of pictures`(kind: Pooling) throws {
    var numbers = Numbers(seed: 2)
    let x: Tensor<Float> = try numbers.tensor([2, 7, 5, 3])
    let plain = try forward(x) { tape, x throws(Failure) in
      try tape.spatialPool(x, kind, kernel: 3, stride: 2, padding: 1)
    }
    let fast = try forward(x) { tape, x throws(Failure) in
      try tape.pool(x, kind, kernel: 3, stride: 2, padding: 1)
    }
    #expect(plain.shape == fast.shape && largestDifference(plain.values, fast.values) < Tolerance.float)
  }

  @Test func `refuses windows that do not fit`() throws {
    #expect(outcome { try pool([1, 2], .maximum, kernel: 3, stride: 1) }.hasPrefix("invalidArgument"))
    #expect(
      outcome { try pool([1, 2], .maximum, kernel: 1, stride: 1, padding: 1) }
        == "invalidArgument: padding 1 of a window of 1; expected 0 to 0")
    #expect(outcome { try pool([1, 2], .maximum, kernel: -1, stride: 1) }.hasPrefix("invalidArgument"))
  }
}
