import Tensors

extension Tape {
  /// The products of the rows of one matrix and the rows of another: `y[i, j] = a[i] . b[j]`.
  ///
  /// `a` is [m, depth], `b` [n, depth], `y` [m, n]: the scores of a classifier with the weights `b`, or the
  /// cosines of unit rows. Both may be the same variable.
  package func rowProducts(
    _ a: Variable<Element>, _ b: Variable<Element>
  ) throws(Failure) -> Variable<Element> {
    guard a.shape.rank == 2, b.shape.rank == 2, a.shape[1] == b.shape[1], a.shape.count > 0, b.shape.count > 0
    else {
      throw .invalidArgument("products of the rows of \(a.shape.description) and \(b.shape.description)")
    }
    let rows = a.shape[0], columns = b.shape[0], depth = a.shape[1]
    let y = try Tensor<Element>([rows, columns])
    try multiplyRows(a.tensor, b.tensor, into: y, workspace)
    // da = dy b, db = transpose(dy) a
    return record(y, from: [a, b]) { tape, dy throws(Failure) in
      if a.isDifferentiable {
        let packed = try Element.pack(
          depth: columns, columns: depth, b.tensor.pointer, rowStride: depth, columnStride: 1)
        let da = try Tensor<Element>(a.shape)
        try Element.multiply(
          rows: rows, dy.pointer, rowStride: columns, columnStride: 1, packed, da.pointer, accumulate: false,
          .nothing,
          tape.workspace)
        try tape.accumulate(da, into: a)
      }
      if b.isDifferentiable {
        let packed = try Element.pack(
          depth: rows, columns: depth, a.tensor.pointer, rowStride: depth, columnStride: 1)
        let db = try Tensor<Element>(b.shape)
        try Element.multiply(
          rows: columns, dy.pointer, rowStride: 1, columnStride: columns, packed, db.pointer,
          accumulate: false, .nothing,
          tape.workspace)
        try tape.accumulate(db, into: b)
      }
    }
  }

  /// `y[i, j] = x[i, j] + row[j]`, `x` [rows, columns].
  package func addingRow(
    _ x: Variable<Element>, _ row: Variable<Element>
  ) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 2, x.shape.count > 0, row.tensor.count == x.shape[1] else {
      throw .invalidArgument("a row \(row.shape.description) added to each of \(x.shape.description)")
    }
    let rows = x.shape[0], columns = x.shape[1]
    let y = try Tensor<Element>(x.shape)
    addRowLoop(x.tensor.pointer, row.tensor.pointer, y.pointer, rows, columns)
    // dx = dy, drow[j] = sum over i of dy[i, j]
    return record(y, from: [x, row]) { tape, dy throws(Failure) in
      if row.isDifferentiable { try tape.accumulate(columnSum(dy, row.shape), into: row) }
      try tape.accumulate(dy, into: x)
    }
  }
}

/// `y = a transpose(b)`, shapes [m, depth], [n, depth] and [m, n].
func multiplyRows<Element: Scalar>(
  _ a: Tensor<Element>, _ b: Tensor<Element>, into y: Tensor<Element>, _ workspace: Workspace
) throws(Failure) {
  let depth = a.shape[1]
  let packed = try Element.pack(
    depth: depth, columns: b.shape[0], b.pointer, rowStride: 1, columnStride: depth)
  try Element.multiply(
    rows: a.shape[0], a.pointer, rowStride: depth, columnStride: 1, packed, y.pointer, accumulate: false,
    .nothing, workspace)
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func addRowLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ row: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ rows: Int,
  _ columns: Int
) {
  for i in 0..<rows {
    for j in 0..<columns { y[i * columns + j] = x[i * columns + j] + row[j] }
  }
}
