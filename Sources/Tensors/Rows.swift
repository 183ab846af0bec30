/// Rows of `dimension` numbers, one after another, that can be added, removed and searched
/// (`Rows+Nearest.swift`).
package final class Rows {
  package let dimension: Int
  package private(set) var count = 0
  private var storage: Storage<Float>

  /// - Parameter dimension: 1 to 2^20, which the bounds of the search rely on.
  package init(dimension: Int) throws(Failure) {
    guard dimension >= 1, dimension <= 1 << 20 else {
      throw .invalidArgument("rows of \(dimension) numbers; expected 1 to \(1 << 20)")
    }
    self.dimension = dimension
    storage = try Storage(count: 16 * dimension)
  }

  package func append(_ row: UnsafePointer<Float>) throws(Failure) {
    try reserve(1)
    (storage.pointer + count * dimension).update(from: row, count: dimension)
    count += 1
  }

  /// Reserves memory for that many more rows, so that appending them cannot fail.
  package func reserve(_ more: Int) throws(Failure) {
    let (rows, overflow) = count.addingReportingOverflow(more)
    let (needed, overflow2) = rows.multipliedReportingOverflow(by: dimension)
    guard !overflow, !overflow2 else { throw .noMemory("\(more) rows more do not fit the address space") }
    guard needed > storage.count else { return }
    let larger = try Storage<Float>(count: max(needed, 2 * storage.count))
    larger.pointer.update(from: storage.pointer, count: count * dimension)
    storage = larger
  }

  package func replace(_ row: Int, _ values: UnsafePointer<Float>) {
    (storage.pointer + row * dimension).update(from: values, count: dimension)
  }

  /// Keeps the order of the remaining rows.
  package func remove(where isGone: (Int) -> Bool) {
    var kept = 0
    for row in 0..<count where !isGone(row) {
      if kept != row { (storage.pointer + kept * dimension).update(from: pointer(row), count: dimension) }
      kept += 1
    }
    count = kept
  }

  /// Valid until the rows change.
  package func pointer(_ row: Int) -> UnsafePointer<Float> {
    UnsafePointer(storage.pointer + row * dimension)
  }
}

/// - Throws: `.invalidArgument` naming the row whose number is not finite.
package func requireFinite(
  _ rows: UnsafePointer<Float>, _ count: Int, _ dimension: Int, _ name: StaticString
) throws(Failure) {
  for i in 0..<count {
    for k in 0..<dimension where !rows[i * dimension + k].isFinite {
      throw .invalidArgument("\(name) with \(rows[i * dimension + k]) in row \(i); expected finite numbers")
    }
  }
}
