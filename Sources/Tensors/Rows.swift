/// Rows of `dimension` numbers, one after another, that can be added, removed and searched
/// (`Rows+Nearest.swift`).
package final class Rows {
  package let dimension: Int
  package private(set) var count = 0
  private var storage: Storage<Float>
  /// Nil for dimensions that have none.
  private var codes: RowCodes?

  /// - Parameter dimension: 1 to 2^20, which the bounds of the search rely on.
  package init(dimension: Int) throws(Failure) {
    guard dimension >= 1, dimension <= 1 << 20 else {
      throw .invalidArgument("rows of \(dimension) numbers; expected 1 to \(1 << 20)")
    }
    self.dimension = dimension
    storage = try Storage(count: 16 * dimension)
    if RowCodes.isOf(dimension) { codes = try RowCodes(dimension: dimension, capacity: 16) }
  }

  /// - Parameter row: `dimension` numbers.
  package func append(_ row: Span<Float>) throws(Failure) {
    try reserve(1)
    count += 1
    replace(count - 1, row)
  }

  /// Reserves memory for that many more rows, so that appending them cannot fail.
  package func reserve(_ more: Int) throws(Failure) {
    let (rows, overflow) = count.addingReportingOverflow(more)
    let (needed, overflow2) = rows.multipliedReportingOverflow(by: dimension)
    guard !overflow, !overflow2 else { throw .noMemory("\(more) rows more do not fit the address space") }
    guard needed > storage.count else { return }
    let larger = try Storage<Float>(count: max(needed, 2 * storage.count))
    if let codes { self.codes = try codes.enlarged(count, capacity: larger.count / dimension) }
    larger.pointer.update(from: storage.pointer, count: count * dimension)
    storage = larger
  }

  package func replace(_ row: Int, _ values: Span<Float>) {
    precondition(row >= 0 && row < count && values.count == dimension)
    let place = UnsafeMutableBufferPointer(start: storage.pointer + row * dimension, count: dimension)
    values.withUnsafeBufferPointer { _ = place.update(fromContentsOf: $0) }
    codes?.write(row, pointer(row), isLast: row == count - 1)
  }

  /// Keeps the order of the remaining rows.
  package func remove(where isGone: (Int) -> Bool) {
    var kept = 0
    for row in 0..<count where !isGone(row) {
      if kept != row {
        (storage.pointer + kept * dimension).update(from: pointer(row), count: dimension)
        codes?.move(row, to: kept)
      }
      kept += 1
    }
    count = kept
  }

  /// One row, valid inside `body`, which changes none. Of many rows `withAll` is faster.
  package func withRow<Result, Refusal: Error>(
    _ row: Int, _ body: (Span<Float>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try withAll { all throws(Refusal) in
      try body(all.extracting((row * dimension)..<((row + 1) * dimension)))
    }
  }

  /// All rows, one after another, valid inside `body`, which changes none.
  package func withAll<Result, Refusal: Error>(
    _ body: (Span<Float>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try storage.withSpan { numbers throws(Refusal) in try body(numbers.extracting(first: count * dimension)) }
  }

  /// The rows in 8 bits, where comparing them first pays: a query has to be put into whole numbers, too.
  var usefulCodes: RowCodes? { count >= 256 ? codes : nil }

  /// Valid until the rows change.
  func pointer(_ row: Int) -> UnsafePointer<Float> {
    UnsafePointer(storage.pointer + row * dimension)
  }
}

/// - Throws: `.invalidArgument` naming the row whose number is not finite.
package func requireFinite(_ rows: Span<Float>, _ dimension: Int, _ name: StaticString) throws(Failure) {
  for i in rows.indices where !rows[i].isFinite {
    throw .invalidArgument("\(name) with \(rows[i]) in row \(i / dimension); expected finite numbers")
  }
}
