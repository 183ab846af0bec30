import Networks
import Tensors

/// Embeds a picture together with its mirror image, at twice the time: what tells a person's two sides apart
/// then counts for less. A model asks for it by "mirrored" in its metadata.
struct Mirroring {
  /// Whether embeddings have length 1, so that their mean shall have it too.
  private let hasUnitLength: Bool

  /// nil if the model does not ask for it.
  /// - Throws: `.badData` for another text than those that `ModelTexts` writes.
  init?(_ model: Model, _ architecture: Architecture) throws(Failure) {
    guard try ModelTexts.isMirrored(model.weights.metadata) else { return nil }
    let graph = architecture.graph
    hasUnitLength =
      if let value = graph.outputs.first(where: { $0.name == "embedding" })?.value, value > 0,
        case .unitLength = graph.nodes[value - 1].layer
      { true } else { false }
  }

  /// - Parameter x: [1, height, width, channels].
  func mirrored(_ x: Tensor<Float>) throws(Failure) -> Tensor<Float> {
    let y = try Tensor<Float>(x.shape)
    withPointers(x, y) {
      $1.update(from: $0, count: x.count)
      mirrorRows($1, x.shape[1], width: x.shape[2], channels: x.shape[3])
    }
    return y
  }

  /// The means of embeddings and of those of the mirror images, of length 1 if theirs is.
  /// - Parameters:
  ///   - embeddings: [count, dimension]; they become the means.
  ///   - others: of the mirror images.
  func average(
    _ embeddings: UnsafeMutablePointer<Float>, with others: UnsafePointer<Float>, count: Int,
    dimension: Int
  ) {
    for i in 0..<(count * dimension) { embeddings[i] = (embeddings[i] + others[i]) / 2 }
    if hasUnitLength { unitRows(embeddings, embeddings, rows: count, dimension) }
  }

  /// The same, differentiable.
  func mean(
    _ a: Variable<Float>, _ b: Variable<Float>, on tape: Tape<Float>
  ) throws(Failure) -> Variable<Float> {
    let mean = try tape.scaled(tape.sum(a, b), by: 0.5)
    return hasUnitLength ? try tape.unitLength(mean) : mean
  }
}

/// Exchanges left and right of inputs of a network.
/// - Parameter x: [rows, width, channels].
func mirrorRows(_ x: UnsafeMutablePointer<Float>, _ rows: Int, width: Int, channels: Int) {
  for row in 0..<rows {
    let x = x + row * width * channels
    for column in 0..<(width / 2) {
      let left = column * channels, right = (width - 1 - column) * channels
      for c in 0..<channels { (x[left + c], x[right + c]) = (x[right + c], x[left + c]) }
    }
  }
}
