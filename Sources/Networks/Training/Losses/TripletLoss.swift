import Tensors

extension Tape {
  /// The triplet loss: pulls an anchor towards its positive and away from its negative.
  /// `loss = sum or a mean of max(0, |a - p|^2 - |a - n|^2 + margin)`
  ///
  /// - Parameters:
  ///   - anchors, positives, negatives: embeddings, each [count, dimension].
  ///   - margin: squared distance; the paper uses 0.2 on unit vectors.
  /// - Returns: a single number; 0 if every triplet is separated by `margin`.
  /// - Throws: `.invalidArgument` if the three shapes differ.
  /// Source: Schroff, Kalenichenko, Philbin, "FaceNet", 2015, equation 3.
  package func tripletLoss(
    _ anchors: Variable<Element>, _ positives: Variable<Element>, _ negatives: Variable<Element>,
    margin: Element,
    _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    guard anchors.shape.rank == 2, anchors.shape.count > 0, anchors.shape == positives.shape,
      anchors.shape == negatives.shape
    else {
      throw .invalidArgument(
        "triplets of \(anchors.shape.description), \(positives.shape.description) and \(negatives.shape.description)"
          + "; expected three times [count, dimension]")
    }
    let count = anchors.shape[0], dimension = anchors.shape[1]
    let a = anchors.tensor, p = positives.tensor, n = negatives.tensor
    var isActive = [Bool](repeating: false, count: count), active = 0
    var loss: Element = 0
    for i in 0..<count {
      var term = margin
      for k in (i * dimension)..<((i + 1) * dimension) {
        term += (a[k] - p[k]) * (a[k] - p[k]) - (a[k] - n[k]) * (a[k] - n[k])
      }
      // Written so that NaN does not count as "apart".
      if !(term <= 0) {
        loss += term
        isActive[i] = true
        active += 1
      }
    }
    let share: Element = reduction.share(of: count, active: active)
    // For an active triplet: da = 2 (n - p), dp = 2 (p - a), dn = 2 (a - n), times share and dy
    return record(try Tensor([1], [loss * share]), from: [anchors, positives, negatives]) {
      tape, dy throws(Failure) in
      let da = try Tensor<Element>(a.shape.extents, repeating: 0)
      let dp = try Tensor<Element>(a.shape.extents, repeating: 0),
        dn = try Tensor<Element>(a.shape.extents, repeating: 0)
      let factor = 2 * share * dy[0]
      for i in 0..<count where isActive[i] {
        for k in (i * dimension)..<((i + 1) * dimension) {
          da.pointer[k] = factor * (n[k] - p[k])
          dp.pointer[k] = factor * (p[k] - a[k])
          dn.pointer[k] = factor * (a[k] - n[k])
        }
      }
      try tape.accumulate(da, into: anchors)
      try tape.accumulate(dp, into: positives)
      try tape.accumulate(dn, into: negatives)
    }
  }
}
