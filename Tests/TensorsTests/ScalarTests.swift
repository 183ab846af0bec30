import TestSupport
import Tensors
import Testing

/// `a * b` by its definition, in Double: the plain twin of the kernels.
private func plainProduct(_ a: [Float], _ b: [Float], rows: Int, depth: Int, columns: Int) -> [Double] {
  var c = [Double](repeating: 0, count: rows * columns)
  for i in 0..<rows {
    for k in 0..<depth {
      let factor = Double(a[i * depth + k])
      for j in 0..<columns { c[i * columns + j] += factor * Double(b[k * columns + j]) }
    }
  }
  return c
}

private func transposed<T>(_ a: [T], rows: Int, columns: Int) -> [T] {
  (0..<rows * columns).map { a[$0 % rows * columns + $0 / rows] }
}

/// Every way to call `multiply` for one product, each against the plain twin.
/// - Returns: the largest difference.
private func worstDifference<Element: Scalar>(
  as: Element.Type, rows: Int, depth: Int, columns: Int, _ numbers: inout Numbers
) throws -> Double {
  let a: [Float] = numbers.array(rows * depth), b: [Float] = numbers.array(depth * columns)
  let before: [Float] = numbers.array(rows * columns)
  let bias: [Float] = numbers.array(columns), slopes: [Float] = numbers.array(columns)
  let product = plainProduct(a, b, rows: rows, depth: depth, columns: columns)
  let wideA = a.map { Element($0) }, wideB = b.map { Element($0) }
  // The strides say where an element lies: rows 3 numbers further apart than they are long; a transposed
  // matrix.
  var spacedA = [Element](repeating: .nan, count: rows * (depth + 3))
  for i in 0..<rows { for k in 0..<depth { spacedA[i * (depth + 3) + k] = wideA[i * depth + k] } }
  let turnedA = transposed(wideA, rows: rows, columns: depth),
    turnedB = transposed(wideB, rows: depth, columns: columns)
  let packed = try Element.pack(depth: depth, columns: columns, wideB, rowStride: columns, columnStride: 1)
  let fromTurned = try Element.pack(
    depth: depth, columns: columns, turnedB, rowStride: 1, columnStride: depth)

  var worst = 0.0
  func check(
    _ a: [Element], _ rowStride: Int, _ columnStride: Int, _ b: PackedMatrix<Element>, accumulate: Bool,
    _ plain: PlainFinish
  ) throws {
    let finish: Finish<Element> = try plain.finish()
    // Numbers behind the result must stay as they are.
    let guardCount = 40
    let c = try Tensor<Element>([rows * columns + guardCount], repeating: 77)
    for i in 0..<rows * columns { c.pointer[i] = accumulate ? Element(before[i]) : .nan }
    try Element.multiply(
      rows: rows, a, rowStride: rowStride, columnStride: columnStride, b, c.pointer, accumulate: accumulate,
      finish)
    let expected = product.indices.map {
      plain(product[$0] + (accumulate ? Double(before[$0]) : 0), $0 % columns)
    }
    worst = max(worst, largestDifference(Array(c.values[..<(rows * columns)]), expected))
    if c.values[(rows * columns)...].contains(where: { $0 != 77 }) { worst = .infinity }
  }
  try check(wideA, depth, 1, packed, accumulate: false, PlainFinish())
  try check(spacedA, depth + 3, 1, fromTurned, accumulate: false, PlainFinish(bias: bias))
  try check(turnedA, 1, rows, packed, accumulate: true, PlainFinish())
  try check(wideA, depth, 1, packed, accumulate: false, PlainFinish(bias: bias, rectify: true))
  try check(turnedA, 1, rows, fromTurned, accumulate: false, PlainFinish(bias: bias, slopes: slopes))
  try check(wideA, depth, 1, packed, accumulate: true, PlainFinish(bias: bias, slopes: slopes))
  return worst
}

@Suite struct ScalarTests {
  @Test(arguments: oddSides)
  func `a Float product agrees with its plain twin at odd sizes`(rows: Int) throws {
    var numbers = Numbers(seed: UInt64(rows))
    for depth in oddSides {
      for columns in oddSides {
        let worst = try worstDifference(as: Float.self, rows: rows, depth: depth, columns: columns, &numbers)
        #expect(worst < Tolerance.product(depth: depth), "seed \(rows): \(rows) x \(depth) x \(columns)")
      }
    }
  }

