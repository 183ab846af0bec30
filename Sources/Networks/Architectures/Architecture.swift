import Tensors

/// A network's layers and the pictures that it takes.
package struct Architecture: Sendable {
  package let name: StaticString
  /// The input; height and width are nil if any size is accepted. One channel is grey.
  package let input: Extent
  package let isBGR: Bool
  package let mean: (Float, Float, Float)
  package let scale: Float
  package let graph: Graph
  /// Biases that a training starts with, by the names of their tensors; the others start at 0.
  package var initialBiases: [String: [Float]] = [:]

  /// Whether its result is a face embedding.
  package var hasEmbedding: Bool { layerNames.contains("embedding") }

  /// The styles that its normalisations mix.
  package var styles: Int {
    var count = 1
    for node in graph.nodes {
      if case .instanceNormalisation(let layer) = node.layer { count = max(count, layer.styles) }
    }
    return count
  }

  /// Side of the square input, or nil if any size is accepted.
  package var side: Int? { input.height == input.width ? input.height : nil }

  package init(
    name: StaticString, input: Extent, isBGR: Bool = false, mean: (Float, Float, Float), scale: Float,
    graph: Graph
  ) {
    self.name = name
    self.input = input
    self.isBGR = isBGR
    self.mean = mean
    self.scale = scale
    self.graph = graph
  }

  package init(
    name: StaticString, input: Extent, isBGR: Bool = false, mean: (Float, Float, Float), scale: Float,
    layers: [Layer]
  ) {
    self.init(name: name, input: input, isBGR: isBGR, mean: mean, scale: scale, graph: Graph(layers))
  }

  package init(
    name: StaticString, side: Int?, isBGR: Bool = false, mean: (Float, Float, Float), scale: Float,
    layers: [Layer]
  ) {
    self.init(
      name: name, input: Extent(height: side, width: side, channels: 3), isBGR: isBGR, mean: mean,
      scale: scale, layers: layers)
  }

  /// Maps levels 0...255 to -1...1.
  init(name: StaticString, input: Extent, layers: [Layer]) {
    self.init(name: name, input: input, mean: (127.5, 127.5, 127.5), scale: 1 / 127.5, layers: layers)
  }
}
