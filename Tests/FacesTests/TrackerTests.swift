import Faces
import TestSupport
import Tensors
import Testing

private func face(_ x: Double, _ y: Double = 100, side: Double = 50, score: Float = 0.9) -> Face {
  let box = Box(left: Float(x), top: Float(y), right: Float(x + side), bottom: Float(y + side))
  return Face(box: box, score: score, landmarks: [Point](repeating: Point(Float(x), Float(y)), count: 5))
}

@Suite struct TrackerTests {
  private func tracker(_ change: (inout Tracker.Options) -> Void = { _ in }) throws -> Tracker {
    var options = Tracker.Options()
    change(&options)
    return try Tracker(options)
  }

  /// The track of each person in each frame; nil where a path has no face.
  private func follow(_ tracker: Tracker, _ frames: Int, _ paths: [(Int) -> Face?]) throws -> [[UInt64?]] {
    var result: [[UInt64?]] = []
    for frame in 0..<frames {
      let present = paths.map { $0(frame) }
      var tracked = try tracker.update(present.compactMap { $0 }, qualities: nil, time: Double(frame))
        .makeIterator()
      result.append(present.map { $0 == nil ? nil : tracked.next()?.track })
    }
    return result
  }

  @Test func `faces need no points`() throws {
    func boxed(_ frame: Int) -> Face { Face(box: face(Double(10 * frame)).box, score: 0.9, landmarks: []) }
    let tracker = try tracker()
    #expect(try follow(tracker, 5, [{ boxed($0) }]).allSatisfy { $0 == [1] })
    #expect(tracker.tracks[0].best.face.landmarks.isEmpty)
  }

  @Test func `people who cross keep their tracks`() throws {
    let found = try follow(
      try tracker(), 40, [{ face(Double(10 * $0)) }, { face(400 - Double(10 * $0), 110) }])
    #expect(found.allSatisfy { $0 == [1, 2] })
  }

  @Test func `people who swap places keep their tracks`() throws {
    // Apart, then each walks to the other's place, and stays.
    func way(_ frame: Int) -> Double { Double(min(max(frame - 5, 0), 20)) * 10 }
    let found = try follow(try tracker(), 40, [{ face(way($0), 100) }, { face(200 - way($0), 125) }])
    #expect(found.allSatisfy { $0 == [1, 2] })
  }

  @Test(arguments: [(1, true), (9, true), (10, true), (11, false), (20, false)])
  func `a face behind something is found again for some frames`(hidden: Int, isSame: Bool) throws {
    let found = try follow(
      try tracker(), 50, [{ (10..<(10 + hidden)).contains($0) ? nil : face(Double(8 * $0)) }])
    #expect(found[9][0] == 1 && found[10 + hidden][0] == (isSame ? 1 : 2))
  }

  @Test func `a face that jumps is another one`() throws {
    let found = try follow(try tracker(), 20, [{ face($0 < 10 ? 0 : 400) }])
    #expect(found[9][0] == 1 && found[10][0] == 2 && found[19][0] == 2)
  }

  @Test func `a small face behind a large one is another one`() throws {
    let found = try follow(try tracker(), 10, [{ $0 < 5 ? face(0, side: 100) : face(40, side: 20) }])
    #expect(found[4][0] == 1 && found[5][0] == 2)
  }

