import Networks
import Tensors

// Matrix square roots as in style-transfer-pytorch: twelve Newton-Schulz steps, no eigenvalues. Eigenvalues
// below about 1e-4 of the norm have not converged by then, which is part of that loss's definition. Source:
// Lin, Maji, "Improved bilinear pooling with CNNs", 2017, section 3.

/// Added to the diagonal of a covariance: style-transfer-pytorch's 1e-4, but at least the possible rounding
/// error. An eigenvalue below about -6e-5 of the norm grows by a factor of 2.25 per step until it overflows;
/// a millionth of the largest variance (1e-14 of it for Double) is far from that, and too small to affect
/// twelve steps.
func wassersteinRidge<Element: Scalar>(largestVariance: Double, _: Element.Type) -> Double {
  let isSingle = Element(1 + 1e-9).value == 1
  return max(1e-4, largestVariance * (isSingle ? 1e-6 : 1e-14))
}

private let steps = 12

/// `a b` of square matrices.
package func product<Element: Scalar>(
  _ a: Tensor<Element>, _ b: Tensor<Element>
) throws(Failure) -> Tensor<Element> {
  let side = a.shape[0], result = try Tensor<Element>(a.shape)
  let packed = try b.withPointer { b throws(Failure) in
    try Element.pack(depth: side, columns: side, b, rowStride: side, columnStride: 1)
  }
  try withPointers(a, result) { a, result throws(Failure) in
    try Element.multiply(
      rows: side, a, rowStride: side, columnStride: 1, packed, result, accumulate: false, .nothing,
      Workspace())
  }
  return result
}

/// The root of a positive matrix by Newton and Schulz: `t = (3 I - z y) / 2`, `y = y t`, `z = t z`, starting
/// with `y = a / |a|`, `z = I`; the root is `sqrt(|a|) y`.
func newtonSchulzRoot<Element: Scalar>(_ a: Tensor<Element>) throws(Failure) -> Tensor<Element> {
  let side = a.shape[0], norm = gradientNorm([a])
  guard norm > 0, norm.isFinite else { return try Tensor<Element>(a.shape.extents, repeating: 0) }
  var y = try Tensor<Element>(a.shape), z = try identity(side, 1) as Tensor<Element>
  for i in 0..<a.count { y.pointer[i] = Element(a[i].value / norm) }
  for _ in 0..<steps {
    let t = try product(z, y)
    for i in 0..<t.count { t.pointer[i] = -0.5 * t[i] }
    for k in 0..<side { t.pointer[k * side + k] += 1.5 }
    y = try product(y, t)
    z = try product(t, z)
  }
  for i in 0..<y.count { y.pointer[i] = Element(norm.squareRoot()) * y[i] }
  return y
}

/// The gradient of `slope trace(root(a))` with respect to `a`: solves Lyapunov's equation `r q + q r = slope
/// I` in as many steps: `t = 3 I - a a`, `q = (q t - a (a q - q a)) / 2`, `a = a t / 2`, starting with `a = r
/// / |r|`, `q = slope I / |r|`; the result is `q / 2`.
func newtonSchulzGradient<Element: Scalar>(
  root: Tensor<Element>, slope: Double
) throws(Failure) -> Tensor<Element> {
  let side = root.shape[0], norm = gradientNorm([root])
  guard norm > 0, norm.isFinite else { return try Tensor<Element>(root.shape.extents, repeating: 0) }
  var a = try Tensor<Element>(root.shape), q = try identity(side, slope / norm) as Tensor<Element>
  for i in 0..<a.count { a.pointer[i] = Element(root[i].value / norm) }
  for _ in 0..<steps {
    let t = try product(a, a)
    for i in 0..<t.count { t.pointer[i] = -t[i] }
    for k in 0..<side { t.pointer[k * side + k] += 3 }
    let aq = try product(a, q), qa = try product(q, a)
    for i in 0..<aq.count { aq.pointer[i] = aq[i] - qa[i] }
    let turned = try product(a, aq)
    q = try product(q, t)
    a = try product(a, t)
    for i in 0..<q.count {
      q.pointer[i] = 0.5 * (q[i] - turned[i])
      a.pointer[i] = 0.5 * a[i]
    }
  }
  for i in 0..<q.count { q.pointer[i] = 0.5 * q[i] }
  return q
}

private func identity<Element: Scalar>(_ side: Int, _ value: Double) throws(Failure) -> Tensor<Element> {
  let matrix = try Tensor<Element>([side, side], repeating: 0)
  for k in 0..<side { matrix.pointer[k * side + k] = Element(value) }
  return matrix
}
