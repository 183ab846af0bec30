import CFaceStyle
import CSystem
import Faces
import Statistics
import Tensors

// MARK: Pairs

extension PairList: HandleKind {
  static var kind: StaticString { "fs_pairs" }
}

@c @implementation
public func fs_pairs_open(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try PairList(path: pathText(path, "path")))
  }
}

@c @implementation
public func fs_pairs_load(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ bytes: UnsafeRawPointer?, _ byte_count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let given = try buffer(bytes?.assumingMemoryBound(to: UInt8.self), byte_count, "bytes")
    out.pointee = Handle.make(try PairList(parsing: given.span))
  }
}

@c @implementation
public func fs_pairs_count(_ pairs: OpaquePointer?) -> Int {
  Handle.find(pairs, PairList.self)?.pairs.count ?? 0
}

@c @implementation
public func fs_pairs_fold_count(_ pairs: OpaquePointer?) -> Int {
  Handle.find(pairs, PairList.self)?.folds ?? 0
}

@c @implementation
public func fs_pairs_photo_count(_ pairs: OpaquePointer?) -> Int {
  Handle.find(pairs, PairList.self)?.photos ?? 0
}

@c @implementation
public func fs_pairs_get(
  _ pairs: OpaquePointer?, _ index: Int, _ pair: UnsafeMutablePointer<fs_pair>?
) -> fs_status {
  boundary { () throws(Failure) in
    let list = try Handle.object(pairs, PairList.self, "pairs")
    let target = try required(pair, "pair")
    guard list.pairs.indices.contains(index) else {
      throw .invalidArgument(
        "pair \(UInt(bitPattern: index)) of \(list.pairs.count); expected a smaller number")
    }
    let pair = list.pairs[index]
    target.pointee = fs_pair(
      first: UInt64(clamping: pair.first), second: UInt64(clamping: pair.second), same: pair.isSame ? 1 : 0,
      fold: UInt32(clamping: pair.fold))
  }
}

@c @implementation
public func fs_pairs_photo(_ pairs: OpaquePointer?, _ photo: Int) -> UnsafePointer<CChar>? {
  // Lent for as long as the list lives.
  guard let list = Handle.find(pairs, PairList.self), list.starts.indices.contains(photo) else { return nil }
  return UnsafeRawPointer(list.paths.pointer + list.starts[photo]).assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func fs_pairs_destroy(_ pairs: OpaquePointer?) { Handle.destroy(pairs, PairList.self) }

// MARK: Landmarks

extension LandmarkFile: HandleKind {
  static var kind: StaticString { "fs_landmarks" }
}

@c @implementation
public func fs_landmarks_open(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try LandmarkFile(path: pathText(path, "path")))
  }
}

@c @implementation
public func fs_landmarks_load(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ bytes: UnsafeRawPointer?, _ byte_count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let given = try buffer(bytes?.assumingMemoryBound(to: UInt8.self), byte_count, "bytes")
    out.pointee = Handle.make(try LandmarkFile(parsing: Storage(copying: given)))
  }
}

@c @implementation
public func fs_landmarks_count(_ landmarks: OpaquePointer?) -> Int {
  Handle.find(landmarks, LandmarkFile.self)?.count ?? 0
}

@c @implementation
public func fs_landmarks_find(
  _ landmarks: OpaquePointer?, _ photo: UnsafePointer<CChar>?, _ face: UnsafeMutablePointer<fs_face>?
) -> fs_status {
  boundary { () throws(Failure) in
    let landmarks = try Handle.object(landmarks, LandmarkFile.self, "landmarks")
    let target = try required(face, "face")
    target.pointee = fs_face(try landmarks.face(in: pathText(photo, "photo")))
  }
}

@c @implementation
public func fs_landmarks_destroy(_ landmarks: OpaquePointer?) { Handle.destroy(landmarks, LandmarkFile.self) }

// MARK: Evaluation

