import Galleries
import Tensors

/// The five nearest photos to one embedding and to each of 64, in galleries that fit the last-level cache and
/// that do not. A single search is one pass through the gallery: the rate is that of reading it.
func searchRows(threads: [Int]) throws(Failure) -> [Row] {
  let dimension = 128, k = 5, many = 64
  var rows: [Row] = []
  for (label, photos) in [("10k", 10_000), ("1m", 1_000_000)] {
    let x = try numbers([photos + many, dimension])
    let gallery = try Gallery(dimension: dimension, fingerprint: 0, defaultThreshold: 0)
    try x.storage.withSpan { x throws(Failure) in
      for i in 0..<photos {
        try gallery.add("\(i)", x.extracting((i * dimension)..<((i + 1) * dimension)))
      }
    }
    for threads in threads {
      for count in [1, many] {
        let numbers = Double(photos * dimension)
        rows.append(
          try measure(
            "search-\(label)" + (count == 1 ? "" : "-\(count)"), "\(photos)x\(dimension)", threads: threads,
            count == 1 ? .bytes(4 * numbers) : .operations(2 * numbers * Double(count))
          ) { () throws(Failure) in
            try x.storage.withSpan { x throws(Failure) in
              let queries = x.extracting((photos * dimension)..<((photos + count) * dimension))
              _ = try gallery.nearest(k, to: queries, count: count)
            }
          })
      }
    }
  }
  return rows
}
