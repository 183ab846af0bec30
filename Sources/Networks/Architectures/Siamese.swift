extension Architecture {
  /// A plain convolutional network that ends in 128 units, not normalised: the shared half of a Siamese
  /// network (Taigman et al. 2014 and the contrastive loss of Hadsell et al. 2006 train such networks).
  ///
  /// - Parameters:
  ///   - input: grey pictures of the AT&T faces by default, 112 high and 92 wide; both at least 16.
  ///   - isSigmoid: the units are in 0...1, as required by the chi-square similarity, which divides by their
  ///     sum.
  package static func siamese(
    input: Extent = Extent(height: 112, width: 92, channels: 1), isSigmoid: Bool = false
  ) -> Architecture {
    Architecture(
      name: isSigmoid ? "siamese-sigmoid" : "siamese", input: input,
      layers: plainNet + [.dense("fc", 128)] + (isSigmoid ? [.sigmoid] : []) + [.tap("embedding")])
  }

  /// The one-shot baseline that embeddings replace: the same convolutions, ending in the probabilities of
  /// each known person and, last, of an unknown one. A new person requires a new last layer and new training.
  ///
  /// Taps: "scores" before the softmax, "people" after it.
  /// - Parameter people: the number of known people, at least 1; a weight file has it in its metadata.
  package static func oneShot(
    people: Int = 20, input: Extent = Extent(height: 112, width: 92, channels: 1)
  ) -> Architecture {
    Architecture(
      name: "one-shot", input: input,
      layers: plainNet + [
        .dense("fc", 128, activation: .rectifier), .dropout(0.5),
        .dense("people", people + 1), .tap("scores"), .softmax, .tap("people")
      ])
  }

  /// Four convolutions, each with a pooling: reduces the sides to a sixteenth.
  private static var plainNet: [Layer] {
    var layers: [Layer] = []
    for (i, filters) in [32, 64, 128, 128].enumerated() {
      layers += [
        .convolution(
          "conv\(i + 1)", filters, kernel: 3, padding: .zeros(1), hasBias: false,
          normalisation: .batch("bn\(i + 1)"),
          activation: .rectifier),
        .pool(.maximum, kernel: 2, stride: 2)
      ]
    }
    return layers
  }
}
