import Tensors

/// The scaling of content and style costs: the factors of the sums of squares of features and of Gram
/// matrices.
package enum CostVariant: Int32, CaseIterable, Sendable {
  /// Content 1/(4 H W C), style 1/(4 C^2 (H W)^2): the course notebook; the style's factor is from Gatys et
  /// al. 2016, equation 4.
  case normalised = 0
  /// Content 1/2, style 1/(2 H W C): as in the lecture.
  case lecture = 1
  /// Content 1/(H W C), style 1/(C^2 (H W)^2): means of squares, with Gram matrices per pixel. Gatys'
  /// PytorchNeuralStyleTransfer; neural-style equals it with layers weighted by 1/C^2.
  case means = 2
  /// Content 1/(2 sqrt(H W C)), style 1/(4 C^2 (H W)^2): neural-style-tf.
  case roots = 3

  package func contentFactor<Element: Scalar>(count: Element) -> Element {
    switch self {
    case .normalised: 1 / (4 * count)
    case .lecture: 1 / 2
    case .means: 1 / count
    case .roots: 1 / (2 * count.squareRoot())
    }
  }

  package func styleFactor<Element: Scalar>(pixels: Element, channels: Element) -> Element {
    let numbers = channels * pixels
    switch self {
    case .normalised, .roots: return 1 / (4 * numbers * numbers)
    case .lecture: return 1 / (2 * numbers)
    case .means: return 1 / (numbers * numbers)
    }
  }
}

extension Tape {
  /// Content cost: the distance between the generated features and the content's. `cost = factor * sum of
  /// (generated - content)^2`, features [1, height, width, channels].
  package func contentCost(
    _ generated: Variable<Element>, _ content: Tensor<Element>, _ variant: CostVariant
  ) throws(Failure) -> Variable<Element> {
    guard generated.shape == content.shape, content.count > 0 else {
      throw .invalidArgument("features \(generated.shape.description) against \(content.shape.description)")
    }
    return try squaredDistance(
      generated, to: content, factor: variant.contentFactor(count: Element(content.count)))
  }

  /// Style cost of one layer: the distance between the generated Gram matrix and the style's. `cost = factor
  /// * sum of (Gram(generated) - gram)^2`
  ///
  /// H and W are the generated picture's: scale a Gram matrix of a different number of pixels beforehand.
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
