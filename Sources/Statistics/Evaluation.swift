import Tensors

/// How well distances separate pairs of one person (genuine) from pairs of two (impostors). A pair is
/// accepted when `distance <= threshold`. FAR is the fraction of accepted impostors, TAR the fraction of
/// accepted genuine pairs.
///
/// A distance may be infinite, for a pair in which a photo has no face: no threshold accepts it, as ISO/IEC
/// 19795-1 counts failures to acquire.
///
/// Measures that the pairs are too few to support are nil:
/// - accuracy, unless there are at least two folds and each has pairs of both kinds;
/// - TAR at a FAR, unless `impostors * FAR >= minFalseAccepts`: with 1, a thousand impostors for 0.001.
///
/// Source: Huang and Learned-Miller, "Labeled Faces in the Wild: Updates and New Reporting Procedures", 2014.
package struct Evaluation {
  package struct Options {
    /// For pairs without folds: each kind is divided into this many parts of equal size, in the given order.
    package var folds = 10
    package var minFalseAccepts = 1.0
    package init() {}
  }

  /// `successes / trials` with 95 % bounds by Wilson's score interval (1927), equation 4 of Brown, Cai,
  /// DasGupta 2001.
  package struct Rate: Equatable {
    package let value, low, high: Double

    init(_ successes: Int, of trials: Int) {
      let z = 1.959963984540054  // 97.5 % quantile of the normal distribution
      let n = Double(trials), p = Double(successes) / n
      let centre = p + z * z / (2 * n), spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
      value = p
      // At the ends the bound is exactly the end, without a rounding error.
      low = successes == 0 ? 0 : (centre - spread) / (1 + z * z / n)
      high = successes == trials ? 1 : (centre + spread) / (1 + z * z / n)
    }
  }

  /// The largest threshold whose FAR does not exceed a limit.
  package struct OperatingPoint {
    package let limit: Double
    package let impostorsNeeded: Int
    package let measured: (tar: Rate, far: Rate, threshold: Double)?
  }

  package struct Accuracy {
    /// Over the folds; the deviation with `folds - 1` in the denominator.
    package let mean, deviation: Double
    /// The mean of the folds' thresholds.
    package let threshold: Double
  }

  package static let limits = [0.1, 0.01, 0.001]
  package static let maxFolds = 1000

  package let genuine, impostors, folds: Int
  package let accuracy: Accuracy?
  /// The fraction of all (genuine, impostor) couples in which the genuine pair is nearer; ties count half.
  package let auc: Double
  /// The rate at which FAR equals 1 - TAR, on straight lines between the points of the ROC.
  package let equalErrorRate: Double
  package let points: [OperatingPoint]

  /// - Parameter folds: one per pair, any numbers; NULL for `options.folds` of equal size.
  /// - Throws: `.invalidArgument` without pairs, with pairs of only one kind, and for distances that are NaN
  ///   or -infinity.
  package init(
    _ distances: Span<Double>, _ isSame: Span<UInt8>, folds: Span<Int32>?, _ options: Options
  ) throws(Failure) {
    try options.check()
    let curve = try ROC(distances, isSame)
    let (genuine, impostors) = (curve.genuine, curve.impostors)
    let division = try FoldDivision(isSame, folds, genuine: genuine, impostors: impostors, options.folds)
    accuracy = division.isUsable ? Evaluation.accuracy(distances, isSame, division) : nil
    auc = curve.area
    equalErrorRate = curve.equalErrorRate
    points = Evaluation.limits.map { limit in
      // A rounding error may move a product such as 1000 * 0.001 off its integer.
      let isSupported = Double(impostors) * limit * (1 + 1e-12) >= options.minFalseAccepts
      return OperatingPoint(
        limit: limit,
        impostorsNeeded: Int(min((options.minFalseAccepts / limit * (1 - 1e-12)).rounded(.up), 0x1p52)),
        measured: isSupported ? curve.point(falseAccepts: Int(Double(impostors) * limit * (1 + 1e-12))) : nil)
    }
    self.genuine = genuine
    self.impostors = impostors
    self.folds = division.count
  }

  /// Judges each fold by the most accurate threshold of all others: half-way between the last distance that
  /// it accepts and the next; on ties the smallest.
  private static func accuracy(
    _ distances: Span<Double>, _ isSame: Span<UInt8>, _ division: FoldDivision
  ) -> Accuracy {
    let order = distances.indices.sorted { distances[$0] < distances[$1] }
    var accuracies: [Double] = [], thresholds: [Double] = []
    for fold in 0..<division.count {
      var right = 0  // more than when nothing is accepted
      var best = 0, lower: Double?, upper: Double?
      var last: Double?
      for i in order where division.fold[i] != fold {
        let distance = distances[i]
        if last != distance {
          if last == nil || right > best { (best, lower, upper) = (right, last, distance) }
          last = distance
        }
        right += isSame[i] != 0 ? 1 : -1
      }
      if let last, last.isFinite, right > best { (lower, upper) = (last, nil) }
      let threshold = between(lower, upper)
      var correct = 0, count = 0
      for i in order where division.fold[i] == fold {
        count += 1
        if (distances[i] <= threshold) == (isSame[i] != 0) { correct += 1 }
      }
      accuracies.append(Double(correct) / Double(count))
      thresholds.append(threshold)
    }
    let n = Double(division.count)
    let mean = accuracies.reduce(0, +) / n
    let squares = accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Accuracy(
      mean: mean, deviation: (squares / (n - 1)).squareRoot(), threshold: thresholds.reduce(0) { $0 + $1 / n }
    )
  }

  /// A threshold that accepts `lower` but not `upper`.
  private static func between(_ lower: Double?, _ upper: Double?) -> Double {
    switch (lower, upper) {
    case (let lower?, let upper?) where upper.isFinite:
      let middle = lower / 2 + upper / 2
      return middle < upper ? middle : lower  // neighbouring numbers have none between them
    case (let lower?, _): return lower
    case (nil, let upper?): return upper.nextDown
    case (nil, nil): return 0
    }
  }
}

