import CSystem
import TestSupport
import Tensors
import Testing

/// The kernels against their plain twins, which serve Double.
@Suite struct PoolingTests {
  @Test(
    arguments: [1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 33, 127],
    [(2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 1, 1), (5, 3, 2)])
  func `maximum and mean agree with their plain twins`(channels: Int, shape: (Int, Int, Int)) throws {
    let (kernel, stride, pad) = shape
    var w = window(2, 9, 8, channels, kernel: kernel, stride: stride, pad: pad)
    w.outHeight += (9 + 2 * pad - kernel) % stride == 0 ? 0 : 1  // the last window reaches over the edge
    var numbers = Numbers(seed: UInt64(channels + kernel))
    let x: [Float] = numbers.array(2 * 9 * 8 * channels)
    for isMaximum in [true, false] {
      let y = try Tensor<Float>([w.outputPixels, channels], repeating: .nan)
      let twin = try Tensor<Double>([w.outputPixels, channels], repeating: .nan)
      Float.pool(w, isMaximum: isMaximum, x, y.pointer)
      Double.pool(w, isMaximum: isMaximum, x.map(Double.init), twin.pointer)
      #expect(largestDifference(y.values, twin.values) < (isMaximum ? 1e-12 : Tolerance.float))
    }
  }

  @Test(arguments: oddSides, [(2, 2), (2, 1), (3, 3)])
  func `lengths agree with their plain twin`(channels: Int, shape: (Int, Int)) throws {
    let w = window(2, 9, 8, channels, kernel: shape.0, stride: shape.1, pad: 0)
    var numbers = Numbers(seed: UInt64(channels))
    let x: [Float] = numbers.array(2 * 9 * 8 * channels)
    let y = try Tensor<Float>([w.outputPixels, channels], repeating: .nan)
    Float.euclideanPool(w, x, y.pointer)
    var squares = [Double](repeating: 0, count: y.count)
    w.forEachTap { output, input, _ in
      for c in 0..<channels { squares[output + c] += Double(x[input + c]) * Double(x[input + c]) }
    }
    #expect(largestDifference(y.values, squares.map { $0.squareRoot() }) < Tolerance.product(depth: w.taps))
  }

  @Test func `a NaN stays, wherever it is in the window`() throws {
    let w = window(1, 2, 2, 17, kernel: 2, stride: 2, pad: 0)
    for place in 0..<4 {
      for channel in [0, 16] {
        var x = [Float](repeating: 1, count: 4 * 17)
        x[place * 17 + channel] = .nan
        for isMaximum in [true, false] {
          let y = try Tensor<Float>([17])
          Float.pool(w, isMaximum: isMaximum, x, y.pointer)
          #expect((0..<17).filter { y[$0].isNaN } == [channel])
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 33, 127], [0, 2, 5])
  func `response normalisation agrees with its plain twin`(channels: Int, half: Int) throws {
    var numbers = Numbers(seed: UInt64(channels))
    let x: [Float] = numbers.array(11 * channels)
    let y = try Tensor<Float>([11, channels]), twin = try Tensor<Double>([11, channels])
    try Float.normaliseResponse(x, y.pointer, rows: 11, channels: channels, scale: 0.3, half: half)
    Double.normaliseResponse(
      x.map(Double.init), twin.pointer, rows: 11, channels: channels, scale: 0.3, half: half)
    #expect(largestDifference(y.values, twin.values) < Tolerance.float)
  }

  @Test func `response normalisation and pooling give the same bits for one to four threads`() throws {
    var numbers = Numbers(seed: 52)
    let x: Tensor<Float> = try numbers.tensor([60 * 70, 33])
    #expect(
      try givesSameBits {
        let y = try Tensor<Float>([60 * 70, 33])
        try Float.normaliseResponse(x.pointer, y.pointer, rows: 60 * 70, channels: 33, scale: 0.3, half: 5)
        return y.values
      })
    let w = window(1, 60, 70, 33, kernel: 3, stride: 2, pad: 1)
    for isMaximum in [true, false] {
      #expect(
        try givesSameBits {
          let y = try Tensor<Float>([w.outputPixels, 33])
          Float.pool(w, isMaximum: isMaximum, x.pointer, y.pointer)
          return y.values
        })
    }
  }
}

/// 2x2 pooling behind a rectifier, and its way back by codes.
@Suite struct RectifiedPoolingTests {
  private func pool(_ w: Window, _ pooling: Int, _ x: [Float]) throws -> (values: [Float], codes: [UInt8]) {
    let count = w.batch * ((w.height + 1) / 2) * ((w.width + 1) / 2) * w.channels
    let y = try Tensor<Float>([count], repeating: .nan),
      codes = try Tensor<UInt8>([count / 2 + 16], repeating: 0xA5)
    Float.poolRectified(w, isMaximum: pooling == Int(poolingMaximum), x, y.pointer, codes.pointer)
    let alone = try Tensor<Float>([count], repeating: .nan)
    Float.poolRectified(w, isMaximum: pooling == Int(poolingMaximum), x, alone.pointer, nil)
    #expect(bits(alone.values) == bits(y.values))
    #expect(codes.values[(count / 2)...].allSatisfy { $0 == 0xA5 })
    return (y.values, unpackedCodes(Array(codes.values[..<(count / 2)])))
  }

