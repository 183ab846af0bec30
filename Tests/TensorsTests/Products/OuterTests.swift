import CSystem
import TestSupport
import Tensors
import Testing

@Suite struct GramTests {
  private func gram(_ x: Tensor<Float>) throws -> [Float] {
    let gram = try Tensor<Float>([x.shape[1], x.shape[1]], repeating: .nan)
    try Float.gram(x.pointer, rows: x.shape[0], columns: x.shape[1], gram.pointer, Workspace())
    return gram.values
  }

  /// `gram[k, l] = sum over rows of x[row, k] * x[row, l]`, by its definition.
  private func plainGram(_ x: Tensor<Float>) -> [Double] {
    let columns = x.shape[1]
    var sums = [Double](repeating: 0, count: columns * columns)
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<x.shape[0] {
        for k in 0..<columns {
          let factor = Double(x[row * columns + k])
          for l in 0..<columns { sums[k * columns + l] += factor * Double(x[row * columns + l]) }
        }
      }
    }
    return sums
  }

  private func isSymmetric(_ gram: [Float], _ columns: Int) -> Bool {
    (0..<columns * columns).allSatisfy {
      gram[$0].bitPattern == gram[$0 % columns * columns + $0 / columns].bitPattern
    }
  }

  @Test(arguments: oddSides + [8, 24, 32, 48, 64, 100])
  func `agrees with its plain twin and is symmetric to the bit`(columns: Int) throws {
    var numbers = Numbers(seed: UInt64(columns))
    for rows in [1, 2, 7, 16, 127, 255, 256, 257, 700] {
      let x: Tensor<Float> = try numbers.tensor([rows, columns]), expected = plainGram(x),
        result = try gram(x)
      #expect(largestDifference(result, expected) < Tolerance.gram(rows: rows), "\(rows) rows")
      #expect(isSymmetric(result, columns), "\(rows) rows")
      let wide = try Tensor<Double>([columns * columns], repeating: .nan)
      try Double.gram(x.values.map(Double.init), rows: rows, columns: columns, wide.pointer, Workspace())
      #expect(largestDifference(wide.values, expected) < Tolerance.double, "\(rows) rows")
    }
  }

  /// Rows cut into parts, as many as 32 of several blocks.
  @Test(arguments: [(20_000, 3), (10_001, 17), (9000, 40)])
  func `adds up the parts of many rows`(rows: Int, columns: Int) throws {
    var numbers = Numbers(seed: UInt64(columns))
    let x: Tensor<Float> = try numbers.tensor([rows, columns]), result = try gram(x)
    #expect(largestDifference(result, plainGram(x)) < Tolerance.gram(rows: rows))
    #expect(isSymmetric(result, columns))
  }

  @Test func `is zero without rows, and no work without columns`() throws {
    let nothing = try Tensor<Float>([0, 3]), result = try Tensor<Float>([9], repeating: .nan)
    try Float.gram(nothing.pointer, rows: 0, columns: 3, result.pointer, Workspace())
    #expect(result.values == [Float](repeating: 0, count: 9))
    try Float.gram(nothing.pointer, rows: 3, columns: 0, nothing.pointer, Workspace())
    let wide = try Tensor<Double>([9], repeating: .nan)
    try Double.gram(wide.pointer, rows: 0, columns: 3, wide.pointer, Workspace())
    #expect(wide.values == [Double](repeating: 0, count: 9))
  }

  @Test(arguments: [1, 16, 33, 127])
  func `gives the same bits for one to four threads`(columns: Int) throws {
    var numbers = Numbers(seed: 4)
    let x: Tensor<Float> = try numbers.tensor([3001, columns])
    #expect(try givesSameBits { try gram(x) })
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 16, 36])
  func `what is not finite reaches its row and its column alone`(value: Float, column: Int) throws {
    let x = try Tensor<Float>([300, 37], repeating: 1)
    x.pointer[280 * 37 + column] = value
    let result = try gram(x)
    let isSame = (0..<37 * 37).allSatisfy { i in
      let isHit = i / 37 == column || i % 37 == column
      let expected = !isHit ? 300 : i == column * 38 ? value * value : value
      return result[i] == expected || result[i].isNaN && expected.isNaN
    }
    #expect(isSame)
  }

  @Test func `scales with the square, and overflows to infinity`() throws {
    var numbers = Numbers(seed: 5)
    let x: Tensor<Float> = try numbers.tensor([300, 19]), before = try gram(x)
    for i in 0..<x.count { x.pointer[i] *= 0x1p50 }
    #expect(bits(try gram(x)) == bits(before.map { $0 * 0x1p100 }))
    for i in 0..<x.count { x.pointer[i] = 1e30 }
    #expect(try gram(x).allSatisfy { $0 == .infinity })
  }
}

