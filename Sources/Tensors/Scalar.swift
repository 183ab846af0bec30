import CSystem

/// The number types that tensors are computed with: `Float` by the fast kernels, `Double` by plain loops and
/// OpenBLAS, to check the `Float` path and its gradients, and `Dual`, which carries a derivative
/// (`Differentiation/Dual.swift`).
///
/// Comparisons use the value. Code written only with these operations is differentiable in forward mode.
package protocol Scalar:
  Operand, SignedNumeric, Comparable, ExpressibleByFloatLiteral, BitwiseCopyable, Sendable
where Magnitude == Self {
  /// The type of long sums: `Double` for `Float`, the type itself for the others.
  associatedtype Accumulator: Scalar where Accumulator.Accumulator == Accumulator

  /// The same number as a term of a long sum.
  var accumulated: Accumulator { get }
  init(_ sum: Accumulator)

  init(_ value: Int)
  init(_ value: Float)
  init(_ value: Double)

  /// The number without its derivative, if any.
  var value: Double { get }

  static var nan: Self { get }
  static var infinity: Self { get }
  var isNaN: Bool { get }
  var isFinite: Bool { get }

  static func /= (a: inout Self, b: Self)

  func squareRoot() -> Self
  static func exponential(_ x: Self) -> Self
  /// `log(1 + x)`, accurate for small x.
  static func logarithm(onePlus x: Self) -> Self
  static func hyperbolicTangent(_ x: Self) -> Self

  /// The number of columns of a packed panel; nil for all of them.
  static var panelWidth: Int? { get }

  /// Packs `b`, `depth` x `columns`, whose element (k, j) lies at `k * rowStride + j * columnStride`.
  static func pack(
    depth: Int, columns: Int, _ b: UnsafePointer<Self>, rowStride: Int, columnStride: Int
  ) throws(Failure) -> PackedMatrix<Self>

  /// `c = f(a * b)`, or `c = f(c + a * b)`: `a` is `rows` x `depth` with its element (i, k) at
  /// `i * rowStride + k * columnStride`, one of the strides being 1; `c` is packed row-major.
  static func multiply(
    rows: Int, _ a: UnsafePointer<Self>, rowStride: Int, columnStride: Int, _ b: PackedMatrix<Self>,
    _ c: UnsafeMutablePointer<Self>, accumulate: Bool, _ finish: Finish<Self>, _ workspace: Workspace
  ) throws(Failure)

  /// Whether a filter's weights may stay in a narrower type.
  static var takesNarrowWeights: Bool { get }

  /// A filter whose weights stay narrow; only if `takesNarrowWeights`.
  static func filter(_ shape: FilterShape, narrow: NarrowMatrix) throws(Failure) -> PackedFilter<Self>

  /// Adds to `sums[3 j + k]` the sum over `range` of `vectors[j][i] partners.k[i]`.
  static func addProducts(
    of vectors: [UnsafePointer<Self>],
    with partners: (UnsafePointer<Self>, UnsafePointer<Self>, UnsafePointer<Self>), _ range: Range<Int>,
    to sums: UnsafeMutablePointer<Double>)

  /// `y[i] += sum over j of factors[j] vectors[j][i]` over `range`.
  static func addWeightedSum(
    of vectors: [UnsafePointer<Self>], _ factors: [Self], _ range: Range<Int>,
    to y: UnsafeMutablePointer<Self>)

  /// `gram[k, l] = sum over rows p of x[p, k] * x[p, l]`; `x` is [rows, columns].
  static func gram(
    _ x: UnsafePointer<Self>, rows: Int, columns: Int, _ gram: UnsafeMutablePointer<Self>,
    _ workspace: Workspace
  ) throws(Failure)

  /// `y = f(x convolved with filter)`, NHWC, by the fastest method for these sizes.
  static func convolve(
    _ window: Window, _ x: UnsafePointer<Self>, _ filter: PackedFilter<Self>, _ y: UnsafeMutablePointer<Self>,
    _ finish: Finish<Self>, _ workspace: Workspace
  ) throws(Failure)

  /// The gradient of a convolution's weights:
  /// `dw[t, c, k] = sum over output pixels p of x[pixel(p, t), c] * dy[p, k]`
  ///
  /// - Parameters:
  ///   - dy: [batch, outHeight, outWidth, outputs].
  ///   - dw: [groups][taps * channels / groups, outputs / groups], the layout of `PackedFilter`.
  static func weightGradient(
    _ window: Window, _ x: UnsafePointer<Self>, _ dy: UnsafePointer<Self>, outputs: Int, groups: Int,
    _ dw: UnsafeMutablePointer<Self>, _ workspace: Workspace
  ) throws(Failure)

  /// The maximum or the mean of each window, channel by channel, over what it covers; NHWC.
  static func pool(
    _ window: Window, isMaximum: Bool, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// `y = sqrt(sum of x^2)` of each window, channel by channel.
  static func euclideanPool(_ window: Window, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// The gradient `dx` of a pooling that made `y` from `x`.
  /// average: `dx = sum over the windows that cover a pixel of dy / covered`;
  /// maximum: dy goes to the first pixel of the window that equals y;
  /// euclidean: `dx = sum of dy x / y`, 0 where the whole window is 0.
  static func poolGradient(
    _ window: Window, _ kind: WindowPooling, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>,
    _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>
  ) throws(Failure)

  /// `y[c] = x[c] / (1 + scale * sum over |k - c| <= half of x[k]^2) ^ 0.75`, row by row of `channels`.
  static func normaliseResponse(
    _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, rows: Int, channels: Int, scale: Self,
    half: Int
  ) throws(Failure)

  /// Its gradient. With s[c] the base:
  /// `dx[c] = dy[c] s[c]^-0.75 - 1.5 scale x[c] sum over |k - c| <= half of dy[k] x[k] s[k]^-1.75`
  static func normaliseResponseGradient(
    _ x: UnsafePointer<Self>, _ dy: UnsafePointer<Self>, _ dx: UnsafeMutablePointer<Self>, rows: Int,
    channels: Int,
    scale: Self, half: Int
  ) throws(Failure)

  /// `dx = dy` where `y > 0`, else 0; `dx` may be `dy`.
  static func gate(
    _ dy: UnsafePointer<Self>, by y: UnsafePointer<Self>, _ dx: UnsafeMutablePointer<Self>, _ count: Int)
}

extension Double {
  /// The value of an element, without its derivative, if any.
  package init(_ x: some Scalar) { self = x.value }
}

extension Scalar {
  /// Allocates its own workspace.
  package static func multiply(
    rows: Int, _ a: UnsafePointer<Self>, rowStride: Int, columnStride: Int, _ b: PackedMatrix<Self>,
    _ c: UnsafeMutablePointer<Self>, accumulate: Bool, _ finish: Finish<Self>
  ) throws(Failure) {
    try multiply(
      rows: rows, a, rowStride: rowStride, columnStride: columnStride, b, c, accumulate: accumulate, finish,
      Workspace())
  }
}
