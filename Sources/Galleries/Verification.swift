import Tensors

/// Whether it is the same person.
package struct Verdict {
  package let distance: Float
  package let threshold: Float
  package var isSame: Bool { distance <= threshold }

  package init(distance: Float, threshold: Float) {
    self.distance = distance
    self.threshold = threshold
  }
}

extension Gallery {
  /// One-to-one: is it `name`?
  package func verify(
    _ name: String, _ embedding: Span<Float>, _ threshold: Float? = nil
  ) throws(Failure) -> Verdict {
    let threshold = try chosenThreshold(threshold, default: defaultThreshold)
    return Verdict(distance: try distance(to: name, embedding), threshold: threshold)
  }

  /// One-to-many: who is it, by a rule, and who comes next? `photo(inRow:)` gives their names. The default
  /// threshold is the model's.
  /// - Throws: `.invalidArgument` for the default if distances are not Euclidean, and the errors of
  ///   `Identification`.
  package func identify(
    _ embedding: Span<Float>, _ metric: Metric, _ options: Identification.Options
  ) throws(Failure) -> Identification {
    var options = options
    if options.threshold == nil, metric.kind != .euclidean {
      throw .invalidArgument(
        "no threshold, and the model's own is of Euclidean distances; expected one")
    }
    options.threshold = try chosenThreshold(options.threshold, default: defaultThreshold)
    try check(embedding, count: 1)
    return try withRows { embeddings, owners throws(Failure) in
      try Identification(embedding, among: embeddings, owners: owners, people: people, metric, options)
    }
  }

  /// - Throws: `.wrongModel` for the fingerprint of another model: its distances would be meaningless.
  package func check(model: UInt64) throws(Failure) {
    guard model == fingerprint else {
      throw .wrongModel("the embedder's model is not the one that the gallery was made for")
    }
  }
}

/// The threshold to use: the caller's, or the model's by default.
/// - Throws: `.invalidArgument` for NaN and negative numbers.
package func chosenThreshold(_ threshold: Float?, default standard: Float) throws(Failure) -> Float {
  guard let threshold else { return standard }
  guard threshold >= 0 else {
    throw .invalidArgument("threshold \(threshold); expected 0 or more, or none for the model's own")
  }
  return threshold
}
