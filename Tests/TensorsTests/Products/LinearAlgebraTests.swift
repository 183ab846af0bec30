import TestSupport
import Tensors
import Testing

@Suite struct LinearAlgebraTests {
  @Test(arguments: [(1, 1), (2, 2), (3, 3), (5, 3), (3, 5), (1, 4), (7, 1), (17, 13)])
  func `the factors give the matrix back`(rows: Int, columns: Int) throws {
    var numbers = Numbers(seed: UInt64(rows * 100 + columns))
    let a: [Double] = numbers.array(rows * columns)
    let (u, s, vt) = try singularValues(a, rows: rows, columns: columns)
    var back = [Double](repeating: 0, count: rows * columns)
    for i in 0..<rows {
      for j in 0..<columns {
        for k in 0..<s.count { back[i * columns + j] += u[i * rows + k] * s[k] * vt[k * columns + j] }
      }
    }
    #expect(largestDifference(back, a) < Tolerance.double)
    #expect(s.count == min(rows, columns))
    #expect(s == s.sorted(by: >) && s.allSatisfy { $0 >= 0 })
    #expect(largestDifference(gram(u, rows), identity(rows)) < Tolerance.double)
    #expect(largestDifference(gram(vt, columns), identity(columns)) < Tolerance.double)
  }

  /// [[3, 0], [4, 5]]: a a^T has trace 50 and determinant 225, so s^2 are 45 and 5.
  @Test func `gives the values worked by hand`() throws {
    let s = try singularValues([3, 0, 4, 5], rows: 2, columns: 2).s
    #expect(largestDifference(s, [Double(45).squareRoot(), Double(5).squareRoot()]) < Tolerance.double)
    #expect(try singularValues([0, 0, 0, 0], rows: 2, columns: 2).s == [0, 0])
  }

  @Test(
    arguments: [
      [1.0, 2, 2, 4], [0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, -3], [-2, 0, 0, 5], [1, 1e-9, 1e-9, 1e-18],
      [1e200, 2e200, -3e200, 1e199],
      [1e-300, 0, 3e-300, 1e-300], [1, 1, 1, 1 + 1e-15]
    ] as [[Double]])
  func `two by two have orthogonal factors also where one direction vanishes`(a: [Double]) throws {
    let (u, s, vt) = try singularValues(a, rows: 2, columns: 2), scale = a.map { abs($0) }.max() ?? 0
    for i in 0..<2 {
      for j in 0..<2 {
        let back = u[2 * i] * s[0] * vt[j] + u[2 * i + 1] * s[1] * vt[2 + j]
        #expect(abs(back - a[2 * i + j]) <= Tolerance.double * scale)
      }
    }
    #expect(s[0] >= s[1] && s[1] >= 0)
    #expect(largestDifference(gram(u, 2), identity(2)) < Tolerance.double)
    #expect(largestDifference(gram(vt, 2), identity(2)) < Tolerance.double)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `refuses what is not finite`(value: Double) {
    #expect(
      outcome { try singularValues([1, 2, value, 4], rows: 2, columns: 2) }.hasPrefix("invalidArgument"))
  }

  @Test func `refuses values that do not fill the matrix`() {
    #expect(outcome { try singularValues([1, 2, 3], rows: 2, columns: 2) }.hasPrefix("invalidArgument"))
    #expect(outcome { try singularValues([], rows: 0, columns: 0) }.hasPrefix("invalidArgument"))
    #expect(outcome { try singularValues([1], rows: -1, columns: -1) }.hasPrefix("invalidArgument"))
  }

  private func identity(_ n: Int) -> [Double] { (0..<n * n).map { $0 % (n + 1) == 0 ? 1 : 0 } }

  /// m m^T
  private func gram(_ m: [Double], _ n: Int) -> [Double] {
    (0..<n * n).map { place in (0..<n).reduce(0) { $0 + m[place / n * n + $1] * m[place % n * n + $1] } }
  }
}

@Suite struct SymmetricEigenvectorsTests {
  /// [[2, 1], [1, 2]]: 1 along (1, -1), 3 along (1, 1).
  @Test func `gives the values worked by hand, rising`() throws {
    let (values, vectors) = try symmetricEigenvectors([2, 1, 1, 2], side: 2)
    #expect(largestDifference(values, [1, 3]) < Tolerance.double)
    #expect(
      abs(vectors[0] + vectors[1]) < Tolerance.double && abs(vectors[2] - vectors[3]) < Tolerance.double)
  }

  @Test(arguments: [1, 2, 3, 7, 16, 17, 40])
  func `each row is a unit vector that the matrix stretches by its value`(side: Int) throws {
    var numbers = Numbers(seed: 11)
    let half: [Double] = numbers.array(side * side)
    let a = (0..<side * side).map { half[$0] + half[$0 % side * side + $0 / side] }
    let (values, vectors) = try symmetricEigenvectors(a, side: side)
    #expect(values == values.sorted())
    for k in 0..<side {
      let v = Array(vectors[(k * side)..<((k + 1) * side)])
      let product = (0..<side).map { i in (0..<side).reduce(0) { $0 + a[i * side + $1] * v[$1] } }
      #expect(largestDifference(product, v.map { $0 * values[k] }) < Tolerance.double)
      #expect(abs(v.reduce(0) { $0 + $1 * $1 } - 1) < Tolerance.double)
    }
  }

  @Test func `equal values and zeros have unit vectors too`() throws {
    for a in [[0.0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 2, 0, 0, 0, 2], [1, 1, 1, 1, 1, 1, 1, 1, 1]] {
      let (values, vectors) = try symmetricEigenvectors(a, side: 3)
      #expect(largestDifference(values, a[1] == 1 ? [0, 0, 3] : [a[0], a[0], a[0]]) < Tolerance.double)
      for i in 0..<3 {
        for j in 0..<3 {
          let product = (0..<3).reduce(0) { $0 + vectors[3 * i + $1] * vectors[3 * j + $1] }
          #expect(abs(product - (i == j ? 1 : 0)) < Tolerance.double)
        }
      }
    }
  }

  @Test func `refuses what is no finite square`() {
    for (a, side) in [([1, 2, 3], 2), ([], 0), ([.nan], 1), ([1], -1)] as [([Double], Int)] {
      #expect(outcome { try symmetricEigenvectors(a, side: side) }.hasPrefix("invalidArgument"))
    }
  }

  @Test func `a Cholesky factor multiplied by itself is the matrix`() throws {
    let a = [4.0, 12, -16, 12, 37, -43, -16, -43, 98]
    #expect(largestDifference(try choleskyFactor(a), [2.0, 0, 0, 6, 1, 0, -8, 5, 3]) < Tolerance.double)
    #expect(try choleskyFactor([9]) == [3])
  }

  @Test func `a matrix without a Cholesky factor is refused`() {
    #expect(
      outcome { try choleskyFactor([1, 2, 2, 1]) }
        == "invalidArgument: a matrix that is not positive definite, by its minor 2")
    #expect(outcome { try choleskyFactor([.nan]) }.hasPrefix("invalidArgument: a matrix with nan"))
    #expect(outcome { try choleskyFactor([1, 2, 3]) }.hasPrefix("invalidArgument: 3 values"))
  }
}
