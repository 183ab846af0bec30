import Tensors

/// The input of a pairwise classifier for two embeddings, component by component.
package enum PairFeature: Equatable, Sendable {
  /// `|a - b|`
  case absoluteDifference
  /// `(a - b)^2 / (|a| + |b|)`, 0 where both are 0. For non-negative components, as rectifiers give them,
  /// this is chi-square, (a - b)^2 / (a + b). For others it never exceeds |a| + |b|, so that a component that
  /// happens to be small cannot outweigh all others.
  case chiSquare

  /// The name of the loss.
  var name: StaticString {
    switch self {
    case .absoluteDifference: "pair-difference"
    case .chiSquare: "pair-chi-square"
    }
  }
}

extension Tape {
  /// The components of a pairwise classifier's input, shape [count, dimension].
  package func pairFeatures(
    _ a: Variable<Element>, _ b: Variable<Element>, _ feature: PairFeature
  ) throws(Failure) -> Variable<Element> {
    guard a.shape.rank == 2, a.shape.count > 0, a.shape == b.shape else {
      throw .invalidArgument(
        "pairs of \(a.shape.description) and \(b.shape.description); expected twice [count, dimension]")
    }
    let y = try Tensor<Element>(a.shape)
    fillPairFeatures(a.tensor.pointer, b.tensor.pointer, feature, y.pointer, y.count)
    // |a - b|: da = sign(a - b), db = -da.
    // With s = |a| + |b| and q = (a - b) / s: da = q (2 - q sign(a)), db = -q (2 + q sign(b)). sign(0) is 0.
    return record(y, from: [a, b]) { tape, dy throws(Failure) in
      let da = try Tensor<Element>(a.shape), db = try Tensor<Element>(b.shape)
      featurePullbackLoop(
        a.tensor.pointer, b.tensor.pointer, feature, dy.pointer, da.pointer, db.pointer, dy.count)
      try tape.accumulate(da, into: a)
      try tape.accumulate(db, into: b)
    }
  }

  /// Pairwise logistic loss: are the two the same person? Binary cross-entropy of
  /// `p = sigmoid(sum over k of weights[k] * feature(a[k], b[k]) + bias)`, the probability that they are.
  ///
  /// - Parameters:
  ///   - a, b: embeddings, each [count, dimension].
  ///   - labels: 0 for the same person, 1 for two people.
  ///   - weights: [1, dimension]; bias: [1].
  /// Source: Taigman et al., "DeepFace", 2014, section 4.1 (chi-square) and 4.2 (|a - b|).
  package func pairwiseLogisticLoss(
    _ a: Variable<Element>, _ b: Variable<Element>, labels: [Int32], _ feature: PairFeature,
    weights: Variable<Element>,
    bias: Variable<Element>, _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    try requirePairs(a.shape, b.shape, labels)
    let scores = try addingRow(rowProducts(pairFeatures(a, b, feature), weights), bias)
    var targets: [Element] = []
    for label in labels { targets.append(Element(1 - Int(label))) }
    return try binaryCrossEntropy(scores, targets: targets, reduction)
  }
}

/// `y[i] = feature(a[i], b[i])`
@_specialize(where Element == Float)
@_specialize(where Element == Double)
package func fillPairFeatures<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ feature: PairFeature,
  _ y: UnsafeMutablePointer<Element>,
  _ count: Int
) {
  for i in 0..<count {
    let difference = a[i] - b[i]
    switch feature {
    case .absoluteDifference: y[i] = difference < 0 ? -difference : difference
    case .chiSquare:
      let sum = size(a[i]) + size(b[i])
      y[i] = sum == 0 ? 0 : difference / sum * difference
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func featurePullbackLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ feature: PairFeature,
  _ dy: UnsafePointer<Element>,
  _ da: UnsafeMutablePointer<Element>, _ db: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count {
    let difference = a[i] - b[i]
    switch feature {
    case .absoluteDifference:
      da[i] = sign(difference) * dy[i]
      db[i] = -da[i]
    case .chiSquare:
      let sum = size(a[i]) + size(b[i]), quotient = sum == 0 ? 0 : difference / sum
      da[i] = quotient * (2 - quotient * sign(a[i])) * dy[i]
      db[i] = -quotient * (2 + quotient * sign(b[i])) * dy[i]
    }
  }
}

@inline(__always)
private func size<Element: Scalar>(_ x: Element) -> Element { x < 0 ? -x : x }
@inline(__always)
private func sign<Element: Scalar>(_ x: Element) -> Element { x > 0 ? 1 : x < 0 ? -1 : 0 }
