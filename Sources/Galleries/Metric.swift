import CSystem
import Networks
import Tensors

/// The distance of two embeddings: never negative; near means the same person.
package struct Metric {
  package enum Kind: Int32, CaseIterable {
    /// `sqrt(sum of (a - b)^2)`
    case euclidean = 0
    /// `sum of (a - b)^2`; `2 - 2 a.b` for unit vectors.
    case squaredEuclidean = 1
    /// `1 - a.b / (|a| |b|)`, 0 to 2; 1 if either is 0, which has no direction.
    case cosine = 2
    /// `sum of (a - b)^2 / (|a| + |b|)`, 0 where both are 0.
    case chiSquare = 3
    /// `1 - sigmoid(weight . |a - b| + bias)`: the probability that they are two people, by a head trained
    /// with `FS_LOSS_PAIR_DIFFERENCE`.
    case differenceHead = 4
    /// The same for `(a - b)^2 / (|a| + |b|)`, by a head trained with `FS_LOSS_PAIR_CHI_SQUARE`.
    case chiSquareHead = 5

    package var hasHead: Bool { self == .differenceHead || self == .chiSquareHead }
  }

  package let kind: Kind
  package let dimension: Int
  /// weight [dimension], bias [1]; empty without a head.
  private let head: [Float]

  /// - Throws: `.invalidArgument` for a dimension below 1, and for a head that is not finite.
  package init(_ kind: Kind, dimension: Int, head: [Float]? = nil) throws(Failure) {
    guard dimension >= 1 else {
      throw .invalidArgument("embeddings of \(dimension) numbers; expected at least 1")
    }
    self.kind = kind
    self.dimension = dimension
    guard kind.hasHead else {
      self.head = []
      return
    }
    guard let head, head.count == dimension + 1 else {
      throw .invalidArgument(
        "a head of \(head?.count ?? 0) numbers; expected \(dimension) weights and a bias")
    }
    for value in head where !value.isFinite {
      throw .invalidArgument("a head with \(value); expected finite numbers")
    }
    self.head = head
  }

  /// The distance of two finite embeddings: infinite if it exceeds a Float, never NaN.
  package func callAsFunction(_ a: Span<Float>, _ b: Span<Float>) -> Float {
    precondition(a.count == dimension && b.count == dimension)
    switch kind {
    case .euclidean: return euclideanDistance(a, b)
    case .squaredEuclidean:
      var sum = 0.0
      for i in a.indices { sum += (Double(a[i]) - Double(b[i])) * (Double(a[i]) - Double(b[i])) }
      return Float(sum)
    case .cosine:
      var product = 0.0, squareA = 0.0, squareB = 0.0
      for i in a.indices {
        product += Double(a[i]) * Double(b[i])
        squareA += Double(a[i]) * Double(a[i])
        squareB += Double(b[i]) * Double(b[i])
      }
      guard squareA > 0, squareB > 0 else { return 1 }
      return Float(min(max(1 - product / (squareA.squareRoot() * squareB.squareRoot()), 0), 2))
    case .chiSquare: return Float(weighed(a, b, .chiSquare))
    case .differenceHead: return unlikeness(a, b, .absoluteDifference)
    case .chiSquareHead: return unlikeness(a, b, .chiSquare)
    }
  }

  /// `1 / (1 + exp(weight . feature + bias))`, which is `1 - sigmoid`.
  private func unlikeness(_ a: Span<Float>, _ b: Span<Float>, _ feature: PairFeature) -> Float {
    Float(1 / (1 + exp(weighed(a, b, feature) + Double(head[dimension]))))
  }

  /// `sum of weight * feature(a, b)`, in blocks, so that nothing is allocated. The weights are the head's, or
  /// 1 without one.
  private func weighed(_ a: Span<Float>, _ b: Span<Float>, _ feature: PairFeature) -> Double {
    let step = 64
    var sum = 0.0
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * step) { room in
      guard let room = room.baseAddress else { return }
      for first in stride(from: 0, to: dimension, by: step) {
        let count = min(step, dimension - first)
        for i in 0..<count {
          room[i] = Double(a[first + i])
          room[step + i] = Double(b[first + i])
        }
        fillPairFeatures(room, room + step, feature, room + 2 * step, count)
        for i in 0..<count {
          sum += room[2 * step + i] * (head.isEmpty ? 1 : Double(head[first + i]))
        }
      }
    }
    return sum
  }

  /// The distance of each row of `a` to each row of `b`: [rows of a, rows of b]. The same bits for any number
  /// of threads.
  package func all(_ a: Span<Float>, _ b: Span<Float>, into distances: inout MutableSpan<Float>) {
    let countA = a.count / dimension, countB = b.count / dimension
    precondition(distances.count == countA * countB)
    // Enough numbers per task to hide its start.
    let rowsPerTask = max(1, (1 << 14) / max(1, countB * dimension))
    distances.withUnsafeMutableBufferPointer { distances in
      ThreadPool.shared.run((countA + rowsPerTask - 1) / rowsPerTask) { task, _ in
        for i in (task * rowsPerTask)..<min((task + 1) * rowsPerTask, countA) {
          let row = a.extracting((i * dimension)..<((i + 1) * dimension))
          for j in 0..<countB {
            distances[i * countB + j] = self(row, b.extracting((j * dimension)..<((j + 1) * dimension)))
          }
        }
      }
    }
  }
}
