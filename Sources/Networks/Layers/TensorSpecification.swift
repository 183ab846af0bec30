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

/// The tensors that layers want, in the order in which they are met.
/// - Throws: `.internalError` for a dense layer behind a picture of unknown size.
package func tensors(of layers: [Layer], input: Extent) throws(Failure) -> [TensorSpecification] {
  var list: [TensorSpecification] = []
  try layers.forEach(from: input) { layer, input throws(Failure) in
    list += try layer.tensors(for: input)
  }
  return list
}

extension Layer {
  /// The layer's own tensors, not those of layers inside.
  fileprivate func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] {
    var list: [TensorSpecification] = []
    func add(_ name: String, _ extents: [Int], _ kind: TensorSpecification.Kind) {
      list.append(TensorSpecification(name: name, extents: extents, kind: kind))
    }
    func addStatistics(_ name: String, _ channels: Int) {
      add(name + ".weight", [channels], .gamma)
      add(name + ".bias", [channels], .beta)
      add(name + ".running_mean", [channels], .mean)
      add(name + ".running_var", [channels], .variance)
    }
    func addSlopes(_ activation: Activation, _ channels: Int) {
      if case .parametric(let name) = activation { add(name + ".weight", [channels], .slope) }
    }
    switch self {
    case .convolution(
      let name, let filters, let kernel, _, let groups, _, let hasBias, let normalisation, let activation):
      add(name + ".weight", [filters, input.channels / max(groups, 1), kernel, kernel], .weight)
      if hasBias { add(name + ".bias", [filters], .bias) }
      switch normalisation {
      case .none: break
      case .batch(let statistics): addStatistics(statistics, filters)
      case .affine:
        add(name + ".gamma", [filters], .gamma)
        add(name + ".beta", [filters], .beta)
      }
      addSlopes(activation, filters)
    case .dense(let name, let outputs, let hasBias, let activation):
      guard let height = input.height, let width = input.width else {
        throw .internalError("the size of the input to the dense layer \(name) is not known")
      }
      add(name + ".weight", [outputs, height * width * input.channels], .weight)
      if hasBias { add(name + ".bias", [outputs], .bias) }
      addSlopes(activation, outputs)
    case .transposedConvolution(let name, let filters, let kernel, _, _, let hasBias):
      add(name + ".weight", [input.channels, filters, kernel, kernel], .weight)
      if hasBias { add(name + ".bias", [filters], .bias) }
    case .instanceNormalisation(let name, _, _):
      add(name + ".weight", [input.channels], .gamma)
      add(name + ".bias", [input.channels], .beta)
    case .batchNormalisation(let name, let activation):
      addStatistics(name, input.channels)
      addSlopes(activation, input.channels)
    case .pool, .chosenPool, .euclideanPool, .globalAverage, .rectifier, .sigmoid, .softmax, .maxout,
      .dropout,
      .responseNormalisation, .unitLength, .border, .reflection, .upsampling, .depthToSpace,
      .hyperbolicTangent, .linear,
      .concatenation, .residual, .head, .tap:
      break
    }
    return list
  }

  /// Products that are added up: of convolutions and dense layers, which are nearly all the work there is.
  fileprivate func multiplyAdds(for input: Extent) -> Int {
    switch self {
    case .convolution(_, let filters, let kernel, _, let groups, _, _, _, _):
      let result = output(for: input)
      return (result.height ?? 0) * (result.width ?? 0) * filters * (input.channels / max(groups, 1)) * kernel
        * kernel
    case .transposedConvolution(_, let filters, let kernel, _, _, _):
      return (input.height ?? 0) * (input.width ?? 0) * input.channels * filters * kernel * kernel
    case .dense(_, let outputs, _, _):
      return (input.height ?? 0) * (input.width ?? 0) * input.channels * outputs
    default: return 0
    }
  }
}

extension [Layer] {
  /// Every layer, those inside others too, with the size of what comes to it.
  fileprivate func forEach(
    from input: Extent, _ body: (Layer, Extent) throws(Failure) -> Void
  ) throws(Failure) {
    var extent = input
    for layer in self {
      try body(layer, extent)
      switch layer {
      case .concatenation(let branches):
        for branch in branches { try branch.forEach(from: extent, body) }
      case .residual(let inner, let shortCut):
        try inner.forEach(from: extent, body)
        try shortCut.forEach(from: extent, body)
      case .head(let head): try head.forEach(from: extent, body)
      default: break
      }
      extent = layer.output(for: extent)
    }
  }
}

extension Architecture {
  /// The tensors of its weight file.
  package func tensors() throws(Failure) -> [TensorSpecification] {
    try Networks.tensors(of: layers, input: input)
  }

  /// Numbers that are learned: what papers call parameters. A weight file has the running statistics besides.
  package func parameterCount() throws(Failure) -> Int {
    var count = 0
    for tensor in try tensors() where tensor.isLearned { count += tensor.count }
    return count
  }

  /// Products of convolutions and dense layers for one picture, each with its addition: what the FaceNet
  /// paper calls FLOPS. 0 where any size of picture will do.
  package func multiplyAdds() throws(Failure) -> Int {
    guard input.height != nil, input.width != nil else { return 0 }
    var count = 0
    try layers.forEach(from: input) { layer, input throws(Failure) in count += layer.multiplyAdds(for: input)
    }
    return count
  }

  /// Numbers of its answer at the end of its layers.
  package var dimension: Int { layers.output(for: input).channels }
}
