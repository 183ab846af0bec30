import Tensors

extension Expression {
  /// A text that is parsed back to the same expression, with no more brackets than that takes.
  /// - Throws: `.invalidArgument` where it has more bytes than a text that is parsed may have, as that of an
  ///   expression may whose parts appear in many places.
  package func text() throws(Failure) -> String {
    var writer = ExpressionWriter(self)
    try writer.write()
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

private struct ExpressionWriter {
  /// What is still to be written, the last first.
  private enum Task {
    case node(Int32, least: Binding)
    case text(StaticString)
  }

  /// How tightly a part holds together: brackets are written around one that holds less than its place asks.
  private enum Binding: Int { case sum, negation, product, power, whole }

  private let expression: Expression
  private var tasks: [Task]
  private(set) var bytes: [UInt8] = []

  init(_ expression: Expression) {
    self.expression = expression
    tasks = [.node(Int32(expression.nodes.count - 1), least: .sum)]
  }

  mutating func write() throws(Failure) {
    while let task = tasks.popLast() {
      switch task {
      case .text(let text): append(text)
      case .node(let place, let least): write(expression.nodes[Int(place)], least)
      }
      guard bytes.count <= Expression.maxBytes else {
        throw .invalidArgument(
          "an expression whose text has more than \(Expression.maxBytes) bytes; expected at most that")
      }
    }
  }

  private mutating func write(_ node: ExpressionNode, _ least: Binding) {
    guard binding(node).rawValue >= least.rawValue else {
      append("(")
      tasks.append(.text(")"))
      return write(node, .sum)
    }
    switch node {
    case .constant(let bits):
      let text = "\(Double(bitPattern: bits))"
      bytes += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
    case .variable(let index): bytes += expression.variables[Int(index)].utf8
    case .function(let function, let a):
      append(function.name)
      append("(")
      tasks.append(.text(")"))
      tasks.append(.node(a, least: .sum))
    case .arithmetic(let operation, let a, let b):
      switch operation {
      case .sum: write(a, .sum, " + ", b, .product)
      case .difference: write(a, .sum, " - ", b, .product)
      case .product: write(a, .product, "*", b, .power)
      case .quotient: write(a, .product, "/", b, .power)
      case .power: write(a, .whole, "^", b, .power)
      case .negation:
        append("-")
        tasks.append(.node(a, least: .product))
      }
    }
  }

  private mutating func write(
    _ a: Int32, _ left: Binding, _ sign: StaticString, _ b: Int32, _ right: Binding
  ) {
    tasks.append(.node(b, least: right))
    tasks.append(.text(sign))
    tasks.append(.node(a, least: left))
  }

  private func binding(_ node: ExpressionNode) -> Binding {
    switch node {
    case .constant(let bits): bits >> 63 == 0 ? .whole : .negation
    case .variable, .function: .whole
    case .arithmetic(let operation, _, _):
      switch operation {
      case .sum, .difference: .sum
      case .negation: .negation
      case .product, .quotient: .product
      case .power: .power
      }
    }
  }

  private mutating func append(_ text: StaticString) {
    for i in 0..<text.utf8CodeUnitCount { bytes.append(text.utf8Start[i]) }
  }
}
