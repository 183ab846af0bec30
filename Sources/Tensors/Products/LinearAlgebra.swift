import CSystem

/// Singular value decomposition of a small matrix: 2 x 2 by one rotation, else by LAPACK's divide and conquer
/// (dgesdd). `a = u * diagonal(s) * vt`, all row-major: `a` is rows x columns, `u` rows x rows, `vt` columns
/// x columns, `s` non-negative and descending.
///
/// - Throws: `.invalidArgument` for numbers that are not finite, `.internalError` if LAPACK does not
///   converge, and the errors of `OpenBLAS.call`.
package func singularValues(
  _ a: [Double], rows: Int, columns: Int
) throws(Failure) -> (u: [Double], s: [Double], vt: [Double]) {
  guard rows > 0, columns > 0, a.count == rows * columns, let m = Int32(exactly: rows),
    let n = Int32(exactly: columns)
  else { throw .invalidArgument("\(a.count) values for a matrix of \(rows) x \(columns)") }
  try checkFinite(a)
  if rows == 2, columns == 2 { return singularValues(a) }
  let least = min(rows, columns), most = max(rows, columns)
  // The largest of the documented minimum workspaces for all vectors.
  guard let room = Int32(exactly: least * (6 + 4 * least) + most) else {
    throw .noMemory("singular values of a matrix of \(rows) x \(columns)")
  }
  var a = a
  var s = [Double](repeating: 0, count: least)
  var u = [Double](repeating: 0, count: rows * rows)
  var vt = [Double](repeating: 0, count: columns * columns)
  let work = try Storage<Double>(count: Int(room)), integers = try Storage<Int32>(count: 8 * least)
  // LAPACK is column-major and sees the transpose: u and vt change places.
  let code = try OpenBLAS.call { library in
    var code: Int32 = 0
    withUnsafePointer(to: m) { m in
      withUnsafePointer(to: n) { n in
        withUnsafePointer(to: room) { room in
          var all = CChar(UInt8(ascii: "A"))
          library.singularValues(
            &all, n, m, &a, n, &s, &vt, n, &u, m, work.pointer, room, integers.pointer, &code, 1)
        }
      }
    }
    return code
  }
  withExtendedLifetime((work, integers)) {}
  guard code == 0 else {
    throw .internalError("LAPACK dgesdd answered \(code) for a matrix of \(rows) x \(columns)")
  }
  return (u, s, vt)
}

/// For 2 x 2: rotates the columns until they are orthogonal; their lengths are the values.
/// Source: Golub, Van Loan, "Matrix Computations", one-sided Jacobi.
private func singularValues(_ a: [Double]) -> (u: [Double], s: [Double], vt: [Double]) {
  let scale = a.reduce(0) { max($0, abs($1)) }
  guard scale > 0 else { return ([1, 0, 0, 1], [0, 0], [1, 0, 0, 1]) }
  var x = (a[0] / scale, a[2] / scale), y = (a[1] / scale, a[3] / scale)  // columns
  var v = (1.0, 0.0), w = (0.0, 1.0)
  func dot(_ a: (Double, Double), _ b: (Double, Double)) -> Double { a.0 * b.0 + a.1 * b.1 }
  // One rotation suffices; the second removes the rounding error of the first.
  for _ in 0..<2 {
    let product = dot(x, y)
    guard product != 0 else { break }
    let half = (dot(y, y) - dot(x, x)) / (2 * product)
    let t = (half < 0 ? -1 : 1) / (abs(half) + (1 + half * half).squareRoot())
    let c = 1 / (1 + t * t).squareRoot(), s = c * t
    (x, y) = ((c * x.0 - s * y.0, c * x.1 - s * y.1), (s * x.0 + c * y.0, s * x.1 + c * y.1))
    (v, w) = ((c * v.0 - s * w.0, c * v.1 - s * w.1), (s * v.0 + c * w.0, s * v.1 + c * w.1))
  }
  if dot(x, x) < dot(y, y) { (x, y, v, w) = (y, x, w, v) }
  let first = dot(x, x).squareRoot(), ux = (x.0 / first, x.1 / first)
  // Orthogonal to the first, also where the second is zero or nearly zero.
  let along = ux.0 * y.1 - ux.1 * y.0, sign = along < 0 ? -1.0 : 1.0
  return (
    [ux.0, -sign * ux.1, ux.1, sign * ux.0], [scale * first, scale * min(abs(along), first)],
    [v.0, v.1, w.0, w.1]
  )
}

/// Eigenvalues and eigenvectors of a symmetric matrix of `side` x `side`. `a v = lambda v`: `values` ascend,
/// and row k of `vectors` is the unit vector that belongs to `values[k]`.
///
/// - Throws: like `symmetricEigenvectors(inPlace:side:)`.
package func symmetricEigenvectors(
  _ a: [Double], side: Int
) throws(Failure) -> (values: [Double], vectors: [Double]) {
  guard side > 0, side <= 1 << 20, a.count == side * side else {
    throw .invalidArgument("\(a.count) values for a matrix of \(side) x \(side)")
  }
  let matrix = try Storage<Double>(count: a.count)
  for i in a.indices { matrix.pointer[i] = a[i] }
  let values = try symmetricEigenvectors(inPlace: matrix, side: side)
  return (values, Array(matrix.buffer))
}

