/// The one table of tolerances. A test that needs a looser one adds a line here, with its reason.
package enum Tolerance {
  /// Float arithmetic on numbers of order 1 (kornia's table: atol 1e-4).
  package static let float = 1e-4
  /// Double arithmetic on numbers of order 1.
  package static let double = 1e-10
  /// A Float product of `depth` terms of order 1 against Double: rounding grows like the square root of depth.
  package static func product(depth: Int) -> Double { 2e-6 * Double(depth).squareRoot() + 1e-6 }
  /// The same by Winograd's F(4x4, 3x3), whose transforms multiply by up to 8 and cancel: measured up to 9.5 of these
  /// bounds, where a plain product was measured up to 0.5.
  package static func winogradFour(depth: Int) -> Double { 20 * product(depth: depth) }
  /// The same by F(6x6, 3x3), whose transforms multiply by up to 32: measured up to 15.
  package static func winogradSix(depth: Int) -> Double { 35 * product(depth: depth) }
  /// Of a Gram matrix: the squares on its diagonal have one sign, so the sum grows with the rows and so do its
  /// roundings: measured up to 4.5, without FMA.
  package static func gram(rows: Int) -> Double { 10 * product(depth: rows) }
  /// A sum of products of what Float computed, as a part of the sum of their absolute values: roundings cancel, so that a
  /// part of one rounding remains; measured up to 3e-8.
  package static let form = 1e-7
  /// A loss and its gradients against PyTorch in Double, relative to the largest number: in Float as asked for, in Double
  /// as many digits as the fixture has.
  package static let lossFloat = 1e-5, lossDouble = 1e-10
  /// Gradient check in Double: central difference with step 1e-6 (PyTorch gradcheck's atol and rtol).
  package static let gradientAbsolute = 1e-5, gradientRelative = 1e-3
  /// Statistics of pictures whose features vary by a thousandth of themselves, and the gradient that comes of them, relative to what
  /// Double has: each feature is a rounding of 6e-8 off, 6e-5 of what it varies by. Measured up to MEASURE.
  package static let nearlyFlat = 1e-3
  /// A Wasserstein cost of a style from itself, in parts of its largest variance: directions with less than a ten thousandth of it
  /// have not come to their roots after twelve steps, and leave that of their variances. Measured up to MEASURE.
  package static let unfinishedRoots = 1e-3
  /// A slope along one direction in Float, over kinks of rectifiers and maxima: measured up to 2e-3.
  package static let kinkedGradient = 1e-2
  /// What TensorFlow computed in Float and a notebook printed in eight decimals: one last bit of a number up to 20.
  package static let notebookFloat = 2e-6
}
