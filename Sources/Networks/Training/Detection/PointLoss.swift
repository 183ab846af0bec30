import Tensors

/// The loss of a point's coordinate by its error x, in sizes of the face.
package enum PointLoss: Int32, CaseIterable, Sendable {
  /// `x^2 / (2 range)` below the range, `|x| - range / 2` above (Girshick 2015).
  case smoothL1 = 0
  /// `range log(1 + |x| / bend)` below the range, `|x| - c` above: small errors keep a large slope (Feng et
  /// al. 2018, equation 5).
  case wing

  var setting: Setting {
    switch self {
    case .smoothL1: Setting("loss of points", "smooth L1")
    case .wing: Setting("loss of points", "wing")
    }
  }

  /// The loss and its slope.
  package func value<Element: Scalar>(
    _ x: Element, range: Element, bend: Element
  ) -> (value: Element, slope: Element) {
    let size = x < 0 ? -x : x, sign: Element = x < 0 ? -1 : 1
    switch self {
    case .smoothL1:
      guard size < range else { return (size - range / 2, sign) }
      return (x * x / (2 * range), x / range)
    case .wing:
      guard size < range else {
        return (size - range + range * Element.logarithm(onePlus: range / bend), sign)
      }
      let slope: Element = size.value > 0 ? sign * range / (bend + size) : 0
      return (range * Element.logarithm(onePlus: size / bend), slope)
    }
  }
}
