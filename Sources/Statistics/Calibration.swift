import CSystem
import Tensors

/// The largest threshold that may be trusted to let so few strangers pass, and what it costs.
///
/// Asked for is a false-accept rate f. With n impostor pairs, k of them may be accepted: the largest k for
/// which the Clopper-Pearson bound of k in n is at most f. The threshold is the largest distance that occurs
/// and accepts no more than k. Because k depends on n and f alone, and not on the distances, the bound holds
/// although the threshold is chosen by the same pairs: the part of all impostors nearer than the (k + 1)th
/// nearest of n has the distribution Beta(k + 1, n - k) (Wilks, "Determination of sample sizes for setting
/// tolerance limits", 1941), the very one that the bound comes from.
///
/// Pairs count as independent. Pairs that share photos or people are less than that, and the bound is then
/// too small: use many people, few pairs of each.
///
/// A search among K people compares K times: if comparisons err independently, `1 - (1 - f)^K` of all
/// strangers are taken for somebody. So for a rate f among K people each comparison is allowed `1 - (1 -
/// f)^(1/K)`.
package struct Calibration {
  package struct Options {
    /// Strangers that may be taken for somebody, more than 0 and less than 1.
    package var falseAcceptRate = 0.001
    /// Of the bounds, more than 0 and less than 1.
    package var confidence = 0.95
    /// Among whom a face is searched; 1 for verification.
    package var people = 1
    package init() {}

    /// What one of the comparisons is allowed.
    package var comparisonRate: Double {
      people == 1 ? falseAcceptRate : -expm1(log1p(-falseAcceptRate) / Double(people))
    }

    /// Impostor pairs without which nothing can be claimed: if none of them is accepted, the rate is just
    /// shown.
    package var impostorsNeeded: Int { ClopperPearson.trialsNeeded(comparisonRate, confidence: confidence) }
  }

  /// Up to it two faces are one person's. A distance that occurs, rounded up to a Float, as comparisons are
  /// made in Float.
  package let threshold: Double
  package let genuine, impostors, genuineRejected, impostorsAccepted: Int
  /// What was asked for of one comparison.
  package let comparisonRate: Double
  /// Of one comparison: as counted, and at most, with `confidence`.
  package let falseAccepts, maxFalseAccepts: Double
  /// Of a search among `people`: `1 - (1 - maxFalseAccepts)^people`.
  package let maxFalseAcceptsOfSearch: Double
  /// Of one comparison: as counted, and between these two, with `confidence`.
  package let falseRejects, minFalseRejects, maxFalseRejects: Double

  /// - Throws: `.invalidArgument` for numbers out of range, for negative distances, for fewer impostor pairs
  ///   than can support the rate, and where so many of them are at distance 0 that no threshold keeps the
  ///   rate.
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
    // The most that may be accepted: none is fine, all is not.
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

  /// The least Float that is not below a distance of the curve, so that it accepts that distance; where that
  /// is none, or would accept the next one too, the largest Float that is not above it.
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
    /// The rate of a search among so many with the threshold as it is, as counted and at most.
    package let falseAccepts, maxFalseAccepts: Double
    package let impostorsNeeded: Int
    /// With the threshold that keeps the rate among so many; nil where the pairs are too few for that.
    package let kept: Calibration?
  }

  /// The same pairs, for other numbers of people.
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
