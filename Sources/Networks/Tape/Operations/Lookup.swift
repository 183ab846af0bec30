import Tensors

extension Tape {
  /// Embedding lookup: rows of a table, `y[i] = table[indices[i]]`.
  ///
  /// - Parameters:
  ///   - table: [rows, dimension].
  ///   - indices: each 0 to rows - 1; a row that is used several times receives the sum of the gradients.
  /// - Returns: [indices, dimension].
  package func lookup(_ table: Variable<Element>, at indices: [Int]) throws(Failure) -> Variable<Element> {
    guard table.shape.rank == 2 else {
      throw .invalidArgument("a lookup in \(table.shape.description); expected [rows, dimension]")
    }
    let rows = table.shape[0], dimension = table.shape[1]
    for index in indices where index < 0 || index >= rows {
      throw .invalidArgument("row \(index) of a table of \(rows) rows; expected 0 to \(rows - 1)")
    }
    let y = try Tensor<Element>([indices.count, dimension])
    for (i, index) in indices.enumerated() {
      (y.pointer + i * dimension).update(from: table.tensor.pointer + index * dimension, count: dimension)
    }
    // d table[r] = sum over the i with indices[i] = r of dy[i]
    return record(y, from: [table]) { tape, dy throws(Failure) in
      let gradient = try Tensor<Element>(table.shape.extents, repeating: 0)
      for (i, index) in indices.enumerated() {
        addLoop(dy.pointer + i * dimension, to: gradient.pointer + index * dimension, dimension)
      }
      try tape.accumulate(gradient, into: table)
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func addLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, to y: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { y[i] += x[i] }
}
