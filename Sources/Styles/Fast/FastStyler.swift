import Images
import Networks
import Tensors

/// Paints any picture in the one style that a feed-forward network has learned. Immutable: threads may share
/// it.
package final class FastStyler: Sendable {
  private let executor: Executor

  /// - Throws: `.wrongModel` for a network of another kind.
  package init(_ model: Model) throws(Failure) {
    try model.require(.fastStyle, for: "a fast style")
    executor = Executor(try model.network(), .init(["picture"]))
  }

  /// The content in the network's style, in its own size.
  /// - Throws: `.badData` if the network's numbers are not finite.
  package func run(_ content: Image) throws(Failure) -> Image {
    let canvas = canvas(width: content.width, height: content.height)
    return try executor.run(batch: 1, height: canvas.fullHeight, width: canvas.fullWidth) { input in
      canvas.fill(input, from: content)
    } _: { answers throws(Failure) in
      try canvas.image(from: answers[0], "the fast style")
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