  @Test func `a begun track ends once, and is told with its best photo`() throws {
    let tracker = try tracker { $0.maxMissed = 3 }
    let qualities: [Float] = [0.3, 0.8, 0.5]
    for frame in 0..<3 {
      let tracked = try tracker.update(
        [face(Double(frame))], qualities: [qualities[frame]], time: Double(frame))
      #expect(
        tracked[0].events.contains(.begun) == (frame == 1) && tracked[0].events.contains(.best) == (frame < 2)
      )
    }
    for frame in 3..<10 {
      _ = try tracker.update([], qualities: nil, time: Double(frame))
      #expect(tracker.ended.count == (frame == 6 ? 1 : 0))
      if let track = tracker.ended.first {
        #expect(track.best.quality == 0.8 && track.best.frame == 2 && track.best.time == 1 && track.seen == 3)
      }
    }
  }

  @Test func `identification comes again with time, or with a much better photo`() throws {
    func times(_ change: (inout Tracker.Options) -> Void, quality: (Int) -> Float) throws -> [Int] {
      let tracker = try tracker(change)
      return try (0..<20).filter { frame in
        let tracked = try tracker.update([face(0)], qualities: [quality(frame)], time: Double(frame))
        return tracked[0].events.contains(.identify)
      }
    }
    #expect(try times({ _ in }, quality: { _ in 0.5 }) == [1])
    #expect(try times({ $0.identifyEvery = 7 }, quality: { _ in 0.5 }) == [1, 8, 15])
    #expect(try times({ _ in }, quality: { $0 < 10 ? 0.4 : 0.7 }) == [1, 10])
    #expect(try times({ $0.identifyBetter = .infinity }, quality: { $0 < 10 ? 0.4 : 0.7 }) == [1])
  }

  /// The frames in which it is time to identify the track of a face that has a place in some frames.
  private func timesToIdentify(
    _ frames: Int, _ change: (inout Tracker.Options) -> Void = { _ in }, _ path: (Int) -> Face?
  ) throws -> [Int] {
    let tracker = try tracker(change)
    return try (0..<frames).filter { frame in
      let tracked = try tracker.update(path(frame).map { [$0] } ?? [], qualities: nil, time: Double(frame))
      return tracked.first?.events.contains(.identify) ?? false
    }
  }

  @Test func `options out of range are refused, and every member is listed`() {
    func refusal(_ change: (inout Tracker.Options) -> Void) -> String {
      var options = Tracker.Options()
      change(&options)
      return outcome { try Tracker(options) }
    }
    #expect(Tracker.Options().settings.map(\.name) == members(of: Tracker.Options()))
    for (reason, change) in [
      ("min overlap 0.0; expected more than 0, at most 1", { $0.minOverlap = 0 }),
      ("max distance inf; expected 0 or more", { $0.maxDistance = .infinity }),
      ("max missed -1; expected 0 or more", { $0.maxMissed = -1 }),
      ("min seen 0; expected 1 or more", { $0.minSeen = 0 }),
      ("identify every 0.0; expected more than 0", { $0.identifyEvery = 0 }),
      ("identify better 1.0; expected more than 1", { $0.identifyBetter = 1 }),
      ("identify gap 0; expected 1 or more", { $0.identifyGap = 0 }),
      ("max tracks 1025; expected 1 to 1024", { $0.maxTracks = 1025 })
    ] as [(String, (inout Tracker.Options) -> Void)] {
      #expect(refusal(change) == "invalidArgument: " + reason)
    }
    #expect(refusal { ($0.identifyEvery, $0.identifyBetter, $0.identifyGap) = (nil, .infinity, nil) } == "")
  }

  @Test(arguments: [(1, [1, 11]), (2, [1, 12]), (9, [1, 19])])
  func `after a gap it is time to identify again`(hidden: Int, times: [Int]) throws {
    #expect(try timesToIdentify(30) { (10..<(10 + hidden)).contains($0) ? nil : face(0) } == times)
  }

  @Test(arguments: [(nil, [1]), (3, [1, 13]), (4, [1])] as [(Int?, [Int])])
  func `after how long a gap is the host's to say`(gap: Int?, times: [Int]) throws {
    #expect(
      try timesToIdentify(30, { $0.identifyGap = gap }) { (10..<13).contains($0) ? nil : face(0) } == times)
  }

  @Test func `a face that is there again is told, with the frame of its return alone`() throws {
    let tracker = try tracker()
    let returned = try (0..<20).filter { frame in
      let faces = (10..<13).contains(frame) ? [] : [face(0)]
      return try tracker.update(faces, qualities: nil, time: Double(frame)).first?.events.contains(.returned)
        ?? false
    }
    #expect(returned == [13])
  }

  @Test func `a face that jumps within its reach may be another's`() throws {
    // 0.9 sides to the right: no overlap of 0.3, and no farther than 1.
    #expect(try timesToIdentify(20, { $0.maxDistance = 1 }) { face($0 < 10 ? 0 : 45) } == [1, 10])
    #expect(
      try timesToIdentify(20, { ($0.maxDistance, $0.identifyGap) = (1, nil) }) { face($0 < 10 ? 0 : 45) } == [
        1
      ])
  }

  @Test func `people who were too near to each other are identified again when they are apart`() throws {
    let tracker = try tracker()
    var times: [UInt64: [Int]] = [:]
    for frame in 0..<40 {
      let faces = [face(10 * Double(frame)), face(400 - 10 * Double(frame), 110)]  // they meet at frame 20
      for tracked in try tracker.update(faces, qualities: nil, time: Double(frame))
      where tracked.events.contains(.identify) {
        times[tracked.track, default: []].append(frame)
      }
    }
    #expect(times.count == 2)
    for (_, frames) in times {
      #expect(frames.count == 2 && frames[0] == 1 && (21...26).contains(frames[1]))
    }
  }

  @Test func `a host that found nothing out is asked again with the next frame`() throws {
    let tracker = try tracker()
    var asked: [Int] = []
    for frame in 0..<10 {
      guard try tracker.update([face(0)], qualities: nil, time: Double(frame))[0].events.contains(.identify)
      else { continue }
      asked.append(frame)
      if asked.count < 3 { try tracker.identifyAgain(1) }
    }
    #expect(asked == [1, 2, 3])
    #expect(outcome { try tracker.identifyAgain(2) }.contains("no track 2 is followed"))
  }

  @Test func `a person who takes another's place begins a track, and ends the other's`() throws {
    let tracker = try tracker()
    for frame in 0..<6 { _ = try tracker.update([face(0)], qualities: nil, time: Double(frame)) }
    #expect(try tracker.replace(1) == 2)
    #expect(
      tracker.ended.map(\.number) == [1] && tracker.ended[0].seen == 6 && tracker.ended[0].lastTime == 5)
    let tracked = try tracker.update([face(0)], qualities: nil, time: 6)
    #expect(tracked.count == 1 && tracked[0].track == 2 && tracked[0].events == [] && tracked[0].isBegun)
    #expect(
      tracker.tracks.map(\.number) == [2] && tracker.tracks[0].firstTime == 5 && tracker.tracks[0].seen == 2)
    #expect(tracker.ended.isEmpty)
  }

  @Test func `only who is there can be replaced`() throws {
    let tracker = try tracker()
    _ = try tracker.update([face(0)], qualities: nil, time: 0)
    #expect(outcome { try tracker.replace(1) }.contains("track 1 has not begun"))
    _ = try tracker.update([face(0)], qualities: nil, time: 1)
    _ = try tracker.update([], qualities: nil, time: 2)
    #expect(outcome { try tracker.replace(1) }.contains("without its face in the last frame"))
    #expect(outcome { try tracker.replace(9) }.contains("no track 9"))
    #expect(tracker.tracks.count == 1 && tracker.ended.isEmpty)
  }

  @Test func `there are never more tracks than asked for`() throws {
    let tracker = try tracker { ($0.maxTracks, $0.minSeen) = (3, 1) }
    var numbers = Numbers(seed: 2)
    for frame in 0..<300 {
      let faces = (0..<20).map { _ in face(1000 * numbers.next(), 1000 * numbers.next()) }
      let tracked = try tracker.update(faces, qualities: nil, time: Double(frame))
      #expect(
        tracker.tracks.count <= 3 && tracker.ended.count <= 3 && tracked.filter { $0.track != 0 }.count <= 3)
      let named = tracked.map(\.track).filter { $0 != 0 }
      #expect(Set(named).count == named.count)
    }
  }

  @Test func `the same faces give the same tracks`() throws {
    func run() throws -> [[Tracker.Tracked]] {
      let tracker = try tracker()
      var numbers = Numbers(seed: 9)
      return try (0..<100).map { frame in
        let faces = (0..<6).map { i in face(Double(60 * i) + 30 * numbers.next(), 100 + 30 * numbers.next()) }
        return try tracker.update(faces, qualities: nil, time: Double(frame))
      }
    }
    #expect(try run() == run())
  }

  @Test func `what is refused changes nothing`() throws {
    let tracker = try tracker()
    _ = try tracker.update([face(0)], qualities: nil, time: 5)
    #expect(
      outcome { try tracker.update([face(0)], qualities: nil, time: 4) }.contains(
        "at least the last one's, 5.0"))
    #expect(outcome { try tracker.update([face(.nan)], qualities: nil, time: 6) }.contains("face 0"))
    #expect(
      outcome { try tracker.update([face(0, side: 0)], qualities: nil, time: 6) }.contains(
        "expected finite numbers and an area"))
    #expect(try tracker.update([face(0)], qualities: nil, time: 6).first?.isBegun == true)
  }
}
