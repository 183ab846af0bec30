import Tensors

extension Tape {
  /// Every `step`-th row of a matrix, starting at row `first`: row `first + i * step` becomes row i. Batches
  /// store pairs and triplets like that, one after another.
  package func rows(
    _ x: Variable<Element>, from first: Int, by step: Int
  ) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 2, step >= 1, first >= 0, first < step, x.shape[0] > 0, x.shape[0] % step == 0
    else {
      throw .invalidArgument(
        "one row in \(step) of \(x.shape.description); expected a multiple of \(step) rows")
    }
    let count = x.shape[0] / step, columns = x.shape[1]
    let y = try Tensor<Element>([count, columns])
    for i in 0..<count {
      (y.pointer + i * columns).update(from: x.tensor.pointer + (first + i * step) * columns, count: columns)
    }
    // dx: dy in these rows, 0 in the others
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape.extents, repeating: 0)
      for i in 0..<count {
        (dx.pointer + (first + i * step) * columns).update(from: dy.pointer + i * columns, count: columns)
      }
      try tape.accumulate(dx, into: x)
    }
  }
}
