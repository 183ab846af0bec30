import Tensors

extension Network {
  /// What a number of a layer's result passes back to the input: with `.gradient` `d y / d x`, with the other
  /// ways a projection of it, which grows with the number as the gradient does.
  ///
  /// - Parameters:
  ///   - place: of the number in the layer's result, [1, rows, columns, channels].
  ///   - x: [1, height, width, channels]
  /// - Returns: in the shape of `x`.
  package func pixels(
    behind place: (row: Int, column: Int, channel: Int), of layer: String, _ x: Tensor<Element>,
    pooling: Pooling, _ wayBack: WayBack
  ) throws(Failure) -> Tensor<Element> {
    let tape = Tape<Element>(wayBack), leaf = tape.leaf(x)
    let y = try run(leaf, Request([layer], pooling: pooling), on: tape)[0]
    let (rows, columns, channels) = (y.shape[1], y.shape[2], y.shape[3])
    guard (0..<rows).contains(place.row), (0..<columns).contains(place.column),
      (0..<channels).contains(place.channel)
    else {
      throw .internalError(
        "row \(place.row), column \(place.column) and channel \(place.channel) of \(y.shape.description)")
    }
    let index = (place.row * columns + place.column) * channels + place.channel
    let number = try tape.lookup(tape.reshaped(y, [y.tensor.count, 1]), at: [index])
    return try tape.gradients(of: number, at: [leaf])[0]
  }
}
