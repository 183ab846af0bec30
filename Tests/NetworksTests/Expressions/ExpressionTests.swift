import Networks
import TestSupport
import Tensors
import Testing

/// Texts of random expressions of x, y and z.
private struct RandomText {
  private var numbers: Numbers

  init(seed: UInt64) { numbers = Numbers(seed: seed) }

  mutating func below(_ count: Int) -> Int { min(Int((numbers.next() + 1) / 2 * Double(count)), count - 1) }

  /// Between 0.2 and 1.8.
  mutating func place() -> Double { 1 + 0.8 * numbers.next() }

  mutating func next(depth: Int) -> String {
    if depth == 0 || below(8) == 0 {
      return ["x", "y", "z", "x", "y", "z", "1", "0", "2.5"][below(9)]
    }
    switch below(12) {
    case 0...1: return "(\(next(depth: depth - 1)) + \(next(depth: depth - 1)))"
    case 2: return "(\(next(depth: depth - 1)) - \(next(depth: depth - 1)))"
    case 3...4: return "(\(next(depth: depth - 1)) * \(next(depth: depth - 1)))"
    case 5: return "(\(next(depth: depth - 1)) / \(next(depth: depth - 1)))"
    case 6: return "(\(next(depth: depth - 1)) ^ \(["2", "3", "0.5", "x", "-1"][below(5)]))"
    case 7: return "-\(next(depth: depth - 1))"
    default:
      return
        "\(ElementwiseFunction.allCases[below(ElementwiseFunction.allCases.count)].name)(\(next(depth: depth - 1)))"
    }
  }
}

@Suite struct ExpressionTests {
  private func value(_ expression: Expression, _ x: [Double]) throws -> Double {
    var found = Double.nan
    try expression.evaluate(1, input: { x[$1] }, answer: { found = $1 })
    return found
  }

  private func gradient(_ expression: Expression, _ way: DerivativeWay, _ x: [Double]) throws -> [Double] {
    var found = [Double](repeating: .nan, count: x.count)
    try expression.differentiate(way, x, 1, gradients: &found)
    return found
  }

  /// Whether each part has a value of moderate size, so that few digits cancel.
  private func isModerate(_ expression: Expression, _ x: [Double]) throws -> Bool {
    var all: [Double] = []
    for node in expression.nodes {
      switch node {
      case .constant(let bits): all.append(Double(bitPattern: bits))
      case .variable(let index): all.append(x[Int(index)])
      case .function(let function, let a): all.append(function(all[Int(a)]))
      case .arithmetic(let operation, let a, let b): all.append(operation(all[Int(a)], all[Int(b)]))
      }
    }
    return all.allSatisfy { $0.magnitude < 30 && ($0.magnitude > 1e-2 || $0 == 0) }
  }

  @Test func `symbolic, forward and reverse agree on random expressions, and differences with them`() throws {
    var texts = RandomText(seed: 11), compared = 0, numeric = 0
    for _ in 0..<3000 {
      let expression = try Expression(texts.next(depth: 4))
      let x = expression.variables.map { _ in texts.place() }
      let derivatives = try x.indices.map { try expression.derivative($0) }
      guard try isModerate(expression, x), try derivatives.allSatisfy({ try isModerate($0, x) }) else {
        continue
      }
      let forward = try gradient(expression, .forward, x), reverse = try gradient(expression, .reverse, x)
      let symbolic = try gradient(expression, .symbolic, x), central = try gradient(expression, .numeric, x)
      // A root of 0 has an infinite slope: dual numbers leave out what does not change, the tape takes 0
      // times it.
      for v in x.indices where reverse[v].isFinite {
        let scale = max(1, forward[v].magnitude), text = try expression.text()
        compared += 1
        #expect(abs(reverse[v] - forward[v]) <= Tolerance.derivatives * scale, "\(text) at \(x)")
        #expect(abs(symbolic[v] - forward[v]) <= Tolerance.derivatives * scale, "\(text) at \(x)")
        // A step of sign or a kink is elsewhere than the place, but for a set of measure 0.
        numeric += abs(central[v] - forward[v]) <= Tolerance.gradientAbsolute * scale ? 1 : 0
        let simple = try value(derivatives[v].simplified(), x)
        #expect(abs(simple - forward[v]) <= 100 * Tolerance.derivatives * scale, "\(text) at \(x)")
      }
    }
    #expect(compared > 500 && numeric > compared * 99 / 100)
  }

  @Test func `a printed expression is parsed to itself, and a simplified one is no larger`() throws {
    var texts = RandomText(seed: 3)
    for _ in 0..<3000 {
      let expression = try Expression(texts.next(depth: 5)), text = try expression.text()
      let again = try Expression(text)
      #expect(again.nodes == expression.nodes && again.variables == expression.variables, "\(text)")
      let simple = try expression.simplified()
      #expect(simple.size.nodes <= expression.size.nodes, "\(text)")
      #expect(try Expression(simple.text()).text() == simple.text(), "\(text)")
    }
  }

  /// Baydin et al. 2018, table 1: l = 4 l (1 - l), again and again.
  @Test func `swelling is that of the tree, not of its shared parts`() throws {
    var text = "x", shared: [Int] = [], trees: [UInt64] = []
    for _ in 0..<10 {
      text = "4*(\(text))*(1 - (\(text)))"
      let slope = try Expression(text).derivative(0)
      shared.append(slope.size.sharedNodes)
      trees.append(slope.size.nodes)
    }
    for i in 2..<10 {
      #expect(trees[i] > 2 * trees[i - 1])
      #expect(shared[i] - shared[i - 1] == shared[2] - shared[1])
    }
  }

  /// Griewank and Walther 2008, section 3.2: a gradient takes a small multiple of the function's operations,
  /// however many variables there are; here with rules of at most seven operations and two sums.
  @Test func `reverse mode takes a bounded multiple of the operations`() throws {
    var texts = RandomText(seed: 8)
    for _ in 0..<500 {
      let expression = try Expression(texts.next(depth: 6)), operations = expression.size.operations
      #expect(try expression.reverseOperations() <= 10 * operations)
    }
  }

  /// A quadratic simplification would take minutes.
  @Test func `a large expression is simplified in the time that its size gives`() throws {
    let terms = (0..<9000).map { "\($0)*x^\($0 % 50)*y" }.joined(separator: " + ")
    let simple = try Expression(terms).simplified()
    #expect(simple.size.nodes < 400)
    var nested = "x"
    for i in 0..<400 { nested = "(\(nested) + y*\(i))*(x + \(i))" }
    let slope = try Expression(nested).derivative(0)
    #expect(try slope.simplified().size.nodes <= slope.size.nodes)
  }
}
