import Tensors

extension Tape {
  /// The same numbers in another shape.
  package func reshaped(_ x: Variable<Element>, _ extents: [Int]) throws(Failure) -> Variable<Element> {
    record(try x.tensor.reshaped(extents), from: [x]) { tape, dy throws(Failure) in
      try tape.accumulate(dy, into: x)
    }
  }
}

/// Copies `count` columns of `rows` rows.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func copyColumns<Element: Scalar>(
  _ source: UnsafePointer<Element>, _ sourceStride: Int, _ sourceColumn: Int,
  _ target: UnsafeMutablePointer<Element>, _ targetStride: Int, _ targetColumn: Int, _ count: Int, _ rows: Int
) {
  let rowsEach = max(1, (1 << 15) / max(count, 1))
  func copy(_ rows: Range<Int>) {
    for row in rows {
      (target + row * targetStride + targetColumn).update(
        from: source + row * sourceStride + sourceColumn, count: count)
    }
  }
  guard rows > rowsEach else { return copy(0..<rows) }
  ThreadPool.shared.run((rows + rowsEach - 1) / rowsEach) { task, _ in
    copy((task * rowsEach)..<min((task + 1) * rowsEach, rows))
  }
}
