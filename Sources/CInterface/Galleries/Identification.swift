import CFaceStyle
import Faces
import Galleries
import Tensors

// MARK: Distances

@c @implementation
public func fs_distances(
  _ kind: fs_distance_kind, _ a: UnsafePointer<Float>?, _ count_a: Int, _ b: UnsafePointer<Float>?,
  _ count_b: Int,
  _ dimension: Int, _ head: UnsafePointer<Float>?, _ distances: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let metric = try Metric(kind, head, dimension)
    let a = try rows(a, count_a, dimension, "a"), b = try rows(b, count_b, dimension, "b")
    let count = try product(count_a, count_b, name: "distances")
    let target = try output(distances, capacity: capacity, needed: count, "distances")
    var room = UnsafeMutableBufferPointer(start: target, count: count).mutableSpan
    metric.all(a.span, b.span, into: &room)
  }
}

extension Metric {
  init(_ kind: fs_distance_kind, _ head: UnsafePointer<Float>?, _ dimension: Int) throws(Failure) {
    let known = try Kind(kind)
    _ = try product(dimension, name: "embeddings")
    let given = try known.hasHead ? Array(buffer(required(head, "head"), dimension + 1, "head")) : nil
    try self.init(known, dimension: dimension, head: given)
  }
}

/// A caller's rows: at least one, of finite numbers.
private func rows(
  _ values: UnsafePointer<Float>?, _ count: Int, _ dimension: Int, _ name: StaticString
) throws(Failure) -> UnsafeBufferPointer<Float> {
  let values = try buffer(required(values, name), product(count, dimension, name: name), name)
  for value in values where !value.isFinite {
    throw .invalidArgument("\(name) holds \(value); expected finite numbers")
  }
  return values
}

// MARK: Identification

@c @implementation
public func fs_identify_options_init(
  _ options: UnsafeMutablePointer<fs_identify_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_identify_options: SizedStruct {
  static var standard: fs_identify_options { Identification.Options().inC }
}

/// The metric determines distance and head.
extension Identification.Options: Exchanged {
  mutating func exchange(_ c: inout fs_identify_options, _ way: inout Exchange) {
    way.choice(&c.rule, &rule)
    way.number(&c.threshold, &threshold, none: FS_DEFAULT_THRESHOLD)
    way.number(&c.margin, &margin)
    way.number(&c.neighbours, &neighbours)
  }
}

@c @implementation
public func fs_identify(
  _ embeddings: UnsafePointer<Float>?, _ labels: UnsafePointer<Int32>?, _ count: Int, _ dimension: Int,
  _ probe: UnsafePointer<Float>?, _ options: UnsafePointer<fs_identify_options>?,
  _ identity: UnsafeMutablePointer<fs_identity>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(identity, "identity")
    try checkRoom(target, "identity")
    let probe = try required(probe, "probe")
    let given = try known(options)
    let metric = try Metric(given.kind, given.head, dimension)
    let options = try Identification.Options(given)
    let labels = try buffer(labels, count, "labels")
    var all = UnsafeBufferPointer<Float>(start: nil, count: 0)
    if count != 0 {
      all = try buffer(
        required(embeddings, "embeddings"), product(count, dimension, name: "embeddings"), "embeddings")
    }
    let found = try Identification(
      buffer(probe, dimension, "probe").span, among: all.span, labels: labels.span, metric, options)
    try fill(target, with: fs_identity(found, labels), "identity")
  }
}

extension fs_identity: SizedStruct {
  fileprivate init(_ found: Identification, _ labels: UnsafeBufferPointer<Int32>) {
    let nearest = found.nearest.map { labels[$0.row] } ?? .min
    self.init(
      size: MemoryLayout<fs_identity>.size, known: found.isKnown ? 1 : 0,
      ambiguous: found.isNear && !found.isClear ? 1 : 0,
      label: found.isKnown ? nearest : .min,
      nearest: nearest, runner_up: found.runnerUp.map { labels[$0.row] } ?? .min,
      distance: found.nearest?.distance ?? .infinity,
      runner_up_distance: found.runnerUp?.distance ?? .infinity, margin: found.margin,
      threshold: found.threshold,
      photo: found.nearest.map { UInt64(clamping: $0.row) } ?? .max,
      votes: UInt32(clamping: found.nearest?.votes ?? 0))
  }
}
