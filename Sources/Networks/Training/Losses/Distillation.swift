import Tensors

extension Tape {
  /// Learning from a teacher's embeddings: from their directions, and from their mutual similarities.
  /// `loss = cosine * mean(1 - cos(e[i], t[i])) + similarity * mean((e[i] . e[j] - t[i] . t[j])^2)`
  ///
  /// The second mean is over all pairs of a batch (Tung and Mori, "Similarity-preserving knowledge
  /// distillation", 2019). Normalises the rows of both to unit length; a zero row has cosine 0 with
  /// everything, and no gradient.
  ///
  /// - Parameters:
  ///   - embeddings, teacher: [count, dimension].
  ///   - cosine, similarity: weights, 0 or more.
  package func distillationLoss(
    _ embeddings: Variable<Element>, teacher: Tensor<Element>, cosine: Element, similarity: Element
  ) throws(Failure) -> Variable<Element> {
    try requireTeacher(embeddings.shape, teacher.shape)
    let count = Element(teacher.shape[0])
    let e = try unitLength(embeddings), t = try unitLength(constant(teacher))
    let directions = try meanCosineDistance(e, t.tensor)
    // Skips the products of the whole batch if they are not needed.
    guard similarity != 0 else { return try weightedSum([directions], [cosine]) }
    let products = try squaredDistance(
      rowProducts(e, e), to: rowProducts(t, t).tensor, factor: 1 / (count * count))
    return try weightedSum([directions, products], [cosine, similarity])
  }

  /// `mean over the rows of |e[i] - t[i]|^2`, [count, dimension].
  package func meanSquaredDistance(
    _ embeddings: Variable<Element>, teacher: Tensor<Element>
  ) throws(Failure) -> Variable<Element> {
    try requireTeacher(embeddings.shape, teacher.shape)
    return try squaredDistance(embeddings, to: teacher, factor: 1 / Element(teacher.shape[0]))
  }

  /// `mean of 1 - e[i] . t[i]`, rows of unit length.
  private func meanCosineDistance(
    _ e: Variable<Element>, _ t: Tensor<Element>
  ) throws(Failure) -> Variable<Element> {
    let rows = t.shape[0], share = 1 / Element(rows)
    let sum = cosineDistanceLoop(e.tensor.pointer, t.pointer, rows, t.shape[1])
    // de = -t / rows
    return record(try Tensor([1], [sum * share]), from: [e]) { tape, dy throws(Failure) in
      try tape.accumulate(t.scaled(by: -share * dy[0]), into: e)
    }
  }
}

private func requireTeacher(_ embeddings: Shape, _ teacher: Shape) throws(Failure) {
  guard embeddings.rank == 2, embeddings.count > 0, embeddings == teacher else {
    throw .invalidArgument(
      "embeddings \(embeddings.description) and a teacher's \(teacher.description); expected twice [count, dimension]"
    )
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func cosineDistanceLoop<Element: Scalar>(
  _ e: UnsafePointer<Element>, _ t: UnsafePointer<Element>, _ rows: Int, _ dimension: Int
) -> Element {
  var total: Element = 0
  for i in 0..<rows {
    var dot: Element = 0
    for k in (i * dimension)..<((i + 1) * dimension) { dot += e[k] * t[k] }
    total += 1 - dot
  }
  return total
}
