import TestSupport
import Tensors
import Testing

private let oddSizes = [1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 33, 127, 128, 129]

private func distance(_ a: [Float], _ b: [Float]) -> Float { euclideanDistance(a.span, b.span) }

/// Rows and queries, and what sorting all distances finds.
private struct Search {
  let rows: Rows
  let values: [[Float]]

  init(rows: Rows, values: [[Float]]) { (self.rows, self.values) = (rows, values) }

  init(_ values: [[Float]]) throws {
    self.values = values
    rows = try Rows(dimension: values[0].count)
    for value in values { try rows.append(value.span) }
  }

  /// Random rows in -scale..<scale.
  init(count: Int, dimension: Int, scale: Float = 1, seed: UInt64 = 1) throws {
    var numbers = Numbers(seed: seed)
    try self.init((0..<count).map { _ in (numbers.array(dimension) as [Float]).map { $0 * scale } })
  }

  func found(_ k: Int, _ queries: [[Float]]) throws -> [[Neighbour]] {
    let all = try rows.nearest(k, to: queries.flatMap { $0 }.span).values
    let each = min(k, values.count)
    return queries.indices.map { Array(all[($0 * each)..<(($0 + 1) * each)]) }
  }

  func sorted(_ k: Int, _ query: [Float]) -> [Neighbour] {
    let all = values.indices.map {
      Neighbour(distance: distance(values[$0], query), row: $0)
    }
    return Array(all.sorted().prefix(k))
  }
}

@Suite struct DistanceTests {
  @Test(arguments: oddSizes)
  func `is the root of the sum of squared differences, as its plain twin has it`(dimension: Int) {
    var numbers = Numbers(seed: UInt64(dimension))
    let a: [Float] = numbers.array(dimension), b: [Float] = numbers.array(dimension)
    var sum = 0.0
    for (x, y) in zip(a, b) { sum += (Double(x) - Double(y)) * (Double(x) - Double(y)) }
    #expect(abs(Double(distance(a, b)) - sum.squareRoot()) <= 1e-6 * sum.squareRoot())
    #expect(distance(a, b) == distance(b, a))
    #expect(distance(a, a) == 0)
  }

  @Test(arguments: oddSizes, [Float(1e19), 1e30, 1e38, 1e-17, 1e-25, 1e-38])
  func `is right where squares are above all numbers of a Float, or below them`(dimension: Int, scale: Float)
  {
    var numbers = Numbers(seed: UInt64(dimension))
    let a = (numbers.array(dimension) as [Float]).map { $0 * scale },
      b = (numbers.array(dimension) as [Float]).map { $0 * scale }
    var sum = 0.0
    for (x, y) in zip(a, b) { sum += (Double(x) - Double(y)) * (Double(x) - Double(y)) }
    let found = distance(a, b), wanted = Float(sum.squareRoot())
    #expect(found == wanted || abs(Double(found) - sum.squareRoot()) <= 1e-6 * sum.squareRoot())
    #expect(distance(a, a) == 0)
  }

  @Test func `is infinite only where it is too large itself`() {
    #expect(
      distance([3e38, 0], [0, 1e38])
        == Float((Double(Float(3e38)) * Double(Float(3e38)) + 1e76).squareRoot()))
    #expect(distance([3e38, 3e38], [-3e38, -3e38]) == .infinity)
  }

  @Test(arguments: oddSizes)
  func `a number that is none, anywhere, makes the distance none`(dimension: Int) {
    for place in 0..<dimension {
      var a = [Float](repeating: 1, count: dimension)
      let b = a
      a[place] = .nan
      #expect(distance(a, b).isNaN)
      a[place] = -.infinity
      #expect(distance(a, b) == .infinity)
    }
  }
}

@Suite struct NearestTests {
  @Test(arguments: oddSizes)
  func `finds what sorting all distances finds, for one query and for many`(dimension: Int) throws {
    let search = try Search(count: 300, dimension: dimension)
    var numbers = Numbers(seed: 9)
    for count in [1, 3, 4, 17, 64, 65] {
      let queries: [[Float]] = (0..<count).map { _ in numbers.array(dimension) }
      for k in [1, 5, 299] { #expect(try search.found(k, queries) == queries.map { search.sorted(k, $0) }) }
    }
  }

  @Test(arguments: oddSizes)
  func `any number of rows is searched to its end`(count: Int) throws {
    let search = try Search(count: count, dimension: 6)
    #expect(try search.found(3, search.values) == search.values.map { search.sorted(3, $0) })
    #expect(try search.found(500, search.values) == search.values.map { search.sorted(500, $0) })
    #expect(try search.found(1, [search.values[count - 1]])[0][0].row == count - 1)
  }

  @Test func `of equally near rows the first ones come first`() throws {
    let search = try Search((0..<400).map { [Float($0 % 2), 0, 0] })
    let expected = [0, 2, 4, 6, 8]
    for count in [1, 8] {
      for near in try search.found(5, [[Float]](repeating: [0, 0, 0], count: count)) {
        #expect(near.map(\.row) == expected)
      }
    }
  }

  @Test(arguments: [1, 8], [Float(1e19), 1e25, 1e-19, 1e-30])
  func `finds the nearest where squares leave the range of a Float`(count: Int, scale: Float) throws {
    let search = try Search(count: 700, dimension: 9, scale: scale, seed: 5)
    let queries = Array(search.values[40..<40 + count]).map { $0.map { $0 * 0.9 } }
    for (query, near) in zip(queries, try search.found(5, queries)) {
      let exact = search.values.map { row in
        zip(row, query).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
      }
      let order = exact.indices.sorted { exact[$0] < exact[$1] }
      #expect(near.map(\.row) == Array(order.prefix(5)))
      for neighbour in near {
        #expect(
          abs(Double(neighbour.distance) - exact[neighbour.row].squareRoot()) <= 1e-6
            * exact[neighbour.row].squareRoot())
      }
    }
  }

