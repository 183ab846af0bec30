import Tensors

extension Expression {
  /// A simpler expression with the same values: constants folded, 0 and 1 left out, equal terms of a sum
  /// added, equal factors of a product and their powers joined. It is not expanded, nor is anything
  /// factored out.
  ///
  /// Where all parts of this expression have finite values, the result has its value up to rounding. Where
  /// one has none, the result may have gained one: `x/x` is 1, also at 0.
  ///
  /// One pass from the leaves upwards. Each chain of sums or of products is taken apart once, and a part with
  /// several readers only if it has at most `maxParts` parts: n nodes take time of order n log n.
  package func simplified() throws(Failure) -> Expression {
    var simplification = Simplification(self)
    let root = try simplification.run()
    let simple = try Expression(root, of: simplification.graph, variables: variables)
    return simple.size.nodes > size.nodes ? self : simple
  }
}

private struct Simplification {
  /// A product: `coefficient` times factors, bases with exponents. `unit` is the node of the factors alone.
  struct Product {
    var coefficient: Ratio
    var factors: [Factor]
    var unit: Int32
  }

  struct Factor {
    var base: Int32
    var exponent: Ratio

    func raised(_ power: Double) -> Factor { Factor(base: base, exponent: exponent * Ratio(power)) }
  }

  /// A sum: `constant`, and nodes times coefficients.
  struct Sum {
    var constant: Ratio
    var terms: [Term]

    var negated: Sum {
      Sum(
        constant: Ratio(0) - constant,
        terms: terms.map { Term(unit: $0.unit, coefficient: Ratio(0) - $0.coefficient) })
    }
  }

  struct Term {
    var unit: Int32
    var coefficient: Ratio
  }

  private enum Chain { case none, sum, product }

  private static let maxParts = 16

  private let source: [ExpressionNode]
  /// The simple nodes, and others that were needed on the way.
  let graph = ExpressionGraph(excess: 8)
  /// Of each node of the source; unused where it is inside a chain.
  private var simple: [Int32]
  private var isInside: [Bool]
  // What simple nodes are made of, by their places.
  private var sums: [Int32: Sum] = [:]
  private var products: [Int32: Product] = [:]

  init(_ expression: Expression) {
    source = expression.nodes
    simple = [Int32](repeating: 0, count: source.count)
    isInside = [Bool](repeating: false, count: source.count)
    var readers = [Int](repeating: 0, count: source.count)
    var chains = [Chain](repeating: .none, count: source.count)
    for node in source {
      node.forEachOperand {
        readers[$0] += 1
        chains[$0] = Self.chain(node)
      }
    }
    for (place, node) in source.enumerated() {
      isInside[place] = readers[place] == 1 && chains[place] != .none && chains[place] == Self.chain(node)
    }
    // Parts are ordered by their places: the variables by their names, in whatever order they were written.
    let order = expression.variables.indices.sorted { expression.variables[$0] < expression.variables[$1] }
    for index in order { _ = graph.add(.variable(Int32(index))) }
  }

  private static func chain(_ node: ExpressionNode) -> Chain {
    switch node {
    case .arithmetic(.sum, _, _), .arithmetic(.difference, _, _), .arithmetic(.negation, _, _): .sum
    case .arithmetic(.product, _, _), .arithmetic(.quotient, _, _): .product
    default: .none
    }
  }

  mutating func run() throws(Failure) -> Int32 {
    for (place, node) in source.enumerated() where !isInside[place] {
      switch node {
      case .constant, .variable: simple[place] = graph.add(node)
      case .function(let function, let a): simple[place] = apply(function, simple[Int(a)])
      case .arithmetic(.power, let a, let b): simple[place] = raise(simple[Int(a)], simple[Int(b)])
      default: simple[place] = Self.chain(node) == .sum ? sum(place) : product(place)
      }
      try graph.check()
    }
    return simple[source.count - 1]
  }

  // ---- Functions and powers ----

  private mutating func apply(_ function: ElementwiseFunction, _ a: Int32) -> Int32 {
    if let x = constant(a), function(x).isFinite { return add(function(x)) }
    switch function {
    case .reciprocal: return raise(a, add(-1))
    case .square: return raise(a, add(2))
    default: return graph.add(.function(function, a))
    }
  }

