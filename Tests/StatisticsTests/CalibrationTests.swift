import Statistics
import Tensors
import TestSupport
import Testing

private func curve(_ distances: [Double], _ same: [UInt8]) throws -> ROC {
  try ROC(distances.span, same.span)
}

private func options(_ rate: Double, people: Int = 1, confidence: Double = 0.95) -> Calibration.Options {
  var options = Calibration.Options()
  (options.falseAcceptRate, options.people, options.confidence) = (rate, people, confidence)
  return options
}

@Suite struct ClopperPearsonTests {
  // Where so few successes have a probability of 1 - confidence: exact sums of fractions, halved sixty times.
  @Test(arguments: [
    (1, 10, 0.95, 0.3941633024365047), (5, 50, 0.95, 0.19883300251641847),
    (3, 3000, 0.95, 0.002582505138293655),
    (60, 100, 0.975, 0.6967052312971226), (0, 2995, 0.95, 0.0009997444209011424)
  ])
  func `bounds are those of exact sums`(successes: Int, trials: Int, confidence: Double, upper: Double) {
    #expect(
      abs(ClopperPearson.upper(successes, of: trials, confidence: confidence) - upper) < Tolerance.double)
    let mirrored = ClopperPearson.lower(trials - successes, of: trials, confidence: confidence)
    #expect(abs(mirrored - (1 - upper)) < Tolerance.double)
  }

  @Test func `none, and all, of some are the simple formulas`() {
    #expect(
      ClopperPearson.upper(7, of: 7, confidence: 0.95) == 1
        && ClopperPearson.lower(0, of: 7, confidence: 0.95) == 0)
    // (1 - p)^20 = 0.05
    #expect(abs(ClopperPearson.upper(0, of: 20, confidence: 0.95) - 0.1391083) < 1e-7)
    #expect(ClopperPearson.trialsNeeded(0.001, confidence: 0.95) == 2995)
    #expect(ClopperPearson.trialsNeeded(0.5, confidence: 0.75) == 2)
    #expect(ClopperPearson.trialsNeeded(1e-300, confidence: 0.95) == 1 << 52)
  }

  @Test func `a limit is kept exactly when the bound keeps it`() {
    for successes in 0...40 {
      let bound = ClopperPearson.upper(successes, of: 40, confidence: 0.9)
      #expect(ClopperPearson.isAtMost(min(1, bound + 1e-9), successes, of: 40, confidence: 0.9))
      #expect(!ClopperPearson.isAtMost(bound - 1e-9, successes, of: 40, confidence: 0.9))
    }
  }

  @Test func `a hundred million trials are as good`() {
    // For so many, the Poisson distribution's bound: 0.95 quantile of the gamma distribution of 6 is 10.5130.
    let bound = ClopperPearson.upper(5, of: 100_000_000, confidence: 0.95)
    #expect(abs(bound * 1e8 - 10.5130) < 1e-3)
  }
}

@Suite struct CalibrationTests {
  /// Impostors at 1 + 1/128, 1 + 2/128, ..., genuine pairs at 1/32, 2/32, ...
  private func line(impostors: Int, genuine: Int) throws -> ROC {
    let distances: [Double] =
      (1...impostors).map { 1 + Double($0) / 128 } + (1...genuine).map { Double($0) / 32 }
    return try curve(
      distances, [UInt8](repeating: 0, count: impostors) + [UInt8](repeating: 1, count: genuine))
  }

  @Test func `the threshold accepts as many as the bound allows, and no more`() throws {
    let roc = try line(impostors: 300, genuine: 100)
    for rate in [0.01, 0.02, 0.05, 0.1, 0.3] {
      let found = try Calibration(roc, options(rate))
      #expect(found.maxFalseAccepts <= rate)
      // One more would be too many.
      #expect(ClopperPearson.upper(found.impostorsAccepted + 1, of: 300, confidence: 0.95) > rate)
      #expect(found.genuineRejected == 100 - min(100, Int(found.threshold * 32)))
    }
  }

  @Test func `the promise holds for new impostors, as often as it says`() throws {
    // Impostors uniform in 0..<1: the true rate of a threshold is the threshold.
    var numbers = Numbers(seed: 11), kept = 0
    for _ in 0..<400 {
      let distances: [Double] = (0..<100).map { _ in (numbers.next() + 1) / 2 } + [0.5]
      let found = try Calibration(
        try curve(distances, [UInt8](repeating: 0, count: 100) + [1]), options(0.1, confidence: 0.8))
      if found.threshold <= 0.1 { kept += 1 }
    }
    // At least 80 %; four standard deviations of 400 draws are 8 %.
    #expect(Double(kept) / 400 > 0.8 - 0.08)
  }

