import CSystem
import Kernels

// Exhaustive search. Distances are computed from differences and every row is measured in the same way:
// results have the same bits for one query or many, and for any number of threads.

extension Rows {
  /// The `min(k, count)` rows nearest to each of some queries, the nearest first; query after query.
  ///
  /// - Parameters:
  ///   - k: at least 1.
  ///   - queries: finite numbers, `dimension` of each.
  package func nearest(_ k: Int, to queries: Span<Float>) throws(Failure) -> Storage<Neighbour> {
    let k = min(k, count), queryCount = queries.count / dimension
    let found = try Storage<Neighbour>(count: queryCount * k)
    try queries.withUnsafeBufferPointer { queries throws(Failure) in
      guard let queries = queries.baseAddress, queryCount > 0, k > 0 else { return }
      try search(k, queries, queryCount, into: found.pointer)
    }
    return found
  }

  private func search(
    _ k: Int, _ queries: UnsafePointer<Float>, _ queryCount: Int, into found: UnsafeMutablePointer<Neighbour>
  ) throws(Failure) {
    // A product for a few queries takes as long as for a whole panel of them, and every thread keeps `k`
    // results per query.
    let step = queryCount >= 4 && k <= 1024 ? 64 : 1
    for first in stride(from: 0, to: queryCount, by: step) {
      let some = min(step, queryCount - first)
      let best = try Best(k, queries: some, into: found + first * k)
      if some == 1 {
        try sweep(queries + first * dimension, k, best)
      } else {
        let isSieved = try sieve(queries + first * dimension, some, best)
        if !isSieved { try sift(queries + first * dimension, some, best) }
      }
      best.merge()
    }
  }

  package func distance(_ row: Int, to query: Span<Float>) -> Float {
    precondition(row >= 0 && row < count && query.count == dimension)
    return query.withUnsafeBufferPointer { query in
      query.baseAddress.map { euclideanDistance(pointer(row), $0, dimension) } ?? 0
    }
  }

  /// One query: a single pass, at memory speed, over the codes, and only rows of which they cannot tell that
  /// they are too far are measured; or over the rows, which are all measured.
  private func sweep(_ query: UnsafePointer<Float>, _ k: Int, _ best: Best) throws(Failure) {
    let kernels = KernelSet.selected
    let blockRows = 64
    let scratch = try Storage<Float>(count: best.workers * blockRows)
    let places = try Storage<Int32>(count: best.workers * blockRows)
    let levels = try Storage<Int16>(repeating: 0, count: dimension + codeSlack)
    let codes = usefulCodes
    var coded: CodedQuery?
    // Of many of the nearest most rows would pass.
    if codes != nil, k <= count / 8 {
      coded = CodedQuery(query, dimension, CodedQuery.most(dimension), levels.pointer)
    }
    // 256 KB hide the start of a task; more than 256 tasks gain nothing.
    let rowsPerTask = max((1 << 16) / dimension, (count + 255) / 256, blockRows)
    ThreadPool.shared.run((count + rowsPerTask - 1) / rowsPerTask, workers: best.workers) {
      [coded] task, worker in
      let distances = scratch.pointer + worker * blockRows, near = places.pointer + worker * blockRows
      let list = best.list(worker, 0)
      var pause = Pause()
      let end = min((task + 1) * rowsPerTask, count)
      for first in stride(from: task * rowsPerTask, to: end, by: blockRows) {
        let rows = min(blockRows, end - first)
        if let codes, let coded, list.pointee.limit <= maxMeasured, !pause.isOn {
          let passed = kernels.sieveBlock(
            codes.sieve, first, rows, levels.pointer, coded.gate(list.pointee.limit), distances, near)
          pause.note(isInVain: passed > rows / 4)
          if passed <= rows / 4 {
            for i in 0..<passed {
              let row = first + Int(near[i])
              list.pointee.offer(
                Neighbour(distance: euclideanDistance(pointer(row), query, dimension), row: row))
            }
            continue
          }
        }
        var smallest = kernels.distanceBlock(query, pointer(first), dimension, rows, distances)
        if smallest < minMeasured || list.pointee.limit > maxMeasured {
          for i in 0..<rows {
            distances[i] = measured(distances[i], pointer(first + i), query, dimension)
            smallest = min(smallest, distances[i])
          }
        }
        guard smallest <= list.pointee.limit else { continue }
        for i in 0..<rows where distances[i] <= list.pointee.limit {
          list.pointee.offer(Neighbour(distance: distances[i], row: first + i))
        }
      }
    }
    withExtendedLifetime((best, scratch, codes, places, levels)) {}
  }

