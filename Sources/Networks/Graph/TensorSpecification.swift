import Tensors

/// A tensor that layers are made with, as a weight file has it.
package struct TensorSpecification: Equatable, Sendable {
  package enum Kind: Sendable {
    /// Of a convolution, [outputs, inputs / groups, kernel, kernel], or dense, [outputs, inputs].
    case weight
    /// Added to each output.
    case bias
    /// Of a normalisation: `y = gamma x + beta`, one a channel.
    case gamma, beta
    /// Running statistics of a batch normalisation: kept, not learned.
    case mean, variance
    /// Of a parametric rectifier, one a channel.
    case slope
  }

  package let name: String
  package let extents: [Int]
  package let kind: Kind

  package var count: Int {
    var count = 1
    for extent in extents { count *= extent }
    return count
  }
  /// Whether a gradient changes it.
  package var isLearned: Bool { kind != .mean && kind != .variance }
}

extension Graph {
  /// The tensors that its layers want, in the order in which they are met.
  /// - Throws: `.internalError` for a dense layer behind a picture of unknown size.
  package func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] {
    let extents = extents(from: input)
    var list: [TensorSpecification] = []
    for node in nodes { list += try node.layer.tensors(for: extents[node.inputs[0]]) }
    return list
  }
}

extension Architecture {
  /// The tensors of its weight file.
  package func tensors() throws(Failure) -> [TensorSpecification] { try graph.tensors(for: input) }

  /// Numbers that are learned: what papers call parameters. A weight file has the running statistics besides.
  package func parameterCount() throws(Failure) -> Int {
    var count = 0
    for tensor in try tensors() where tensor.isLearned { count += tensor.count }
    return count
  }

  /// Products of convolutions and dense layers for one picture, each with its addition: what the FaceNet
  /// paper calls FLOPS. 0 where any size of picture will do.
  package func multiplyAdds() -> Int {
    guard input.height != nil, input.width != nil else { return 0 }
    let extents = graph.extents(from: input)
    var count = 0
    for node in graph.nodes { count += node.layer.multiplyAdds(for: extents[node.inputs[0]]) }
    return count
  }

  /// Numbers of its answer at the end of its layers.
  package var dimension: Int { graph.output(for: input).channels }
}
