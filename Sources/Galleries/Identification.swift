import Tensors

/// Finds out who of some people a photo shows, or that it is another person.
///
/// Each row of the embeddings is a photo of a person, who may have several. A rule computes the distance of
/// the probe to each person; the nearest person is known if near enough.
package struct Identification {
  /// How a person's photos are combined.
  package enum Rule: Int32, CaseIterable {
    /// The nearest photo.
    case nearest = 0
    /// The mean of the distances to all photos: a single bad photo has less effect.
    case mean = 1
    /// The distance to the mean of the person's embeddings, scaled to their mean length.
    case template = 2
    /// The person with most of the `neighbours` nearest photos; on ties, the nearest person.
    case vote = 3
  }

  package struct Options {
    package var rule = Rule.nearest
    /// The largest distance at which a person is known, 0 or more. Depends on the model and the metric: there
    /// is no default.
    package var threshold: Float?
    /// The minimum lead over the next person, 0 or more.
    package var margin: Float = 0
    /// For `vote`.
    package var neighbours = 5
    package init() {}
  }

  /// A person, as seen by the rule.
  package struct Candidate: Equatable {
    package let distance: Float
    /// The row of the person's nearest photo, which identifies the person.
    package let row: Int
    /// The number of the person's photos among the nearest; 0 for rules other than `vote`.
    package let votes: Int
  }

  /// nil if there are no rows.
  package let nearest: Candidate?
  /// The next person; nil if there is only one.
  package let runnerUp: Candidate?
  package let threshold: Float
  private let minMargin: Float

  /// The distance of the next person minus the nearest's: infinite without a next person. Negative if a vote
  /// chose a person who is farther.
  package var margin: Float {
    guard let nearest, let runnerUp else { return .infinity }
    return nearest.distance.isFinite ? runnerUp.distance - nearest.distance : 0
  }

  package var isNear: Bool { nearest.map { $0.distance <= threshold } ?? false }
  package var isClear: Bool { minMargin == 0 || margin >= minMargin }
  package var isKnown: Bool { isNear && isClear }

  /// - Parameters:
  ///   - embeddings: [owners.count, metric.dimension] finite numbers; probe: [metric.dimension].
  ///   - owners: the person of each row, from 0 to people - 1.
  /// - Throws: `.invalidArgument` for options out of range and a probe that is not finite.
  package init(
    _ probe: Span<Float>, among embeddings: Span<Float>, owners: Span<Int>, people: Int, _ metric: Metric,
    _ options: Options
  ) throws(Failure) {
    guard let given = options.threshold else {
      throw .invalidArgument("no threshold; expected 0 or more: it belongs to the model, and has no default")
    }
    try options.check()
    threshold = given
    minMargin = options.margin
    try requireFinite(probe, metric.dimension, "a probe")
    guard owners.count > 0 else {
      nearest = nil
      runnerUp = nil
      return
    }
    let distances = try Storage<Float>(count: owners.count)
    distances.withMutableSpan { metric.all(embeddings, probe, into: &$0) }
    (nearest, runnerUp) = try distances.withSpan { distances throws(Failure) in
      var candidates = People(people, owners, distances)
      switch options.rule {
      case .nearest: break
      case .mean: candidates.measureByMean()
      case .template: try candidates.measureByTemplate(owners, embeddings, probe, metric)
      case .vote: try candidates.vote(owners, distances, options.neighbours)
      }
      return candidates.firstTwo
    }
  }

  /// The same for arbitrary numbers as people, and unchecked embeddings.
  package init(
    _ probe: Span<Float>, among embeddings: Span<Float>, labels: Span<Int32>, _ metric: Metric,
    _ options: Options
  ) throws(Failure) {
    try requireFinite(embeddings, metric.dimension, "an embedding")
    var places: [Int32: Int] = [:]
    let owners = try Storage<Int>(count: labels.count)
    for row in labels.indices {
      let place = places[labels[row]] ?? places.count
      places[labels[row]] = place
      owners[row] = place
    }
    self = try owners.withSpan { owners throws(Failure) in
      try Identification(
        probe, among: embeddings, owners: owners, people: places.count, metric, options)
    }
  }
}

/// The people among some rows, by number.
private struct People {
  private struct Person {
    var photos = 0
    /// The row of the nearest photo.
    var row = 0
    /// The distance to it, until a rule replaces it.
    var distance = Float.infinity
    var sum = 0.0
    var votes = 0
  }

  private var list: [Person]

