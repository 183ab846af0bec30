import Tensors

// Symbolic differentiation: the rules for operations (the tables in Tensors), a walk over the expression from
// its leaves upwards, and in each rule the parts and their derivatives put in for its letters.
//
// Source: Baydin et al., "Automatic differentiation in machine learning: a survey", 2018, section 2.2.

extension Expression {
  /// The derivative by the variable of an index, as the rules give it: `(x*x)'` is `1*x + x*1`. Parts that do
  /// not depend on the variable have the derivative 0.
  package func derivative(_ variable: Int) throws(Failure) -> Expression {
    let graph = ExpressionGraph(self), depends = dependence { $0 == variable }
    var changes: [Symbol] = []
    changes.reserveCapacity(nodes.count)
    for (place, node) in nodes.enumerated() {
      func symbol(_ place: Int32) -> Symbol { Symbol(place, in: graph) }
      let y = symbol(Int32(place))
      switch node {
      case .constant, .variable: changes.append(depends[place] ? 1 : 0)
      case .function(let function, let a):
        changes.append(depends[place] ? function.change(symbol(a), y, changes[Int(a)]) : 0)
      case .arithmetic(let operation, let a, let b):
        changes.append(
          depends[place]
            ? operation.change(symbol(a), symbol(b), y, changes[Int(a)], changes[Int(b)]) : 0)
      }
      try graph.check()
    }
    return try Expression(changes[nodes.count - 1].place(in: graph), of: graph, variables: variables)
  }

  /// The numbers of operations with which reverse mode computes the value and the derivatives by all
  /// variables: those of the expression, and those of the tape's pullbacks, which are written down here as
  /// symbols, by the tape's table, and counted.
  package func reverseOperations() throws(Failure) -> Int {
    // A rule makes at most seven operations, of a power, and adds two results to what was there.
    let scratch = ExpressionGraph(self, sharesNodes: false, excess: 16)
    let depends = dependence { _ in true }
    func symbol(_ place: Int32) -> Symbol { Symbol(place, in: scratch) }
    var gradients = [Symbol?](repeating: nil, count: nodes.count)
    func accumulate(_ gradient: Symbol, _ place: Int32) {
      guard depends[Int(place)] else { return }
      gradients[Int(place)] = gradients[Int(place)].map { $0 + gradient } ?? gradient
    }
    // In place of 1, with which the tape begins, so that no product with it is left out of the count.
    gradients[nodes.count - 1] = symbol(Int32(nodes.count - 1))
    for (place, node) in nodes.enumerated().reversed() {
      guard let dy = gradients[place], depends[place] else { continue }
      let y = symbol(Int32(place))
      switch node {
      case .constant, .variable: break
      case .function(let function, let a): accumulate(function.slope(symbol(a), y) * dy, a)
      case .arithmetic(let operation, let a, let b):
        if operation == .power, !depends[Int(b)] {
          accumulate(ArithmeticOperation.slopeByBase(symbol(a), symbol(b)) * dy, a)
        } else {
          let (da, db) = operation.pullback(symbol(a), symbol(b), y, dy)
          accumulate(da, a)
          if operation != .negation { accumulate(db, b) }
        }
      }
    }
    try scratch.check()
    return scratch.nodes.count { $0.isOperation }
  }

  /// Of each node whether it depends on one of certain variables.
  func dependence(_ counts: (Int) -> Bool) -> [Bool] {
    var depends: [Bool] = []
    for node in nodes {
      var depend = false
      if case .variable(let index) = node { depend = counts(Int(index)) }
      node.forEachOperand { depend = depend || depends[$0] }
      depends.append(depend)
    }
    return depends
  }
}
