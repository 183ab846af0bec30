import CSystem

/// Bounds of a probability, given `successes` in `trials`: exact for any number of independent trials, even
/// few, and for any probability, even near 0.
///
/// The upper bound is the largest p for which so few successes still have a probability of `1 - confidence`,
/// `P(X <= successes; trials, p) = 1 - confidence`. It is the `confidence` quantile of Beta(successes + 1,
/// trials - successes). Each bound separately holds with `confidence`; a two-sided interval of both with `2
/// confidence - 1`.
///
/// Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
/// binomial", 1934.
package enum ClopperPearson {
  package static func upper(_ successes: Int, of trials: Int, confidence: Double) -> Double {
    if successes >= trials { return 1 }
    // (1 - p)^trials = 1 - confidence.
    if successes <= 0 { return -expm1(log(1 - confidence) / Double(trials)) }
    // Bisected until no number lies in between; the larger end, so that the bound holds.
    var low = 0.0, high = 1.0
    while true {
      let middle = (low + high) / 2
      guard middle > low, middle < high else { return high }
      if isAtMost(middle, successes, of: trials, confidence: confidence) {
        high = middle
      } else {
        low = middle
      }
    }
  }

  package static func lower(_ successes: Int, of trials: Int, confidence: Double) -> Double {
    1 - upper(trials - successes, of: trials, confidence: confidence)
  }

  /// Whether the upper bound is at most `limit`, 0 to 1.
  package static func isAtMost(_ limit: Double, _ successes: Int, of trials: Int, confidence: Double) -> Bool
  {
    if successes >= trials { return limit >= 1 }
    if successes <= 0 { return upper(0, of: trials, confidence: confidence) <= limit }
    return incompleteBeta(Double(successes + 1), Double(trials - successes), limit) >= confidence
  }

  /// The number of trials without success required for an upper bound of `limit`: `log(1 - confidence) /
  /// log(1 - limit)`.
  package static func trialsNeeded(_ limit: Double, confidence: Double) -> Int {
    // A rounding error may move an integral quotient off its integer.
    let trials = (log(1 - confidence) / log1p(-limit) * (1 - 1e-12)).rounded(.up)
    return trials < 0x1p52 ? max(1, Int(trials)) : 1 << 52
  }
}

/// The regularised incomplete beta function `I_x(a, b)`, the probability that a Beta(a, b) variable is at
/// most x.
///
/// Source: NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction) and 8.17.4
/// (symmetry).
func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
  if !(x > 0) { return 0 }
  if x >= 1 { return 1 }
  // The fraction converges quickly on this side of the mean.
  if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(b, a, 1 - x) }
  let scale = a * log(x) + b * log1p(-x) + systemLogGamma(a + b) - systemLogGamma(a) - systemLogGamma(b)
  // Lentz's algorithm: `c` and `d` are quotients of neighbouring numerators and denominators.
  let tiny = 1e-300
  func away(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
  var c = 1.0, d = 1 / away(1 - (a + b) * x / (a + 1)), fraction = d
  // About the square root of the larger parameter suffices; the limit is for NaN.
  for step in 1...1_000_000 {
    let m = Double(step)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    fraction *= c * d
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    let factor = c * d
    fraction *= factor
    if (factor - 1).magnitude < 1e-15 { break }
  }
  return min(1, exp(scale) / a * fraction)
}