@c @implementation
public func fs_evaluation_options_init(
  _ options: UnsafeMutablePointer<fs_evaluation_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_evaluation_options: SizedStruct {
  static var standard: fs_evaluation_options { Evaluation.Options().inC }
}

extension Evaluation.Options: Exchanged {
  mutating func exchange(_ c: inout fs_evaluation_options, _ way: inout Exchange) {
    way.number(&c.folds, &folds)
    way.number(&c.min_false_accepts, &minFalseAccepts)
  }
}

@c @implementation
public func fs_evaluate_pairs(
  _ distances: UnsafePointer<Double>?, _ is_same: UnsafePointer<Int32>?, _ fold: UnsafePointer<Int32>?,
  _ count: Int,
  _ options: UnsafePointer<fs_evaluation_options>?, _ evaluation: UnsafeMutablePointer<fs_evaluation>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(evaluation, "evaluation")
    try checkRoom(target, "evaluation")
    let options = try Evaluation.Options(known(options))
    let folds = try fold.map { fold throws(Failure) in try buffer(fold, count, "fold") }
    let distances = try buffer(distances, count, "distances")
    let found = try flags(is_same, count, "is_same").withSpan { isSame throws(Failure) in
      try Evaluation(distances.span, isSame, folds: folds?.span, options)
    }
    try fill(target, with: fs_evaluation(found), "evaluation")
  }
}

@c @implementation
public func fs_evaluate_roc(
  _ distances: UnsafePointer<Double>?, _ is_same: UnsafePointer<Int32>?, _ count: Int,
  _ points: UnsafeMutablePointer<fs_roc_point>?, _ capacity: Int, _ found: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let found = try required(found, "found")
    _ = try buffer(distances, count, "distances")
    let target = try output(points, capacity: capacity, needed: count + 1, "points")
    let curve = try roc(distances, is_same, count)
    for (i, point) in curve.points.enumerated() {
      target[i] = fs_roc_point(
        threshold: point.threshold, far: curve.falseAcceptRate(point), tar: curve.trueAcceptRate(point))
    }
    found.pointee = curve.points.count
  }
}

/// The curve of a caller's pairs.
func roc(
  _ distances: UnsafePointer<Double>?, _ isSame: UnsafePointer<Int32>?, _ count: Int
) throws(Failure) -> ROC {
  let distances = try buffer(distances, count, "distances")
  return try flags(isSame, count, "is_same").withSpan { isSame throws(Failure) in
    try ROC(distances.span, isSame)
  }
}

/// A caller's truth values, one byte each.
private func flags(
  _ values: UnsafePointer<Int32>?, _ count: Int, _ name: StaticString
) throws(Failure) -> Storage<UInt8> {
  let values = try buffer(values, count, name)
  let flags = try Storage<UInt8>(count: count)
  flags.withPointer { flags in
    for i in 0..<count { flags[i] = values[i] != 0 ? 1 : 0 }
  }
  return flags
}

extension fs_evaluation: SizedStruct {
  static var standard: fs_evaluation { fs_evaluation() }

  fileprivate init(_ evaluation: Evaluation) {
    self.init()
    genuine = UInt64(clamping: evaluation.genuine)
    impostors = UInt64(clamping: evaluation.impostors)
    folds = UInt32(clamping: evaluation.folds)
    accuracy = evaluation.accuracy?.mean ?? .nan
    accuracy_deviation = evaluation.accuracy?.deviation ?? .nan
    threshold = evaluation.accuracy?.threshold ?? .nan
    auc = evaluation.auc
    equal_error_rate = evaluation.equalErrorRate
    let operating = evaluation.points.map { fs_operating_point($0) }
    points = (operating[0], operating[1], operating[2])
  }
}

extension fs_operating_point {
  fileprivate init(_ point: Evaluation.OperatingPoint) {
    let (tar, far) = (point.measured?.tar, point.measured?.far)
    self.init(
      limit: point.limit, tar: tar?.value ?? .nan, tar_low: tar?.low ?? .nan, tar_high: tar?.high ?? .nan,
      far: far?.value ?? .nan, far_low: far?.low ?? .nan, far_high: far?.high ?? .nan,
      threshold: point.measured?.threshold ?? .nan, impostors_needed: UInt64(clamping: point.impostorsNeeded))
  }
}
