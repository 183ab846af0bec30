import Tensors

/// Which triplets of a batch count. Anchor and positive are photos of one person, the negative is of another.
package enum Mining: Equatable, Sendable {
  /// For each anchor its farthest positive and its nearest negative: one triplet per anchor (Hermans et al.
  /// 2017, equation 5). On ties, the first.
  case hard
  /// For each pair of anchor and positive the nearest of the negatives that are farther than the positive; it
  /// counts while it is within the margin (Schroff et al. 2015, section 3.2). No triplet if no negative is
  /// farther.
  case semiHard
  /// Every anchor with each of its positives and each of its negatives (Hermans et al. 2017, equation 6).
  case all

  /// The name of the loss.
  var name: StaticString {
    switch self {
    case .hard: "batch-hard"
    case .semiHard: "semi-hard"
    case .all: "all-triplets"
    }
  }
}

/// The result of mining in a batch.
package struct MiningStatistics: Equatable, Sendable {
  /// The number of triplets formed, and of those not yet separated by the margin.
  package var triplets, active: Int
  /// The largest squared distance within one person, the smallest between two people.
  package var hardestPositive, hardestNegative: Double

  package init(triplets: Int = 0, active: Int = 0, hardestPositive: Double = 0, hardestNegative: Double = 0) {
    (self.triplets, self.active) = (triplets, active)
    (self.hardestPositive, self.hardestNegative) = (hardestPositive, hardestNegative)
  }
}

extension Tape {
  /// The triplet loss over triplets found in a batch of P people with K photos each, or of any other
  /// composition.
  /// `loss = sum or a mean over the triplets of max(0, |a - p|^2 - |a - n|^2 + margin)`
  ///
  /// Time and memory grow with the square of the batch; time with its cube for `semiHard` and `all`, which
  /// visit every triplet.
  ///
  /// - Parameters:
  ///   - embeddings: [count, dimension].
  ///   - labels: the person of each, arbitrary numbers.
  ///   - margin: squared distance, 0 or more.
  ///   - reduction: a mean is over the triplets formed, or over the active ones.
  /// - Returns: a single number, 0 if every triplet is separated by `margin`; and the result of mining.
  /// - Throws: `.invalidArgument` if a batch contains no triplet: only one person, or no person twice.
  /// Source: Hermans, Beyer, Leibe, "In defense of the triplet loss for person re-identification", 2017;
  /// Schroff et al., "FaceNet", 2015.
  package func minedTripletLoss(
    _ embeddings: Variable<Element>, labels: [Int32], _ mining: Mining, margin: Element,
    _ reduction: Reduction
  ) throws(Failure) -> (loss: Variable<Element>, statistics: MiningStatistics) {
    guard embeddings.shape.rank == 2, embeddings.shape.count > 0, embeddings.shape[0] == labels.count else {
      throw .invalidArgument("\(labels.count) labels for embeddings \(embeddings.shape.description)")
    }
    try requireTriplets(in: labels)
    let distances = try squaredDistances(embeddings)
    let count = labels.count
    let slopes = try Tensor<Element>([count, count], repeating: 0)
    let finds = try Storage<Find<Element>>(count: count)
    // Each anchor writes its own row of slopes and its own find, so that their order does not matter. Sums of
    // partial sums also lose fewer digits than one long sum.
    let d = distances.tensor
    labels.withUnsafeBufferPointer { labels in
      guard let labels = labels.baseAddress else { return }
      ThreadPool.shared.run(count) { anchor, _ in
        let row = anchor * count
        finds.pointer[anchor] = find(
          mining, anchor, labels, d.pointer + row, slopes.pointer + row, count, margin)
      }
    }
    var total: Element = 0, positive: Element = 0, negative = Element.infinity
    var statistics = MiningStatistics()
    for anchor in 0..<count {
      let find = finds.pointer[anchor]
      total += find.loss
      statistics.triplets += find.triplets
      statistics.active += find.active
      if find.farthestPositive > positive { positive = find.farthestPositive }
      if find.nearestNegative < negative { negative = find.nearestNegative }
    }
    statistics.hardestPositive = Double(positive)
    statistics.hardestNegative = Double(negative)
    let share: Element = reduction.share(of: statistics.triplets, active: statistics.active)
    // For an active triplet: dD[a, p] = 1, dD[a, n] = -1, times share and dy; `slopes` holds their sums. NaN
    // is preserved even if no triplet was found.
    let loss = record(try Tensor([1], [total == 0 ? 0 : total * share]), from: [distances]) {
      tape, dy throws(Failure) in
      try tape.accumulate(slopes.scaled(by: share * dy[0]), into: distances)
    }
    return (loss, statistics)
  }
}

