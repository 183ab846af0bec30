import Tensors

extension Tape {
  /// The centre loss: pulls embeddings towards the centre of their class.
  /// `loss = 1/2 * sum or mean of |x[i] - centre[label[i]]|^2`
  ///
  /// The paper adds it, times lambda, to the softmax loss (equation 5), and moves centres by a separate rule:
  /// `updatedCentres`. The tape's gradient of the centres is that of the formula.
  ///
  /// - Parameters:
  ///   - embeddings: [count, dimension].
  ///   - labels: 0..<classes.
  ///   - centres: [classes, dimension].
  ///   - reduction: the paper uses the sum.
  /// Source: Wen, Zhang, Li, Qiao, "A discriminative feature learning approach for deep face recognition",
  /// 2016, equation 2.
  package func centreLoss(
    _ embeddings: Variable<Element>, labels: [Int32], centres: Variable<Element>, _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    try requireCentres(embeddings.shape, labels, centres.shape)
    let x = embeddings.tensor, c = centres.tensor, dimension = x.shape[1]
    let sum = centreLoop(x.pointer, labels, c.pointer, dimension)
    let share: Element = reduction.share(of: labels.count, active: labels.count)
    // dx[i] = x[i] - c[label[i]], dc[j] = sum of c[j] - x[i] over the i with label j; times share and dy
    return record(try Tensor([1], [sum * share]), from: [embeddings, centres]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape), dc = try Tensor<Element>(c.shape.extents, repeating: 0)
      centrePullbackLoop(x.pointer, labels, c.pointer, share * dy[0], dx.pointer, dc.pointer, dimension)
      try tape.accumulate(dx, into: embeddings)
      try tape.accumulate(dc, into: centres)
    }
  }
}

/// The centres after a batch, each moved towards the embeddings of its class:
/// `c[j] - rate * (sum of c[j] - x[i] over the i with label j) / (1 + the number of these i)`
///
/// - Parameter rate: alpha, 0...1; the paper uses 0.5.
/// Source: Wen et al. 2016, equation 4 and step 6 of algorithm 1.
package func updatedCentres<Element: Scalar>(
  _ centres: Tensor<Element>, embeddings: Tensor<Element>, labels: [Int32], rate: Element
) throws(Failure) -> Tensor<Element> {
  try requireCentres(embeddings.shape, labels, centres.shape)
  var counts = [Int](repeating: 0, count: centres.shape[0])
  for label in labels { counts[Int(label)] += 1 }
  let moved = try centres.copy()
  moveLoop(centres.pointer, embeddings.pointer, labels, counts, rate, moved.pointer, centres.shape[1])
  return moved
}

private func requireCentres(_ x: Shape, _ labels: [Int32], _ centres: Shape) throws(Failure) {
  guard x.rank == 2, centres.rank == 2, x.count > 0, centres.count > 0, x[1] == centres[1],
    labels.count == x[0]
  else {
    throw .invalidArgument(
      "embeddings \(x.description) with \(labels.count) labels and centres \(centres.description)")
  }
  try requireLabels(labels, below: centres[0])
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func centreLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ labels: [Int32], _ centres: UnsafePointer<Element>, _ dimension: Int
) -> Element {
  var total: Element = 0
  for i in 0..<labels.count {
    let x = x + i * dimension, c = centres + Int(labels[i]) * dimension
    var square: Element = 0
    for k in 0..<dimension { square += (x[k] - c[k]) * (x[k] - c[k]) }
    total += square / 2
  }
  return total
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func centrePullbackLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ labels: [Int32], _ centres: UnsafePointer<Element>, _ factor: Element,
  _ dx: UnsafeMutablePointer<Element>, _ dc: UnsafeMutablePointer<Element>, _ dimension: Int
) {
  for i in 0..<labels.count {
    let row = i * dimension, centre = Int(labels[i]) * dimension
    for k in 0..<dimension {
      let slope = factor * (x[row + k] - centres[centre + k])
      dx[row + k] = slope
      dc[centre + k] -= slope
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func moveLoop<Element: Scalar>(
  _ centres: UnsafePointer<Element>, _ x: UnsafePointer<Element>, _ labels: [Int32], _ counts: [Int],
  _ rate: Element,
  _ moved: UnsafeMutablePointer<Element>, _ dimension: Int
) {
  for i in 0..<labels.count {
    let row = i * dimension, centre = Int(labels[i]) * dimension
    let step = rate / Element(1 + counts[Int(labels[i])])
    for k in 0..<dimension { moved[centre + k] -= step * (centres[centre + k] - x[row + k]) }
  }
}
