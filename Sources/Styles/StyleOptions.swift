import Networks
import Tensors

/// What to paint and how; the defaults are those of the course notebook.
package struct StyleOptions {
  /// Of the picture; 0, 0: the content's. One 0: from the other, keeping the content's proportions.
  package var width = 0, height = 0
  package var steps = 200
  /// alpha and beta of `J = alpha J_content + beta J_style`.
  package var contentWeight: Float = 10, styleWeight: Float = 40
  /// Adam's, in levels of 0...255.
  package var learningRate: Float = 2
  /// The start is `ratio * noise(-20...20) + (1 - ratio) * content`.
  package var noiseRatio: Float = 0.6
  package var seed: UInt64 = 1
  package var pooling = Pooling.average
  package var cost = CostVariant.normalised
  package var contentLayer = "conv4_2"
  /// The layers whose Gram matrices are matched, and the weight (lambda) of each.
  package var styleLayers: [(name: String, weight: Float)] = [
    ("conv1_1", 0.2), ("conv2_1", 0.2), ("conv3_1", 0.2), ("conv4_1", 0.2), ("conv5_1", 0.2),
  ]

  package init() {}

  /// - Throws: `.invalidArgument` naming the first number outside its range.
  package func check() throws(Failure) {
    func check(_ value: Float, _ name: StaticString, from least: Float, to most: Float) throws(Failure) {
      guard value >= least, value <= most else {
        throw .invalidArgument("\(name) \(value), wanted \(least) to \(most)")
      }
    }
    guard steps >= 1, steps <= 1_000_000 else { throw .invalidArgument("\(steps) steps, wanted 1 to 1000000") }
    try check(contentWeight, "content weight", from: 0, to: 1e12)
    try check(styleWeight, "style weight", from: 0, to: 1e12)
    try check(noiseRatio, "noise ratio", from: 0, to: 1)
    try check(learningRate, "learning rate", from: 1e-6, to: 255)
    for layer in styleLayers { try check(layer.weight, "style layer weight", from: 0, to: 1e6) }
  }

  /// The size of the picture painted from a content of the given size.
  package func size(for contentWidth: Int, _ contentHeight: Int) -> (width: Int, height: Int) {
    switch (width, height) {
    case (0, 0): return (contentWidth, contentHeight)
    case (0, _): return (max(1, (contentWidth * height + contentHeight / 2) / contentHeight), height)
    case (_, 0): return (width, max(1, (contentHeight * width + contentWidth / 2) / contentWidth))
    default: return (width, height)
    }
  }
}

/// The costs of one picture.
package struct StyleCosts {
  package let content, style, total: Double
}