  init(_ count: Int, _ owners: Span<Int>, _ distances: Span<Float>) {
    list = [Person](repeating: Person(), count: count)
    for row in owners.indices {
      let owner = owners[row]
      if list[owner].photos == 0 || distances[row] < list[owner].distance {
        list[owner].distance = distances[row]
        list[owner].row = row
      }
      list[owner].photos += 1
      list[owner].sum += Double(distances[row])
    }
  }

  mutating func measureByMean() {
    for i in list.indices { list[i].distance = Float(list[i].sum / Double(list[i].photos)) }
  }

  mutating func measureByTemplate(
    _ owners: Span<Int>, _ embeddings: Span<Float>, _ probe: Span<Float>, _ metric: Metric
  ) throws(Failure) {
    let n = metric.dimension, (rows, ends) = try rowsOfEach(owners)
    var sum = [Double](repeating: 0, count: n), template = [Float](repeating: 0, count: n)
    rows.withSpan { rows in
      var first = 0
      for i in list.indices {
        let end = ends[i]
        defer { first = end }
        if end - first == 1 { continue }  // the mean of one photo is that photo
        People.mean(of: rows.extracting(first..<end), embeddings, sum: &sum, into: &template)
        list[i].distance = metric(template.span, probe)
      }
    }
  }

  /// The mean of some rows, scaled to their mean length.
  private static func mean(
    of rows: Span<Int>, _ embeddings: Span<Float>, sum: inout [Double], into template: inout [Float]
  ) {
    let n = sum.count
    for k in 0..<n { sum[k] = 0 }
    var lengths = 0.0
    for place in rows.indices {
      let embedding = embeddings.extracting((rows[place] * n)..<((rows[place] + 1) * n))
      var square = 0.0
      for k in 0..<n {
        let value = Double(embedding[k])
        sum[k] += value
        square += value * value
      }
      lengths += square.squareRoot()
    }
    var square = 0.0
    for k in 0..<n { square += sum[k] * sum[k] }
    // Embeddings that cancel have no direction to scale.
    let scale = square > 0 ? lengths / Double(rows.count) / square.squareRoot() : 0
    let limit = Double(Float.greatestFiniteMagnitude)
    for k in 0..<n { template[k] = Float(min(max(sum[k] * scale, -limit), limit)) }
  }

  /// All rows, person after person, and the end of each person's rows.
  private func rowsOfEach(_ owners: Span<Int>) throws(Failure) -> (rows: Storage<Int>, ends: Storage<Int>) {
    let rows = try Storage<Int>(count: owners.count), ends = try Storage<Int>(count: list.count)
    var before = 0
    for (i, person) in list.enumerated() {
      ends[i] = before
      before += person.photos
    }
    for row in owners.indices {
      rows[ends[owners[row]]] = row
      ends[owners[row]] += 1
    }
    return (rows, ends)
  }

  mutating func vote(_ owners: Span<Int>, _ distances: Span<Float>, _ neighbours: Int) throws(Failure) {
    let slots = try Storage<Neighbour>(count: min(neighbours, owners.count))
    slots.withBuffer { slots in
      guard let start = slots.baseAddress else { return }
      var voters = Nearest(start, capacity: slots.count)
      for row in distances.indices { voters.offer(Neighbour(distance: distances[row], row: row)) }
      for voter in slots { list[owners[voter.row]].votes += 1 }
    }
  }

  /// The winner and the runner-up: by votes, then by distance; on ties, by the order of their nearest photos.
  var firstTwo: (Identification.Candidate?, Identification.Candidate?) {
    func comes(_ a: Person, before b: Person) -> Bool {
      if a.votes != b.votes { return a.votes > b.votes }
      return a.distance != b.distance ? a.distance < b.distance : a.row < b.row
    }
    var first: Int?, second: Int?
    for i in list.indices where list[i].photos > 0 {
      if let best = first, !comes(list[i], before: list[best]) {
        if second.map({ comes(list[i], before: list[$0]) }) ?? true { second = i }
      } else {
        (second, first) = (first, i)
      }
    }
    func candidate(_ place: Int?) -> Identification.Candidate? {
      place.map { .init(distance: list[$0].distance, row: list[$0].row, votes: list[$0].votes) }
    }
    return (candidate(first), candidate(second))
  }
}

extension Identification.Options: Settings {
  package var settings: [Setting] {
    Setting("rule", rule.rawValue)
    Setting("threshold", threshold, .atLeastOrInfinite(0))
    Setting("margin", margin, .atLeast(0))
    Setting("neighbours", neighbours, .atLeast(1))
  }
}
