import Networks
import TestSupport
import Tensors
import Testing

@Suite struct MiningTests {
  private func mine<Element: Scalar>(
    _ x: [Element], dimension: Int = 1, _ labels: [Int32], _ mining: Mining, margin: Element,
    _ reduction: Reduction = .sum
  ) throws -> (loss: Element, statistics: MiningStatistics, gradient: [Element]) {
    let tape = Tape<Element>()
    let leaf = tape.leaf(try Tensor([x.count / dimension, dimension], x))
    let (loss, statistics) = try tape.minedTripletLoss(
      leaf, labels: labels, mining, margin: margin, reduction)
    return (loss.scalar, statistics, try tape.gradients(of: loss, at: [leaf])[0].values)
  }

  /// On a line: person 0 at 0, 1 and 3, person 1 at 2 and 4; squared distances of whole numbers.
  @Test func `gives the numbers worked by hand`() throws {
    let x = [0.0, 1, 3, 2, 4], labels: [Int32] = [0, 0, 0, 1, 1]
    // 9 - 4, 4 - 1, 9 - 1, 4 - 1, 4 - 1, and the margin each time.
    let hard = try mine(x, labels, .hard, margin: 1)
    #expect(hard.loss == 6 + 4 + 9 + 4 + 4)
    #expect(
      hard.statistics == MiningStatistics(triplets: 5, active: 5, hardestPositive: 9, hardestNegative: 1))
    // Photos by their places: 0 1: 1 - 4, 0 3: 9 - 16, 1 0: 1 - 9, 1 3: 4 - 9, 4 2: 4 - 9; of 3 0, 3 1 and 2
    // 4 no negative is farther, one is as far.
    let semi = try mine(x, labels, .semiHard, margin: 4)
    #expect(semi.loss == 1)
    #expect(semi.statistics.triplets == 5 && semi.statistics.active == 1)
    // 6 pairs of person 0 with 2 negatives, 2 of person 1 with 3.
    #expect(try mine(x, labels, .all, margin: 0).statistics.triplets == 18)
  }

  @Test func `is zero with zero gradients when nothing is active`() throws {
    for mining in [Mining.hard, .semiHard, .all] {
      for reduction in [Reduction.sum, .mean, .meanOfActive] {
        let far = try mine([0, 0.1, 50, 50.1] as [Float], [0, 0, 1, 1], mining, margin: 0.2, reduction)
        #expect(far.loss == 0 && far.statistics.active == 0 && far.gradient == [0, 0, 0, 0])
      }
    }
  }

  /// Each positive is farther than any negative: no triplet is semi-hard.
  @Test func `is zero when no negative is farther`() throws {
    for reduction in [Reduction.sum, .mean, .meanOfActive] {
      let none = try mine([0, 10, 5] as [Float], [0, 0, 1], .semiHard, margin: 0.2, reduction)
      #expect(none.loss == 0 && none.statistics.triplets == 0 && none.gradient == [0, 0, 0])
    }
  }

  /// All distances are 0: every triplet costs the margin, and the pulls cancel.
  @Test func `costs the margin for identical embeddings`() throws {
    for mining in [Mining.hard, .all] {
      let same = try mine(
        [Float](repeating: 0.3, count: 24), dimension: 4, [0, 0, 0, 1, 1, 1], mining, margin: 0.25, .mean)
      #expect(abs(same.loss - 0.25) < 1e-6 && same.gradient.allSatisfy { abs($0) < 1e-6 })
      #expect(same.statistics.triplets == same.statistics.active)
    }
  }

  @Test func `refuses a batch that holds no triplet`() {
    for mining in [Mining.hard, .semiHard, .all] {
      #expect(
        outcome { try mine([1, 2, 3] as [Float], [4, 4, 4], mining, margin: 0.2) }
          == "invalidArgument: no negatives: 3 photos of one person; expected two people or more")
      #expect(
        outcome { try mine([1, 2, 3] as [Float], [1, 2, 3], mining, margin: 0.2) }
          == "invalidArgument: no positives: 3 photos of as many people; expected two photos of one or more")
      #expect(
        outcome { try mine([1] as [Float], [1], mining, margin: 0.2) }.hasPrefix(
          "invalidArgument: no negatives"))
      #expect(
        outcome { try mine([1, 2] as [Float], [1], mining, margin: 0.2) }
          == "invalidArgument: 1 labels for embeddings [2, 1]")
      #expect(outcome { try mine([] as [Float], [], mining, margin: 0.2) }.hasPrefix("invalidArgument"))
    }
  }

  /// 45 people with 40 photos: 1800 anchors, 39 positives and 1760 negatives each.
  @Test(arguments: [Mining.hard, .semiHard, .all])
  func `serves forty photos a person, alike on any number of threads`(mining: Mining) throws {
    var numbers = Numbers(seed: 3)
    let x: [Float] = numbers.array(1800 * 32), labels = (0..<1800).map { Int32($0 % 45) }
    var bits: [[Float]] = []
    for threads in [1, 3] {
      try withPool(threads: threads) {
        let found = try mine(x, dimension: 32, labels, mining, margin: 0.2, .mean)
        bits.append([found.loss] + found.gradient)
        if mining == .all { #expect(found.statistics.triplets == 1800 * 39 * 1760) }
        if mining == .hard { #expect(found.statistics.triplets == 1800) }
      }
    }
    #expect(bits[0] == bits[1] && bits[0].allSatisfy { $0.isFinite })
  }
}
