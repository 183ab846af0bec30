import CSystem
import Tensors

/// The largest threshold that is certain to accept few enough strangers, and its cost.
///
/// The request is a false-accept rate f. Of n impostor pairs, k may be accepted: the largest k for which the
/// Clopper-Pearson bound of k in n is at most f. The threshold is the largest observed distance that accepts
/// no more than k. Because k depends only on n and f, not on the distances, the bound holds although the same
/// pairs choose the threshold: the fraction of all impostors nearer than the (k + 1)th nearest of n has the
/// distribution Beta(k + 1, n - k) (Wilks, "Determination of sample sizes for setting tolerance limits",
/// 1941), the very one that the bound is derived from.
///
/// Pairs are treated as independent. Pairs that share photos or people carry less information, and the bound
/// is then too small: use many people, few pairs of each.
///
/// A search among K people makes K comparisons: if their errors are independent, `1 - (1 - f)^K` of all
/// strangers are accepted. So for a rate f among K people each comparison is allowed `1 - (1 - f)^(1/K)`.
package struct Calibration {
  package struct Options {
    /// The rate of strangers that may be accepted, more than 0 and less than 1.
    package var falseAcceptRate = 0.001
    /// Of the bounds, more than 0 and less than 1.
    package var confidence = 0.95
    /// The number of people who are searched; 1 for verification.
    package var people = 1
    package init() {}

    /// The rate allowed to each comparison.
    package var comparisonRate: Double {
      people == 1 ? falseAcceptRate : -expm1(log1p(-falseAcceptRate) / Double(people))
    }

    /// The minimum number of impostor pairs for any claim: if none of them is accepted, the rate is just
    /// demonstrated.
    package var impostorsNeeded: Int { ClopperPearson.trialsNeeded(comparisonRate, confidence: confidence) }
  }

  /// The largest distance between two faces of one person. An observed distance, rounded up to a Float,
  /// because comparisons use Float.
  package let threshold: Double
  package let genuine, impostors, genuineRejected, impostorsAccepted: Int
  /// The rate requested for one comparison.
  package let comparisonRate: Double
  /// Of one comparison: the observed rate, and its upper bound with `confidence`.
  package let falseAccepts, maxFalseAccepts: Double
  /// Of a search among `people`: `1 - (1 - maxFalseAccepts)^people`.
  package let maxFalseAcceptsOfSearch: Double
  /// Of one comparison: the observed rate, and its bounds with `confidence`.
  package let falseRejects, minFalseRejects, maxFalseRejects: Double

  /// - Throws: `.invalidArgument` for numbers out of range, for negative distances, for fewer impostor pairs
  ///   than can support the rate, and if too many of them have distance 0 for any threshold to keep the rate.
  package init(_ curve: ROC, _ options: Options) throws(Failure) {
    try options.check()
    if let nearest = curve.points.dropFirst().first?.threshold, nearest < 0 {
      throw .invalidArgument("a distance of \(nearest); expected 0 or more")
    }
    let rate = options.comparisonRate, confidence = options.confidence, n = curve.impostors
    guard n >= options.impostorsNeeded else {
      throw .invalidArgument(
        "\(n) pairs of two people; expected at least \(options.impostorsNeeded) to claim a false-accept rate of \(rate) of one comparison with confidence \(confidence)"
      )
    }
    // The largest number that may be accepted: 0 always is, n never.
    var allowed = 0, tooMany = n
    while tooMany - allowed > 1 {
      let middle = allowed + (tooMany - allowed) / 2
      if ClopperPearson.isAtMost(rate, middle, of: n, confidence: confidence) {
        allowed = middle
      } else {
        tooMany = middle
      }
    }
    let threshold = Calibration.rounded(curve.point(falseAccepts: allowed).threshold, on: curve)
    guard threshold >= 0 else {
      throw .invalidArgument(
        "more than \(allowed) of \(n) pairs of two people at distance 0: no threshold keeps a false-accept rate of \(rate)"
      )
    }
    let point = curve.points.last { $0.threshold <= threshold } ?? curve.points[0]
    self.threshold = threshold
    comparisonRate = rate
    (genuine, impostors) = (curve.genuine, n)
    (genuineRejected, impostorsAccepted) = (curve.genuine - point.genuine, point.impostors)
    falseAccepts = Double(impostorsAccepted) / Double(n)
    maxFalseAccepts = ClopperPearson.upper(impostorsAccepted, of: n, confidence: confidence)
    maxFalseAcceptsOfSearch = Calibration.rateOfSearch(maxFalseAccepts, people: options.people)
    falseRejects = Double(genuineRejected) / Double(genuine)
    let each = (1 + confidence) / 2
    minFalseRejects = ClopperPearson.lower(genuineRejected, of: genuine, confidence: each)
    maxFalseRejects = ClopperPearson.upper(genuineRejected, of: genuine, confidence: each)
  }

  /// `1 - (1 - rate)^people`
  package static func rateOfSearch(_ rate: Double, people: Int) -> Double {
    rate >= 1 ? 1 : -expm1(Double(people) * log1p(-rate))
  }

  /// The smallest Float that is not below a distance of the curve, so that it accepts that distance; if there
  /// is none, or it would also accept the next distance, the largest Float that is not above it.
  private static func rounded(_ distance: Double, on curve: ROC) -> Double {
    let near = Float(distance)
    let above = Double(Double(near) < distance ? near.nextUp : near)
    let next = curve.points.first { $0.threshold > distance }?.threshold ?? .infinity
    if above.isFinite, above < next { return above }
    return Double(Double(near) > distance ? near.nextDown : near)
  }

  /// How errors grow with the number of people.
  package struct Growth {
    package let people: Int
    /// The rate of a search among that many people with the same threshold: observed, and its upper bound.
    package let falseAccepts, maxFalseAccepts: Double
    package let impostorsNeeded: Int
    /// With the threshold that keeps the rate among that many people; nil if there are too few pairs.
    package let kept: Calibration?
  }

  /// Evaluates the same pairs for other numbers of people.
  package func growth(_ curve: ROC, _ options: Options, people: [Int]) throws(Failure) -> [Growth] {
    var rows: [Growth] = []
    for count in people {
      var larger = options
      larger.people = count
      try larger.check()
      let needed = larger.impostorsNeeded
      rows.append(
        Growth(
          people: count, falseAccepts: Calibration.rateOfSearch(falseAccepts, people: count),
          maxFalseAccepts: Calibration.rateOfSearch(maxFalseAccepts, people: count),
          impostorsNeeded: needed,
          kept: impostors >= needed ? try Calibration(curve, larger) : nil))
    }
    return rows
  }
}

extension Calibration.Options: Settings {
  package var settings: [Setting] {
    Setting("false accept rate", falseAcceptRate, .above(0, below: 1))
    Setting("confidence", confidence, .above(0, below: 1))
    Setting("people", people, .atLeast(1))
  }
}
