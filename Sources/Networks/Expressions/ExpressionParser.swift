import CSystem
import Tensors

extension Expression {
  /// Reads a text: numbers, variables, `+ - * / ^`, brackets and functions, as in
  /// `p0 + p1*x + exp(sin(x)/x)^2`.
  ///
  /// `^` binds most tightly and from the right, then `*` and `/`, then a minus before a part, then `+` and
  /// `-`: `-x^2` is `-(x^2)`, `2^-x*y` is `(2^(-x))*y`.
  /// - Throws: `.invalidArgument` with the position, from 1, what was seen there and what was expected.
  package convenience init(_ text: String) throws(Failure) {
    var parser = ExpressionParser(text)
    let root = try parser.parse()
    try self.init(root, of: parser.graph, variables: parser.variables)
  }
}

/// Dijkstra's shunting yard: what waits for its right side lies on a stack of its own, not the thread's.
private struct ExpressionParser {
  /// What waits, with the position of the text that began it.
  private enum Waiting {
    case bracket(Int)
    case call(ElementwiseFunction, Int)
    case negation(precedence: Int)
    case operation(ArithmeticOperation)
  }

  private let bytes: [UInt8]
  private var next = 0
  private var waiting: [Waiting] = []
  private var operands: [Int32] = []
  private var indices: [String: Int32] = [:]
  let graph = ExpressionGraph()
  private(set) var variables: [String] = []

  private static let operand = "a number, a variable, a function, \"-\" or \"(\""

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func parse() throws(Failure) -> Int32 {
    if bytes.count > Expression.maxBytes {
      throw .invalidArgument("a text of \(bytes.count) bytes; expected at most \(Expression.maxBytes)")
    }
    while true {
      try readOperand()
      while try closeBracket() {}
      skipBlanks()
      guard next < bytes.count else { break }
      try readOperator()
    }
    while let last = waiting.popLast() {
      switch last {
      case .bracket(let begin), .call(_, let begin):
        throw refusal("\")\" for the bracket at position \(begin + 1), or an operator")
      case .negation, .operation: reduce(last)
      }
    }
    try graph.check()
    return operands[0]
  }

  /// A number, a variable, or what begins one: a minus, a bracket, a function.
  private mutating func readOperand() throws(Failure) {
    while true {
      skipBlanks()
      guard next < bytes.count else { throw refusal(Self.operand) }
      switch bytes[next] {
      case UInt8(ascii: "-"):
        try wait(.negation(precedence: max(1, waiting.last.map { precedence($0) } ?? 0)))
        next += 1
      case UInt8(ascii: "("):
        try wait(.bracket(next))
        next += 1
      case let byte where isDigit(byte) || byte == UInt8(ascii: "."):
        return operands.append(graph.add(.constant(try readNumber())))
      case let byte where isLetter(byte):
        let begin = next, name = readName()
        skipBlanks()
        let isCall = next < bytes.count && bytes[next] == UInt8(ascii: "(")
        if let function = functionsByName[name] {
          guard isCall else { throw refusal("\"(\" behind \(name)") }
          try wait(.call(function, next))
          next += 1
        } else if isCall {
          next = begin
          throw refusal("one of \(functionNames)", seen: "function \"\(name)\"")
        } else {
          return operands.append(try variable(name, begin))
        }
      default: throw refusal(Self.operand)
      }
    }
  }

  /// Whether a bracket ends here.
  private mutating func closeBracket() throws(Failure) -> Bool {
    skipBlanks()
    guard next < bytes.count, bytes[next] == UInt8(ascii: ")") else { return false }
    while let last = waiting.popLast() {
      switch last {
      case .negation, .operation: reduce(last)
      case .bracket:
        next += 1
        return true
      case .call(let function, _):
        next += 1
        operands[operands.count - 1] = graph.add(.function(function, operands[operands.count - 1]))
        return true
      }
    }
    throw refusal("an operator or the end, as no bracket is open")
  }

  private mutating func readOperator() throws(Failure) {
    let operation: ArithmeticOperation
    switch bytes[next] {
    case UInt8(ascii: "+"): operation = .sum
    case UInt8(ascii: "-"): operation = .difference
    case UInt8(ascii: "*"): operation = .product
    case UInt8(ascii: "/"): operation = .quotient
    case UInt8(ascii: "^"): operation = .power
    default: throw refusal("an operator, \")\" or the end")
    }
    let mine = precedence(.operation(operation))
    while let last = waiting.last, precedence(last) > mine || precedence(last) == mine && operation != .power
    {
      waiting.removeLast()
      reduce(last)
    }
    try wait(.operation(operation))
    next += 1
  }

