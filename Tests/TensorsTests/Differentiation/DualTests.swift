import TestSupport
import Tensors
import Testing

@Suite struct DualTests {
  /// A number whose derivative is 1: the variable itself.
  private func variable(_ x: Double) -> Dual { Dual(x, derivative: 1) }

  /// Origin: the rules of the calculus, worked by hand at x = 3.
  @Test func `carries the rules of sum, product and quotient`() {
    let x = variable(3)
    #expect((x + x).derivative == 2)
    #expect((x - 5).derivative == 1)
    #expect((-x).derivative == -1)
    #expect((x * x).derivative == 6)
    #expect((1 / x).derivative == -1.0 / 9)
    #expect((x / (x + 1)).derivative == 1.0 / 16)
    var y = x
    y += 1
    y *= x
    y -= x
    y /= 2
    #expect(y == 4.5 && y.derivative == 3)  // (x^2 + x - x) / 2
  }

  @Test(arguments: [0.3, 1, 2.5])
  func `carries the derivatives of the functions`(at: Double) {
    let x = variable(at), e = Double.exponential(at), t = Double.hyperbolicTangent(at)
    func agrees(_ y: Dual, _ value: Double, _ derivative: Double) -> Bool {
      abs(y.value - value) < Tolerance.double && abs(y.derivative - derivative) < Tolerance.double
    }
    #expect(agrees(.exponential(x), e, e))
    #expect(agrees(.logarithm(x), Double.logarithm(at), 1 / at))
    #expect(agrees(.sine(x), Double.sine(at), Double.cosine(at)))
    #expect(agrees(.cosine(x), Double.cosine(at), -Double.sine(at)))
    #expect(agrees(.hyperbolicTangent(x), t, 1 - t * t))
    #expect(agrees(x.squareRoot(), at.squareRoot(), 0.5 / at.squareRoot()))
    #expect(agrees(.power(x, 3), at * at * at, 3 * at * at))
    #expect(agrees(.power(2, x), Double.power(2, at), Double.power(2, at) * Double.logarithm(2)))
  }

  @Test func `a constant stays one where there is no slope`() {
    #expect(Dual(0.0).squareRoot().derivative == 0)
    #expect(Dual.logarithm(0).derivative == 0)
    #expect(Dual.power(-2, 3).derivative == 0)
    #expect(variable(0).squareRoot().derivative == .infinity)
    #expect(variable(-3).magnitude.derivative == -1 && variable(0).magnitude.derivative == 0)
  }

  @Test func `a comparison asks about the value`() {
    #expect(variable(1) == 1 && variable(1) < 2 && max(variable(1), 2).derivative == 0)
    #expect(Dual.nan.isNaN && !Dual.infinity.isFinite && Dual(2.0).isFinite)
    #expect(Dual(exactly: 7) == 7 && Double(variable(4)) == 4 && Dual(Float(0.5)) == 0.5)
  }

  /// d/dt of (a + t da)(b + t db) = da b + a db.
  @Test func `a product of matrices has the derivative of its definition`() throws {
    var numbers = Numbers(seed: 5)
    let rows = 3, depth = 5, columns = 7
    let a: [Double] = numbers.array(rows * depth), da: [Double] = numbers.array(rows * depth)
    let b: [Double] = numbers.array(depth * columns), db: [Double] = numbers.array(depth * columns)
    func product<Element: Scalar>(_ a: [Element], _ b: [Element]) throws -> [Element] {
      let packed = try Element.pack(depth: depth, columns: columns, b, rowStride: columns, columnStride: 1)
      let c = try Tensor<Element>([rows * columns], repeating: .nan)
      try Element.multiply(
        rows: rows, a, rowStride: depth, columnStride: 1, packed, c.pointer, accumulate: false, .nothing)
      return c.values
    }
    let c = try product(
      zip(a, da).map { Dual($0, derivative: $1) }, zip(b, db).map { Dual($0, derivative: $1) })
    let left = try product(da, b), right = try product(a, db)
    #expect(try largestDifference(c.map(\.value), product(a, b)) < Tolerance.double)
    #expect(largestDifference(c.map(\.derivative), zip(left, right).map { $0 + $1 }) < Tolerance.double)
  }
}