  /// Rectified numbers, half of them zeros, and so coarse that equals lie side by side.
  private func rectified(_ count: Int, _ numbers: inout Numbers) -> [Float] {
    (0..<count).map { _ in max(0, (Float(numbers.next()) * 8).rounded() / 8) + 0 }  // + 0: no negative zero
  }

  @Test(arguments: oddSides, [Int(poolingAverage), Int(poolingMaximum)])
  func `agrees with its plain twin to the bit`(side: Int, pooling: Int) throws {
    var numbers = Numbers(seed: UInt64(side))
    for (batch, other, vectors) in [(1, 1, 1), (2, 2, 3), (1, 5, 5), (3, 16, 1)] {
      for (height, width) in [(side, other), (other, side)] {
        let w = window(batch, height, width, vectors * lanes, kernel: 2, stride: 2, pad: 0)
        let x = rectified(batch * height * width * w.channels, &numbers)
        let result = try pool(w, pooling, x), expected = plainPooling(w, pooling, x)
        #expect(bits(result.values) == bits(expected.values), "\(height)x\(width)")
        #expect(result.codes == expected.codes, "\(height)x\(width)")
      }
    }
  }

  /// dx = dy where the window's maximum came from, or a share of it where the rectifier was open.
  @Test(arguments: oddSides, [Int(poolingAverage), Int(poolingMaximum)])
  func `the way back gives each pixel its share`(side: Int, pooling: Int) throws {
    var numbers = Numbers(seed: UInt64(side))
    for (height, width) in [(side, 5), (4, side)] {
      let w = window(2, height, width, 2 * lanes, kernel: 2, stride: 2, pad: 0),
        x = rectified(2 * height * width * w.channels, &numbers)
      let codes = try pool(w, pooling, x).codes, dy: [Float] = numbers.array(codes.count)
      let dx = try Tensor<Float>([x.count], repeating: .nan)
      Float.unpool(w, isMaximum: pooling == Int(poolingMaximum), dy, packedCodes(codes), dx.pointer)
      var expected = [Float](repeating: 0, count: x.count), given = Set<Int>()
      let largest = plainPooling(w, Int(poolingMaximum), x).values
      var pooled = w
      (pooled.outHeight, pooled.outWidth) = ((height + 1) / 2, (width + 1) / 2)
      pooled.forEachTap { output, input, covered in
        for c in 0..<w.channels where x[input + c] > 0 {
          if pooling == poolingAverage { expected[input + c] = dy[output + c] / Float(covered) }
          if pooling == poolingMaximum, x[input + c] == largest[output + c], given.insert(output + c).inserted
          {
            expected[input + c] = dy[output + c]
          }
        }
      }
      #expect(bits(dx.values) == bits(expected), "\(height)x\(width)")
    }
  }

  @Test(arguments: [Int(poolingAverage), Int(poolingMaximum)])
  func `a NaN stays, and takes no gradient`(pooling: Int) throws {
    let w = window(1, 2, 2, 16, kernel: 2, stride: 2, pad: 0)
    for place in 0..<4 {
      var x = [Float](repeating: 1, count: 64)
      x[place * 16 + 3] = .nan
      let result = try pool(w, pooling, x)
      #expect((0..<16).filter { result.values[$0].isNaN } == [3])
      #expect(result.codes[3] == (pooling == poolingAverage ? 15 - (1 << UInt8(place)) : 0))
    }
  }

  @Test func `extreme numbers keep their rules`() throws {
    let w = window(1, 2, 2, 16, kernel: 2, stride: 2, pad: 0)
    let x = [Float.infinity, 0, 1e38, .leastNonzeroMagnitude].flatMap { [Float](repeating: $0, count: 16) }
    let largest = try pool(w, Int(poolingMaximum), x), mean = try pool(w, Int(poolingAverage), x)
    #expect(largest.values.allSatisfy { $0 == .infinity } && largest.codes.allSatisfy { $0 == 1 })
    #expect(mean.values.allSatisfy { $0 == .infinity } && mean.codes.allSatisfy { $0 == 0b1101 })
  }

  @Test(arguments: [Int(poolingAverage), Int(poolingMaximum)])
  func `gives the same bits for one to four threads`(pooling: Int) throws {
    var numbers = Numbers(seed: 51)
    let w = window(2, 61, 67, 32, kernel: 2, stride: 2, pad: 0), x = rectified(2 * 61 * 67 * 32, &numbers)
    let dy: [Float] = numbers.array(2 * 31 * 34 * 32)
    #expect(
      try givesSameBits {
        let result = try pool(w, pooling, x), dx = try Tensor<Float>([x.count], repeating: .nan)
        Float.unpool(w, isMaximum: pooling == Int(poolingMaximum), dy, packedCodes(result.codes), dx.pointer)
        return result.values + result.codes.map { Float($0) } + dx.values
      })
  }
}