  /// 0 for a bracket, which nothing ends but its other half.
  private func precedence(_ waiting: Waiting) -> Int {
    switch waiting {
    case .bracket, .call: 0
    case .negation(let precedence): precedence
    case .operation(.sum), .operation(.difference): 1
    case .operation(.power): 3
    case .operation: 2
    }
  }

  private mutating func wait(_ begun: Waiting) throws(Failure) {
    guard waiting.count < Expression.maxDepth else {
      throw refusal("at most \(Expression.maxDepth) brackets and operators that wait for their right side")
    }
    waiting.append(begun)
  }

  private mutating func reduce(_ last: Waiting) {
    let b = operands.count - 1
    switch last {
    case .bracket, .call: break
    case .negation: operands[b] = graph.add(.negation, operands[b], operands[b])
    case .operation(let operation):
      operands[b - 1] = graph.add(operation, operands[b - 1], operands[b])
      operands.removeLast()
    }
  }

  private mutating func variable(_ name: String, _ begin: Int) throws(Failure) -> Int32 {
    if let index = indices[name] { return graph.add(.variable(index)) }
    guard name.utf8.count <= Expression.maxNameLength else {
      next = begin
      throw refusal(
        "at most \(Expression.maxNameLength)", seen: "a name of \(name.utf8.count) characters")
    }
    guard variables.count < Expression.maxVariables else {
      next = begin
      throw refusal(
        "at most \(Expression.maxVariables) variables", seen: "variable \"\(name)\", one more")
    }
    let index = Int32(variables.count)
    indices[name] = index
    variables.append(name)
    return graph.add(.variable(index))
  }

  private mutating func readName() -> String {
    let begin = next
    while next < bytes.count, isLetter(bytes[next]) || isDigit(bytes[next]) { next += 1 }
    return String(decoding: bytes[begin..<next], as: UTF8.self)
  }

  /// Digits with at most one point, and an exponent.
  private mutating func readNumber() throws(Failure) -> Double {
    let begin = next
    var digits = skipDigits()
    if next < bytes.count, bytes[next] == UInt8(ascii: ".") {
      next += 1
      digits += skipDigits()
    }
    guard digits > 0 else { throw refusal("a digit") }
    if next < bytes.count, bytes[next] | 0x20 == UInt8(ascii: "e") {
      next += 1
      if next < bytes.count, bytes[next] == UInt8(ascii: "+") || bytes[next] == UInt8(ascii: "-") {
        next += 1
      }
      guard skipDigits() > 0 else { throw refusal("a digit of the exponent") }
    }
    let text = String(decoding: bytes[begin..<next], as: UTF8.self)
    let value = text.withCString { systemDecimal($0) }
    guard value.isFinite else {
      next = begin
      throw refusal("at most \(Double.greatestFiniteMagnitude)", seen: "number \(text.prefix(32))")
    }
    return value
  }

  private mutating func skipDigits() -> Int {
    let begin = next
    while next < bytes.count, isDigit(bytes[next]) { next += 1 }
    return next - begin
  }

  private mutating func skipBlanks() {
    while next < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[next]) { next += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private func isLetter(_ byte: UInt8) -> Bool {
    byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
  }

  /// - Parameter seen: the next character, where it is not given.
  private func refusal(_ expected: String, seen: String? = nil) -> Failure {
    var found = seen ?? "the end of the text"
    if seen == nil, next < bytes.count {
      // Whole, where it has several bytes: all before it have one.
      var end = next + 1
      while end < bytes.count, bytes[end] & 0xC0 == 0x80, end < next + 4 { end += 1 }
      found = "\"\(String(decoding: bytes[next..<end], as: UTF8.self))\""
    }
    return .invalidArgument("expression, position \(next + 1): \(found); expected \(expected)")
  }
}

private let functionsByName: [String: ElementwiseFunction] = {
  var functions: [String: ElementwiseFunction] = [:]
  for function in ElementwiseFunction.allCases { functions["\(function.name)"] = function }
  return functions
}()

private let functionNames = ElementwiseFunction.allCases.map { "\($0.name)" }.joined(separator: ", ")
