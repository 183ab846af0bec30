import COpenBLAS
import CSystem

/// Singular value decomposition of a small matrix, by LAPACK's divide and conquer (dgesdd).
/// `a = u * diagonal(s) * vt`, all row-major: `a` is rows x columns, `u` rows x rows, `vt` columns x columns,
/// `s` non-negative and falling.
///
/// - Throws: `.invalidArgument` for numbers that are not finite, `.internalError` when LAPACK does not converge.
package func singularValues(
  _ a: [Double], rows: Int, columns: Int
) throws(Failure) -> (u: [Double], s: [Double], vt: [Double]) {
  guard rows > 0, columns > 0, a.count == rows * columns, let m = Int32(exactly: rows), let n = Int32(exactly: columns)
  else { throw .invalidArgument("\(a.count) values for a matrix of \(rows) x \(columns)") }
  for value in a where !value.isFinite { throw .invalidArgument("a matrix with \(value), wanted finite numbers") }
  var a = a
  var s = [Double](repeating: 0, count: min(rows, columns))
  var u = [Double](repeating: 0, count: rows * rows)
  var vt = [Double](repeating: 0, count: columns * columns)
  let code = LAPACKE_dgesdd(
    Int32(LAPACK_ROW_MAJOR), CChar(UInt8(ascii: "A")), m, n, &a, n, &s, &u, m, &vt, n)
  guard code == 0 else { throw .internalError("LAPACK dgesdd answered \(code) for a matrix of \(rows) x \(columns)") }
  return (u, s, vt)
}