  /// Many queries: `|x|^2 - 2 x.q`, computed by the tile of matrix products, selects the rows that may be
  /// near enough. Only those are measured.
  private func sift(_ queries: UnsafePointer<Float>, _ queryCount: Int, _ best: Best) throws(Failure) {
    let kernels = KernelSet.selected
    let packed = try Float.pack(
      depth: dimension, columns: queryCount, queries, rowStride: 1, columnStride: dimension)
    let panels = (queryCount + kernels.tileColumns - 1) / kernels.tileColumns,
      columns = panels * kernels.tileColumns
    // Together with its products, a block stays in the second-level cache.
    let blockRows = 96 / kernels.tileRows * kernels.tileRows
    let workspace = Workspace()
    var scratch = Scratch(
      pointers: blockRows, extra: blockRows * (columns + 1) + columns, workers: best.workers, kernels)
    try scratch.take(from: workspace)
    let places = try Storage<Int32>(count: best.workers * blockRows * columns)
    let bounds = (0..<queryCount).map { Bound(queries + $0 * dimension, dimension) }
    let plain = Finish<Float>.nothing.epilogue
    let blocks = (count + blockRows - 1) / blockRows
    let rowsPerTask = (blocks + 255) / 256 * blockRows
    ThreadPool.shared.run((count + rowsPerTask - 1) / rowsPerTask, workers: best.workers) {
      [scratch] task, worker in
      let products = scratch.extra(worker)
      let squares = products + blockRows * columns, limits = squares + blockRows
      let near = places.pointer + worker * blockRows * columns
      for query in 0..<queryCount {
        limits[query] = bounds[query].limit(best.list(worker, query).pointee.limit)
      }
      let end = min((task + 1) * rowsPerTask, count)
      for first in stride(from: task * rowsPerTask, to: end, by: blockRows) {
        let rows = min(blockRows, end - first)
        // Computed first for a second reason: it reads the rows in an order that the processor prefetches.
        kernels.squareBlock(pointer(first), dimension, rows, squares)
        for i in 0..<rows { squares[i] = Bound.lowered(squares[i], dimension) }
        kernels.multiplyBlock(
          dimension, pointer(first), dimension, packed.storage.pointer, products, columns, columns, false,
          plain, 0,
          rows, 0, panels, scratch.table(worker), scratch.edge(worker), nil)
        for place in 0..<kernels.siftBlock(products, columns, rows, queryCount, squares, limits, near) {
          let i = Int(near[place]) / columns, query = Int(near[place]) % columns
          // The limit may have decreased since.
          if squares[i] - 2 * products[i * columns + query] > limits[query] { continue }
          let list = best.list(worker, query)
          list.pointee.offer(
            Neighbour(
              distance: euclideanDistance(pointer(first + i), queries + query * dimension, dimension),
              row: first + i))
          limits[query] = bounds[query].limit(list.pointee.limit)
        }
      }
    }
    withExtendedLifetime((best, packed, workspace, places)) {}
  }
}

/// `sqrt(sum of (a - b)^2)`; infinite only if it is too large for a Float itself. Of as many numbers each.
package func euclideanDistance(_ a: Span<Float>, _ b: Span<Float>) -> Float {
  precondition(a.count == b.count)
  return a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      guard let start = a.baseAddress, let other = b.baseAddress else { return 0 }
      return euclideanDistance(start, other, a.count)
    }
  }
}

func euclideanDistance(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ dimension: Int
) -> Float {
  var distance: Float = 0
  _ = KernelSet.selected.distanceBlock(b, a, dimension, 1, &distance)
  return measured(distance, a, b, dimension)
}

/// In this range the kernel's sum of squares has neither lost precision to underflow nor overflowed a Float:
/// with the largest dimension, 2^20, squares below 2^-149 add up to less than 2^-129, and the sum is 2^-100
/// or more; a sum that overflows belongs to a distance above 1e19.
private let minMeasured: Float = 0x1p-50
let maxMeasured: Float = 1e19

