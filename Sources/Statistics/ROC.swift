import Tensors

/// The receiver operating characteristic: what each threshold accepts, from nothing to everything.
package struct ROC {
  /// How many pairs of either kind `distance <= threshold` accepts.
  package struct Point: Equatable {
    package let threshold: Double
    package let genuine, impostors: Int
  }

  package let genuine, impostors: Int
  /// The first accepts nothing; then one for each observed distance; the last accepts everything.
  package private(set) var points: [Point]

  /// - Throws: `.invalidArgument` without pairs, with pairs of only one kind, and for distances that are NaN
  ///   or -infinity.
  package init(_ distances: Span<Double>, _ isSame: Span<UInt8>) throws(Failure) {
    precondition(distances.count == isSame.count)
    guard distances.count > 0 else {
      throw .invalidArgument("0 pairs; expected some of one person and some of two")
    }
    var genuine = 0
    for i in distances.indices {
      if distances[i].isNaN || distances[i] == -.infinity {
        throw .invalidArgument(
          "distance \(i) is \(distances[i]); expected a number, or infinity for a face that was not found")
      }
      if isSame[i] != 0 { genuine += 1 }
    }
    let impostors = isSame.count - genuine
    guard genuine > 0, impostors > 0 else {
      throw .invalidArgument("\(genuine) pairs of one person and \(impostors) of two; expected both")
    }
    // The order, points and their copy while they grow, and a fold for each pair.
    try Memory.expect(isSame.count * (3 * MemoryLayout<Int>.stride + 3 * MemoryLayout<Point>.stride))
    let order = distances.indices.sorted { distances[$0] < distances[$1] }
    points = [Point(threshold: distances[order[0]].nextDown, genuine: 0, impostors: 0)]
    var accepted = (genuine: 0, impostors: 0)
    for (rank, i) in order.enumerated() {
      if isSame[i] != 0 { accepted.genuine += 1 } else { accepted.impostors += 1 }
      if rank + 1 < order.count, distances[order[rank + 1]] == distances[i] { continue }
      points.append(Point(threshold: distances[i], genuine: accepted.genuine, impostors: accepted.impostors))
    }
    self.genuine = genuine
    self.impostors = impostors
  }

  package func falseAcceptRate(_ point: Point) -> Double { Double(point.impostors) / Double(impostors) }
  package func trueAcceptRate(_ point: Point) -> Double { Double(point.genuine) / Double(genuine) }

  /// `sum over couples of [genuine nearer] + [equal] / 2`, divided by their number; counted in integers.
  var area: Double {
    var halves = 0.0  // whole numbers below 2^53
    for (before, after) in zip(points, points.dropFirst()) {
      halves += Double((after.impostors - before.impostors) * (before.genuine + after.genuine))
    }
    // `before` were nearer than these impostors, the rest of `after` as near: 2 * before + (after - before).
    return halves / (2 * Double(genuine) * Double(impostors))
  }

  var equalErrorRate: Double {
    var before = (accept: 0.0, reject: 1.0)
    for point in points.dropFirst() {
      let after = (accept: falseAcceptRate(point), reject: 1 - trueAcceptRate(point))
      let gap = before.reject - before.accept, step = gap + after.accept - after.reject
      if after.accept >= after.reject { return before.accept + gap / step * (after.accept - before.accept) }
      before = after
    }
    return 1  // not reached: the last point accepts everything
  }

  /// The largest threshold that accepts at most that many impostors. A face that was not found is never
  /// accepted.
  func point(falseAccepts: Int) -> (tar: Evaluation.Rate, far: Evaluation.Rate, threshold: Double) {
    let point = points.last { $0.impostors <= falseAccepts && $0.threshold.isFinite } ?? points[0]
    return (.init(point.genuine, of: genuine), .init(point.impostors, of: impostors), point.threshold)
  }
}
