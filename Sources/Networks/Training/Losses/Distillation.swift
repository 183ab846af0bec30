import Tensors

/// How a network learns from a teacher's embeddings: from their directions, from their mutual similarities,
/// and that strangers are apart, whatever the teacher says.
package struct Distillation: Equatable, Sendable {
  /// Weights of the three.
  package var cosine = 2.0, similarity = 4.0, strangers = 0.0
  /// The highest cosine that two strangers should have.
  package var strangerLimit = 0.7
  /// The number of earlier embeddings that a training compares each batch with.
  package var memory = 4096

  package init(
    cosine: Double = 2, similarity: Double = 4, strangers: Double = 0, strangerLimit: Double = 0.7,
    memory: Int = 4096
  ) {
    (self.cosine, self.similarity, self.strangers) = (cosine, similarity, strangers)
    (self.strangerLimit, self.memory) = (strangerLimit, memory)
  }

  /// Whether it needs to know who is who.
  package var hasStrangers: Bool { strangers > 0 }
}

extension Distillation: Settings {
  package var settings: [Setting] {
    Setting("cosine weight", cosine, .atLeast(0))
    Setting("similarity weight", similarity, .atLeast(0))
    Setting("stranger weight", strangers, .atLeast(0))
    Setting("stranger limit", strangerLimit, .from(-1, to: 1))
    Setting("memory", memory, .from(0, to: 1 << 20))
  }
}

extension Tape {
  /// Learning from a teacher's embeddings.
  /// `loss = cosine * mean(1 - cos(e[i], t[i])) + similarity * mean((e[i] . e[j] - t[i] . t[j])^2)`
  ///
  /// The second mean is over all pairs of a batch (Tung and Mori, "Similarity-preserving knowledge
  /// distillation", 2019). Normalises the rows of both to unit length; a zero row has cosine 0 with
  /// everything, and no gradient.
  ///
  /// With strangers there is a third term, `strangers * strangersLoss`, and t[i] . t[j] is at most the limit
  /// where i and j are of two people: a teacher that confuses them is not followed in that.
  ///
  /// - Parameters:
  ///   - embeddings, teacher: [count, dimension].
  ///   - people: of each row; a negative number is unknown. Used if there are strangers.
  ///   - memory: embeddings of earlier batches.
  package func distillationLoss(
    _ embeddings: Variable<Element>, teacher: Tensor<Element>, people: [Int32], _ settings: Distillation,
    memory: StrangerMemory<Element>? = nil
  ) throws(Failure) -> Variable<Element> {
    try requireTeacher(embeddings.shape, teacher.shape)
    let count = teacher.shape[0]
    guard !settings.hasStrangers || people.count == count else {
      throw .invalidArgument("\(people.count) labels for \(count) rows that may be of strangers")
    }
    let people = people.map { StrangerMemory<Element>.label($0) }
    let e = try unitLength(embeddings), t = try unitLength(constant(teacher))
    var terms = [try meanCosineDistance(e, t.tensor)], weights = [Element(settings.cosine)]
    // Skips the products of the whole batch if they are not needed.
    guard settings.similarity != 0 || settings.hasStrangers else { return try weightedSum(terms, weights) }
    let products = try rowProducts(e, e)
    if settings.similarity != 0 {
      let wanted = try rowProducts(t, t).tensor
      if settings.hasStrangers { limitStrangers(wanted, people, Element(settings.strangerLimit)) }
      terms.append(
        try squaredDistance(products, to: wanted, factor: 1 / (Element(count) * Element(count))))
      weights.append(Element(settings.similarity))
    }
    if settings.hasStrangers {
      var blocks = [StrangerBlock(products: products, people: people)]
      if let memory, let known = try memory.known() {
        blocks.append(
          StrangerBlock(products: try rowProducts(e, constant(known.rows)), people: known.people))
      }
      terms.append(try strangersLoss(blocks, people, limit: Element(settings.strangerLimit)))
      weights.append(Element(settings.strangers))
    }
    return try weightedSum(terms, weights)
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
