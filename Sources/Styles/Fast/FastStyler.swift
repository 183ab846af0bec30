import Images
import Networks
import Tensors

/// Paints any picture in a style that a feed-forward network has learned, or in a mixture of several.
/// Immutable: threads may share it.
package final class FastStyler: Sendable {
  private let executor: Executor
  private let architecture: Architecture

  /// - Parameter weights: of each style that the network has learned; empty for a network of one.
  /// - Throws: `.wrongModel` for a network of another kind, `.invalidArgument` for another number of weights.
  package init(_ model: Model, weights: [Float] = []) throws(Failure) {
    if model.kind != .fastStyle {
      try model.require(RegisteredArchitecture.Use.fastStyle, for: "a fast style")
    }
    architecture = try model.architecture()
    guard architecture.input.channels == 3, architecture.layerNames.contains("picture") else {
      throw .wrongModel("a fast style without the output \"picture\" for pictures of 3 channels")
    }
    let styles = architecture.styles
    guard styles == 1 || !weights.isEmpty else {
      throw .invalidArgument("a network of \(styles) styles; expected a weight for each")
    }
    let shares = try styleShares(weights, of: styles).map { Float($0) }
    executor = Executor(
      styles == 1 ? try model.network() : try model.network(mixing: shares), .init(["picture"]))
  }

  /// The content in the network's style, in its own size.
  /// - Throws: `.badData` if the network's numbers are not finite.
  package func run(_ content: Image) throws(Failure) -> Image {
    let canvas = canvas(width: content.width, height: content.height)
    return try executor.run(batch: 1, height: canvas.fullHeight, width: canvas.fullWidth) { input in
      canvas.fill(input, from: content)
      architecture.normalise(input, count: canvas.count)
    } _: { answers throws(Failure) in
      let extents = answers.extents(0)
      guard extents == [1, canvas.fullHeight, canvas.fullWidth, 3] else {
        throw .badData(
          "the fast style's picture is \(extents.dropFirst().map { "\($0)" }.joined(separator: "x")); expected \(canvas.fullHeight)x\(canvas.fullWidth)x3"
        )
      }
      return try canvas.image(from: answers[0], isBGR: architecture.isBGR, "the fast style")
    }
  }

  /// Peak memory in bytes that a run for a content of this size adds to the process.
  package func memoryNeeded(width: Int, height: Int) throws(Failure) -> Int {
    try Image.check(width: width, height: height)
    let canvas = canvas(width: width, height: height)
    return try executor.memoryNeeded(batch: 1, height: canvas.fullHeight, width: canvas.fullWidth) + 3 * width
      * height
  }

  /// The network halves its picture twice.
  private func canvas(width: Int, height: Int) -> Canvas {
    Canvas(width: width, height: height, multipleOf: 4, white: 255)
  }
}
