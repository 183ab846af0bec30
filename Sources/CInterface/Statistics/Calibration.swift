import CFaceStyle
import Statistics
import Tensors

@c @implementation
public func fs_calibration_options_init(
  _ options: UnsafeMutablePointer<fs_calibration_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_calibration_options: SizedStruct {
  static var standard: fs_calibration_options { Calibration.Options().inC }
}

extension Calibration.Options: Exchanged {
  mutating func exchange(_ c: inout fs_calibration_options, _ way: inout Exchange) {
    way.number(&c.false_accept_rate, &falseAcceptRate)
    way.number(&c.confidence, &confidence)
    way.number(&c.people, &people)
  }
}

@c @implementation
public func fs_calibrate(
  _ distances: UnsafePointer<Double>?, _ is_same: UnsafePointer<Int32>?, _ count: Int,
  _ options: UnsafePointer<fs_calibration_options>?, _ calibration: UnsafeMutablePointer<fs_calibration>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(calibration, "calibration")
    try checkRoom(target, "calibration")
    let options = try Calibration.Options(known(options))
    let curve = try roc(distances, is_same, count)
    try fill(target, with: fs_calibration(try Calibration(curve, options), options), "calibration")
  }
}

@c @implementation
public func fs_calibrate_embeddings(
  _ embeddings: UnsafePointer<Float>?, _ labels: UnsafePointer<Int32>?, _ count: Int, _ dimension: Int,
  _ impostors: UnsafePointer<Float>?, _ impostor_count: Int,
  _ options: UnsafePointer<fs_calibration_options>?,
  _ calibration: UnsafeMutablePointer<fs_calibration>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(calibration, "calibration")
    try checkRoom(target, "calibration")
    let options = try Calibration.Options(known(options))
    let embeddings = try buffer(
      required(embeddings, "embeddings"), product(count, dimension, name: "embeddings"), "embeddings")
    var strangers = UnsafeBufferPointer<Float>(start: nil, count: 0)
    if impostor_count != 0 {
      strangers = try buffer(
        required(impostors, "impostors"), product(impostor_count, dimension, name: "impostors"), "impostors")
    }
    let curve = try EmbeddingPairs(
      embeddings.span, labels: buffer(labels, count, "labels").span, impostors: strangers.span,
      dimension: dimension
    ).curve()
    try fill(target, with: fs_calibration(try Calibration(curve, options), options), "calibration")
  }
}

@c @implementation
public func fs_calibrate_growth(
  _ distances: UnsafePointer<Double>?, _ is_same: UnsafePointer<Int32>?, _ count: Int,
  _ options: UnsafePointer<fs_calibration_options>?, _ people: UnsafePointer<UInt64>?, _ people_count: Int,
  _ rows: UnsafeMutablePointer<fs_growth>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let options = try Calibration.Options(known(options))
    let curve = try roc(distances, is_same, count)
    let people = try buffer(required(people, "people"), people_count, "people")
    let target = try output(rows, capacity: capacity, needed: people_count, "rows")
    var counts: [Int] = []
    for count in people { counts.append(Int(clamping: count)) }
    for (i, row) in try Calibration(curve, options).growth(curve, options, people: counts).enumerated() {
      target[i] = fs_growth(row)
    }
  }
}

extension fs_calibration: SizedStruct {
  static var standard: fs_calibration { fs_calibration() }

  fileprivate init(_ found: Calibration, _ options: Calibration.Options) {
    self.init(
      size: MemoryLayout<fs_calibration>.size,
      threshold: found.threshold, comparison_rate: found.comparisonRate, false_accepts: found.falseAccepts,
      max_false_accepts: found.maxFalseAccepts, max_false_accepts_of_search: found.maxFalseAcceptsOfSearch,
      false_rejects: found.falseRejects, min_false_rejects: found.minFalseRejects,
      max_false_rejects: found.maxFalseRejects, genuine: UInt64(clamping: found.genuine),
      impostors: UInt64(clamping: found.impostors),
      genuine_rejected: UInt64(clamping: found.genuineRejected),
      impostors_accepted: UInt64(clamping: found.impostorsAccepted),
      impostors_needed: UInt64(clamping: options.impostorsNeeded))
  }
}

extension fs_growth {
  fileprivate init(_ row: Calibration.Growth) {
    self.init(
      people: UInt64(clamping: row.people), false_accepts: row.falseAccepts,
      max_false_accepts: row.maxFalseAccepts,
      threshold: row.kept?.threshold ?? .nan, false_rejects: row.kept?.falseRejects ?? .nan,
      min_false_rejects: row.kept?.minFalseRejects ?? .nan,
      max_false_rejects: row.kept?.maxFalseRejects ?? .nan,
      impostors_needed: UInt64(clamping: row.impostorsNeeded))
  }
}
