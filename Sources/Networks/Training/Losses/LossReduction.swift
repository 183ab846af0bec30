import Tensors

/// What becomes of the terms of a loss.
package enum Reduction: Int32, CaseIterable, Sendable {
  case sum = 0
  /// Their sum over their number.
  case mean = 1
  /// Their sum over the number of those that are not 0; 0 when all are. The more a network has learnt, the
  /// more terms are 0: then the mean fades, and this does not (Hermans et al. 2017, section 2, "BA!=0").
  case meanOfActive = 2

  /// What each term is multiplied by.
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
