import Tensors

/// Follows faces from frame to frame, so that a person passing by is one event.
///
/// Each track predicts its face's next position from the last one and its velocity. Of all pairs of a track
/// and a face that may match, the best is joined first, and so on: overlapping pairs come before those that
/// are merely near, larger overlap first, then smaller distance; ties go to the older track, then to the face
/// listed first. An unmatched face begins a track; a track whose face has been missing for a while ends.
/// Pictures are not kept, and at most `maxTracks` tracks: the same faces always give the same tracks.
///
/// Source of the method: Bewley et al., "Simple online and realtime tracking", 2016, with greedy assignment
/// and a plain velocity instead of the Kalman filter.
package final class Tracker {
  package struct Options {
    /// The minimum intersection over union of a face and its prediction, more than 0 and at most 1.
    package var minOverlap: Float = 0.3
    /// Without such an overlap: the maximum distance of the centres, in sides of the larger box, 0 or more.
    package var maxDistance: Float = 0.6
    /// The number of consecutive frames in which a face may be missing before its track ends.
    package var maxMissed = 10
    /// The number of frames in which a face must be seen before its track counts as begun, at least 1.
    package var minSeen = 2
    /// Time after which a person is identified again, more than 0; nil for never.
    package var identifyEvery: Double?
    /// The growth factor of the quality since the last identification that makes another one worthwhile, more
    /// than 1; infinite for never.
    package var identifyBetter: Float = 1.5
    /// Consecutive frames without the face after which a person is identified again, because it may be
    /// another one, at least 1; nil for never. Unless never, a track that may have switched to another face
    /// without such a gap is also identified again.
    package var identifyGap: Int? = 1
    /// The maximum number of concurrent tracks, 1 to 1024.
    package var maxTracks = 64
    package init() {}
  }

  package struct Events: OptionSet {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// With this face the track counts as begun: the person has arrived.
    package static var begun: Events { Events(rawValue: 1) }
    /// The best photo of its track so far.
    package static var best: Events { Events(rawValue: 2) }
    /// The person should be identified now.
    package static var identify: Events { Events(rawValue: 4) }
    /// The face has returned after frames without it.
    package static var returned: Events { Events(rawValue: 8) }
  }

  /// The result for a face of the frame.
  package struct Tracked: Equatable {
    /// From 1, never reused; 0 for a face beyond `maxTracks`.
    package let track: UInt64
    package let events: Events
    package let isBegun: Bool
  }

  package struct Track {
    package let number: UInt64
    /// The last face seen, with box and landmarks.
    package fileprivate(set) var face: Face
    fileprivate var lastQuality: Float
    package fileprivate(set) var firstTime, lastTime: Double
    /// Frames with the face, and frames without it since the last one.
    package fileprivate(set) var seen = 1, missed = 0
    package fileprivate(set) var best: (quality: Float, time: Double, frame: UInt64, face: Face)
    package fileprivate(set) var isBegun = false
    fileprivate var velocity = (x: 0.0, y: 0.0)
    fileprivate var identified: (quality: Float, time: Double)?
    /// The person may have changed since then.
    fileprivate var isDoubted = false
    /// Several faces were near enough to this track, or several tracks to its face.
    fileprivate var isContested = false

    /// The predicted box at a time.
    fileprivate func box(at time: Double) -> (left: Double, top: Double, width: Double, height: Double) {
      let elapsed = time - lastTime
      let x = Double(face.box.left) + velocity.x * elapsed, y = Double(face.box.top) + velocity.y * elapsed
      return (
        x, y, Double(face.box.right) - Double(face.box.left), Double(face.box.bottom) - Double(face.box.top)
      )
    }
  }

  package static let maxFaces = 1024

  private let options: Options
  /// Ordered by number.
  package private(set) var tracks: [Track] = []
  /// Begun tracks that the last update, or `finish`, ended.
  package private(set) var ended: [Track] = []
  private var nextNumber: UInt64 = 1
  private var frame: UInt64 = 0
  private var time = -Double.infinity

  /// - Throws: `.invalidArgument` for options out of range.
  package init(_ options: Options) throws(Failure) {
    try options.check()
    self.options = options
  }

  /// Tracks the faces of the next frame.
  ///
  /// - Parameters:
  ///   - qualities: of each face, 0 or more; larger is better. nil: `score * sqrt(width * height)`.
  ///   - time: of the frame, in seconds or another unit of the host; never decreasing.
  /// - Throws: `.invalidArgument`, changing nothing: for more than 1024 faces, boxes without area, numbers
  ///   that are not finite, and a time that decreases.
  package func update(
    _ faces: [Face], qualities: [Float]?, time: Double
  ) throws(Failure) -> [Tracked] {
    guard time.isFinite, time >= self.time else {
      throw .invalidArgument(
        "a frame at time \(time); expected a number that is at least the last one's\(frame > 0 ? ", \(self.time)" : "")"
      )
    }
    guard faces.count <= Tracker.maxFaces else {
      throw .invalidArgument("\(faces.count) faces in a frame; expected at most \(Tracker.maxFaces)")
    }
    for (i, face) in faces.enumerated() {
      let box = face.box
      guard box.left.isFinite, box.top.isFinite, box.width > 0, box.height > 0, box.width.isFinite,
        box.height.isFinite
      else {
        throw .invalidArgument(
          "face \(i) has a box of \(box.width)x\(box.height) at (\(box.left), \(box.top)); expected finite numbers and an area"
        )
      }
      let quality = qualities.map { $0[i] } ?? face.score
      guard quality >= 0, quality.isFinite else {
        throw .invalidArgument(
          "face \(i) has \(qualities == nil ? "the score" : "the quality") \(quality); expected 0 or more")
      }
    }
    frame += 1
    self.time = time
    ended = []
    let owners = assigned(faces, at: time)
    func quality(_ i: Int) -> Float {
      let size = (faces[i].box.width * faces[i].box.height).squareRoot()
      return min(qualities.map { $0[i] } ?? faces[i].score * size, .greatestFiniteMagnitude)
    }
    var tracked = [Tracked](repeating: Tracked(track: 0, events: [], isBegun: false), count: faces.count)
    for i in tracks.indices { tracks[i].missed += 1 }
    for i in faces.indices {
      if let place = owners[i] { tracked[i] = follow(place, faces[i], quality(i)) }
    }
    // Tracks that have not begun end at once, unreported.
    removeTracks { $0.missed > ($0.isBegun ? options.maxMissed : 0) }
    for i in faces.indices where owners[i] == nil && tracks.count < options.maxTracks {
      tracked[i] = begin(faces[i], quality(i))
    }
    return tracked
  }

  /// Ends all tracks, as at the end of a video.
  package func finish() {
    ended = []
    removeTracks { _ in true }
  }

  /// The host could not identify the person, because the photo was unsuitable: requests identification again
  /// with the next frame that has the face.
  /// - Throws: `.notFound` for a track that does not exist.
  package func identifyAgain(_ number: UInt64) throws(Failure) {
    tracks[try place(number)].identified = nil
  }

  /// Another person has replaced the tracked one, as the host concludes from their embeddings: the track
  /// ends, and its face continues as a new track, which has begun, with this face as its first and best photo
  /// so far.
  /// - Returns: the number of the new track; `ended` lists the old one.
  /// - Throws: `.notFound` for a track that does not exist, `.invalidArgument` for one that has not begun, or
  ///   whose face was not in the last frame.
  package func replace(_ number: UInt64) throws(Failure) -> UInt64 {
    let place = try place(number), old = tracks[place]
    guard old.isBegun, old.missed == 0 else {
      let reason = old.isBegun ? "is without its face in the last frame" : "has not begun"
      throw .invalidArgument("track \(number) \(reason); expected one with a face")
    }
    let quality = old.lastQuality
    var new = Track(
      number: nextNumber, face: old.face, lastQuality: quality, firstTime: old.lastTime,
      lastTime: old.lastTime,
      best: (quality, old.lastTime, frame, old.face))
    new.velocity = old.velocity
    new.isBegun = true
    new.identified = (quality, time)
    nextNumber += 1
    ended.append(old)
    ended.sort { $0.number < $1.number }
    tracks.remove(at: place)
    tracks.append(new)
    return new.number
  }

  private func place(_ number: UInt64) throws(Failure) -> Int {
    guard let place = tracks.firstIndex(where: { $0.number == number }) else {
      throw .notFound("no track \(number) is followed")
    }
    return place
  }

  private func removeTracks(where isOver: (Track) -> Bool) {
    ended += tracks.filter { isOver($0) && $0.isBegun }
    tracks.removeAll(where: isOver)
  }

  /// The index in `tracks` of each face's track; marks uncertain tracks as doubted.
  private func assigned(_ faces: [Face], at time: Double) -> [Int?] {
    struct Pair { let track, face: Int, cost: Double }
    var pairs: [Pair] = []
    for (t, track) in tracks.enumerated() {
      let foretold = track.box(at: time)
      for (f, face) in faces.enumerated() {
        if let cost = cost(foretold, face.box) { pairs.append(Pair(track: t, face: f, cost: cost)) }
      }
    }
    pairs.sort { a, b in
      if a.cost != b.cost { return a.cost < b.cost }
      return a.track != b.track ? a.track < b.track : a.face < b.face
    }
    var owners = [Int?](repeating: nil, count: faces.count)
    var isTaken = [Bool](repeating: false, count: tracks.count)
    for pair in pairs where owners[pair.face] == nil && !isTaken[pair.track] {
      owners[pair.face] = pair.track
      isTaken[pair.track] = true
      // A face that does not even overlap its prediction may be another person's.
      if pair.cost >= 1 { doubt(pair.track) }
    }
    contest(pairs.map { ($0.track, $0.face) }, faces.count)
    return owners
  }

  /// Marks tracks that may have been exchanged: those that several faces match, and those that match the same
  /// face.
  private func contest(_ pairs: [(track: Int, face: Int)], _ faceCount: Int) {
    var claims = [Int](repeating: 0, count: faceCount), choices = [Int](repeating: 0, count: tracks.count)
    for pair in pairs {
      claims[pair.face] += 1
      choices[pair.track] += 1
    }
    for i in tracks.indices { tracks[i].isContested = choices[i] > 1 }
    for pair in pairs where claims[pair.face] > 1 { tracks[pair.track].isContested = true }
    for i in tracks.indices where tracks[i].isContested { doubt(i) }
  }

  private func doubt(_ place: Int) {
    if options.identifyGap != nil { tracks[place].isDoubted = true }
  }

  /// 0 to 1 for overlapping boxes, `1 - overlap`; from 1 for near ones, `1 + distance`; nil for others.
  private func cost(_ a: (left: Double, top: Double, width: Double, height: Double), _ b: Box) -> Double? {
    let width = Double(b.right) - Double(b.left), height = Double(b.bottom) - Double(b.top)
    let across = min(a.left + a.width, Double(b.right)) - max(a.left, Double(b.left))
    let down = min(a.top + a.height, Double(b.bottom)) - max(a.top, Double(b.top))
    let common = max(across, 0) * max(down, 0)
    let overlap = common / (a.width * a.height + width * height - common)
    if overlap >= Double(options.minOverlap) { return 1 - overlap }
    let side = max(a.width, a.height), other = max(width, height)
    // A face does not double in size between frames: another person stands in front or behind.
    guard side <= 2 * other, other <= 2 * side else { return nil }
    let dx = a.left + a.width / 2 - Double(b.left) - width / 2,
      dy = a.top + a.height / 2 - Double(b.top) - height / 2
    let distance = (dx * dx + dy * dy).squareRoot() / max(side, other)
    return distance <= Double(options.maxDistance) ? 1 + distance : nil
  }

  private func begin(_ face: Face, _ quality: Float) -> Tracked {
    tracks.append(
      Track(
        number: nextNumber, face: face, lastQuality: quality, firstTime: time, lastTime: time,
        best: (quality, time, frame, face)))
    nextNumber += 1
    return report(tracks.count - 1, quality, [.best])
  }

  private func follow(_ place: Int, _ face: Face, _ quality: Float) -> Tracked {
    let before = tracks[place], elapsed = time - before.lastTime
    if elapsed > 0 {
      func speed(_ now: (Float, Float), _ last: (Float, Float)) -> Double {
        ((Double(now.0) + Double(now.1)) - (Double(last.0) + Double(last.1))) / 2 / elapsed
      }
      let box = face.box, last = before.face.box
      let x = speed((box.left, box.right), (last.left, last.right)),
        y = speed((box.top, box.bottom), (last.top, last.bottom))
      // The first velocity is taken as it is; later ones are smoothed.
      let share = before.seen == 1 ? 1 : 0.5
      let next = (
        x: before.velocity.x + share * (x - before.velocity.x),
        y: before.velocity.y + share * (y - before.velocity.y)
      )
      tracks[place].velocity = next.x.isFinite && next.y.isFinite ? next : (0, 0)
    }
    // `update` has already counted this frame as missed.
    let gap = before.missed - 1
    if let longest = options.identifyGap, gap >= longest { tracks[place].isDoubted = true }
    tracks[place].face = face
    tracks[place].lastQuality = quality
    tracks[place].lastTime = time
    tracks[place].seen += 1
    tracks[place].missed = 0
    var events: Events = gap > 0 ? [.returned] : []
    if quality > before.best.quality {
      tracks[place].best = (quality, time, frame, face)
      events.insert(.best)
    }
    return report(place, quality, events)
  }

  /// The report on a face that now belongs to a track.
  private func report(_ place: Int, _ quality: Float, _ events: Events) -> Tracked {
    var events = events
    let track = tracks[place]
    if !track.isBegun, track.seen >= options.minSeen {
      tracks[place].isBegun = true
      events.insert(.begun)
    }
    if tracks[place].isBegun {
      let isDue: Bool
      if let last = track.identified {
        isDue =
          (track.isDoubted && !track.isContested)
          || (options.identifyEvery.map { time - last.time >= $0 } ?? false)
          || quality > last.quality * options.identifyBetter
      } else {
        isDue = true
      }
      if isDue {
        events.insert(.identify)
        tracks[place].identified = (max(quality, track.identified?.quality ?? 0), time)
        tracks[place].isDoubted = false
      }
    }
    return Tracked(track: track.number, events: events, isBegun: tracks[place].isBegun)
  }
}

extension Tracker.Options: Settings {
  package var settings: [Setting] {
    Setting("min overlap", minOverlap, .above(0, to: 1))
    Setting("max distance", maxDistance, .atLeast(0))
    Setting("max missed", maxMissed, .atLeast(0))
    Setting("min seen", minSeen, .atLeast(1))
    Setting("identify every", identifyEvery, .aboveOrInfinite(0))
    Setting("identify better", identifyBetter, .aboveOrInfinite(1))
    Setting("identify gap", identifyGap, .atLeast(1))
    Setting("max tracks", maxTracks, .from(1, to: 1024))
  }
}