  private mutating func raise(_ a: Int32, _ b: Int32) -> Int32 {
    if constant(a) == 1 { return a }
    guard let exponent = constant(b) else { return graph.add(.power, a, b) }
    if exponent == 0 { return add(1) }
    if exponent == 1 { return a }
    if let x = constant(a) {
      let y = Double.power(x, exponent)
      return y.isFinite && (y.isNormal || x == 0) ? add(y) : graph.add(.power, a, b)
    }
    // (c x^k)^n = c^n x^(k n) for a whole n; of several factors only the number is taken out, unless they are
    // turned over.
    guard Ratio.isWhole(exponent) else { return made(Ratio(1), [Factor(base: a, exponent: Ratio(exponent))]) }
    let parts = parts(a), coefficient = parts.coefficient.power(exponent)
    guard coefficient.isSound else { return graph.add(.power, a, b) }
    if exponent == -1 { return made(coefficient, parts.factors.map { $0.raised(exponent) }) }
    var factor = Factor(base: parts.unit, exponent: Ratio(exponent))
    if parts.factors.count == 1 { factor = parts.factors[0].raised(exponent) }
    return made(coefficient, [factor])
  }

  // ---- Products ----

  private mutating func product(_ root: Int) -> Int32 {
    var coefficient = Ratio(1), factors: [Factor] = [], places: [Int32: Int] = [:]
    var pending = [(place: root, isBelow: false)], leaves: [(place: Int32, isBelow: Bool)] = []
    while let (place, isBelow) = pending.popLast() {
      if place == root || isInside[place], case .arithmetic(let operation, let a, let b) = source[place] {
        pending.append((Int(b), operation == .quotient ? !isBelow : isBelow))
        pending.append((Int(a), isBelow))
      } else {
        leaves.append((simple[place], isBelow))
      }
    }
    var isZero = false
    for (leaf, isBelow) in leaves {
      var part = parts(leaf)
      if part.factors.count > Self.maxParts {
        part.factors = [Factor(base: part.unit, exponent: Ratio(1))]
      }
      if part.factors.isEmpty, part.coefficient.isZero, !isBelow { isZero = true }
      coefficient = isBelow ? coefficient / part.coefficient : coefficient * part.coefficient
      for factor in part.factors {
        let exponent = isBelow ? Ratio(0) - factor.exponent : factor.exponent
        if let known = places[factor.base] {
          factors[known].exponent = factors[known].exponent + exponent
        } else {
          places[factor.base] = factors.count
          factors.append(Factor(base: factor.base, exponent: exponent))
        }
      }
    }
    if isZero, coefficient.isZero { return add(0) }
    guard coefficient.isSound else {
      // A division by 0, or numbers too large or too small together: as it was written.
      var y = add(1)
      for (leaf, isBelow) in leaves {
        y = isBelow ? graph.add(.quotient, y, leaf) : constant(y) == 1 ? leaf : graph.add(.product, y, leaf)
      }
      return y
    }
    return made(coefficient, factors)
  }

  /// The simple node of a product.
  private mutating func made(_ coefficient: Ratio, _ given: [Factor]) -> Int32 {
    var factors: [Factor] = []
    for var factor in given where !factor.exponent.isZero {
      // sqrt(x)^2 = x
      let half = factor.exponent / Ratio(2)
      if case .function(.squareRoot, let x) = graph.nodes[Int(factor.base)], half.denominator == 1,
        Ratio.isWhole(half.numerator), !given.contains(where: { $0.base == x })
      {
        factor = Factor(base: x, exponent: half)
      }
      factors.append(factor)
    }
    factors.sort { $0.base < $1.base }
    if factors.isEmpty { return add(coefficient.value) }
    if coefficient.numerator == -1, coefficient.denominator == 1, factors.count == 1,
      factors[0].exponent.isOne,
      let sum = sums[factors[0].base], sum.terms.count <= Self.maxParts
    {
      return made(sum.negated)
    }
    let unit = written(Ratio(1), factors)
    let y = coefficient.isOne ? unit : written(coefficient, factors)
    let isPlain = coefficient.isOne && factors.count == 1 && factors[0].exponent.isOne
    if !isPlain {
      products[unit] = Product(coefficient: Ratio(1), factors: factors, unit: unit)
      products[y] = Product(coefficient: coefficient, factors: factors, unit: unit)
    }
    return y
  }

