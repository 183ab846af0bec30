import Tensors

/// `sum[c] = sum over the rows of x[row, c]`, the gradient of a vector that was added to every row.
///
/// - Parameters:
///   - x: its columns correspond to the elements of `shape`.
///   - shape: of the result.
func columnSum<Element: Scalar>(_ x: Tensor<Element>, _ shape: Shape) throws(Failure) -> Tensor<Element> {
  let columns = shape.count
  // There may be many rows: sums use the wider type.
  let sums = try Storage<Element.Accumulator>(repeating: 0, count: columns)
  let sum = try Tensor<Element>(shape)
  sums.withPointer { sums in
    x.withPointer { sumLoop($0, rows: x.count / max(columns, 1), columns, sums) }
    for c in 0..<columns { sum.pointer[c] = Element(sums[c]) }
  }
  return sum
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func sumLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, rows: Int, _ columns: Int, _ sums: UnsafeMutablePointer<Element.Accumulator>
) {
  for row in 0..<rows {
    let x = x + row * columns
    for c in 0..<columns { sums[c] += x[c].accumulated }
  }
}
