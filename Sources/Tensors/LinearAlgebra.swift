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

/// Eigenvalues and eigenvectors of a symmetric matrix of `side` x `side`, by LAPACK's divide and conquer (dsyevd).
/// `a v = lambda v`: `values` rise, and row k of `vectors` is the unit vector that belongs to `values[k]`.
///
/// - Throws: `.invalidArgument` for numbers that are not finite, `.internalError` when LAPACK does not converge.
package func symmetricEigenvectors(_ a: [Double], side: Int) throws(Failure) -> (values: [Double], vectors: [Double]) {
  guard side > 0, let n = Int32(exactly: side), a.count == side * side else {
    throw .invalidArgument("\(a.count) values for a matrix of \(side) x \(side)")
  }
  for value in a where !value.isFinite { throw .invalidArgument("a matrix with \(value), wanted finite numbers") }
  var vectors = a
  var values = [Double](repeating: 0, count: side)
  // A symmetric matrix is the same in either order; columns of LAPACK's own are rows of ours.
  let code = LAPACKE_dsyevd(
    Int32(LAPACK_COL_MAJOR), CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "L")), n, &vectors, n, &values)
  guard code == 0 else { throw .internalError("LAPACK dsyevd answered \(code) for a matrix of \(side) x \(side)") }
  return (values, vectors)
}

/// The lower triangular factor of a symmetric positive definite matrix, by LAPACK (dpotrf): `a = l transpose(l)`, row-major, zeros
/// above the diagonal.
///
/// - Throws: `.invalidArgument` for numbers that are not finite and for a matrix that is not positive definite.
package func choleskyFactor(_ a: [Double]) throws(Failure) -> [Double] {
  let side = Int(Double(a.count).squareRoot().rounded())
  guard side > 0, let n = Int32(exactly: side), a.count == side * side else {
    throw .invalidArgument("\(a.count) values for a square matrix")
  }
  for value in a where !value.isFinite { throw .invalidArgument("a matrix with \(value), wanted finite numbers") }
  var factor = a
  let code = LAPACKE_dpotrf(Int32(LAPACK_ROW_MAJOR), CChar(UInt8(ascii: "L")), n, &factor, n)
  guard code == 0 else { throw .invalidArgument("a matrix that is not positive definite, by its minor \(code)") }
  for row in 0..<side { for column in (row + 1)..<max(side, row + 1) { factor[row * side + column] = 0 } }
  return factor
}
