import Foundation
import Statistics
import Tensors
import TestSupport
import Testing

/// What Fixtures/reference/tsne_reference.py wrote.
private struct Reference: Decodable {
  let count, dimension: Int, perplexity: Double, affinities, components: [Double]

  static func load() throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: fixtureFile("tsne.json")))
  }

  /// The script's points.
  var points: [Float] {
    var points: [Float] = []
    for i in 0..<count {
      for k in 0..<dimension {
        let whole: Int = (7919 * i + 104729 * k + 31 * i * k) % 1009
        points.append(Float(Double(whole) / 1009))
      }
    }
    return points
  }
}

private func map(
  _ points: [Float], _ count: Int, _ options: TSNE.Options,
  onProgress: (TSNE.Progress) -> Action = { _ in .goOn }
) throws -> (map: [Float], divergence: Double) {
  var map = [Float](repeating: .nan, count: 2 * count)
  let divergence = try TSNE.map(
    points, count: count, dimension: points.count / count, options, into: &map, onProgress: onProgress)
  return (map, divergence)
}

/// Three balls of `each` points in 10 dimensions, `distance` apart.
private func balls(_ each: Int, distance: Float) -> [Float] {
  var numbers = Numbers(seed: 3)
  var points: [Float] = []
  for ball in 0..<3 {
    for _ in 0..<each {
      for k in 0..<10 {
        let noise: Double = numbers.next() + numbers.next() + numbers.next()
        points.append(Float(noise) + (k == ball ? distance : 0))
      }
    }
  }
  return points
}

private func options(perplexity: Double = 10, steps: Int = 500) -> TSNE.Options {
  var options = TSNE.Options()
  options.perplexity = perplexity
  options.steps = steps
  options.exaggeratedSteps = min(100, steps / 4)
  return options
}

@Suite struct TSNETests {
  @Test func `affinities and the start are NumPy's`() throws {
    let reference = try Reference.load(), points = reference.points
    let p = try Affinities(
      points, count: reference.count, dimension: reference.dimension, perplexity: reference.perplexity)
    #expect(largestDifference(p.values.values, reference.affinities) < 1e-9)
    #expect(abs(p.values.values.reduce(0, +) - 1) < Tolerance.double)
    let components = try principalCoordinates(points, count: reference.count, dimension: reference.dimension)
    #expect(largestDifference(components, reference.components) < Tolerance.double)
  }

  @Test func `more dimensions than points have the same principal components`() throws {
    let points: [Float] = (0..<20).map { (i: Int) -> Float in Float((i * 7919) % 1009) / 100 }
    // Padded with constants, which change nothing, there are more dimensions than points.
    let few = try principalCoordinates(points, count: 5, dimension: 4)
    var padded: [Float] = []
    for i in 0..<5 { padded += Array(points[(4 * i)..<(4 * i + 4)]) + [Float](repeating: 3, count: 9) }
    let many = try principalCoordinates(padded, count: 5, dimension: 13)
    for axis in 0..<2 {
      let a = (0..<5).map { few[2 * $0 + axis] }, b = (0..<5).map { many[2 * $0 + axis] }
      #expect(min(largestDifference(a, b), largestDifference(a, b.map { -$0 })) < Tolerance.double)
    }
  }

