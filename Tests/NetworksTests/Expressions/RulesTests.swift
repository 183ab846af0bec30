import Networks
import TestSupport
import Tensors
import Testing

/// Forward mode, reverse mode and symbolic differentiation read one table of rules: what each gives for one
/// operation is the table's number, bit by bit.
@Suite struct RulesTests {
  private let places = [0.3, 1, 2.5]

  private func gradient(
    _ x: Double..., of function: (Tape<Double>, [Variable<Double>]) throws -> Variable<Double>
  ) throws -> [Double] {
    let tape = Tape<Double>(), leaves = try x.map { tape.leaf(try Tensor([1], [$0])) }
    return try tape.gradients(of: function(tape, leaves), at: leaves).map { $0[0] }
  }

  private func value(_ expression: Expression, _ x: Double...) throws -> Double {
    var found = Double.nan
    try expression.evaluate(1, input: { x[$1] }, answer: { found = $1 })
    return found
  }

  @Test(arguments: ElementwiseFunction.allCases)
  func `the slope of a function is the table's in all three`(_ function: ElementwiseFunction) throws {
    let derivative = try Expression(function).derivative(0)
    // On dual numbers these are composed of others.
    let isComposed = [.reciprocal, .sigmoid, .softplus, .square].contains(function)
    for x in places {
      let wanted = function.slope(x, function(x))
      #expect(
        abs(function(Dual(x, derivative: 1)).derivative - wanted) <= (isComposed ? Tolerance.derivatives : 0))
      #expect(function.change(x, function(x), 1) == wanted)
      #expect(try gradient(x) { tape, x in try tape.map(x[0], function) } == [wanted])
      #expect(try value(derivative, x) == wanted)
    }
  }

  /// `a op b`, differentiated by both.
  @Test(arguments: zip(ArithmeticOperation.allCases, ["a + b", "a - b", "a * b", "a / b", "a ^ b", "-a"]))
  func `the rule of an operation is the table's in all three`(
    _ operation: ArithmeticOperation, _ text: String
  )
    throws
  {
    let expression = try Expression(text), other = 1.7
    for a in places {
      let y = operation(a, other)
      for (v, (da, db)) in [(1.0, 0.0), (0.0, 1.0)].prefix(expression.variables.count).enumerated() {
        let change = operation.change(a, other, y, da, db)
        #expect(operation(Dual(a, derivative: da), Dual(other, derivative: db)).derivative == change)
        #expect(try value(expression.derivative(v), a, other) == change)
      }
      let (byA, byB) = operation.pullback(a, other, y, 1)
      let found = try gradient(a, other) { tape, x in
        switch operation {
        case .sum: try tape.sum(x[0], x[1])
        case .difference: try tape.difference(x[0], x[1])
        case .product: try tape.product(x[0], x[1])
        case .quotient: try tape.quotient(x[0], x[1])
        case .power: try tape.power(x[0], x[1])
        case .negation: try tape.scaled(x[0], by: -1)
        }
      }
      #expect(found == [byA, byB])
    }
  }

  /// `dy change(da, db) = da byA + db byB`
  @Test(arguments: ArithmeticOperation.allCases)
  func `the pullback is the change, transposed`(_ operation: ArithmeticOperation) {
    var numbers = Numbers(seed: 5)
    for _ in 0..<100 {
      let a = 1.5 + numbers.next(), b = 1.5 + numbers.next(), y = operation(a, b)
      let da = numbers.next(), db = numbers.next(), dy = numbers.next()
      let (byA, byB) = operation.pullback(a, b, y, dy)
      #expect(
        abs(dy * operation.change(a, b, y, da, db) - (da * byA + db * byB)) < Tolerance.double, "\(a) \(b)")
    }
  }
}
