import Galleries
import Tensors
import TestSupport
import Testing

@Suite struct MetricTests {
  private func distance(_ kind: Metric.Kind, _ a: [Float], _ b: [Float], head: [Float]? = nil) throws -> Float
  {
    try Metric(kind, dimension: a.count, head: head)(a.span, b.span)
  }

  @Test func `numbers by hand`() throws {
    let a: [Float] = [3, 0, 1], b: [Float] = [0, 4, 1]
    #expect(try distance(.euclidean, a, b) == 5 && distance(.squaredEuclidean, a, b) == 25)
    // 1 - 1 / sqrt(10 * 17)
    #expect(abs(try distance(.cosine, a, b) - (1 - 1 / Float(170).squareRoot())) < 1e-6)
    #expect(try distance(.chiSquare, a, b) == 7)  // 9 / 3 + 16 / 4 + 0 / 2
  }

  @Test func `a head's distance is one less its probability of the same person`() throws {
    let head: [Float] = [-0.5, 0.25, 1, 0.75], a: [Float] = [3, 0, 1], b: [Float] = [0, 4, 1]
    // |a - b| = 3, 4, 0; chi-square's are 3, 4, 0 too.
    for kind in [Metric.Kind.differenceHead, .chiSquareHead] {
      // The logit is -0.5 * 3 + 0.25 * 4 + 0.75 = 0.25, sigmoid(0.25) = 0.562177.
      #expect(abs(try distance(kind, a, b, head: head) - (1 - 0.562177)) < 1e-6)
    }
    #expect(
      outcome { try distance(.chiSquareHead, a, b, head: [1, 2]) }.hasPrefix(
        "invalidArgument: a head of 2 numbers"))
  }

  @Test(arguments: Metric.Kind.allCases.filter { !$0.hasHead })
  func `is 0 to oneself, symmetric, and never negative`(kind: Metric.Kind) throws {
    var numbers = Numbers(seed: 3)
    for _ in 0..<20 {
      let a: [Float] = numbers.array(67), b: [Float] = numbers.array(67)
      #expect(
        try distance(kind, a, a) < 1e-6 && distance(kind, a, b) == distance(kind, b, a)
          && distance(kind, a, b) > 0)
    }
  }
}

@Suite struct IdentificationTests {
  private func identify(
    _ probe: [Float], _ photos: [Float], _ labels: [Int32], _ rule: Identification.Rule, threshold: Float = 1,
    margin: Float = 0, neighbours: Int = 5
  ) throws -> Identification {
    var options = Identification.Options()
    (options.rule, options.threshold, options.margin, options.neighbours) = (
      rule, threshold, margin, neighbours
    )
    return try Identification(
      probe.span, among: photos.span, labels: labels.span, Metric(.euclidean, dimension: probe.count), options
    )
  }

  private func label(_ candidate: Identification.Candidate?, _ labels: [Int32]) -> Int32? {
    candidate.map { labels[$0.row] }
  }

  @Test func `a single bad photo misleads the nearest rule alone`() throws {
    // One of b's photos lies among a's.
    let photos: [Float] = [0, 0.2, 0.1, 4, 4.2, 4.1], labels: [Int32] = [1, 1, 2, 2, 2, 2]
    #expect(label(try identify([0.1], photos, labels, .nearest).nearest, labels) == 2)
    for rule in [Identification.Rule.mean, .template, .vote] {
      #expect(label(try identify([0.1], photos, labels, rule, neighbours: 3).nearest, labels) == 1)
    }
  }

  @Test func `a template is as long as its photos are in the mean`() throws {
    // Two unit vectors at a right angle: the mean, 0.707 long, is made 1 long.
    let found = try identify([1, 0], [1, 0, 0, 1], [5, 5], .template)
    let x = Float(0.5).squareRoot()
    #expect(abs((found.nearest?.distance ?? 0) - ((1 - x) * (1 - x) + x * x).squareRoot()) < 1e-6)
    #expect(try identify([0, 0.5], [1, 0, -1, 0], [5, 5], .template).nearest?.distance == 0.5)  // they cancel
  }

  @Test func `equal distances go to the photo that comes first`() throws {
    let found = try identify([0], [1, -1, 1], [9, 8, 7], .nearest)
    #expect(found.nearest?.row == 0 && found.runnerUp?.row == 1 && found.margin == 0 && found.isKnown)
  }

  @Test func `the runner-up is another person`() throws {
    let found = try identify([0], [0.1, 0.2, 0.3, 2], [1, 1, 1, 2], .nearest, margin: 1.8)
    #expect(found.runnerUp?.row == 3 && abs(found.margin - 1.9) < 1e-6 && found.isKnown)
    let strict = try identify([0], [0.1, 0.2, 0.3, 2], [1, 1, 1, 2], .nearest, margin: 2)
    #expect(strict.isNear && !strict.isClear && !strict.isKnown)
  }

  @Test func `options out of range are refused, and every member is listed`() {
    var wrong = Identification.Options()
    #expect(wrong.settings.map(\.name) == members(of: wrong))
    for (reason, change) in [
      ("threshold -1.0; expected 0 or more", { $0.threshold = -1 }),
      ("margin inf; expected 0 or more", { $0.margin = .infinity }),
      ("neighbours 0; expected 1 or more", { $0.neighbours = 0 })
    ] as [(String, (inout Identification.Options) -> Void)] {
      wrong = .init()
      wrong.threshold = 1
      change(&wrong)
      #expect(outcome { try wrong.check() } == "invalidArgument: " + reason)
    }
  }

  @Test func `many people agree with the plain search`() throws {
    var numbers = Numbers(seed: 8)
    let photos: [Float] = numbers.array(300 * 7)
    let labels = (0..<300).map { Int32($0 % 41) }
    for _ in 0..<10 {
      let probe: [Float] = numbers.array(7)
      let found = try identify(probe, photos, labels, .nearest, threshold: .infinity)
      let distances = (0..<300).map { row in
        euclideanDistance(photos.span.extracting((7 * row)..<(7 * row + 7)), probe.span)
      }
      let best = distances.indices.min { distances[$0] < distances[$1] } ?? -1
      #expect(found.nearest?.row == best)
      let others = distances.indices.filter { labels[$0] != labels[best] }.map { distances[$0] }.min()
      #expect(found.runnerUp?.distance == others)
    }
  }
}
