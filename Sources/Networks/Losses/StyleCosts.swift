import Tensors

/// How content and style costs are scaled.
package enum CostVariant {
  /// Content 1/(4 H W C), style 1/(4 C^2 (H W)^2): the course notebook; the style's is Gatys et al. 2016, equation 4.
  case normalised
  /// Content 1/2, style 1/(2 H W C): as the lecture writes them.
  case lecture

  package func contentFactor<Element: Scalar>(count: Element) -> Element { self == .lecture ? 1 / 2 : 1 / (4 * count) }
  package func styleFactor<Element: Scalar>(pixels: Element, channels: Element) -> Element {
    self == .lecture ? 1 / (2 * pixels * channels) : 1 / (4 * channels * channels * pixels * pixels)
  }
}

extension Tape {
  /// Content cost: how far the generated features are from the content's.
  /// `cost = factor * sum of (generated - content)^2`, features [1, height, width, channels].
  package func contentCost(
    _ generated: Variable<Element>, _ content: Tensor<Element>, _ variant: CostVariant
  ) throws(Failure) -> Variable<Element> {
    guard generated.shape == content.shape, content.count > 0 else {
      throw .invalidArgument("features \(generated.shape.description) against \(content.shape.description)")
    }
    return try squaredDistance(generated, to: content, factor: variant.contentFactor(count: Element(content.count)))
  }

  /// Style cost of one layer: how far the generated Gram matrix is from the style's.
  /// `cost = factor * sum of (Gram(generated) - gram)^2`
  ///
  /// H and W are the generated picture's, whatever size the style had.
  package func styleCost(
    _ generated: Variable<Element>, _ gram: Tensor<Element>, _ variant: CostVariant
  ) throws(Failure) -> Variable<Element> {
    let mine = try gramMatrix(generated)
    guard mine.shape == gram.shape, generated.tensor.count > 0 else {
      throw .invalidArgument("Gram matrix \(mine.shape.description) against \(gram.shape.description)")
    }
    let pixels = Element(generated.shape[1] * generated.shape[2]), channels = Element(generated.shape[3])
    let factor = variant.styleFactor(pixels: pixels, channels: channels)
    return try squaredDistance(mine, to: gram, factor: factor)
  }
}