/// - Throws: `.invalidArgument` unless one person occurs twice and another at all.
private func requireTriplets(in labels: [Int32]) throws(Failure) {
  let sorted = labels.sorted()
  var people = 1, isRepeated = false
  for i in 1..<max(sorted.count, 1) {
    if sorted[i] == sorted[i - 1] { isRepeated = true } else { people += 1 }
  }
  guard people >= 2 else {
    throw .invalidArgument("no negatives: \(labels.count) photos of one person; expected two people or more")
  }
  guard isRepeated else {
    throw .invalidArgument(
      "no positives: \(labels.count) photos of as many people; expected two photos of one or more")
  }
}

/// The contribution of one anchor.
private struct Find<Element: Scalar>: BitwiseCopyable {
  var loss: Element = 0
  var triplets = 0, active = 0
  var farthestPositive: Element = 0, nearestNegative = Element.infinity
}

/// - Parameters:
///   - distances: from the anchor to each photo.
///   - slopes: receives d loss / d distances; starts as zeros.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func find<Element: Scalar>(
  _ mining: Mining, _ anchor: Int, _ labels: UnsafePointer<Int32>, _ distances: UnsafePointer<Element>,
  _ slopes: UnsafeMutablePointer<Element>, _ count: Int, _ margin: Element
) -> Find<Element> {
  var find = Find<Element>()
  let person = labels[anchor]
  var farthest = -1, nearest = -1
  for i in 0..<count where i != anchor {
    let distance = distances[i]
    guard distance < .infinity else {
      find.loss = .nan  // comparisons below would not detect it
      return find
    }
    if labels[i] == person {
      if farthest < 0 || distance > distances[farthest] { farthest = i }
    } else {
      if nearest < 0 || distance < distances[nearest] { nearest = i }
    }
  }
  if farthest >= 0 { find.farthestPositive = distances[farthest] }
  if nearest >= 0 { find.nearestNegative = distances[nearest] }
  guard farthest >= 0, nearest >= 0 else { return find }

  if mining == .hard {
    find.triplets = 1
    let term = distances[farthest] - distances[nearest] + margin
    if term > 0 {
      find.loss = term
      find.active = 1
      slopes[farthest] += 1
      slopes[nearest] -= 1
    }
    return find
  }
  // Gathers the negatives and their slopes, so that the work for each positive is free of branches.
  withUnsafeTemporaryAllocation(of: Element.self, capacity: 2 * count) { memory in
    guard let negatives = memory.baseAddress else { return }
    let pulls = negatives + count
    var length = 0
    for i in 0..<count where labels[i] != person {
      negatives[length] = distances[i]
      pulls[length] = 0
      length += 1
    }
    for positive in 0..<count where labels[positive] == person && positive != anchor {
      let own = distances[positive]
      if mining == .semiHard {
        var best = Element.infinity
        for k in 0..<length { best = negatives[k] > own && negatives[k] < best ? negatives[k] : best }
        guard best < .infinity else { continue }
        find.triplets += 1
        let term = own - best + margin
        guard term > 0 else { continue }
        var k = 0
        while negatives[k] != best { k += 1 }
        pulls[k] -= 1
        find.loss += term
        find.active += 1
        slopes[positive] += 1
      } else {
        let reach = own + margin
        var sum: Element = 0, active = 0
        for k in 0..<length {
          let term = reach - negatives[k], counts = term > 0
          sum += counts ? term : 0
          pulls[k] -= counts ? 1 : 0
          active += counts ? 1 : 0
        }
        find.triplets += length
        find.loss += sum
        find.active += active
        slopes[positive] += Element(active)
      }
    }
    length = 0
    for i in 0..<count where labels[i] != person {
      slopes[i] = pulls[length]
      length += 1
    }
  }
  return find
}
