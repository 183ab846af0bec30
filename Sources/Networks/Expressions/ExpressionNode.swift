import Tensors

/// A part of an expression: what it computes, and from which nodes before it. Operations are those of the
/// table of rules, so that whatever parses can be differentiated.
package enum ExpressionNode: Hashable, Sendable {
  /// A finite number, by its bits: 0 and -0 are two.
  case constant(bits: UInt64)
  /// The index of a variable.
  case variable(Int32)
  case function(ElementwiseFunction, Int32)
  /// Of a negation both are one.
  case arithmetic(ArithmeticOperation, Int32, Int32)

  static func constant(_ value: Double) -> ExpressionNode { .constant(bits: value.bitPattern) }

  /// The value of a constant.
  var constant: Double? {
    if case .constant(let bits) = self { return Double(bitPattern: bits) }
    return nil
  }

  /// Whether it computes something: constants and variables do not.
  var isOperation: Bool {
    switch self {
    case .constant, .variable: false
    case .function, .arithmetic: true
    }
  }

  /// The nodes that it reads, each as often as it reads it.
  @inline(__always)
  func forEachOperand(_ body: (Int) -> Void) {
    switch self {
    case .constant, .variable: break
    case .function(_, let a), .arithmetic(.negation, let a, _): body(Int(a))
    case .arithmetic(_, let a, let b):
      body(Int(a))
      body(Int(b))
    }
  }

  /// The same of nodes that lie elsewhere.
  func moved(_ places: [Int32]) -> ExpressionNode {
    switch self {
    case .constant, .variable: self
    case .function(let function, let a): .function(function, places[Int(a)])
    case .arithmetic(let operation, let a, let b): .arithmetic(operation, places[Int(a)], places[Int(b)])
    }
  }
}

extension ElementwiseFunction {
  /// Its name in texts, that of `differentiate` in Python.
  package var name: StaticString {
    switch self {
    case .exponential: "exp"
    case .logarithm: "log"
    case .squareRoot: "sqrt"
    case .sine: "sin"
    case .cosine: "cos"
    case .hyperbolicTangent: "tanh"
    case .sigmoid: "sigmoid"
    case .softplus: "softplus"
    case .magnitude: "absolute"
    case .reciprocal: "reciprocal"
    case .square: "square"
    case .sign: "sign"
    }
  }
}