  @Test func `too few pairs are refused, with the number that is wanted`() throws {
    let roc = try line(impostors: 298, genuine: 10)
    #expect(
      outcome { try Calibration(roc, options(0.01)) }.hasPrefix(
        "invalidArgument: 298 pairs of two people; expected at least 299"))
    #expect(try Calibration(try line(impostors: 299, genuine: 10), options(0.01)).impostorsAccepted == 0)
  }

  @Test func `options out of range are refused, and every member is listed`() throws {
    let roc = try line(impostors: 300, genuine: 10)
    #expect(Calibration.Options().settings.map(\.name) == members(of: Calibration.Options()))
    for (reason, change) in [
      ("false accept rate 1.0; expected more than 0, less than 1", { $0.falseAcceptRate = 1 }),
      ("confidence 0.0; expected more than 0, less than 1", { $0.confidence = 0 }),
      ("people 0; expected 1 or more", { $0.people = 0 })
    ] as [(String, (inout Calibration.Options) -> Void)] {
      var wrong = Calibration.Options()
      change(&wrong)
      #expect(outcome { try Calibration(roc, wrong) } == "invalidArgument: " + reason)
    }
  }

  @Test func `among many people the threshold shrinks, and the table tells what it costs`() throws {
    let roc = try line(impostors: 3000, genuine: 60), asked = options(0.1)
    let rows = try Calibration(roc, asked).growth(roc, asked, people: [1, 10, 50, 1000])
    #expect(rows.map { $0.kept != nil } == [true, true, true, false])
    let thresholds = rows.compactMap { $0.kept?.threshold }
    #expect(thresholds[0] > thresholds[1] && thresholds[1] >= thresholds[2])
    for row in rows { #expect(row.maxFalseAccepts >= row.falseAccepts && row.maxFalseAccepts <= 1) }
    for row in rows { if let kept = row.kept { #expect(kept.maxFalseAcceptsOfSearch <= 0.1 + 1e-12) } }
    #expect(abs(Calibration.rateOfSearch(0.01, people: 2) - 0.0199) < 1e-15)
  }

  /// Distances are compared as Floats, and Float(0.1) is above 0.1, Float(0.3) too, Float(0.7) below.
  @Test(arguments: [0.1, 0.3, 0.7])
  func `the threshold accepts the distance that it was chosen for`(genuine: Double) throws {
    let roc = try curve(
      [Double](repeating: genuine, count: 5) + [Double](repeating: 0.9, count: 3000),
      [1, 1, 1, 1, 1] + [UInt8](repeating: 0, count: 3000))
    let asked = options(0.001), found = try Calibration(roc, asked)
    #expect(found.genuineRejected == 0 && found.impostorsAccepted == 0)
    #expect(
      found.threshold >= genuine && found.threshold < genuine + 1e-7
        && Double(Float(found.threshold)) == found.threshold)
    #expect(Float(genuine) <= Float(found.threshold))
    #expect(try found.growth(roc, asked, people: [1])[0].kept?.genuineRejected == 0)
  }

  @Test func `where no Float lies between a distance and the next, the threshold is the one below both`()
    throws
  {
    let roc = try curve(
      [0.05, 0.1] + [Double](repeating: 0.1.nextUp, count: 3000), [1, 1] + [UInt8](repeating: 0, count: 3000))
    let found = try Calibration(roc, options(0.001))
    #expect(found.impostorsAccepted == 0 && found.genuineRejected == 1)
    #expect(found.threshold == Double(Float(0.1).nextDown))
    // Of distances too large for a Float, the largest Float.
    let far = try curve(
      [1e300] + [Double](repeating: 2e300, count: 3000), [1] + [UInt8](repeating: 0, count: 3000))
    #expect(try Calibration(far, options(0.001)).threshold == Double(Float.greatestFiniteMagnitude))
  }

  @Test func `impostors at 0 leave no threshold`() throws {
    let roc = try curve([Double](repeating: 0, count: 300) + [0.5], [UInt8](repeating: 0, count: 300) + [1])
    #expect(outcome { try Calibration(roc, options(0.05)) }.contains("at distance 0"))
  }
}

@Suite struct EmbeddingPairsTests {
  @Test func `all pairs of a label, and each photo with each impostor`() throws {
    let photos: [Float] = [0, 1, 5, 6], strangers: [Float] = [20, 30]
    let labels: [Int32] = [4, 4, -1, -1]
    func distances(_ impostors: [Float]) throws -> [[Double]] {
      let points = try EmbeddingPairs(
        photos.span, labels: labels.span, impostors: impostors.span, dimension: 1
      ).curve().points
      var genuine: [Double] = [], strange: [Double] = []
      for (before, point) in zip(points, points.dropFirst()) {
        genuine += [Double](repeating: point.threshold, count: point.genuine - before.genuine)
        strange += [Double](repeating: point.threshold, count: point.impostors - before.impostors)
      }
      return [genuine, strange]
    }
    #expect(try distances(strangers) == [[1, 1], [14, 15, 19, 20, 24, 25, 29, 30]])
    #expect(try distances([]) == [[1, 1], [4, 5, 5, 6]])
  }
}
