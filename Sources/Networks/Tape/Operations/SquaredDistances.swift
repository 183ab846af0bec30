import Tensors

extension Tape {
  /// The squared distances of all pairs of rows: `D[i, j] = |x[i] - x[j]|^2`, never below 0.
  ///
  /// `x` is [count, dimension], `D` [count, count]. One product computes them all, `|x[i]|^2 + |x[j]|^2 - 2
  /// x[i] . x[j]`, after subtracting the rows' mean: this does not change distances and reduces cancellation.
  /// The error is a rounding of the squared norms: 1e-7 for unit rows in `Float`.
  package func squaredDistances(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 2, x.shape.count > 0 else {
      throw .invalidArgument("distances in \(x.shape.description); expected [count, dimension]")
    }
    let count = x.shape[0], dimension = x.shape[1]
    let centred = try Tensor<Element>(x.shape), mean = try Tensor<Element>([dimension], repeating: 0)
    centreLoop(x.tensor.pointer, mean.pointer, centred.pointer, count, dimension)
    let y = try Tensor<Element>([count, count]), norms = try Tensor<Element>([count])
    try multiplyRows(centred, centred, into: y, workspace)
    distanceLoop(y.pointer, norms.pointer, count)
    // With S = dD + transpose(dD): dx[i] = 2 sum over j of S[i, j] (x[i] - x[j]) = 2 (sum of S[i]) x[i] - 2
    // (S x)[i]. A constant in all rows, such as the mean, cancels.
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let sums = try Tensor<Element>([count]), both = try Tensor<Element>([count, count])
      symmetryLoop(dy.pointer, both.pointer, sums.pointer, count)
      let packed = try Element.pack(
        depth: count, columns: dimension, centred.pointer, rowStride: dimension, columnStride: 1)
      let dx = try Tensor<Element>(x.shape)
      try Element.multiply(
        rows: count, both.pointer, rowStride: count, columnStride: 1, packed, dx.pointer, accumulate: false,
        .nothing,
        tape.workspace)
      pullbackLoop(centred.pointer, sums.pointer, dx.pointer, count, dimension)
      try tape.accumulate(dx, into: x)
    }
  }
}

/// `y[i] = x[i] - mean of all rows`; `mean` starts as zeros.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func centreLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ mean: UnsafeMutablePointer<Element>, _ y: UnsafeMutablePointer<Element>,
  _ count: Int,
  _ dimension: Int
) {
  for i in 0..<count {
    for k in 0..<dimension { mean[k] += x[i * dimension + k] }
  }
  let share = 1 / Element(count)
  for k in 0..<dimension { mean[k] *= share }
  for i in 0..<count {
    for k in 0..<dimension { y[i * dimension + k] = x[i * dimension + k] - mean[k] }
  }
}

/// Converts products of rows to distances, in place.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func distanceLoop<Element: Scalar>(
  _ y: UnsafeMutablePointer<Element>, _ norms: UnsafeMutablePointer<Element>, _ count: Int
) {
  for i in 0..<count { norms[i] = y[i * count + i] }
  for i in 0..<count {
    let row = y + i * count
    for j in 0..<count {
      let distance = norms[i] + norms[j] - 2 * row[j]
      row[j] = distance < 0 ? 0 : distance  // NaN stays
    }
    if row[i] == row[i] { row[i] = 0 }
  }
}

/// `both = dy + transpose(dy)`, and the sums of its rows.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func symmetryLoop<Element: Scalar>(
  _ dy: UnsafePointer<Element>, _ both: UnsafeMutablePointer<Element>, _ sums: UnsafeMutablePointer<Element>,
  _ count: Int
) {
  for i in 0..<count {
    var sum: Element = 0
    for j in 0..<count {
      let value = dy[i * count + j] + dy[j * count + i]
      both[i * count + j] = value
      sum += value
    }
    sums[i] = sum
  }
}

/// `dx[i] = 2 (sums[i] x[i] - dx[i])`
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func pullbackLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ sums: UnsafePointer<Element>, _ dx: UnsafeMutablePointer<Element>,
  _ count: Int,
  _ dimension: Int
) {
  for i in 0..<count {
    for k in 0..<dimension {
      dx[i * dimension + k] = 2 * (sums[i] * x[i * dimension + k] - dx[i * dimension + k])
    }
  }
}
