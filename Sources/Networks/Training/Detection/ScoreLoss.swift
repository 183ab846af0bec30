import Tensors

/// The loss of a score p = 1 / (1 + exp(-x)) whose target y is a probability, computed from x.
package enum ScoreLoss: Int32, CaseIterable, Sendable {
  /// Binary cross-entropy: `-(y log(p) + (1 - y) log(1 - p))`.
  case crossEntropy = 0
  /// The same times `|y - p|^focus`: scores that are nearly right count little (Li et al. 2020, equation 4).
  case qualityFocal

  var setting: Setting {
    switch self {
    case .crossEntropy: Setting("loss of scores", "cross-entropy")
    case .qualityFocal: Setting("loss of scores", "quality focal")
    }
  }

  /// The loss and its slope by x.
  @inline(__always)
  package func value<Element: Scalar>(
    _ x: Element, target y: Element, focus: Element
  ) -> (value: Element, slope: Element) {
    let isPositive = x > 0
    let small = Element.exponential(isPositive ? -x : x)
    let entropy = (isPositive ? x : 0) - x * y + Element.logarithm(onePlus: small)
    let p = (isPositive ? 1 : small) / (1 + small)
    guard self == .qualityFocal else { return (entropy, p - y) }
    let gap = y < p ? p - y : y - p, sign: Element = y < p ? 1 : -1
    let power = focus == 2 ? gap * gap : Element.power(gap, focus)
    let powerSlope = focus == 2 ? 2 * gap : focus * Element.power(gap, focus - 1)
    return (power * entropy, powerSlope * sign * p * (1 - p) * entropy + power * (p - y))
  }
}
