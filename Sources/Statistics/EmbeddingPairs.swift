import Tensors

/// The distances of all pairs of labelled embeddings: genuine pairs and impostor pairs.
///
/// All pairs of photos with the same label are genuine. Impostor pairs are each impostor with each photo, or,
/// without impostors, all pairs of photos of two people.
package struct EmbeddingPairs {
  private let distances: Storage<Double>
  private let isSame: Storage<UInt8>

  /// The maximum number of pairs held at once; more would take gigabytes.
  package static let maxPairs = 1 << 24

  /// - Parameters:
  ///   - embeddings: [labels.count, dimension]; impostors: of as many numbers each, people who are not among
  ///     the labels; none where there are no numbers.
  /// - Throws: `.invalidArgument` for numbers that are not finite, and for more than `maxPairs` pairs.
  package init(
    _ embeddings: Span<Float>, labels: Span<Int32>, impostors: Span<Float>, dimension: Int
  ) throws(Failure) {
    let count = labels.count, impostorCount = impostors.count / dimension
    precondition(embeddings.count == count * dimension)
    var ofLabel: [Int32: Int] = [:]
    var genuine = 0  // at most count^2 / 2: count is at most 2^31 where memory holds the embeddings
    guard count < 1 << 31, impostorCount < 1 << 31 else {
      throw .invalidArgument("\(max(count, impostorCount)) embeddings; expected at most \(Int32.max)")
    }
    for i in labels.indices {
      genuine += ofLabel[labels[i]] ?? 0
      ofLabel[labels[i], default: 0] += 1
    }
    let others = impostors.isEmpty ? count * (count - 1) / 2 - genuine : count * impostorCount
    guard genuine + others <= EmbeddingPairs.maxPairs else {
      throw .invalidArgument(
        "\(genuine + others) pairs of embeddings; expected at most \(EmbeddingPairs.maxPairs): take fewer photos of each person"
      )
    }
    try requireFinite(embeddings, dimension, "an embedding")
    try requireFinite(impostors, dimension, "an impostor's embedding")
    distances = try Storage(count: genuine + others)
    isSame = try Storage(count: genuine + others)
    func place(_ row: Int) -> Range<Int> { (row * dimension)..<((row + 1) * dimension) }
    distances.withMutableSpan { distances in
      isSame.withMutableSpan { isSame in
        var next = 0
        func add(_ distance: Float, isSame same: Bool) {
          distances[next] = Double(distance)
          isSame[next] = same ? 1 : 0
          next += 1
        }
        for i in 0..<count {
          let row = embeddings.extracting(place(i))
          for j in 0..<i where labels[i] == labels[j] || impostors.isEmpty {
            add(euclideanDistance(row, embeddings.extracting(place(j))), isSame: labels[i] == labels[j])
          }
          for j in 0..<impostorCount {
            add(euclideanDistance(row, impostors.extracting(place(j))), isSame: false)
          }
        }
      }
    }
  }

  package func curve() throws(Failure) -> ROC {
    try distances.withSpan { distances throws(Failure) in
      try isSame.withSpan { isSame throws(Failure) in try ROC(distances, isSame) }
    }
  }
}
