import CSystem
import Tensors

/// How strongly each point counts as another's neighbour in the high-dimensional space.
/// `p(j|i) = exp(-beta_i |x_i - x_j|²) / sum over k != i`, `p_ij = (p(j|i) + p(i|j)) / 2n`, `p_ii = 0`.
///
/// `beta_i` is chosen so that the entropy of `p(.|i)` is `log(perplexity)`, the effective number of
/// neighbours. If more points than that are equally near (copies of one photo), the entropy cannot become so
/// small, and these points share everything.
///
/// Source: van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008, equations 1 and 12, section 2.
package struct Affinities {
  package let count: Int
  /// `p_ij`, [count, count], symmetric; the sum is 1.
  package let values: Storage<Double>

  /// - Parameters:
  ///   - points: [count, dimension], finite.
  ///   - perplexity: at least 1, at most a third of a point's neighbours.
  package init(
    _ points: UnsafePointer<Float>, count n: Int, dimension: Int, perplexity: Double
  ) throws(Failure) {
    count = n
    values = try Storage<Double>(count: n * n)
    let target = log(perplexity)
    values.withPointer { p in
      forEachBatchOfRows(n, work: n * (dimension + 64)) { rows in
        for i in rows {
          let row = p + i * n
          Affinities.squaredDistances(points, i, row, count: n, dimension)
          Affinities.normalise(row, i, count: n, entropy: target)
        }
      }
      let scale = 1 / (2 * Double(n))
      for i in 0..<n {
        for j in 0..<i {
          let both = (p[i * n + j] + p[j * n + i]) * scale
          p[i * n + j] = both
          p[j * n + i] = both
        }
      }
    }
  }

  private static func squaredDistances(
    _ points: UnsafePointer<Float>, _ i: Int, _ row: UnsafeMutablePointer<Double>, count: Int,
    _ dimension: Int
  ) {
    let a = points + i * dimension
    for j in 0..<count {
      let b = points + j * dimension
      var sum = 0.0
      for k in 0..<dimension {
        let difference = Double(a[k]) - Double(b[k])
        sum += difference * difference
      }
      row[j] = sum
    }
  }

  /// Converts squared distances to `p(j|i)`, by bisection for beta.
  private static func normalise(
    _ row: UnsafeMutablePointer<Double>, _ i: Int, count: Int, entropy target: Double
  ) {
    var nearest = Double.infinity, sum = 0.0
    for j in 0..<count where j != i {
      nearest = min(nearest, row[j])
      sum += row[j]
    }
    // Only differences matter: the nearest has exponent 0, so that the sum is never 0.
    for j in 0..<count { row[j] -= nearest }
    let mean = sum / Double(count - 1) - nearest
    var low = 0.0, high = Double.infinity
    var beta = mean > 0 ? 1 / mean : 1
    for _ in 0..<100 {
      var total = 0.0, weighted = 0.0
      for j in 0..<count where j != i {
        let share = exp(-beta * row[j])
        total += share
        weighted += share * row[j]
      }
      let entropy = log(total) + beta * weighted / total
      if abs(entropy - target) < 1e-9 || !beta.isFinite { break }
      if entropy > target { low = beta } else { high = beta }
      let next = high == .infinity ? beta * 2 : (low + high) / 2
      // All are as near as the nearest, or no number lies in between.
      if mean <= 0 || next == beta { break }
      beta = next
    }
    var total = 0.0
    for j in 0..<count {
      row[j] = j == i ? 0 : exp(-beta * row[j])
      total += row[j]
    }
    for j in 0..<count { row[j] /= total }
  }
}

/// Runs `body` over ranges of rows on the pool's threads; `work` is the approximate number of steps per row.
/// The ranges depend only on the sizes.
func forEachBatchOfRows(_ count: Int, work: Int, _ body: (Range<Int>) -> Void) {
  let batch = max(1, (1 << 17) / max(work, 1))
  ThreadPool.shared.run((count + batch - 1) / batch) { task, _ in
    body((task * batch)..<min((task + 1) * batch, count))
  }
}
