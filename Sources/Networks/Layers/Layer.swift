import Tensors

/// A layer of an architecture's table, or several: with a shortcut, in branches or as a head. A list of them
/// reads like a paper's table; `Graph` gives it its meaning.
package indirect enum Layer: Sendable {
  case single(AnyLayer)
  /// Branches of one input, concatenated in their channels.
  case concatenation([[Layer]])
  /// `body(x) + shortCut(x)`; the smaller one is zero-padded.
  case residual([Layer], shortCut: [Layer] = [])
  /// A head: only its taps use its result.
  case head([Layer])
  /// Names the value at this point, so that it can be requested.
  case tap(String)
}

extension Graph {
  /// The nodes of a list of layers, each applied to the result of the one before. A node is named for its
  /// tensors, else for a tap behind it, else for its kind, with a number.
  package init(_ layers: [Layer]) {
    var builder = GraphBuilder()
    let result = builder.add(layers, to: 0)
    self = builder.graph(result: result)
  }
}

private struct GraphBuilder {
  private var nodes: [(name: String?, layer: AnyLayer, inputs: [Int])] = []
  private var outputs: [Graph.Output] = []
  private var names: Set<String> = []

  /// - Returns: the value of the last layer.
  mutating func add(_ layers: [Layer], to input: Int) -> Int {
    var x = input
    for layer in layers {
      switch layer {
      case .single(let layer): x = add(layer, [x])
      case .concatenation(let branches):
        var parts: [Int] = []
        for branch in branches { parts.append(add(branch, to: x)) }
        x = add(.concatenation(Concatenation()), parts)
      case .residual(let body, let shortCut):
        // The shortcut first: the body's result is added to it.
        let other = add(shortCut, to: x), one = add(body, to: x)
        x = add(.sum(Sum()), [one, other])
      case .head(let head): _ = add(head, to: x)
      case .tap(let name):
        outputs.append(Graph.Output(name: name, value: x))
        if x > 0, nodes[x - 1].name == nil, names.insert(name).inserted { nodes[x - 1].name = name }
      }
    }
    return x
  }

  private mutating func add(_ layer: AnyLayer, _ inputs: [Int]) -> Int {
    var name = layer.traits.tensorName
    if let known = name, !names.insert(known).inserted { name = nil }
    nodes.append((name, layer, inputs))
    return nodes.count
  }

  mutating func graph(result: Int) -> Graph {
    var list: [Graph.Node] = [], counts: [String: Int] = [:]
    for node in nodes {
      let kind = "\(node.layer.traits.kind)"
      var name = node.name ?? ""
      while name.isEmpty {
        let number = (counts[kind] ?? 0) + 1
        counts[kind] = number
        if names.insert("\(kind)\(number)").inserted { name = "\(kind)\(number)" }
      }
      list.append(Graph.Node(name: name, layer: node.layer, inputs: node.inputs))
    }
    return Graph(nodes: list, outputs: outputs, result: result)
  }
}

extension [Layer] {
  /// The size of the last layer's result.
  package func output(for input: Extent) -> Extent { Graph(self).output(for: input) }

  /// The size at a tap; nil if there is none of that name.
  package func extent(ofTap name: String, for input: Extent) -> Extent? {
    Graph(self).extent(of: name, for: input)
  }
}

/// The tensors of a list of layers.
package func tensors(of layers: [Layer], input: Extent) throws(Failure) -> [TensorSpecification] {
  try Graph(layers).tensors(for: input)
}
