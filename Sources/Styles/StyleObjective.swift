import Images
import Networks
import Tensors

/// What a picture is measured by: the content's features and the styles' Gram matrices, computed once.
/// `J(G) = alpha J_content(C, G) + beta sum over layers of lambda J_style(S, G) + gamma J_variation(G)`
///
/// Source: Gatys, Ecker, Bethge, "Image style transfer using convolutional neural networks", 2016, equation 7.
///
/// In `Float` to compare `StyleEngine` with, in `Double` to check its gradient.
package struct StyleObjective<Element: Scalar> {
  private let network: Network<Element>
  private let options: StyleOptions
  private let contentFeatures: [Tensor<Element>]
  /// Of scaled styles by pixel.
  private let grams: [Tensor<Element>]

  /// - Parameter styles: of any sizes; their Gram matrices are mixed by their weights.
  /// - Throws: `.notFound` for a layer that the network lacks.
  package init(
    _ network: Network<Element>, content: Tensor<Element>, styles: [(picture: Tensor<Element>, weight: Float)],
    _ options: StyleOptions
  ) throws(Failure) {
    self.network = network
    self.options = options
    contentFeatures = try network.run(content, .init(options.contentLayers.map { $0.name }, pooling: options.pooling))
    let tape = Tape<Element>()
    let names = options.styleLayers.map { $0.name }
    var sum: Float = 0
    for style in styles { sum += style.weight }
    var parts: [[Variable<Element>]] = names.map { _ in [] }
    for style in styles {
      for (i, features) in try network.run(style.picture, .init(names, pooling: options.pooling)).enumerated() {
        let pixels = options.styleScale > 0 ? Element(features.shape[1] * features.shape[2]) : 1
        let share = Element(style.weight / sum) / pixels
        parts[i].append(try tape.scaled(tape.gramMatrix(tape.constant(features)), by: share))
      }
    }
    var grams: [Tensor<Element>] = []
    for layer in parts {
      var mean = layer[0]
      for part in layer.dropFirst() { mean = try tape.sum(mean, part) }
      grams.append(mean.tensor)
    }
    self.grams = grams
  }

  /// The costs of a picture [1, height, width, 3] and, if asked for, d total / d picture.
  package func evaluate(
    _ picture: Tensor<Element>, withGradient: Bool
  ) throws(Failure) -> (costs: StyleCosts, gradient: Tensor<Element>?) {
    let tape = Tape<Element>()
    let x = withGradient ? tape.leaf(picture) : tape.constant(picture)
    let names = options.styleLayers.map { $0.name } + options.contentLayers.map { $0.name }
    let features = try network.run(x, .init(names, pooling: options.pooling), on: tape)
    var styles: [Variable<Element>] = [], contents: [Variable<Element>] = []
    for (features, gram) in zip(features, grams) {
      let pixels = options.styleScale > 0 ? Element(features.shape[1] * features.shape[2]) : 1
      let scaled = try tape.scaled(tape.constant(gram), by: pixels).tensor
      styles.append(try tape.styleCost(features, scaled, options.cost))
    }
    for (features, target) in zip(features[grams.count...], contentFeatures) {
      contents.append(try tape.contentCost(features, target, options.cost))
    }
    let content = try tape.weightedSum(contents, options.contentLayers.map { Element($0.weight) })
    let style = try tape.weightedSum(styles, options.styleLayers.map { Element($0.weight) })
    let total = try tape.weightedSum([content, style], [Element(options.contentWeight), Element(options.styleWeight)])
    let gradient = withGradient ? try tape.gradients(of: total, at: [x])[0] : nil
    var variation = 0.0
    if options.variationWeight > 0 {
      variation = try options.variation.cost(
        picture.pointer, height: picture.shape[1], width: picture.shape[2], slope: Element(options.variationWeight),
        into: gradient?.pointer)
    }
    return (StyleCosts(content: content.scalar.value, style: style.scalar.value, variation: variation, options), gradient)
  }
}
