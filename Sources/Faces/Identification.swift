import Tensors

/// Who of the people with these labels is on a photo, or is it somebody else?
///
/// Each row of the embeddings is a photo of a person, who has one label and any number of photos. A rule tells how far the
/// probe is from each person; the nearest one is named, and known if near enough.
package struct Identification {
  /// How several photos of a person count.
  package enum Rule: Int32, CaseIterable {
    /// The nearest photo.
    case nearest = 0
    /// The mean of the distances to all photos: a single bad photo counts less.
    case mean = 1
    /// The distance to the mean of the person's embeddings, made as long as these are in the mean.
    case template = 2
    /// Of the `neighbours` nearest photos, the person who has most; of persons with as many, the nearest.
    case vote = 3
  }

  package struct Options {
    package var rule = Rule.nearest
    /// A distance up to which a person is known, 0 or more. It belongs to the model and the metric: there is no default.
    package var threshold: Float = -1
    /// By how much the next person must be farther, 0 or more; 0 asks for nothing.
    package var margin: Float = 0
    /// Of `vote`.
    package var neighbours = 5
    package init() {}
  }

  /// A person as the rule sees the probe.
  package struct Candidate: Equatable {
    package let label: Int32
    package let distance: Float
    /// The row of the person's nearest photo.
    package let row: Int
    /// Of the person's photos, how many are among the nearest; 0 for other rules than `vote`.
    package let votes: Int
  }

  /// nil where there are no rows.
  package let nearest: Candidate?
  /// The next person; nil where there is nobody else.
  package let runnerUp: Candidate?
  package let threshold: Float
  private let leastMargin: Float

  /// How much farther the next person is: infinite where there is nobody else. Negative where a vote went to one who is
  /// farther.
  package var margin: Float {
    guard let nearest, let runnerUp else { return .infinity }
    return nearest.distance.isFinite ? runnerUp.distance - nearest.distance : 0
  }

  package var isNear: Bool { nearest.map { $0.distance <= threshold } ?? false }
  package var isClear: Bool { leastMargin == 0 || margin >= leastMargin }
  package var isKnown: Bool { isNear && isClear }

  /// - Parameters:
  ///   - embeddings: [labels.count, metric.dimension]; probe: [metric.dimension].
  /// - Throws: `.invalidArgument` for options out of range and numbers that are not finite.
  package init(
    _ probe: UnsafePointer<Float>, among embeddings: UnsafePointer<Float>?, labels: UnsafeBufferPointer<Int32>,
    _ metric: Metric, _ options: Options
  ) throws(Failure) {
    guard options.threshold >= 0 else {
      throw .invalidArgument("threshold \(options.threshold), wanted 0 or more: it belongs to the model, and has no default")
    }
    guard options.margin >= 0, options.margin.isFinite else {
      throw .invalidArgument("margin \(options.margin), wanted 0 or more")
    }
    guard options.neighbours >= 1 else { throw .invalidArgument("\(options.neighbours) neighbours, wanted at least 1") }
    threshold = options.threshold
    leastMargin = options.margin
    try requireFinite(probe, 1, metric.dimension, "a probe")
    guard let embeddings, labels.count > 0 else {
      nearest = nil
      runnerUp = nil
      return
    }
    try requireFinite(embeddings, labels.count, metric.dimension, "an embedding")
    let distances = try Storage<Float>(count: labels.count)
    metric.all(embeddings, labels.count, probe, 1, into: distances.pointer)
    var people = People(labels, UnsafeBufferPointer(distances.buffer))
    switch options.rule {
    case .nearest: break
    case .mean: people.measureByMean()
    case .template: try people.measureByTemplate(labels, embeddings, probe, metric)
    case .vote: people.vote(labels, UnsafeBufferPointer(distances.buffer), options.neighbours)
    }
    withExtendedLifetime(distances) {}
    (nearest, runnerUp) = people.firstTwo
  }
}

/// The people among some rows, in the order of their first ones.
private struct People {
  private struct Person {
    let label: Int32
    var photos = 0
    var row: Int
    /// The smallest, until a rule measures anew.
    var distance: Float
    var sum = 0.0
    var votes = 0
  }

  private var list: [Person] = []
  private var places: [Int32: Int] = [:]

  init(_ labels: UnsafeBufferPointer<Int32>, _ distances: UnsafeBufferPointer<Float>) {
    for (row, label) in labels.enumerated() {
      let place = places[label] ?? list.count
      if place == list.count {
        places[label] = place
        list.append(Person(label: label, row: row, distance: distances[row]))
      } else if distances[row] < list[place].distance {
        list[place].distance = distances[row]
        list[place].row = row
      }
      list[place].photos += 1
      list[place].sum += Double(distances[row])
    }
  }

  mutating func measureByMean() {
    for i in list.indices { list[i].distance = Float(list[i].sum / Double(list[i].photos)) }
  }

  mutating func measureByTemplate(
    _ labels: UnsafeBufferPointer<Int32>, _ embeddings: UnsafePointer<Float>, _ probe: UnsafePointer<Float>, _ metric: Metric
  ) throws(Failure) {
    let n = metric.dimension
    let sums = try Storage<Double>(repeating: 0, count: list.count * n)
    let lengths = try Storage<Double>(repeating: 0, count: list.count)
    for (row, label) in labels.enumerated() {
      guard let place = places[label] else { continue }
      var square = 0.0
      for k in 0..<n {
        let value = Double(embeddings[row * n + k])
        sums.pointer[place * n + k] += value
        square += value * value
      }
      lengths.pointer[place] += square.squareRoot()
    }
    let template = try Storage<Float>(count: n)
    for i in list.indices {
      let sum = sums.pointer + i * n, photos = Double(list[i].photos)
      var square = 0.0
      for k in 0..<n { square += sum[k] * sum[k] }
      // Embeddings that cancel have no direction to be made longer.
      let scale = square > 0 ? lengths.pointer[i] / photos / square.squareRoot() : 0
      for k in 0..<n {
        let largest = Double(Float.greatestFiniteMagnitude)
        template.pointer[k] = Float(min(max(sum[k] * scale, -largest), largest))
      }
      list[i].distance = metric(template.pointer, probe)
    }
    withExtendedLifetime((sums, lengths, template)) {}
  }

  mutating func vote(_ labels: UnsafeBufferPointer<Int32>, _ distances: UnsafeBufferPointer<Float>, _ neighbours: Int) {
    let order = distances.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
    for row in order.prefix(neighbours) {
      if let place = places[labels[row]] { list[place].votes += 1 }
    }
  }

  /// The winner and the next: by votes, then by distance; of equal ones, the one whose nearest photo comes first.
  var firstTwo: (Identification.Candidate?, Identification.Candidate?) {
    func comes(_ a: Person, before b: Person) -> Bool {
      if a.votes != b.votes { return a.votes > b.votes }
      return a.distance != b.distance ? a.distance < b.distance : a.row < b.row
    }
    var first: Int?, second: Int?
    for i in list.indices {
      if let best = first, !comes(list[i], before: list[best]) {
        if second.map({ comes(list[i], before: list[$0]) }) ?? true { second = i }
      } else {
        (second, first) = (first, i)
      }
    }
    func candidate(_ place: Int?) -> Identification.Candidate? {
      place.map { .init(label: list[$0].label, distance: list[$0].distance, row: list[$0].row, votes: list[$0].votes) }
    }
    return (candidate(first), candidate(second))
  }
}
