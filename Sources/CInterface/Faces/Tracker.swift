import CFaceStyle
import Faces
import Tensors

extension Tracker: HandleKind {
  static var kind: StaticString { "fs_tracker" }
}

@c @implementation
public func fs_tracker_options_init(
  _ options: UnsafeMutablePointer<fs_tracker_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_tracker_options: SizedStruct {
  static var standard: fs_tracker_options { Tracker.Options().inC }
}

extension Tracker.Options: Exchanged {
  mutating func exchange(_ c: inout fs_tracker_options, _ way: inout Exchange) {
    way.number(&c.min_overlap, &minOverlap)
    way.number(&c.max_distance, &maxDistance)
    way.number(&c.max_missed, &maxMissed)
    way.number(&c.min_seen, &minSeen)
    way.number(&c.identify_every, &identifyEvery, none: 0)
    way.number(&c.identify_better, &identifyBetter)
    way.number(&c.identify_gap, &identifyGap, none: 0)
    way.number(&c.max_tracks, &maxTracks)
  }
}

@c @implementation
public func fs_tracker_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ options: UnsafePointer<fs_tracker_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Tracker(Tracker.Options(known(options))))
  }
}

@c @implementation
public func fs_tracker_update(
  _ tracker: OpaquePointer?, _ faces: UnsafePointer<fs_face>?, _ qualities: UnsafePointer<Float>?,
  _ count: Int,
  _ time: Double, _ tracked: UnsafeMutablePointer<fs_tracked>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let tracker = try Handle.object(tracker, Tracker.self, "tracker")
    let given = try buffer(faces, count, "faces")
    guard count <= Tracker.maxFaces else {
      throw .invalidArgument("\(count) faces in a frame; expected at most \(Tracker.maxFaces)")
    }
    let qualities = try qualities.map { qualities throws(Failure) in
      Array(try buffer(qualities, count, "qualities"))
    }
    let target = try count == 0 ? nil : output(tracked, capacity: capacity, needed: count, "tracked")
    var faces: [Face] = []
    for face in given { faces.append(Face(face)) }
    let result = try tracker.update(faces, qualities: qualities, time: time)
    if let target {
      for (i, face) in result.enumerated() {
        target[i] = fs_tracked(track: face.track, events: face.events.rawValue, begun: face.isBegun ? 1 : 0)
      }
    }
  }
}

@c @implementation
public func fs_tracker_identify_again(_ tracker: OpaquePointer?, _ track: UInt64) -> fs_status {
  boundary { () throws(Failure) in try Handle.object(tracker, Tracker.self, "tracker").identifyAgain(track) }
}

@c @implementation
public func fs_tracker_replace(
  _ tracker: OpaquePointer?, _ track: UInt64, _ next: UnsafeMutablePointer<UInt64>?
) -> fs_status {
  boundary { () throws(Failure) in
    let tracker = try Handle.object(tracker, Tracker.self, "tracker"), next = try required(next, "next")
    next.pointee = try tracker.replace(track)
  }
}

@c @implementation
public func fs_tracker_ended(
  _ tracker: OpaquePointer?, _ tracks: UnsafeMutablePointer<fs_track>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    try report(Handle.object(tracker, Tracker.self, "tracker").ended, tracks, capacity, count)
  }
}

@c @implementation
public func fs_tracker_tracks(
  _ tracker: OpaquePointer?, _ tracks: UnsafeMutablePointer<fs_track>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    try report(Handle.object(tracker, Tracker.self, "tracker").tracks, tracks, capacity, count)
  }
}

private func report(
  _ tracks: [Tracker.Track], _ target: UnsafeMutablePointer<fs_track>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?
) throws(Failure) {
  let count = try required(count, "count")
  let room = try capacity == 0 ? nil : output(target, capacity: capacity, needed: 0, "tracks")
  if let room { for (i, track) in tracks.prefix(capacity).enumerated() { room[i] = fs_track(track) } }
  count.pointee = tracks.count
}

@c @implementation
public func fs_tracker_finish(_ tracker: OpaquePointer?) -> fs_status {
  boundary { () throws(Failure) in try Handle.object(tracker, Tracker.self, "tracker").finish() }
}

@c @implementation
public func fs_tracker_destroy(_ tracker: OpaquePointer?) { Handle.destroy(tracker, Tracker.self) }

extension fs_track {
  fileprivate init(_ track: Tracker.Track) {
    self.init(
      track: track.number, seen: UInt32(clamping: track.seen), missed: UInt32(clamping: track.missed),
      first_time: track.firstTime, last_time: track.lastTime, face: fs_face(track.face),
      best_quality: track.best.quality, best_frame: track.best.frame, best_time: track.best.time,
      best_face: fs_face(track.best.face), begun: track.isBegun ? 1 : 0)
  }
}
