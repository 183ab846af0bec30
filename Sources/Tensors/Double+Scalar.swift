import CSystem

/// Large products run in OpenBLAS, everything else in plain loops.
extension Double: PlainScalar {
  package var accumulated: Double { self }
  package var value: Double { self }

  /// The largest product, in multiplications, that the plain loops finish before OpenBLAS has started.
  private static var maxByLoops: Double { 32 * 32 * 32 }

  package static func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
  package static func exponential(_ x: Double) -> Double { exp(x) }
  package static func logarithm(_ x: Double) -> Double { log(x) }
  package static func logarithm(onePlus x: Double) -> Double { log1p(x) }
  package static func sine(_ x: Double) -> Double { sin(x) }
  package static func cosine(_ x: Double) -> Double { cos(x) }
  package static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

  package static func multiply(
    rows: Int, _ a: UnsafePointer<Double>, rowStride: Int, columnStride: Int, _ b: PackedMatrix<Double>,
    _ c: UnsafeMutablePointer<Double>, accumulate: Bool, _ finish: Finish<Double>, _ workspace: Workspace
  ) throws(Failure) {
    guard rows > 0, b.columns > 0 else { return }
    if Double(rows) * Double(b.depth) * Double(b.columns) <= maxByLoops {
      multiplyPlainly(
        rows: rows, a, rowStride: rowStride, columnStride: columnStride, b, c, accumulate: accumulate, finish)
      return
    }
    guard let m = Int32(exactly: rows), let n = Int32(exactly: b.columns), let k = Int32(exactly: b.depth)
    else {
      throw .invalidArgument(
        "a product of \(rows) x \(b.depth) x \(b.columns), OpenBLAS takes sides below 2^31")
    }
    // The stride of a single row, or of a single column, has no meaning: OpenBLAS requires at least the row's
    // length.
    let isPlain = columnStride == 1
    let stride = isPlain ? max(rowStride, b.depth) : max(columnStride, rows)
    let packed = b.storage.pointer
    try OpenBLAS.call { library in
      library.product(
        OpenBLAS.Order.rows, isPlain ? OpenBLAS.Transposed.no : OpenBLAS.Transposed.yes,
        OpenBLAS.Transposed.no, m, n, k, 1, a,
        Int32(clamping: stride), packed, n, accumulate ? 1 : 0, c, n)
    }
    for i in 0..<rows {
      for j in 0..<b.columns { c[i * b.columns + j] = finish.apply(c[i * b.columns + j], column: j) }
    }
  }
}
