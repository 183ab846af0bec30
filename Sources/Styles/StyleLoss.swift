import Networks
import Tensors

/// What a layer's units have in common, which is what a style is known by: raw moments, weighted by `q`, which is 1 but where
/// masks say otherwise.
/// `mean = sum of q x / n`, `second = sum of q x transpose(x) / n` with `n = sum of q`; the Gram matrix is `n second`.
package struct Moments<Element: Scalar> {
  /// [channels], [channels, channels].
  package let mean, second: Tensor<Element>

  package init(mean: Tensor<Element>, second: Tensor<Element>) {
    (self.mean, self.second) = (mean, second)
  }

  package var channels: Int { mean.count }

  /// `second - mean transpose(mean) + ridge I`
  func covariance(ridge: Element = 0) throws(Failure) -> Tensor<Element> {
    let covariance = try Tensor<Element>(second.shape)
    for k in 0..<channels {
      for l in 0..<channels { covariance.pointer[k * channels + l] = second[k * channels + l] - mean[k] * mean[l] }
      covariance.pointer[k * channels + k] += ridge
    }
    return covariance
  }

  /// Adds `weight` times another's moments.
  func add(_ other: Moments, weight: Element) {
    for i in 0..<mean.count { mean.pointer[i] += weight * other.mean[i] }
    for i in 0..<second.count { second.pointer[i] += weight * other.second[i] }
  }
}

/// How the moments of a layer are compared with a style's.
package enum StyleLoss: Int32, CaseIterable, Sendable {
  /// `factor P^2 sum of (second - second')^2` for P units: Gram matrices, scaled by a `CostVariant`.
  case gram = 0
  /// `mean of (mean - mean')^2 + mean of (covariance - covariance')^2`.
  case moments = 1
  /// The squared 2-Wasserstein distance of Gaussians, over the channels, as style-transfer-pytorch has it:
  /// `mean of (mean - mean')^2 + mean of the diagonal of S + S' - 2 (S'^(1/2) S S'^(1/2))^(1/2)`; see Wasserstein.swift.
  case wasserstein = 2

  /// A style's moments, with what a loss makes of them once.
  package struct Target<Element: Scalar> {
    package let moments: Moments<Element>
    fileprivate let covariance, root: Tensor<Element>?
  }

  package func target<Element: Scalar>(_ moments: Moments<Element>) throws(Failure) -> Target<Element> {
    switch self {
    case .gram: return Target(moments: moments, covariance: nil, root: nil)
    case .moments: return Target(moments: moments, covariance: try moments.covariance(), root: nil)
    case .wasserstein:
      let covariance = try moments.covariance(ridge: Element(wassersteinRidge))
      return Target(moments: moments, covariance: covariance, root: try newtonSchulzRoot(covariance))
    }
  }

  /// The cost, and its gradient by the moments: `bySecond` is symmetric and set; `byMean` is set but for Gram matrices.
  /// - Parameter gramFactor: of the sum of squared differences of second moments.
  package func cost<Element: Scalar>(
    of found: Moments<Element>, _ target: Target<Element>, gramFactor: Double, bySecond: Tensor<Element>,
    byMean: Tensor<Element>
  ) throws(Failure) -> Double {
    let channels = found.channels, count = Double(channels)
    guard let wanted = target.covariance else {
      // d = 2 factor (second - second')
      return gramFactor * Element.squaredDifference(found.second, target.moments.second, slope: 2 * gramFactor, bySecond)
    }
    var cost = Element.squaredDifference(found.mean, target.moments.mean, slope: 2 / count, byMean) / count
    if let root = target.root {
      let covariance = try found.covariance(ridge: Element(wassersteinRidge))
      let mixed = try newtonSchulzRoot(product(product(root, covariance), root))
      var trace = 0.0
      for k in 0..<channels {
        let i = k * channels + k
        trace += wanted[i].value + covariance[i].value - 2 * mixed[i].value
      }
      cost += trace / count
      // d S = I / C + S'^(1/2) (-2 / C dM) S'^(1/2), with dM through the root.
      let back = try newtonSchulzGradient(root: mixed, slope: -2 / count)
      let slope = try product(product(root, back), root)
      for k in 0..<channels {
        for l in 0..<channels {
          let both = 0.5 * (slope[k * channels + l].value + slope[l * channels + k].value)
          bySecond.pointer[k * channels + l] = Element(both + (k == l ? 1 / count : 0))
        }
      }
    } else {
      let covariance = try found.covariance()
      cost += Element.squaredDifference(covariance, wanted, slope: 2 / (count * count), bySecond) / (count * count)
    }
    // S = second - mean transpose(mean): d mean = -2 dS mean
    for k in 0..<channels {
      var sum = 0.0
      for l in 0..<channels { sum += bySecond[k * channels + l].value * found.mean[l].value }
      byMean.pointer[k] = byMean[k] - Element(2 * sum)
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