/// The fold of each pair.
private struct FoldDivision {
  private(set) var fold: [Int] = []
  private(set) var count: Int
  /// Whether there are at least two folds, each with pairs of both kinds.
  private(set) var isUsable: Bool

  init(
    _ isSame: Span<UInt8>, _ given: Span<Int32>?, genuine: Int, impostors: Int, _ folds: Int
  ) throws(Failure) {
    fold.reserveCapacity(isSame.count)
    if let given {
      var numbers: [Int32: Int] = [:]
      for i in given.indices {
        let number = numbers[given[i]] ?? numbers.count
        numbers[given[i]] = number
        fold.append(number)
      }
      count = numbers.count
      guard count <= Evaluation.maxFolds else {
        throw .invalidArgument("\(count) folds; expected at most \(Evaluation.maxFolds)")
      }
    } else {
      var seen = (genuine: 0, impostors: 0)
      for i in isSame.indices {
        if isSame[i] != 0 {
          fold.append(seen.genuine * folds / genuine)
          seen.genuine += 1
        } else {
          fold.append(seen.impostors * folds / impostors)
          seen.impostors += 1
        }
      }
      count = folds
    }
    var kinds = [(genuine: Bool, impostors: Bool)](repeating: (false, false), count: count)
    for i in isSame.indices {
      if isSame[i] != 0 { kinds[fold[i]].genuine = true } else { kinds[fold[i]].impostors = true }
    }
    isUsable = count >= 2 && kinds.allSatisfy { $0.genuine && $0.impostors }
  }
}

extension Evaluation.Options: Settings {
  package var settings: [Setting] {
    Setting("folds", folds, .from(2, to: Evaluation.maxFolds))
    Setting("min false accepts", minFalseAccepts, .atLeast(1))
  }
}