  /// `-c x y^2 / (d z)`
  private func written(_ coefficient: Ratio, _ factors: [Factor]) -> Int32 {
    let size = coefficient.magnitude
    var above: Int32?, below: Int32?
    func times(_ y: Int32?, _ x: Int32) -> Int32 { y.map { graph.add(.product, $0, x) } ?? x }
    if size.numerator != 1 { above = add(size.numerator) }
    if size.denominator != 1 { below = add(size.denominator) }
    for factor in factors {
      let exponent = factor.exponent.magnitude
      let x = exponent.isOne ? factor.base : graph.add(.power, factor.base, add(exponent.value))
      if factor.exponent.numerator > 0 { above = times(above, x) } else { below = times(below, x) }
    }
    var y = above ?? add(1)
    if let below { y = graph.add(.quotient, y, below) }
    return coefficient.numerator < 0 ? graph.add(.negation, y, y) : y
  }

  /// A simple node as a product.
  private func parts(_ node: Int32) -> Product {
    if let value = constant(node) { return Product(coefficient: Ratio(value), factors: [], unit: node) }
    return products[node]
      ?? Product(coefficient: Ratio(1), factors: [Factor(base: node, exponent: Ratio(1))], unit: node)
  }

  // ---- Sums ----

  private mutating func sum(_ root: Int) -> Int32 {
    var total = Sum(constant: Ratio(0), terms: []), places: [Int32: Int] = [:]
    var pending = [(place: root, isNegative: false)], leaves: [(place: Int32, isNegative: Bool)] = []
    while let (place, isNegative) = pending.popLast() {
      if place == root || isInside[place], case .arithmetic(let operation, let a, let b) = source[place] {
        if operation != .negation {
          pending.append((Int(b), operation == .difference ? !isNegative : isNegative))
        }
        pending.append((Int(a), operation == .negation ? !isNegative : isNegative))
      } else {
        leaves.append((simple[place], isNegative))
      }
    }
    func include(_ unit: Int32, _ coefficient: Ratio) {
      if let known = places[unit] {
        total.terms[known].coefficient = total.terms[known].coefficient + coefficient
      } else {
        places[unit] = total.terms.count
        total.terms.append(Term(unit: unit, coefficient: coefficient))
      }
    }
    for (leaf, isNegative) in leaves {
      let part = parts(leaf), coefficient = isNegative ? Ratio(0) - part.coefficient : part.coefficient
      if part.factors.isEmpty {
        total.constant = total.constant + coefficient
      } else if let inner = sums[part.unit], coefficient.magnitude.isOne, inner.terms.count <= Self.maxParts {
        total.constant = total.constant + coefficient * inner.constant
        for term in inner.terms { include(term.unit, coefficient * term.coefficient) }
      } else {
        include(part.unit, coefficient)
      }
    }
    let isSound = total.terms.allSatisfy { $0.coefficient.isSound || $0.coefficient.isZero }
    guard isSound, total.constant.value.isFinite else {
      var y = add(0)
      for (leaf, isNegative) in leaves { y = graph.add(isNegative ? .difference : .sum, y, leaf) }
      return y
    }
    total.terms.removeAll { $0.coefficient.isZero }
    total.terms.sort { $0.unit < $1.unit }
    return made(total)
  }

  /// The simple node of a sum: what is added first, if there is any, and a constant before all else.
  private mutating func made(_ sum: Sum) -> Int32 {
    let constant = sum.constant.value
    if sum.terms.isEmpty { return add(constant) }
    if sum.terms.count == 1, constant == 0 { return scaled(sum.terms[0].unit, sum.terms[0].coefficient) }
    var y: Int32? = constant > 0 ? add(constant) : nil
    var lead: Int?
    if y == nil {
      lead = sum.terms.firstIndex { $0.coefficient.numerator > 0 } ?? 0
      y = lead.map { scaled(sum.terms[$0].unit, sum.terms[$0].coefficient) }
    }
    for (index, term) in sum.terms.enumerated() where index != lead {
      let x = scaled(term.unit, term.coefficient.magnitude)
      y = y.map { graph.add(term.coefficient.numerator < 0 ? .difference : .sum, $0, x) }
    }
    if constant < 0 { y = y.map { graph.add(.difference, $0, add(-constant)) } }
    let made = y ?? 0
    sums[made] = sum
    return made
  }

  private mutating func scaled(_ unit: Int32, _ coefficient: Ratio) -> Int32 {
    coefficient.isOne ? unit : made(coefficient, parts(unit).factors)
  }

  // ---- Nodes ----

  private func constant(_ node: Int32) -> Double? { graph.nodes[Int(node)].constant }

  private func add(_ value: Double) -> Int32 { graph.add(.constant(value)) }
}
