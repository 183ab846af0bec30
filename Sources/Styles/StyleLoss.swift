import Networks
import Tensors

/// The statistics of a layer's units that represent a style, weighted by `q`, which is 1 without masks:
/// `second = sum of q (x - c) transpose(x - c) / n` with `n = sum of q`.
///
/// For Gram matrices, which are `n second`, c is 0, and the mean is not used. For all other losses c is `mean
/// = sum of q x / n`, so that `second` is the covariance: the difference of raw moments would cancel for
/// pictures that hardly vary, and could even become negative.
package struct Moments<Element: Scalar> {
  /// [channels], [channels, channels].
  package let mean, second: Tensor<Element>

  package init(mean: Tensor<Element>, second: Tensor<Element>) {
    (self.mean, self.second) = (mean, second)
  }

  package var channels: Int { mean.count }

  /// The covariance with its diagonal raised for a root.
  fileprivate func ridged() throws(Failure) -> Tensor<Element> {
    let covariance = try second.copy()
    var largest = 0.0
    for k in 0..<channels { largest = max(largest, second[k * channels + k].value) }
    let ridge = Element(wassersteinRidge(largestVariance: largest, Element.self))
    for k in 0..<channels { covariance.pointer[k * channels + k] += ridge }
    return covariance
  }

  /// Becomes the moments of `1 - part` of these units and `part` of the other's.
  /// - Parameter isCentred: whether both are about their means. Then the distance of the means contributes
  ///   too:
  ///   `C = (1 - p) C + p C' + p (1 - p) (mean' - mean) transpose(mean' - mean)`.
  package func mix(_ other: Moments, part: Element, isCentred: Bool) {
    for i in 0..<second.count { second.pointer[i] += part * (other.second[i] - second[i]) }
    if isCentred {
      for k in 0..<channels {
        let difference = part * (1 - part) * (other.mean[k] - mean[k])
        for l in 0..<channels { second.pointer[k * channels + l] += difference * (other.mean[l] - mean[l]) }
      }
    }
    for k in 0..<channels { mean.pointer[k] += part * (other.mean[k] - mean[k]) }
  }
}

/// How the moments of a layer are compared with a style's.
package enum StyleLoss: Int32, CaseIterable, Sendable {
  /// `factor P^2 sum of (second - second')^2` for P units: Gram matrices, scaled by a `CostVariant`.
  case gram = 0
  /// `mean of (mean - mean')^2 + mean of (covariance - covariance')^2`.
  case moments = 1
  /// The squared 2-Wasserstein distance of Gaussians, divided by the channels, as in style-transfer-pytorch:
  /// `mean of (mean - mean')^2 + mean of the diagonal of S + S' - 2 (S'^(1/2) S S'^(1/2))^(1/2)`; see
  /// Wasserstein.swift.
  case wasserstein = 2

  /// Whether moments are about the mean.
  package var isCentred: Bool { self != .gram }

  /// A style's moments, with quantities that a loss derives from them once.
  package struct Target<Element: Scalar> {
    package let moments: Moments<Element>
    fileprivate let covariance, root: Tensor<Element>?
  }

  package func target<Element: Scalar>(_ moments: Moments<Element>) throws(Failure) -> Target<Element> {
    switch self {
    case .gram: return Target(moments: moments, covariance: nil, root: nil)
    case .moments: return Target(moments: moments, covariance: moments.second, root: nil)
    case .wasserstein:
      let covariance = try moments.ridged()
      return Target(moments: moments, covariance: covariance, root: try newtonSchulzRoot(covariance))
    }
  }

  /// The cost, 0 or more, and its gradient with respect to the moments: sets `bySecond`, which is symmetric,
  /// and, except for Gram matrices, `byMean`. The gradient with respect to a unit is `q / n (2 bySecond (x -
  /// c) + byMean)`.
  /// - Parameter gramFactor: the factor of the sum of squared differences of second moments.
  package func cost<Element: Scalar>(
    of found: Moments<Element>, _ target: Target<Element>, gramFactor: Double, bySecond: Tensor<Element>,
    byMean: Tensor<Element>
  ) throws(Failure) -> Double {
    let channels = found.channels, count = Double(channels)
    guard let desired = target.covariance else {
      // d = 2 factor (second - second')
      return gramFactor
        * Element.squaredDifference(found.second, target.moments.second, slope: 2 * gramFactor, bySecond)
    }
    var cost = Element.squaredDifference(found.mean, target.moments.mean, slope: 2 / count, byMean) / count
    if let root = target.root {
      let covariance = try found.ridged()
      let mixed = try newtonSchulzRoot(product(product(root, covariance), root))
      var trace = 0.0
      for k in 0..<channels {
        let i = k * channels + k
        trace += desired[i].value + covariance[i].value - 2 * mixed[i].value
      }
      // A distance is never negative, but rounding errors may make the sum so.
      cost += trace < 0 ? 0 : trace / count
      // d S = I / C + S'^(1/2) (-2 / C dM) S'^(1/2), with dM backwards through the root.
      let back = try newtonSchulzGradient(root: mixed, slope: -2 / count)
      let slope = try product(product(root, back), root)
      for k in 0..<channels {
        for l in 0..<channels {
          let both = 0.5 * (slope[k * channels + l].value + slope[l * channels + k].value)
          bySecond.pointer[k * channels + l] = Element(both + (k == l ? 1 / count : 0))
        }
      }
    } else {
      cost +=
        Element.squaredDifference(found.second, desired, slope: 2 / (count * count), bySecond)
        / (count * count)
    }
    return cost
  }
}

extension Scalar {
  /// `sum of (a - b)^2`; `slope (a - b)` is written.
  fileprivate static func squaredDifference(
    _ a: Tensor<Self>, _ b: Tensor<Self>, slope: Double, _ gradient: Tensor<Self>
  ) -> Double {
    var sum = 0.0
    for i in 0..<a.count {
      let difference = a[i].value - b[i].value
      sum += difference * difference
      gradient.pointer[i] = Self(slope * difference)
    }
    return sum
  }
}
