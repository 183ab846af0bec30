import Tensors

/// This processor's peak rates, against which rows are compared.
struct Marks {
  /// GFLOP/s of one thread in the innermost loop of products.
  let peak: Double
  /// GB/s of a loop that only reads, by the number of threads.
  private(set) var bandwidth: [Int: Double] = [:]

  init(threads: [Int]) throws(Failure) {
    peak = try Marks.peak()
    let x = try numbers([64 << 20])
    for threads in threads {
      let row = try measure("read", "256 MB", threads: threads, seconds: 1) { () throws(Failure) in
        try readAll(x.pointer, x.count)
      }
      bandwidth[threads] = 4 * Double(x.count) / row.milliseconds[0] / 1e6
    }
  }

  /// The register tile on numbers in the first-level cache. The extra time for twice the depth is time in the
  /// loop, without the overhead of a call; the best of many runs excludes the time that other programs take.
  private static func peak() throws(Failure) -> Double {
    let (rows, columns) = Float.tile
    let repeats = 2000
    func seconds(_ depth: Int) throws(Failure) -> Double {
      let a = try numbers([rows, depth]), b = try numbers([depth, columns]),
        c = try Tensor<Float>([rows, columns])
      let packed = try Float.pack(
        depth: depth, columns: columns, b.pointer, rowStride: columns, columnStride: 1)
      var best = Double.infinity
      for _ in 0..<50 {
        let before = now()
        Float.multiplyTile(a.pointer, packed, c.pointer, repeats: repeats)
        best = min(best, now() - before)
      }
      return best
    }
    // Both operands in three quarters of 32 KB; at most the depth of a block.
    let depth = min(256, 6144 / (rows + columns)) / 2 * 2
    let more = try seconds(depth) - seconds(depth / 2)
    return Double(2 * rows * columns * depth / 2 * repeats) / more / 1e9
  }

  /// As a percentage of the mark for the same number of threads.
  func percent(_ row: Row) -> Double? {
    switch row.amount {
    case .operations(let count): 100 * count / row.median / 1e6 / (peak * Double(row.threads))
    case .bytes(let count): bandwidth[row.threads].map { 100 * count / row.median / 1e6 / $0 }
    case .nothing: nil
    }
  }
}

/// Adds up all numbers, only so that they are read.
func readAll(_ x: UnsafeMutablePointer<Float>, _ count: Int) throws(Failure) {
  let slice = 1 << 16
  let sums = try Storage<SIMD16<Float>>(repeating: .zero, count: ThreadPool.maximum)
  ThreadPool.shared.run((count + slice - 1) / slice) { task, worker in
    var even = SIMD16<Float>.zero, odd = SIMD16<Float>.zero
    for i in stride(from: task * slice, to: min((task + 1) * slice, count) - 31, by: 32) {
      even += UnsafeRawPointer(x + i).loadUnaligned(as: SIMD16<Float>.self)
      odd += UnsafeRawPointer(x + i + 16).loadUnaligned(as: SIMD16<Float>.self)
    }
    sums.pointer[worker] += even + odd
  }
}