@Suite struct WeightGradientTests {
  private func gradient(_ c: Case, _ dy: Tensor<Float>) throws -> [Float] {
    let dw = try Tensor<Float>([c.weights.count], repeating: .nan)
    try Float.weightGradient(
      c.window, c.x.pointer, dy.pointer, outputs: c.outputs, groups: c.groups, dw.pointer, Workspace())
    return dw.values
  }

  /// `dw[t, c, k] = sum over pixels p of x[pixel(p, t), c] * dy[p, k]`, by its definition.
  private func plainGradient(_ c: Case, _ dy: Tensor<Float>) -> [Double] {
    let w = c.window, inputs = w.channels / c.groups, each = c.outputs / c.groups
    var dw = [Double](repeating: 0, count: c.weights.count)
    dw.withUnsafeMutableBufferPointer { dw in
      w.forEachPatch { pixel, tap, input in
        for group in 0..<c.groups {
          for i in 0..<inputs {
            let factor = Double(c.x[input + group * inputs + i]),
              row = ((group * w.taps + tap) * inputs + i) * each
            for j in 0..<each { dw[row + j] += factor * Double(dy[pixel * c.outputs + group * each + j]) }
          }
        }
      }
    }
    return dw
  }

  private func check(_ c: Case, _ numbers: inout Numbers) throws {
    let dy: Tensor<Float> = try numbers.tensor([c.window.outputPixels, c.outputs])
    let expected = plainGradient(c, dy)
    let difference = largestDifference(try gradient(c, dy), expected)
    #expect(difference < Tolerance.product(depth: c.window.outputPixels), "\(c)")
  }

  @Test(arguments: Sweep.all)
  func `agrees with its plain twin`(sweep: Sweep) throws {
    var numbers = Numbers(seed: UInt64(sweep.kernel))
    for (channels, outputs) in [(1, 1), (3, 5), (7, 17), (16, 13), (33, 31), (17, 127)] {
      try check(Case(sweep.window(1, 5, 7, channels), outputs, &numbers), &numbers)
      try check(Case(sweep.window(3, 13, 9, channels), outputs, &numbers), &numbers)
    }
  }

  @Test(arguments: oddSides)
  func `agrees with its plain twin at odd sides`(side: Int) throws {
    var numbers = Numbers(seed: UInt64(side))
    for other in [1, 3, 16] {
      try check(Case(window(2, side, other, 5, kernel: 3, stride: 1, pad: 1), 6, &numbers), &numbers)
      try check(Case(window(1, other, side, side, kernel: 3, stride: 2, pad: 1), 9, &numbers), &numbers)
    }
  }

  /// Rows of the result longer than what is packed at a time; many rows cut into parts.
  @Test(arguments: [(1, 3, 300, 4, 5), (1, 300, 3, 4, 5), (2, 67, 71, 8, 40), (40, 4, 4, 6, 70)])
  func `adds up the parts of a large picture`(n: Int, h: Int, w: Int, channels: Int, outputs: Int) throws {
    var numbers = Numbers(seed: UInt64(h))
    try check(Case(window(n, h, w, channels, kernel: 3, stride: 1, pad: 1), outputs, &numbers), &numbers)
  }

