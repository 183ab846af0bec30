import Tensors

/// `sum[c] = sum over the rows of x[row, c]`, the gradient of what was added to every row.
///
/// - Parameters:
///   - x: columns side by side, as many as `shape` has elements.
///   - shape: of the result.
func columnSum<Element: Scalar>(_ x: Tensor<Element>, _ shape: Shape) throws(Failure) -> Tensor<Element> {
  let columns = shape.count
  // Rows may be many: the sums are kept in the wider number.
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
