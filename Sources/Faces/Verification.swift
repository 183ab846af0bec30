import Tensors

/// Is it the same person? Near means the same.
package struct Verdict {
  package let distance: Float
  package let threshold: Float
  package var isSame: Bool { distance <= threshold }

  package init(distance: Float, threshold: Float) {
    self.distance = distance
    self.threshold = threshold
  }
}

/// The threshold to use: the caller's, or the model's where the caller gives -1.
/// - Throws: `.invalidArgument` for any other negative number and for NaN.
package func chosenThreshold(_ threshold: Float, default standard: Float) throws(Failure) -> Float {
  if threshold == -1 { return standard }
  guard threshold >= 0 else { throw .invalidArgument("threshold \(threshold), wanted 0 or more, or -1 for the model's own") }
  return threshold
}
