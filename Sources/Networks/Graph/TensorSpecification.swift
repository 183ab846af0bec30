import Tensors

/// A tensor of a layer, as stored in a weight file.
package struct TensorSpecification: Equatable, Sendable {
  package enum Kind: Sendable {
    /// Of a convolution [outputs, inputs / groups, kernel, kernel], or of a dense layer [outputs, inputs].
    case weight
    /// Added to each output.
    case bias
    /// Of a normalisation: `y = gamma x + beta`, one per channel.
    case gamma, beta
    /// Running statistics of a batch normalisation: stored, not learned.
    case mean, variance
    /// Of a parametric rectifier, one per channel.
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
  /// Whether it is trained by gradients.
  package var isLearned: Bool { kind != .mean && kind != .variance }
}

extension Graph {
  /// The tensors that its layers require, in order of first use.
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

  /// The count of learned numbers, which papers call parameters. A weight file also has the running
  /// statistics.
  package func parameterCount() throws(Failure) -> Int {
    var count = 0
    for tensor in try tensors() where tensor.isLearned { count += tensor.count }
    return count
  }

  /// Multiply-adds of convolutions and dense layers for one picture, which the FaceNet paper calls FLOPS. 0
  /// if any size of picture is accepted.
  package func multiplyAdds() -> Int {
    guard input.height != nil, input.width != nil else { return 0 }
    let extents = graph.extents(from: input)
    var count = 0
    for node in graph.nodes { count += node.layer.multiplyAdds(for: extents[node.inputs[0]]) }
    return count
  }

  /// Count of the numbers in its final result.
  package var dimension: Int { graph.output(for: input).channels }
}
