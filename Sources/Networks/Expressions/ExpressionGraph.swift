import Tensors

/// Nodes under construction. Equal nodes are one, so that what is written twice, or made twice by the product
/// rule, is kept once. A node reads only nodes before it: every walk is a loop, and no text is too deep for a
/// small stack.
///
/// Rules of differentiation cannot throw; beyond a limit the graph remembers what was too much, and
/// `check` throws it.
final class ExpressionGraph {
  private(set) var nodes: [ExpressionNode] = []
  /// How many nodes lie one above the other, from a leaf to this one.
  private var heights: [Int32] = []
  private var places: [ExpressionNode: Int32] = [:]
  private let sharesNodes: Bool, excess: Int
  private var fault: Failure?

  /// - Parameters:
  ///   - sharesNodes: false makes a node for each call.
  ///   - excess: how many times an expression's limits are the graph's; it may hold what falls away.
  init(sharesNodes: Bool = true, excess: Int = 1) {
    (self.sharesNodes, self.excess) = (sharesNodes, excess)
  }

  /// The nodes of an expression, to which others are added.
  convenience init(_ expression: Expression, sharesNodes: Bool = true, excess: Int = 1) {
    self.init(sharesNodes: sharesNodes, excess: excess)
    for node in expression.nodes { _ = add(node) }
  }

  /// The place of a node. The negation of a constant is a constant, so that "-2" is one in every text.
  func add(_ node: ExpressionNode) -> Int32 {
    var node = node
    if case .arithmetic(.negation, let a, _) = node, let value = nodes[Int(a)].constant {
      node = .constant(-value)
    }
    if sharesNodes, let place = places[node] { return place }
    var height: Int32 = 0
    node.forEachOperand { height = max(height, heights[$0]) }
    if fault == nil, nodes.count >= excess * Expression.maxNodes {
      fault = .invalidArgument(
        "an expression of more than \(nodes.count) nodes; expected at most \(Expression.maxNodes)")
    }
    if fault == nil, Int(height) >= excess * Expression.maxDepth {
      fault = .invalidArgument(
        "an expression more than \(height) nodes deep; expected at most \(Expression.maxDepth)")
    }
    if fault == nil {
      do throws(Failure) {
        try nodes.makeRoom(for: 1)
        if sharesNodes { try places.makeRoom() }
      } catch {
        fault = error
      }
    }
    guard fault == nil else { return 0 }
    let place = Int32(nodes.count)
    nodes.append(node)
    heights.append(height + 1)
    if sharesNodes { places[node] = place }
    return place
  }

  func add(_ operation: ArithmeticOperation, _ a: Int32, _ b: Int32) -> Int32 {
    add(.arithmetic(operation, a, operation == .negation ? a : b))
  }

  func check() throws(Failure) {
    if let fault { throw fault }
  }
}
