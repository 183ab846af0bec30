import Tensors

/// A feed-forward network: layers between named values. Each node computes one value from earlier ones, so
/// the list is a valid order of execution.
///
/// Values are numbered: 0 is the input, `i + 1` the result of node `i`.
package struct Graph: Equatable, Sendable {
  package struct Node: Equatable, Sendable {
    package let name: String
    package let layer: AnyLayer
    /// Indices of values.
    package let inputs: [Int]
  }

  /// A value that can be requested.
  package struct Output: Equatable, Sendable {
    package let name: String
    package let value: Int
  }

  static let maxNodes = 1 << 12, maxInputs = 1 << 10

  package let nodes: [Node]
  /// In the order of execution. If a name occurs twice, the first counts.
  package let outputs: [Output]
  /// The final value, which training sees.
  package let result: Int

  package init(nodes: [Node], outputs: [Output], result: Int) {
    self.nodes = nodes
    self.outputs = outputs
    self.result = result
  }

  /// The value of an output's name; nil if there is none.
  func value(of output: String) -> Int? {
    for known in outputs where known.name == output { return known.value }
    return nil
  }

  /// The size of every value.
  func extents(from input: Extent) -> [Extent] {
    var extents = [input]
    for node in nodes { extents.append(node.layer.output(for: node.inputs.map { extents[$0] })) }
    return extents
  }

  /// The size of the final value.
  package func output(for input: Extent) -> Extent { extents(from: input)[result] }

  /// The size of an output; nil if there is none of that name.
  package func extent(of output: String, for input: Extent) -> Extent? {
    value(of: output).map { extents(from: input)[$0] }
  }

  /// The nodes that some values depend on.
  func needed(for values: [Int]) -> [Bool] { neededSteps(nodes.map { $0.inputs }, for: values) }

  /// The only node that reads a value which is not an output; nil if there are several or none.
  func onlyReader(of value: Int) -> Int? {
    guard !outputs.contains(where: { $0.value == value }) else { return nil }
    var reader: Int?
    for (i, node) in nodes.enumerated() {
      for input in node.inputs where input == value {
        guard reader == nil else { return nil }
        reader = i
      }
    }
    return reader
  }

  /// Removes some layers with one input: readers of their values then read their inputs.
  package func without(_ isDropped: (AnyLayer) -> Bool) -> Graph {
    var kept: [Node] = [], places = [0]
    for node in nodes {
      let inputs = node.inputs.map { places[$0] }
      if inputs.count == 1, isDropped(node.layer) {
        places.append(inputs[0])
      } else {
        kept.append(Node(name: node.name, layer: node.layer, inputs: inputs))
        places.append(kept.count)
      }
    }
    return Graph(
      nodes: kept, outputs: outputs.map { Output(name: $0.name, value: places[$0.value]) },
      result: places[result])
  }
}

/// The steps that some values depend on; each step is given by the values that it reads.
func neededSteps(_ inputs: [[Int]], for values: [Int]) -> [Bool] {
  var isNeeded = [Bool](repeating: false, count: inputs.count + 1)
  for value in values { isNeeded[value] = true }
  for i in inputs.indices.reversed() where isNeeded[i + 1] {
    for input in inputs[i] { isNeeded[input] = true }
  }
  return Array(isNeeded.dropFirst())
}