  @Test func `the divergence falls`() throws {
    var seen: [Double] = []
    let (_, last) = try map(balls(40, distance: 4), 120, options()) { progress in
      seen.append(progress.divergence)
      #expect(progress.step == seen.count * 25 && progress.steps == 500)
      return .goOn
    }
    #expect(seen.count == 20 && seen.last == last)
    // From where exaggeration ends, every report is at most the one before.
    for (a, b) in zip(seen.dropFirst(5), seen.dropFirst(6)) { #expect(b <= a + 1e-9) }
    #expect(last < 0.6 * seen[0])
  }

  @Test func `balls that lie apart end apart`() throws {
    let (map, _) = try map(balls(40, distance: 9), 120, options())
    func point(_ i: Int) -> (Float, Float) { (map[2 * i], map[2 * i + 1]) }
    func squared(_ a: (Float, Float), _ b: (Float, Float)) -> Float {
      (a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1)
    }
    for i in 0..<120 {
      let nearest = (0..<120).filter { $0 != i }.sorted {
        squared(point($0), point(i)) < squared(point($1), point(i))
      }
      let isPure = nearest.prefix(10).allSatisfy { $0 / 40 == i / 40 }
      #expect(isPure)
    }
  }

  @Test func `is the same for any number of threads, and for the same seed`() throws {
    let points = balls(100, distance: 3)
    var maps: [[Float]] = []
    for threads in [1, 2, 5] {
      try withPool(threads: threads) { maps.append(try map(points, 300, options(steps: 60)).map) }
    }
    #expect(maps[0] == maps[1] && maps[0] == maps[2])
    var other = options(steps: 60)
    other.seed = 2
    #expect(try map(points, 300, other).map != maps[0])
  }

  @Test func `copies of one point share their affinity and have a map`() throws {
    // 20 copies at the origin are more than the perplexity of 5: each shares 1 among the other 19.
    let points =
      [Float](repeating: 0, count: 40) + (0..<60).map { (i: Int) -> Float in 5 + Float((i * 37) % 61) }
    let p = try Affinities(points, count: 50, dimension: 2, perplexity: 5)
    #expect(abs(p.values.values[1] - 1.0 / 19 / 50) < 1e-12)
    let (found, divergence) = try map(points, 50, options(perplexity: 5, steps: 100))
    #expect(found.allSatisfy { $0.isFinite } && divergence.isFinite)
    let (equal, _) = try map([Float](repeating: 7, count: 80), 20, options(perplexity: 5, steps: 100))
    #expect(equal.allSatisfy { $0.isFinite } && Set(equal).count > 20)
  }

  @Test func `finishing keeps the map so far, cancelling drops it`() throws {
    let points = balls(20, distance: 3)
    var fewer = options()
    fewer.steps = 50
    let (finished, _) = try map(points, 60, options()) { $0.step == 50 ? .finish : .goOn }
    #expect(try finished == map(points, 60, fewer).map)
    #expect(
      outcome { try map(points, 60, options()) { _ in .cancel } }
        == "cancelled: t-SNE was cancelled after step 25 of 500")
  }

  @Test func `options out of range are refused, and every member is listed`() {
    #expect(TSNE.Options().settings.map(\.name) == members(of: TSNE.Options()))
    for (reason, change) in [
      ("steps 0; expected 1 to 1000000", { $0.steps = 0 }),
      ("learning rate 0.0; expected more than 0", { $0.learningRate = 0 }),
      ("exaggeration 0.5; expected 1 to 100", { $0.exaggeration = 0.5 }),
      ("exaggerated steps -1; expected 0 or more", { $0.exaggeratedSteps = -1 })
    ] as [(String, (inout TSNE.Options) -> Void)] {
      var wrong = options(perplexity: 3)
      change(&wrong)
      #expect(outcome { try map(balls(20, distance: 3), 60, wrong) } == "invalidArgument: " + reason)
    }
  }

  @Test func `says what has no map`() {
    let points = balls(20, distance: 3)
    #expect(
      outcome { try map(points, 60, options(perplexity: 30)) }.hasPrefix(
        "invalidArgument: perplexity 30.0 for 60 points; expected 1 to 19.6"))
    #expect(outcome { try map([1, 2, 3], 3, options()) } == "invalidArgument: 3 points; expected 4 to 8192")
    #expect(
      outcome { try map(points + [.nan], 601, options()) }
        == "invalidArgument: points hold nan; expected finite numbers")
    var fast = options()
    fast.learningRate = 1e300
    #expect(outcome { try map(points, 60, fast) }.hasPrefix("invalidArgument: the map diverges at step 25"))
  }
}
