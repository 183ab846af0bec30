import Images
import Networks
import Tensors

/// What a picture is measured by: the content's features and the style's Gram matrices, computed once.
/// `J(G) = alpha J_content(C, G) + beta sum over layers of lambda J_style(S, G)`
///
/// Source: Gatys, Ecker, Bethge, "Image style transfer using convolutional neural networks", 2016, equation 7.
///
/// In `Float` to paint, in `Double` to check its gradient.
package struct StyleObjective<Element: Scalar> {
  private let network: Network<Element>
  private let options: StyleOptions
  private let contentFeatures: Tensor<Element>
  private let grams: [Tensor<Element>]

  /// - Throws: `.notFound` for a layer that the network lacks.
  package init(
    _ network: Network<Element>, content: Tensor<Element>, style: Tensor<Element>, _ options: StyleOptions
  ) throws(Failure) {
    self.network = network
    self.options = options
    contentFeatures = try network.run(content, .init([options.contentLayer], pooling: options.pooling))[0]
    var grams: [Tensor<Element>] = []
    let tape = Tape<Element>()
    let names = options.styleLayers.map { $0.name }
    for features in try network.run(style, .init(names, pooling: options.pooling)) {
      grams.append(try tape.gramMatrix(tape.constant(features)).tensor)
    }
    self.grams = grams
  }

  /// The costs of a picture [1, height, width, 3] and, if asked for, d total / d picture.
  package func evaluate(
    _ picture: Tensor<Element>, withGradient: Bool
  ) throws(Failure) -> (costs: StyleCosts, gradient: Tensor<Element>?) {
    let tape = Tape<Element>()
    let x = withGradient ? tape.leaf(picture) : tape.constant(picture)
    let names = options.styleLayers.map { $0.name } + [options.contentLayer]
    let features = try network.run(x, .init(names, pooling: options.pooling), on: tape)
    let content = try tape.contentCost(features[grams.count], contentFeatures, options.cost)
    var layers: [Variable<Element>] = []
    for (features, gram) in zip(features, grams) { layers.append(try tape.styleCost(features, gram, options.cost)) }
    let style = try tape.weightedSum(layers, options.styleLayers.map { Element($0.weight) })
    let total = try tape.weightedSum([content, style], [Element(options.contentWeight), Element(options.styleWeight)])
    let costs = StyleCosts(content: Double(content.scalar), style: Double(style.scalar), total: Double(total.scalar))
    return (costs, withGradient ? try tape.gradients(of: total, at: [x])[0] : nil)
  }
}
