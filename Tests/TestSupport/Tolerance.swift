/// The one table of tolerances. A test that needs a looser one adds a line here, with its reason.
package enum Tolerance {
  /// Float arithmetic on numbers of order 1 (kornia's table: atol 1e-4).
  package static let float = 1e-4
  /// Double arithmetic on numbers of order 1.
  package static let double = 1e-10
  /// Derivatives of one expression in Double by exact ways, relative to numbers of 1 and more: they differ by
  /// the order of a few dozen operations on numbers up to 30.
  package static let derivatives = 1e-12
  /// A Float product of `depth` terms of order 1 against Double: rounding grows like the square root of
  /// depth.
  package static func product(depth: Int) -> Double { 2e-6 * Double(depth).squareRoot() + 1e-6 }
  /// The same by Winograd's F(4x4, 3x3), whose transforms multiply by up to 8 and cancel: measured up to 9.5
  /// of these bounds, where a plain product was measured up to 0.5.
  package static func winogradFour(depth: Int) -> Double { 20 * product(depth: depth) }
  /// The same by F(6x6, 3x3), whose transforms multiply by up to 32: measured up to 15.
  package static func winogradSix(depth: Int) -> Double { 35 * product(depth: depth) }
  /// Of a Gram matrix: the squares on its diagonal have one sign, so the sum grows with the rows and so do
  /// its roundings: measured up to 4.5, without FMA.
  package static func gram(rows: Int) -> Double { 10 * product(depth: rows) }
  /// A sum of products of what Float computed, as a part of the sum of their absolute values: roundings
  /// cancel, so that a part of one rounding remains; measured up to 3e-8.
  package static let form = 1e-7
  /// A loss and its gradients against PyTorch in Double, relative to the largest number: in Float as asked
  /// for, in Double as many digits as the fixture has.
  package static let lossFloat = 1e-5, lossDouble = 1e-10
  /// Gradient check in Double: central difference with step 1e-6 (PyTorch gradcheck's atol and rtol).
  package static let gradientAbsolute = 1e-5, gradientRelative = 1e-3
  /// A cost by statistics of pictures whose features vary by a thousandth of themselves, and its gradient,
  /// relative to what Double makes of them: each feature is a rounding of 6e-8 off, 6e-5 of what it varies
  /// by, and small eigenvalues more. Measured up to 3.5e-4, with each build of the kernels.
  package static let nearlyFlat = 2e-3
  /// A Wasserstein cost of a style from itself, in parts of its largest variance: directions with less than a
  /// ten thousandth of it have not come to their roots after twelve steps, and leave that of their variances.
  package static let unfinishedRoots = 1e-3
  /// In levels of 255, a picture painted through so many of a universal style's levels, from NumPy's in
  /// Double. Half a level is what rounding to whole ones changes. Each level enlarges by up to a hundred what
  /// lies where the picture hardly varies, so that roundings grow from level to level: NumPy's own picture
  /// moves by up to 1e-4, 0.004 and 0.06 through one, two and four levels where each convolution is off by
  /// 2e-8 of the sizes of its products, as Float sums are. Four times that is allowed.
  package static func painted(levels: Int) -> Double {
    0.5 + [0.001, 0.016, 0.06, 0.24][min(max(levels, 1), 4) - 1]
  }
  /// A slope along one direction in Float, over kinks of rectifiers and maxima: measured up to 2e-3.
  package static let kinkedGradient = 1e-2
  /// What TensorFlow computed in Float and a notebook printed in eight decimals: one last bit of a number up
  /// to 20.
  package static let notebookFloat = 2e-6
}