/// Replaces the matrix by its eigenvectors: by Jacobi's rotations if it is small, else by LAPACK's divide and
/// conquer (dsyevd).
///
/// - Throws: `.invalidArgument` for numbers that are not finite, `.internalError` if LAPACK does not
///   converge, and the errors of `OpenBLAS.call`.
package func symmetricEigenvectors(inPlace a: Storage<Double>, side: Int) throws(Failure) -> [Double] {
  guard side > 0, side <= 1 << 20, a.count == side * side, let n = Int32(exactly: side) else {
    throw .invalidArgument("\(a.count) values for a matrix of \(side) x \(side)")
  }
  try checkFinite(a.buffer)
  if side <= maxByRotations { return eigenvectorsByRotations(a, side: side) }
  guard let room = Int32(exactly: 1 + 6 * side + 2 * side * side), let places = Int32(exactly: 3 + 5 * side)
  else {
    throw .noMemory("eigenvectors of a matrix of \(side) x \(side)")
  }
  var values = [Double](repeating: 0, count: side)
  let work = try Storage<Double>(count: Int(room)), integers = try Storage<Int32>(count: Int(places))
  // A symmetric matrix is the same in either order; LAPACK's columns are our rows.
  let code = try OpenBLAS.call { library in
    var code: Int32 = 0
    withUnsafePointer(to: n) { n in
      withUnsafePointer(to: room) { room in
        withUnsafePointer(to: places) { places in
          var vectors = CChar(UInt8(ascii: "V")), lower = CChar(UInt8(ascii: "L"))
          library.eigenvectors(
            &vectors, &lower, n, a.pointer, n, &values, work.pointer, room, integers.pointer, places, &code,
            1, 1)
        }
      }
    }
    return code
  }
  withExtendedLifetime((work, integers)) {}
  guard code == 0 else {
    throw .internalError("LAPACK dsyevd answered \(code) for a matrix of \(side) x \(side)")
  }
  return values
}

private let maxByRotations = 16

/// Rotates pairs of axes until all off-diagonal numbers are zero, which takes a few sweeps over all pairs.
/// Source: Golub, Van Loan, "Matrix Computations", cyclic Jacobi.
private func eigenvectorsByRotations(_ matrix: Storage<Double>, side n: Int) -> [Double] {
  var a = Array(matrix.buffer), v = [Double](repeating: 0, count: n * n)
  for k in 0..<n { v[k * n + k] = 1 }
  let scale = a.reduce(0) { max($0, abs($1)) }
  if scale > 0 { for i in a.indices { a[i] /= scale } }
  for _ in 0..<50 {
    var beside = 0.0, all = 0.0
    for i in 0..<n {
      for j in 0..<n {
        all += a[i * n + j] * a[i * n + j]
        if i != j { beside += a[i * n + j] * a[i * n + j] }
      }
    }
    guard beside > 1e-33 * all else { break }
    for p in 0..<n {
      for q in (p + 1)..<max(n, p + 1) where a[p * n + q] != 0 {
        let half = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
        let t = (half < 0 ? -1 : 1) / (abs(half) + (1 + half * half).squareRoot())
        let c = 1 / (1 + t * t).squareRoot(), s = c * t
        func turn(_ x: inout [Double], _ i: Int, _ j: Int) {
          let (xi, xj) = (x[i], x[j])
          x[i] = c * xi - s * xj
          x[j] = s * xi + c * xj
        }
        for k in 0..<n { turn(&a, k * n + p, k * n + q) }
        for k in 0..<n { turn(&a, p * n + k, q * n + k) }
        for k in 0..<n { turn(&v, p * n + k, q * n + k) }
        a[p * n + q] = 0
        a[q * n + p] = 0
      }
    }
  }
  let order = (0..<n).sorted { a[$0 * n + $0] < a[$1 * n + $1] }
  for (row, k) in order.enumerated() {
    for i in 0..<n { matrix.pointer[row * n + i] = v[k * n + i] }
  }
  return order.map { a[$0 * n + $0] * scale }
}

/// The lower triangular factor of a symmetric positive definite matrix, column by column: `a = l
/// transpose(l)`, row-major, zeros above the diagonal.
///
/// - Throws: `.invalidArgument` for numbers that are not finite and for a matrix that is not positive
///   definite.
package func choleskyFactor(_ a: [Double]) throws(Failure) -> [Double] {
  let side = Int(Double(a.count).squareRoot().rounded())
  guard side > 0, a.count == side * side else {
    throw .invalidArgument("\(a.count) values for a square matrix")
  }
  try checkFinite(a)
  var l = [Double](repeating: 0, count: side * side)
  for k in 0..<side {
    for i in k..<side {
      var rest = a[i * side + k]
      for j in 0..<k { rest -= l[i * side + j] * l[k * side + j] }
      if i == k {
        guard rest > 0 else {
          throw .invalidArgument("a matrix that is not positive definite, by its minor \(k + 1)")
        }
        l[k * side + k] = rest.squareRoot()
      } else {
        l[i * side + k] = rest / l[k * side + k]
      }
    }
  }
  return l
}

private func checkFinite(_ a: some Sequence<Double>) throws(Failure) {
  for value in a where !value.isFinite {
    throw .invalidArgument("a matrix with \(value); expected finite numbers")
  }
}
