import Tensors

/// A node of a graph as an operand of rules: what a rule computes is added to the graph. A rule's own numbers
/// have no graph until they meet a symbol that has one.
struct Symbol: Operand {
  private let graph: ExpressionGraph?
  private let place: Int32
  private let number: Double

  init(_ place: Int32, in graph: ExpressionGraph) {
    (self.graph, self.place, number) = (graph, place, 0)
  }

  init(integerLiteral value: Int) { self.init(number: Double(value)) }

  private init(number: Double) { (graph, place, self.number) = (nil, 0, number) }

  func place(in graph: ExpressionGraph) -> Int32 {
    self.graph == nil ? graph.add(.constant(number)) : place
  }

  var isZero: Bool {
    guard let graph else { return number == 0 }
    return graph.nodes[Int(place)].constant == 0
  }

  private static func combined(_ operation: ArithmeticOperation, _ a: Symbol, _ b: Symbol) -> Symbol {
    guard let graph = a.graph ?? b.graph else { return Symbol(number: operation(a.number, b.number)) }
    return Symbol(graph.add(operation, a.place(in: graph), b.place(in: graph)), in: graph)
  }

  private static func mapped(_ function: ElementwiseFunction, _ x: Symbol) -> Symbol {
    guard let graph = x.graph else { return Symbol(number: function(x.number)) }
    return Symbol(graph.add(.function(function, x.place)), in: graph)
  }

  static func + (a: Symbol, b: Symbol) -> Symbol { combined(.sum, a, b) }
  static func - (a: Symbol, b: Symbol) -> Symbol { combined(.difference, a, b) }
  static prefix func - (a: Symbol) -> Symbol { combined(.negation, a, a) }
  static func * (a: Symbol, b: Symbol) -> Symbol { combined(.product, a, b) }
  static func / (a: Symbol, b: Symbol) -> Symbol { combined(.quotient, a, b) }
  static func power(_ x: Symbol, _ y: Symbol) -> Symbol { combined(.power, x, y) }
  static func logarithm(_ x: Symbol) -> Symbol { mapped(.logarithm, x) }
  static func sine(_ x: Symbol) -> Symbol { mapped(.sine, x) }
  static func cosine(_ x: Symbol) -> Symbol { mapped(.cosine, x) }
  static func sigmoid(_ x: Symbol) -> Symbol { mapped(.sigmoid, x) }
  static func sign(_ x: Symbol) -> Symbol { mapped(.sign, x) }
}
