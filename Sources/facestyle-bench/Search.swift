import Faces
import Tensors

/// The five photos nearest to one embedding and to each of 64, in galleries that fit the last cache and that do not; with
/// one embedding, as a part of what a loop reaches that only reads the gallery's numbers.
func searchRows(threads: [Int]) throws(Failure) -> [Row] {
  let dimension = 128, k = 5, many = 64
  let sums = try Storage<SIMD16<Float>>(repeating: .zero, count: ThreadPool.maximum)
  var rows: [Row] = []
  for (label, photos) in [("10k", 10_000), ("1m", 1_000_000)] {
    let x = try numbers([photos + many, dimension])
    let gallery = try Gallery(dimension: dimension, fingerprint: 0, defaultThreshold: 0)
    for i in 0..<photos {
      try gallery.add("\(i)", UnsafeBufferPointer(start: x.pointer + i * dimension, count: dimension))
    }
    let shape = "\(photos)x\(dimension)"
    for threads in threads {
      let read = try measure("read", shape, threads: threads) { () throws(Failure) in
        readAll(x.pointer, photos * dimension, into: sums)
      }
      for count in [1, many] {
        let queries = UnsafeBufferPointer(start: x.pointer + photos * dimension, count: count * dimension)
        let operations = count == 1 ? 0 : 2 * Double(photos * dimension * count)
        var row = try measure(
          "search-\(label)" + (count == 1 ? "" : "-\(count)"), shape, threads: threads, operations: operations
        ) { () throws(Failure) in _ = try gallery.nearest(k, to: queries, count: count) }
        if count == 1 { row.percentOfBandwidth = 100 * read.median / row.median }
        rows.append(row)
      }
    }
  }
  return rows
}

/// Adds up all numbers, only so that they are read.
private func readAll(_ x: UnsafeMutablePointer<Float>, _ count: Int, into sums: Storage<SIMD16<Float>>) {
  let slice = 1 << 16
  ThreadPool.shared.run((count + slice - 1) / slice, workers: sums.count) { task, worker in
    var even = SIMD16<Float>.zero, odd = SIMD16<Float>.zero
    for i in stride(from: task * slice, to: min((task + 1) * slice, count) - 31, by: 32) {
      even += UnsafeRawPointer(x + i).loadUnaligned(as: SIMD16<Float>.self)
      odd += UnsafeRawPointer(x + i + 16).loadUnaligned(as: SIMD16<Float>.self)
    }
    sums.pointer[worker] += even + odd
  }
}
