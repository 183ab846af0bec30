import Statistics
import Tensors
import TestSupport
import Testing

private func evaluate(
  _ distances: [Double], _ same: [UInt8], folds: [Int32]? = nil, _ options: Evaluation.Options = .init()
) throws -> Evaluation {
  try Evaluation(distances.span, same.span, folds: folds?.span, options)
}

private func curve(_ distances: [Double], _ same: [UInt8]) throws -> ROC {
  try ROC(distances.span, same.span)
}

@Suite struct EvaluationTests {
  @Test func `pairs told apart entirely score full marks`() throws {
    var distances: [Double] = [], same: [UInt8] = []
    for i in 0..<40 {
      distances.append(i % 2 == 0 ? 0.2 + 0.001 * Double(i) : 0.9 + 0.001 * Double(i))
      same.append(i % 2 == 0 ? 1 : 0)
    }
    let found = try evaluate(distances, same)
    let accuracy = try #require(found.accuracy)
    #expect(accuracy.mean == 1 && accuracy.deviation == 0 && found.folds == 10)
    #expect(accuracy.threshold > 0.238 && accuracy.threshold < 0.901)
    #expect(found.auc == 1 && found.equalErrorRate == 0)
    let tenth = try #require(found.points[0].measured)
    #expect(tenth.tar.value == 1 && tenth.tar.high == 1 && tenth.far.value == 0.1)
  }

  @Test func `equal distances of both kinds count half`() throws {
    let found = try evaluate([1, 1, 1, 1], [1, 0, 1, 0])
    #expect(found.auc == 0.5 && found.equalErrorRate == 0.5)
    // 0 < both at 1: couples (0, 1), (0, 1), (1, 1), (1, 1) count 1 + 1 + 1/2 + 1/2.
    #expect(try evaluate([0, 1, 1, 1], [1, 1, 0, 0]).auc == 0.75)
  }

  @Test func `the equal error lies on a straight line between two points`() throws {
    // ROC (FAR, TAR): (0, 0) (0, 2/3) (1/2, 2/3) (1/2, 1) (1, 1); FAR = 1 - TAR = 1/3 on the level part.
    #expect(abs(try evaluate([1, 2, 4, 3, 5], [1, 1, 1, 0, 0]).equalErrorRate - 1.0 / 3) < 1e-15)
  }

