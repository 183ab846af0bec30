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
  ///   - embeddings: [labels.count, dimension]; impostors: [impostorCount, dimension], people who are not
  ///     among the labels.
  /// - Throws: `.invalidArgument` for numbers that are not finite, and for more than `maxPairs` pairs.
  package init(
    _ embeddings: UnsafePointer<Float>, labels: UnsafeBufferPointer<Int32>, impostors: UnsafePointer<Float>?,
    impostorCount: Int, dimension: Int
  ) throws(Failure) {
    let count = labels.count
    var ofLabel: [Int32: Int] = [:]
    var genuine = 0  // at most count^2 / 2: count is at most 2^31 where memory holds the embeddings
    guard count < 1 << 31, impostorCount < 1 << 31 else {
      throw .invalidArgument("\(max(count, impostorCount)) embeddings; expected at most \(Int32.max)")
    }
    for label in labels {
      genuine += ofLabel[label] ?? 0
      ofLabel[label, default: 0] += 1
    }
    let others = impostors == nil ? count * (count - 1) / 2 - genuine : count * impostorCount
    guard genuine + others <= EmbeddingPairs.maxPairs else {
      throw .invalidArgument(
        "\(genuine + others) pairs of embeddings; expected at most \(EmbeddingPairs.maxPairs): take fewer photos of each person"
      )
    }
    try requireFinite(embeddings, count, dimension, "an embedding")
    if let impostors { try requireFinite(impostors, impostorCount, dimension, "an impostor's embedding") }
    distances = try Storage(count: genuine + others)
    isSame = try Storage(count: genuine + others)
    withPointers(distances, isSame) { distances, isSame in
      var next = 0
      for i in 0..<count {
        let row = embeddings + i * dimension
        for j in 0..<i where labels[i] == labels[j] || impostors == nil {
          distances[next] = Double(euclideanDistance(row, embeddings + j * dimension, dimension))
          isSame[next] = labels[i] == labels[j] ? 1 : 0
          next += 1
        }
        guard let impostors else { continue }
        for j in 0..<impostorCount {
          distances[next] = Double(euclideanDistance(row, impostors + j * dimension, dimension))
          isSame[next] = 0
          next += 1
        }
      }
    }
  }

  package func curve() throws(Failure) -> ROC {
    try distances.withBuffer { distances throws(Failure) in
      try isSame.withBuffer { isSame throws(Failure) in
        try ROC(UnsafeBufferPointer(distances), UnsafeBufferPointer(isSame))
      }
    }
  }
}