  @Test(
    arguments: [
      (4, 6, 2), (6, 6, 3), (32, 48, 4), (33, 66, 3), (17, 34, 17), (20, 5, 5), (64, 32, 2), (21, 21, 21)
    ],
    [Sweep(1, 1, 0), Sweep(3, 1, 1), Sweep(3, 2, 0), Sweep(5, 2, 2), Sweep(7, 1, 3)])
  func `agrees with its plain twin in groups`(
    sides: (channels: Int, outputs: Int, groups: Int), sweep: Sweep
  ) throws {
    var numbers = Numbers(seed: UInt64(sides.channels))
    try check(
      Case(sweep.window(2, 7, 6, sides.channels), sides.outputs, groups: sides.groups, &numbers), &numbers)
  }

  /// The result is linear in the weights, so central differences are exact but for rounding: all of it in
  /// Double.
  @Test func `is what central differences say`() throws {
    var numbers = Numbers(seed: 41)
    let c = try Case(window(1, 5, 6, 4, kernel: 3, stride: 2, pad: 1), 6, groups: 2, &numbers)
    let dy: Tensor<Float> = try numbers.tensor([c.window.outputPixels, c.outputs])
    func value(_ weights: [Double]) throws -> Double {
      let filter = try PackedFilter<Double>(
        kernel: 3, stride: 2, inputs: 2, outputs: 6, groups: 2, matrix: weights)
      let y = try Tensor<Double>([c.window.outputPixels, 6])
      try Double.convolve(c.window, c.x.values.map(Double.init), filter, y.pointer, .nothing, Workspace())
      return (0..<y.count).reduce(0) { $0 + y[$1] * Double(dy[$1]) }
    }
    let result = try gradient(c, dy), weights = c.weights.map(Double.init)
    for i in weights.indices {
      var above = weights, below = weights
      above[i] += 0.5
      below[i] -= 0.5
      #expect(
        abs(Double(result[i]) - (try value(above) - (try value(below))))
          < Tolerance.product(depth: c.window.outputPixels))
    }
  }

  @Test(arguments: [(8, 40, 1), (24, 24, 24), (16, 32, 2)])
  func `gives the same bits for one to four threads`(channels: Int, outputs: Int, groups: Int) throws {
    var numbers = Numbers(seed: 42)
    let c = try Case(
      window(2, 37, 41, channels, kernel: 3, stride: 1, pad: 1), outputs, groups: groups, &numbers)
    let dy: Tensor<Float> = try numbers.tensor([c.window.outputPixels, outputs])
    #expect(try givesSameBits { try gradient(c, dy) })
  }

  @Test(arguments: [Float.nan, .infinity])
  func `what is not finite reaches its channel alone`(value: Float) throws {
    let ones = [Float](repeating: 1, count: 9 * 9 * 5)
    let c = Case(
      window(1, 6, 7, 9, kernel: 3, stride: 1, pad: 1), 5, x: try Tensor([1, 6, 7, 9], repeating: 1),
      weights: ones)
    let dy = try Tensor<Float>([42, 5], repeating: 1)
    c.x.pointer[(3 * 7 + 3) * 9 + 4] = value
    for (i, result) in try gradient(c, dy).enumerated() { #expect(result.isFinite == (i / 5 % 9 != 4)) }
    c.x.pointer[(3 * 7 + 3) * 9 + 4] = 1
    dy.pointer[(3 * 7 + 3) * 5 + 2] = value
    for (i, result) in try gradient(c, dy).enumerated() { #expect(result.isFinite == (i % 5 != 2)) }
  }

  @Test func `is zero without pictures, and no work without outputs`() throws {
    var numbers = Numbers(seed: 43)
    let c = try Case(window(0, 3, 3, 4, kernel: 3, stride: 1, pad: 1), 5, &numbers)
    #expect(try gradient(c, Tensor([0])).allSatisfy { $0 == 0 })
    let none = try Case(window(1, 3, 3, 4, kernel: 3, stride: 1, pad: 1), 0, &numbers)
    #expect(try gradient(none, Tensor([0])) == [])
  }
}