  /// The products of these are as coarse as their differences are fine: only measuring tells them apart.
  @Test func `rows that differ in their last bits are told apart`() throws {
    var numbers = Numbers(seed: 4)
    let centre: [Float] = numbers.array(128)
    let search = try Search(
      (0..<900).map { _ in centre.map { $0 * (1 + Float(numbers.next()) * 0x1p-20) } })
    let queries = Array(search.values[100..<120])
    #expect(try search.found(7, queries) == queries.map { search.sorted(7, $0) })
  }

  @Test(
    arguments: [
      -146, -130, -100, -72, -63, -41, -40, -39, -30, 30, 49, 50, 51, 58, 60, 61, 62, 63, 64, 65, 100, 127
    ],
    [21, 35])
  func `numbers of any size are searched as truly`(exponent: Int, dimension: Int) throws {
    let scale = Float(sign: .plus, exponent: exponent, significand: 1)
    let search = try Search(count: 300, dimension: dimension, scale: scale)
    let queries =
      Array(search.values[10..<20])
      + (try Search(count: 10, dimension: dimension, scale: scale, seed: 3)).values
    #expect(try search.found(5, queries) == queries.map { search.sorted(5, $0) })
    for query in queries { #expect(try search.found(5, [query]) == [search.sorted(5, query)]) }
  }

  @Test(arguments: [16, 48])
  func `numbers of all sizes beside each other are searched as truly`(dimension: Int) throws {
    var numbers = Numbers(seed: 5)
    let search = try Search(
      (0..<500).map { row in
        let scale = Float(sign: .plus, exponent: row % 250 - 125, significand: 1)
        return (numbers.array(dimension) as [Float]).map { $0 * scale }
      })
    #expect(try search.found(6, search.values) == search.values.map { search.sorted(6, $0) })
    for query in search.values { #expect(try search.found(6, [query]) == [search.sorted(6, query)]) }
  }

  @Test func `any number of threads finds the same bits`() throws {
    let search = try Search(count: 5_000, dimension: 40)
    let queries = (try Search(count: 9, dimension: 40, seed: 2)).values
    let wanted = queries.map { search.sorted(20, $0) }
    for threads in [1, 2, 5] {
      try withPool(threads: threads) {
        let many = try search.found(20, queries), one = try search.found(20, [queries[0]])
        #expect(many == wanted && one == [wanted[0]])
      }
    }
  }

  @Test(arguments: [32, 40, 100, 512])
  func `enough rows for codes to tell most to be too far are searched as truly`(dimension: Int) throws {
    // Each row of the second half is one of the first again, or nearly: distances tie, and almost tie.
    var values = try Search(count: 2_000, dimension: dimension).values
    for row in 1_000..<2_000 where row % 3 > 0 {
      values[row] = values[row - 1_000].map { row % 3 == 1 ? $0 : $0 * (1 + 0x1p-22) }
    }
    values[77] = [Float](repeating: 0, count: dimension)
    values[1_500] = values[77]
    let search = try Search(values)
    let queries = Array(values[70..<80]) + (try Search(count: 9, dimension: dimension, seed: 4)).values
    for k in [1, 2, 5, 250, 251, 2_000] {
      let wanted = queries.map { search.sorted(k, $0) }
      #expect(try search.found(k, queries) == wanted)
      for (query, near) in zip(queries, wanted) { #expect(try search.found(k, [query]) == [near]) }
    }
  }

  /// Some dimension's numbers are a step and a half, so that codes are off by as much as they can be.
  @Test func `rows at equal distances, which codes tell apart, are searched as truly`() throws {
    var numbers = Numbers(seed: 12)
    let search = try Search(
      (0..<3_000).map { row in
        var values = (0..<64).map { _ in (Float(numbers.next() > 0 ? 1.5 : -1.5)) / 127 }
        values[row % 64] = row % 2 == 0 ? 1 : -1
        return values
      })
    let queries = Array(search.values[0..<12]) + [[Float](repeating: 0, count: 64)]
    for k in [1, 7, 100] { #expect(try search.found(k, queries) == queries.map { search.sorted(k, $0) }) }
    #expect(try search.found(7, [queries[12]]) == [search.sorted(7, queries[12])])
  }

  /// So many that numbers of 16 steps serve for many queries, too.
  @Test func `rows of a large gallery are searched as truly`() throws {
    let search = try Search(count: 33_000, dimension: 34)
    let queries = Array(search.values[7..<11]) + (try Search(count: 4, dimension: 34, seed: 4)).values
    for k in [1, 9] { #expect(try search.found(k, queries) == queries.map { search.sorted(k, $0) }) }
  }

  /// Half a step is lost in all numbers but one, of the query, where it has 16 steps, or of the nearest row,
  /// which has 127: it seems to be as far from the query as losses reach, and a first row is nearer.
  @Test(arguments: [Float(16), 127])
  func `the nearest row is found where all that is lost points one way`(steps: Float) throws {
    let query = [1] + [Float](repeating: 0.499 / steps, count: 63)
    var values = [[Float]](repeating: [Float](repeating: -1, count: 64), count: 33_000)
    values[0] = query
    values[0][1] += 0.3 * 8 * 0.499 / steps
    values[32_999] = query
    let search = try Search(values)
    #expect(try search.found(1, [query])[0][0].row == 32_999)
    let queries = [[Float]](repeating: query, count: 4)
    #expect(try search.found(1, queries).map { $0[0].row } == [32_999, 32_999, 32_999, 32_999])
  }

  @Test func `infinite rows come last`() throws {
    var values = try Search(count: 900, dimension: 36).values
    for row in stride(from: 5, to: 900, by: 90) {
      values[row][row % 36] = row % 4 == 1 ? .infinity : -.infinity
    }
    let search = try Search(values)
    for query in values[10..<13] {
      #expect(try search.found(20, [query]) == [search.sorted(20, query)])
      #expect(try search.found(900, [query]) == [search.sorted(900, query)])
    }
    let queries = Array(values[20..<30])
    #expect(try search.found(20, queries) == queries.map { search.sorted(20, $0) })
  }

  @Test func `rows that come, change and go are searched as they are`() throws {
    var values = try Search(count: 1_200, dimension: 50).values
    let rows = try Search(values).rows, queries = try Search(count: 5, dimension: 50, seed: 8).values
    func differ() throws -> [[Float]] {
      let search = Search(rows: rows, values: values), queries = queries + values[0..<4]
      let together = try search.found(5, queries)
      return try queries.indices.filter {
        let wanted = search.sorted(5, queries[$0])
        return try together[$0] != wanted || search.found(5, [queries[$0]]) != [wanted]
      }.map { queries[$0] }
    }
    for row in [0, 3, 600, 1_199] {
      let value = row == 600 ? [Float](repeating: 0, count: 50) : values[row].map { $0 * 0.5 }
      values[row] = value
      rows.replace(row, value.span)
    }
    #expect(try differ() == [])
    rows.remove { $0 % 7 == 3 || $0 > 1_100 }
    values = values.indices.filter { $0 % 7 != 3 && $0 <= 1_100 }.map { values[$0] }
    #expect(try differ() == [])
    try rows.reserve(5_000)
    for value in try Search(count: 900, dimension: 50, seed: 2).values {
      values.append(value)
      try rows.append(value.span)
    }
    #expect(try differ() == [])
  }

  @Test func `no rows and no queries find nothing`() throws {
    let rows = try Rows(dimension: 4), row: [Float] = [1, 2, 3, 4]
    let none = try rows.nearest(3, to: row.span)
    #expect(none.count == 0)
    try rows.append(row.span)
    #expect(try rows.nearest(3, to: Span()).count == 0)
  }
}

@Suite struct RowsTests {
  @Test func `rows that stay keep their order and their numbers`() throws {
    let rows = try Rows(dimension: 3), zeros: [Float] = [0, 0, 0]
    for i in 0..<100 { try rows.append([Float(i), 0, 0].span) }
    rows.remove { $0 % 3 != 1 }
    #expect(rows.count == 33)
    for row in 0..<33 { #expect(rows.distance(row, to: zeros.span) == Float(3 * row + 1)) }
  }

  @Test func `a dimension out of range is refused`() {
    #expect(outcome { try Rows(dimension: 0) } == "invalidArgument: rows of 0 numbers; expected 1 to 1048576")
    #expect(
      outcome { try Rows(dimension: 1 << 21) }
        == "invalidArgument: rows of 2097152 numbers; expected 1 to 1048576")
  }
}
