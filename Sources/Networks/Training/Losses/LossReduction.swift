import Tensors

/// How the terms of a loss are combined.
package enum Reduction: Int32, CaseIterable, Sendable {
  case sum = 0
  /// The sum divided by the number of terms.
  case mean = 1
  /// The sum divided by the number of nonzero terms; 0 if all are 0. As a network learns, more terms become
  /// 0: then the mean fades, and this does not (Hermans et al. 2017, section 2, "BA!=0").
  case meanOfActive = 2

  /// The factor of each term.
  func share<Element: Scalar>(of count: Int, active: Int) -> Element {
    let divisor = self == .sum ? 1 : self == .mean ? count : active
    return divisor > 0 ? 1 / Element(divisor) : 0
  }

  var setting: Setting {
    switch self {
    case .sum: Setting("loss's reduction", "sum")
    case .mean: Setting("loss's reduction", "mean")
    case .meanOfActive: Setting("loss's reduction", "mean of active")
    }
  }
}