  @Test func `bounds are Wilson's`() throws {
    // Newcombe 1998, table I: 81 of 263 has 0.2553 to 0.3662, 15 of 148 has 0.0624 to 0.1605, 0 of 20 has 0
    // to 0.1611.
    for (k, n, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)] {
      // k genuine pairs are nearer than every impostor, the others farther.
      let distances: [Double] = (0..<n).map { $0 < k ? 0 : 2 } + [Double](repeating: 1, count: 10)
      let same = [UInt8](repeating: 1, count: n) + [UInt8](repeating: 0, count: 10)
      let tar = try #require(try evaluate(distances, same).points[0].measured).tar
      #expect(abs(tar.value - Double(k) / Double(n)) < 1e-15)
      #expect(abs(tar.low - low) < 5e-5 && abs(tar.high - high) < 5e-5)
    }
  }

  @Test func `a rate wants as many impostors as make one false accept`() throws {
    for (impostors, supported) in [(9, 0), (10, 1), (99, 1), (100, 2), (999, 2), (1000, 3)] {
      let distances: [Double] = [0.5] + (1...impostors).map { Double($0) }
      let found = try evaluate(distances, [1] + [UInt8](repeating: 0, count: impostors))
      #expect(found.points.filter { $0.measured != nil }.count == supported)
      #expect(found.points.map(\.impostorsNeeded) == [10, 100, 1000])
      for point in found.points {
        if let far = point.measured?.far.value {
          #expect(far <= point.limit && far > point.limit - 1 / Double(impostors) - 1e-12)
        }
      }
    }
    var three = Evaluation.Options()
    three.minFalseAccepts = 3
    let distances: [Double] = [0.5] + (1...100).map { Double($0) }
    let found = try evaluate(distances, [1] + [UInt8](repeating: 0, count: 100), three)
    #expect(found.points.map(\.impostorsNeeded) == [30, 300, 3000] && found.points[1].measured == nil)
  }

  @Test func `a face that was not found is never accepted`() throws {
    let distances: [Double] = [0.1, .infinity, 0.5, .infinity] + (10..<20).map { Double($0) }
    let same: [UInt8] = [1, 1, 1, 0] + [UInt8](repeating: 0, count: 10)
    let found = try evaluate(distances, same, folds: [0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    // Each fold accepts what is nearest, up to 7.75 and 5.05: two of three genuine pairs, no impostor. Fold
    // 0: 6 of 7; fold 1: 7 of 7.
    let accuracy = try #require(found.accuracy)
    #expect(abs(accuracy.mean - (6.0 / 7 + 1) / 2) < 1e-15 && accuracy.threshold.isFinite)
    let tenth = try #require(found.points[0].measured)
    #expect(tenth.tar.value == 2.0 / 3 && tenth.threshold == 10)
    // Couples: the two found beat 11 impostors each, the lost one beats none and draws with the lost
    // impostor.
    #expect(abs(found.auc - 22.5 / 33) < 1e-15)
    let nothing = try evaluate([.infinity, .infinity], [1, 0])
    #expect(nothing.auc == 0.5)
  }

  @Test func `the threshold comes from the other folds`() throws {
    // Fold 1 is shifted by 1: judged by fold 0's threshold of about 0.5 it calls nothing the same.
    let distances = [0.1, 0.2, 0.8, 0.9, 1.1, 1.2, 1.8, 1.9], same: [UInt8] = [1, 1, 0, 0, 1, 1, 0, 0]
    let found = try evaluate(distances, same, folds: [5, 5, 5, 5, 9, 9, 9, 9])
    let accuracy = try #require(found.accuracy)
    // Fold 0 by 1.5: all accepted, half right; fold 1 by 0.5: none accepted, half right.
    #expect(accuracy.mean == 0.5 && accuracy.deviation == 0 && accuracy.threshold == 1)
  }

  @Test func `accuracy wants two folds with both kinds each`() throws {
    let distances = [0.1, 0.2, 0.8, 0.9], same: [UInt8] = [1, 1, 0, 0]
    #expect(try evaluate(distances, same, folds: [1, 1, 1, 1]).accuracy == nil)
    #expect(try evaluate(distances, same, folds: [1, 1, 2, 2]).accuracy == nil)
    #expect(try evaluate(distances, same, folds: [1, 2, 1, 2]).accuracy?.mean == 1)
    #expect(try evaluate(distances, same).accuracy == nil)  // ten folds
  }

  @Test func `what cannot be evaluated is refused`() {
    for (distances, same, part) in [
      ([], [], "0 pairs"), ([1], [1], "1 pairs of one person and 0 of two"),
      ([1, 2], [0, 0], "0 pairs of one person"),
      ([1, .nan], [0, 1], "distance 1 is nan"), ([-.infinity, 1], [0, 1], "distance 0 is -inf")
    ] as [([Double], [UInt8], String)] {
      #expect(outcome { try evaluate(distances, same) }.hasPrefix("invalidArgument: \(part)"))
    }
    let many = (0..<2002).map { Double($0) }
    let kinds: [UInt8] = many.map { UInt8(Int($0) & 1) }, folds: [Int32] = many.map { Int32($0) / 2 }
    #expect(outcome { try evaluate(many, kinds, folds: folds) }.contains("1001 folds"))
  }

  @Test func `options out of range are refused, and every member is listed`() {
    var wrong = Evaluation.Options()
    #expect(wrong.settings.map(\.name) == members(of: wrong))
    wrong.folds = 1
    #expect(outcome { try wrong.check() } == "invalidArgument: folds 1; expected 2 to 1000")
    wrong = .init()
    wrong.minFalseAccepts = 0.5
    #expect(outcome { try wrong.check() } == "invalidArgument: min false accepts 0.5; expected 1 or more")
  }

  @Test func `the ROC never falls and ends at the corners`() throws {
    var numbers = Numbers(seed: 5)
    let distances: [Double] = (0..<200).map { _ in (numbers.next() * 20).rounded() / 20 }
    let same: [UInt8] = (0..<200).map { $0 % 3 == 0 ? 1 : 0 }
    let roc = try curve(distances, same)
    #expect(roc.points.first?.genuine == 0 && roc.points.first?.impostors == 0)
    #expect(roc.points.last?.genuine == 67 && roc.points.last?.impostors == 133)
    #expect(roc.points.count == Set(distances).count + 1)
    for (a, b) in zip(roc.points, roc.points.dropFirst()) {
      #expect(a.threshold < b.threshold && a.genuine <= b.genuine && a.impostors <= b.impostors)
    }
  }
}
