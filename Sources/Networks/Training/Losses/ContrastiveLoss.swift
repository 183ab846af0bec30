import Tensors

extension Tape {
  /// The contrastive loss: pulls two photos of one person together, pushes those of two people apart up to a
  /// margin.
  /// `loss = sum or a mean of 1/2 d^2` for label 0, `1/2 max(0, margin - d)^2` for label 1,
  /// `d = sqrt(sum of (a - b)^2 + epsilon)`
  ///
  /// With epsilon inside the root the slope of d stays finite for identical embeddings.
  ///
  /// - Parameters:
  ///   - a, b: embeddings, each [count, dimension].
  ///   - labels: 0 for the same person, 1 for two people.
  ///   - margin: a distance, not squared.
  /// - Throws: `.invalidArgument` for shapes that differ, and for other labels.
  /// Source: Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping", 2006,
  /// equation 4.
  package func contrastiveLoss(
    _ a: Variable<Element>, _ b: Variable<Element>, labels: [Int32], margin: Element, epsilon: Element,
    _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    try requirePairs(a.shape, b.shape, labels)
    let count = a.shape[0], dimension = a.shape[1]
    let slopes = try Tensor<Element>([count])
    let (sum, active) = contrastiveLoop(
      a.tensor.pointer, b.tensor.pointer, labels, slopes.pointer, dimension, margin, epsilon)
    let share: Element = reduction.share(of: count, active: active)
    // Label 0: da = a - b. Label 1 within the margin: da = -(margin - d) / d (a - b). db = -da.
    return record(try Tensor([1], [sum * share]), from: [a, b]) { tape, dy throws(Failure) in
      let da = try Tensor<Element>(a.shape), db = try Tensor<Element>(b.shape)
      pairPullbackLoop(
        a.tensor.pointer, b.tensor.pointer, slopes.pointer, share * dy[0], da.pointer, db.pointer, count,
        dimension)
      try tape.accumulate(da, into: a)
      try tape.accumulate(db, into: b)
    }
  }
}

/// The sum of the terms, the number of nonzero terms, and the factor of `a - b` in each pair's gradient.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func contrastiveLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ labels: [Int32],
  _ slopes: UnsafeMutablePointer<Element>,
  _ dimension: Int, _ margin: Element, _ epsilon: Element
) -> (sum: Element, active: Int) {
  var sum: Element = 0, active = 0
  for i in 0..<labels.count {
    var square = epsilon
    for k in (i * dimension)..<((i + 1) * dimension) { square += (a[k] - b[k]) * (a[k] - b[k]) }
    if labels[i] == 0 {
      sum += square / 2
      slopes[i] = 1
      active += 1
      continue
    }
    let distance = square.squareRoot(), gap = margin - distance
    // Written so that NaN does not count as "apart".
    if gap <= 0 {
      slopes[i] = 0
    } else {
      sum += gap * gap / 2
      slopes[i] = distance > 0 ? -gap / distance : 0
      active += 1
    }
  }
  return (sum, active)
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func pairPullbackLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ slopes: UnsafePointer<Element>,
  _ factor: Element,
  _ da: UnsafeMutablePointer<Element>, _ db: UnsafeMutablePointer<Element>, _ count: Int, _ dimension: Int
) {
  for i in 0..<count {
    let slope = slopes[i] * factor
    for k in (i * dimension)..<((i + 1) * dimension) {
      da[k] = slope * (a[k] - b[k])
      db[k] = slope * (b[k] - a[k])
    }
  }
}