/// A distance computed by the kernel, or in Double where its squares leave the range of a Float.
private func measured(
  _ distance: Float, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ dimension: Int
) -> Float {
  guard distance < minMeasured || distance == .infinity else { return distance }
  var sum = 0.0
  for i in 0..<dimension {
    let difference = Double(a[i]) - Double(b[i])
    sum += difference * difference
  }
  return Float(sum.squareRoot())
}

/// A bound on the error of a score.
///
/// With unit roundoff u = 2^-24 and n the dimension, a sum of n products in any order, with or without FMA,
/// is off by at most g(n) times the sum of their magnitudes, g(n) = n u / (1 - n u) (Higham, "Accuracy and
/// Stability", 3.1); for x.q that is at most g(n) (|x|^2 + |q|^2) / 2. So the score s, computed as `x' - 2
/// x.q` with `x' = |x|^2 - e |x|^2`, `e = 4 (n + 4) u`, is at most `|x - q|^2 - |q|^2 + e |q|^2`: `e` is more
/// than twice all rounding errors. A measured distance d, its root included, is as accurate: `|x - q|^2 <=
/// d^2 + e d^2`. A row with a score above `d^2 + e d^2 - |q|^2 + e |q|^2` therefore measures farther than d.
///
/// Where x.q, or a partial sum of it, overflows to -infinity, the distance exceeds 1e19, because (x - q)^2 >=
/// -4 x q: the row is skipped, unless rows that far may be requested, and then all are measured. Where it
/// overflows to infinity the score is low or NaN, and the row is measured.
struct Bound {
  private let dimension: Int
  private let square: Double

  init(_ query: UnsafePointer<Float>, _ dimension: Int) {
    self.dimension = dimension
    var square = 0.0
    for i in 0..<dimension { square += Double(query[i]) * Double(query[i]) }
    self.square = square
  }

  /// The largest score of a row that measures `distance` or less.
  func limit(_ distance: Float) -> Float {
    guard distance <= maxMeasured else { return .infinity }
    return Float(
      Bound.largestSquare(distance, dimension) - square + Double(Bound.slack(dimension)) * square
    ).nextUp
  }

  /// The largest `|x - q|^2` of a row that measures `distance` or less.
  static func largestSquare(_ distance: Float, _ dimension: Int) -> Double {
    let square = Double(distance) * Double(distance)
    // The absolute error where numbers are too small for relative errors, even if they are flushed to zero.
    let least = 4 * Double(dimension + 4) * Double(Float.leastNormalMagnitude)
    return square + Double(slack(dimension)) * square + least
  }

  /// `x'`; NaN, and so never too far, for a row whose square overflows.
  static func lowered(_ square: Float, _ dimension: Int) -> Float { square - slack(dimension) * square }

  private static func slack(_ dimension: Int) -> Float { 4 * Float(dimension + 4) * 0x1p-24 }
}

/// Whether the codes are left unasked for some blocks: for longer each time that they were asked in vain, so
/// that rows of which they tell little cost hardly more than without them.
private struct Pause {
  private var left = 0, length = 0

  var isOn: Bool {
    mutating get {
      defer { left = max(0, left - 1) }
      return left > 0
    }
  }

  mutating func note(isInVain: Bool) {
    length = isInVain ? min(2 * length + 1, 31) : 0
    left = length
  }
}

/// Each worker's nearest rows to each query. The first worker's results lie in their final place.
final class Best {
  let workers = ThreadPool.shared.threads
  private let queries: Int
  private let lists: Storage<Nearest>
  private let others: Storage<Neighbour>

  init(_ k: Int, queries: Int, into found: UnsafeMutablePointer<Neighbour>) throws(Failure) {
    self.queries = queries
    lists = try Storage(count: workers * queries)
    others = try Storage(count: (workers - 1) * queries * k)
    for i in 0..<(workers * queries) {
      let slots = i < queries ? found + i * k : others.pointer + (i - queries) * k
      (lists.pointer + i).initialize(to: Nearest(slots, capacity: k))
    }
  }

  func list(_ worker: Int, _ query: Int) -> UnsafeMutablePointer<Nearest> {
    lists.pointer + worker * queries + query
  }

  func merge() {
    for query in 0..<queries {
      for worker in 1..<workers { list(0, query).pointee.offer(list(worker, query).pointee) }
      list(0, query).pointee.sort()
    }
  }
}