  /// Depths of several blocks; wide products of rows so far apart that they are copied block by block.
  @Test(arguments: [(13, 257), (97, 300), (7, 512), (8, 513), (5, 1000), (101, 1030)], [5, 140])
  func `a Float product agrees with its plain twin where it is deep`(
    sides: (rows: Int, depth: Int), columns: Int
  ) throws {
    var numbers = Numbers(seed: UInt64(sides.depth))
    let worst = try worstDifference(
      as: Float.self, rows: sides.rows, depth: sides.depth, columns: columns, &numbers)
    #expect(worst < Tolerance.product(depth: sides.depth))
  }

  @Test(arguments: [1, 2, 3, 7, 16, 33])
  func `a Double product agrees with its plain twin at odd sizes`(rows: Int) throws {
    var numbers = Numbers(seed: UInt64(rows))
    for depth in oddSides {
      for columns in [1, 2, 5, 17, 127] {
        let worst = try worstDifference(as: Double.self, rows: rows, depth: depth, columns: columns, &numbers)
        #expect(worst < Tolerance.double, "seed \(rows): \(rows) x \(depth) x \(columns)")
      }
    }
  }

  @Test func `a product without depth is the bias alone`() throws {
    func product<Element: Scalar>(_: Element.Type) throws -> [Element] {
      let packed = try Element.pack(depth: 0, columns: 3, [0], rowStride: 3, columnStride: 1)
      let c = try Tensor<Element>([6], repeating: .nan)
      try Element.multiply(
        rows: 2, [0], rowStride: 0, columnStride: 1, packed, c.pointer, accumulate: false,
        Finish(bias: [1, -2, 3], rectify: true))
      return c.values
    }
    #expect(try product(Float.self) == [1, 0, 3, 1, 0, 3])
    #expect(try product(Double.self) == [1, 0, 3, 1, 0, 3])
  }

  @Test func `no rows and no columns are no work`() throws {
    let packed = try Float.pack(depth: 4, columns: 0, [0], rowStride: 0, columnStride: 1)
    let c = try Tensor<Float>([1], repeating: 5)
    try Float.multiply(
      rows: 3, [0], rowStride: 0, columnStride: 1, packed, c.pointer, accumulate: false, .nothing)
    let some = try Float.pack(depth: 1, columns: 1, [2], rowStride: 1, columnStride: 1)
    try Float.multiply(
      rows: 0, [0], rowStride: 1, columnStride: 1, some, c.pointer, accumulate: false, .nothing)
    #expect(c.values == [5])
  }

