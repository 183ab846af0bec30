import Tensors

/// A formula of numbers, variables and the operations that the library differentiates. It never changes.
package final class Expression: Sendable {
  package static let maxBytes = 1 << 20, maxNodes = 1 << 17, maxDepth = 10_000
  package static let maxVariables = 1024, maxNameLength = 64

  /// Each reads nodes before it; the last is the expression. Equal parts are one node, and all are needed.
  package let nodes: [ExpressionNode]
  /// Their names, in the order of their first appearance in the text that was parsed. What is made from an
  /// expression keeps them all, so that one point suits both.
  package let variables: [String]

  /// What `root` needs of a graph.
  init(_ root: Int32, of graph: ExpressionGraph, variables: [String]) throws(Failure) {
    try graph.check()
    let all = graph.nodes
    var isNeeded = [Bool](repeating: false, count: all.count)
    isNeeded[Int(root)] = true
    for place in stride(from: Int(root), through: 0, by: -1) where isNeeded[place] {
      all[place].forEachOperand { isNeeded[$0] = true }
    }
    var places = [Int32](repeating: 0, count: all.count)
    var kept: [ExpressionNode] = []
    for place in 0...Int(root) where isNeeded[place] {
      places[place] = Int32(kept.count)
      kept.append(all[place].moved(places))
    }
    guard kept.count <= Expression.maxNodes else {
      throw .invalidArgument("an expression of \(kept.count) nodes; expected at most \(Expression.maxNodes)")
    }
    (nodes, self.variables) = (kept, variables)
  }

  /// `function(x)`
  package convenience init(_ function: ElementwiseFunction) throws(Failure) {
    let graph = ExpressionGraph()
    try self.init(graph.add(.function(function, graph.add(.variable(0)))), of: graph, variables: ["x"])
  }

  /// The index of a variable.
  /// - Throws: `.notFound`, with the names that there are.
  package func variable(_ name: String) throws(Failure) -> Int {
    if let index = variables.firstIndex(of: name) { return index }
    var known = variables.prefix(8).joined(separator: ", ")
    if variables.count > 8 { known += ", ..." }
    throw Failure(
      .notFound,
      "no variable \"\(name)\" in the expression; expected \(variables.isEmpty ? "one that it has, and it has none" : known)"
    )
  }
}

extension Expression {
  /// How large an expression is.
  package struct Size: Equatable, Sendable {
    /// Nodes of the tree, each part as often as it is written; `UInt64.max` stands for that or more.
    package var nodes: UInt64 = 0
    /// Nodes with equal parts as one.
    package var sharedNodes = 0
    /// Of them, those that compute something.
    package var operations = 0
    /// Nodes from the expression down to its deepest leaf.
    package var depth = 0
  }

  package var size: Size {
    var size = Size()
    size.sharedNodes = nodes.count
    var counts: [UInt64] = [], depths: [Int] = []
    for node in nodes {
      var count: UInt64 = 1, depth = 0
      node.forEachOperand {
        let (sum, overflow) = count.addingReportingOverflow(counts[$0])
        count = overflow ? .max : sum
        depth = max(depth, depths[$0])
      }
      counts.append(count)
      depths.append(depth + 1)
      if node.isOperation { size.operations += 1 }
    }
    size.nodes = counts.last ?? 0
    size.depth = depths.last ?? 0
    return size
  }
}
