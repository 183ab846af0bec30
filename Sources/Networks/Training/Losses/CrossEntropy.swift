import Tensors

extension Tape {
  /// Softmax cross-entropy: minus the logarithm of the probability that a classifier assigns to the right
  /// class.
  /// `loss = sum or mean of log(sum over j of exp(x[i, j])) - x[i, label[i]]`
  ///
  /// Subtracts the largest score of each row first, so that no exponential overflows.
  ///
  /// - Parameters:
  ///   - scores: [count, classes], before softmax.
  ///   - labels: 0..<classes.
  package func crossEntropy(
    _ scores: Variable<Element>, labels: [Int32], _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    try requireClasses(scores.shape, labels)
    let count = scores.shape[0], classes = scores.shape[1]
    let probabilities = try Tensor<Element>(scores.shape)
    let sum = crossEntropyLoop(scores.tensor.pointer, labels, probabilities.pointer, classes)
    let share: Element = reduction.share(of: count, active: count)
    // dx[i, j] = softmax(x[i])[j] - (1 where j is the label), times share and dy
    return record(try Tensor([1], [sum * share]), from: [scores]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(scores.shape)
      crossEntropyPullbackLoop(probabilities.pointer, labels, share * dy[0], dx.pointer, classes)
      try tape.accumulate(dx, into: scores)
    }
  }

  /// Softmax cross-entropy of a linear classifier on embeddings: `scores = x transpose(weights) + bias`.
  ///
  /// - Parameters: embeddings [count, dimension], weights [classes, dimension], bias [classes].
  package func softmaxLoss(
    _ embeddings: Variable<Element>, labels: [Int32], weights: Variable<Element>, bias: Variable<Element>,
    _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    try crossEntropy(addingRow(rowProducts(embeddings, weights), bias), labels: labels, reduction)
  }

  /// Binary cross-entropy of `p = 1 / (1 + exp(-x))`, computed from x. `loss = sum or mean of -(y log(p) + (1
  /// - y) log(1 - p)) = max(x, 0) - x y + log(1 + exp(-|x|))`
  ///
  /// - Parameters:
  ///   - scores: one per target, any shape.
  ///   - targets: probabilities, 0...1.
  package func binaryCrossEntropy(
    _ scores: Variable<Element>, targets: [Element], _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    guard scores.tensor.count == targets.count, targets.count > 0 else {
      throw .invalidArgument("\(targets.count) targets for scores \(scores.shape.description)")
    }
    let slopes = try Tensor<Element>(scores.shape)
    let sum = binaryLoop(scores.tensor.pointer, targets, slopes.pointer)
    let share: Element = reduction.share(of: targets.count, active: targets.count)
    // dx = p - y, times share and dy
    return record(try Tensor([1], [sum * share]), from: [scores]) { tape, dy throws(Failure) in
      try tape.accumulate(slopes.scaled(by: share * dy[0]), into: scores)
    }
  }
}

func requireClasses(_ scores: Shape, _ labels: [Int32]) throws(Failure) {
  guard scores.rank == 2, scores.count > 0, labels.count == scores[0] else {
    throw .invalidArgument(
      "\(labels.count) labels for scores \(scores.description); expected [count, classes]")
  }
  try requireLabels(labels, below: scores[1])
}

func requireLabels(_ labels: [Int32], below classes: Int) throws(Failure) {
  for label in labels where label < 0 || Int(label) >= classes {
    throw .invalidArgument("label \(label); expected 0 to \(classes - 1)")
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func crossEntropyLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ labels: [Int32], _ probabilities: UnsafeMutablePointer<Element>,
  _ classes: Int
) -> Element {
  var total: Element = 0
  for i in 0..<labels.count {
    let x = x + i * classes, p = probabilities + i * classes
    var largest = x[0], sum: Element = 0
    for j in 1..<max(classes, 1) where x[j] > largest { largest = x[j] }
    for j in 0..<classes {
      p[j] = Element.exponential(x[j] - largest)
      sum += p[j]
    }
    for j in 0..<classes { p[j] /= sum }
    total += Element.logarithm(sum) + largest - x[Int(labels[i])]
  }
  return total
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func crossEntropyPullbackLoop<Element: Scalar>(
  _ p: UnsafePointer<Element>, _ labels: [Int32], _ factor: Element, _ dx: UnsafeMutablePointer<Element>,
  _ classes: Int
) {
  for i in 0..<labels.count {
    for j in (i * classes)..<((i + 1) * classes) { dx[j] = factor * p[j] }
    let label = i * classes + Int(labels[i])
    dx[label] = factor * (p[label] - 1)
  }
}

/// The sum of the terms, and the slope of each.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func binaryLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ targets: [Element], _ slopes: UnsafeMutablePointer<Element>
) -> Element {
  var total: Element = 0
  for i in 0..<targets.count {
    let isPositive = x[i] > 0
    let small = Element.exponential(isPositive ? -x[i] : x[i])
    total += (isPositive ? x[i] : 0) - x[i] * targets[i] + Element.logarithm(1 + small)
    slopes[i] = (isPositive ? 1 / (1 + small) : small / (1 + small)) - targets[i]
  }
  return total
}