  /// A tile computes rows and columns together: what is not finite must stay in its own.
  @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 6, 12])
  func `a number that is not finite reaches its row and its column alone`(value: Float, place: Int) throws {
    let side = 13
    func spread(a: [Float], b: [Float]) throws -> [Float] {
      let packed = try Float.pack(depth: side, columns: side, b, rowStride: side, columnStride: 1)
      let c = try Tensor<Float>([side * side], repeating: 0)
      try Float.multiply(
        rows: side, a, rowStride: side, columnStride: 1, packed, c.pointer, accumulate: false, .nothing)
      return c.values
    }
    let ones = [Float](repeating: 1, count: side * side)
    var changed = ones
    changed[place * side + 4] = value
    let rows = try spread(a: changed, b: ones)
    for i in 0..<side * side {
      let expected = i / side == place ? value : 13
      #expect(rows[i] == expected || rows[i].isNaN && expected.isNaN)
    }
    changed = ones
    changed[4 * side + place] = value
    let columns = try spread(a: ones, b: changed)
    for i in 0..<side * side {
      let expected = i % side == place ? value : 13
      #expect(columns[i] == expected || columns[i].isNaN && expected.isNaN)
    }
  }

  @Test func `keeps the rules of extreme numbers`() throws {
    // IEEE 754: overflow is infinity, infinity times 0 and infinity minus infinity are NaN, subnormals are
    // kept.
    func product(_ a: [Float], _ b: [Float], _ finish: Finish<Float> = .nothing) throws -> Float {
      let packed = try Float.pack(depth: a.count, columns: 1, b, rowStride: 1, columnStride: 1)
      let c = try Tensor<Float>([1])
      try Float.multiply(
        rows: 1, a, rowStride: a.count, columnStride: 1, packed, c.pointer, accumulate: false, finish)
      return c[0]
    }
    #expect(try product([.greatestFiniteMagnitude], [2]) == .infinity)
    #expect(try product([-.greatestFiniteMagnitude], [2]) == -.infinity)
    #expect(try product([.infinity], [0]).isNaN)
    #expect(try product([.infinity, 1], [1, -.infinity]).isNaN)
    #expect(try product([.leastNonzeroMagnitude], [1]) == .leastNonzeroMagnitude)
    #expect(try product([1e-30], [1e-10]) == Float(1e-30) * 1e-10)
    #expect(try product([-.infinity], [1], Finish(bias: nil, rectify: true)) == 0)
    #expect(try product([.nan], [1], Finish(bias: nil, rectify: true)).isNaN)
    #expect(try product([.nan], [1], Finish(bias: nil, slopes: [0.5])).isNaN)
    #expect(try product([-.infinity], [1], Finish(bias: [1], slopes: [0.5])) == -.infinity)
  }

  @Test(arguments: [(301, 203, 131), (205, 1030, 140)])
  func `a product gives the same bits for one to four threads`(rows: Int, depth: Int, columns: Int) throws {
    var numbers = Numbers(seed: 8)
    let a: [Float] = numbers.array(rows * depth), b: [Float] = numbers.array(depth * columns)
    let turned = transposed(a, rows: rows, columns: depth)
    func product(_ a: [Float], _ rowStride: Int, _ columnStride: Int) throws -> [Float] {
      let packed = try Float.pack(depth: depth, columns: columns, b, rowStride: columns, columnStride: 1)
      let c = try Tensor<Float>([rows * columns], repeating: .nan)
      try Float.multiply(
        rows: rows, a, rowStride: rowStride, columnStride: columnStride, packed, c.pointer, accumulate: false,
        .nothing)
      return c.values
    }
    #expect(try givesSameBits { try product(a, depth, 1) + product(turned, 1, rows) })
    #expect(try bits(product(a, depth, 1)) == bits(product(turned, 1, rows)))
  }

  /// A host may change the number of threads at any time. In a process of its own, which a worker outside its
  /// scratch memory may end.
  @Test func `a product stands a change of the threads while it works`() async throws {
    await #expect(processExitsWith: .success) {
      let side = 64
      let a = [Float](repeating: 1, count: side * side)
      let packed = try Float.pack(depth: side, columns: side, a, rowStride: side, columnStride: 1)
      let wrong = try Storage<Int>(repeating: 0, count: 2)
      let isDone = Lock()
      var rounds = 3000
      onThreads(2) { role in
        while isDone.hold({ rounds > 0 }) {
          if role == 0 {
            for threads in [1, 8, 2, 16, 1] { ThreadPool.shared.threads = threads }
          } else {
            let c = try? Tensor<Float>([side * side], repeating: .nan)
            if let c {
              try? Float.multiply(
                rows: side, a, rowStride: side, columnStride: 1, packed, c.pointer, accumulate: false,
                .nothing)
            }
            if c?.values != [Float](repeating: 64, count: side * side) { wrong.pointer[1] += 1 }
            isDone.hold { rounds -= 1 }
          }
        }
      }
      try #require(wrong.values == [0, 0])
    }
  }

  @Test(arguments: [(1, 1), (3, 5), (16, 16), (17, 33), (100, 7), (1, 50)])
  func `transposes`(rows: Int, columns: Int) throws {
    var numbers = Numbers(seed: 3)
    let source: [Float] = numbers.array(rows * columns)
    let target = try Tensor<Float>([columns * rows], repeating: .nan)
    Float.transpose(source, stride: columns, rows: columns, columns: rows, into: target.pointer)
    #expect(target.values == transposed(source, rows: rows, columns: columns))
  }

  @Test func `sums of each kind are kept in the wider number`() {
    #expect(Float(0.1).accumulated == 0.10000000149011612)  // 0.1 in single precision
    #expect(Double(0.1).accumulated == 0.1 && Dual(2, derivative: 3).accumulated.derivative == 3)
  }

  @Test func `has powers and exponentials of both kinds`() {
    #expect(Float.power(2, 10) == 1024)
    #expect(Double.power(2, -2) == 0.25)
    #expect(Float.exponential(0) == 1)
    // e, Napier's number, to 16 digits.
    #expect(abs(Double.exponential(1) - 2.718281828459045) < Tolerance.double)
  }
}
