import CFaceStyle
import CSystem
import Faces
import Images
import Networks
import Tensors

/// Labelled photos, as a host gathers them.
final class ScenesHandle: HandleKind {
  static var kind: StaticString { "fs_scenes" }

  private let lock = Lock()
  private var set = SceneSet()
  /// Reported by the last training that read the photos.
  private var unreadable: [LeftOut] = []

  var scenes: SceneSet { lock.hold { set } }
  var leftOut: [LeftOut] { lock.hold { set.leftOut + unreadable } }

  func set(_ scenes: SceneSet) { lock.hold { set = scenes } }
  func set(unreadable: [LeftOut]) { lock.hold { self.unreadable = unreadable } }
}

@c @implementation
public func fs_scenes_create(_ out: UnsafeMutablePointer<OpaquePointer?>?) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(ScenesHandle())
  }
}

@c @implementation
public func fs_scenes_destroy(_ scenes: OpaquePointer?) { Handle.destroy(scenes, ScenesHandle.self) }

@c @implementation
public func fs_scenes_add(
  _ scenes: OpaquePointer?, _ folder: UnsafePointer<CChar>?, _ labels: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(scenes, ScenesHandle.self, "scenes")
    var set = handle.scenes
    try set.add(folder: pathText(folder, "folder"), labels: pathText(labels, "labels"))
    handle.set(set)
  }
}

@c @implementation
public func fs_scenes_add_backgrounds(
  _ scenes: OpaquePointer?, _ folder: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(scenes, ScenesHandle.self, "scenes")
    var set = handle.scenes
    try set.addBackgrounds(folder: pathText(folder, "folder"))
    handle.set(set)
  }
}

@c @implementation
public func fs_scenes_keep(_ scenes: OpaquePointer?, _ first: Int, _ count: Int) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(scenes, ScenesHandle.self, "scenes")
    var set = handle.scenes
    let (end, overflow) = first.addingReportingOverflow(count)
    guard first >= 0, count >= 1, !overflow, end <= set.scenes.count else {
      throw .invalidArgument(
        "\(UInt(bitPattern: count)) scenes from number \(UInt(bitPattern: first)), there are \(set.scenes.count)"
      )
    }
    set.keep(first..<end)
    handle.set(set)
  }
}

@c @implementation
public func fs_scenes_count(_ scenes: OpaquePointer?) -> Int {
  Handle.find(scenes, ScenesHandle.self)?.scenes.scenes.count ?? 0
}

@c @implementation
public func fs_scenes_background_count(_ scenes: OpaquePointer?) -> Int {
  Handle.find(scenes, ScenesHandle.self)?.scenes.backgrounds.count ?? 0
}

@c @implementation
public func fs_scenes_left_out_count(_ scenes: OpaquePointer?) -> Int {
  Handle.find(scenes, ScenesHandle.self)?.leftOut.count ?? 0
}

@c @implementation
public func fs_scenes_left_out(
  _ scenes: OpaquePointer?, _ index: Int, _ path: UnsafeMutablePointer<CChar>?, _ path_capacity: Int,
  _ reason: UnsafeMutablePointer<CChar>?, _ reason_capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try writeLeftOut(
      Handle.object(scenes, ScenesHandle.self, "scenes").leftOut, index, path, path_capacity, reason,
      reason_capacity)
  }
}

// MARK: Pictures

@c @implementation
public func fs_scene_options_init(
  _ options: UnsafeMutablePointer<fs_scene_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_scene_options: SizedStruct {
  static var standard: fs_scene_options { SceneOptions().inC }
}

extension SceneOptions: Exchanged {
  mutating func exchange(_ c: inout fs_scene_options, _ way: inout Exchange) {
    way.number(&c.side, &side)
    way.number(&c.min_face, &minFace)
    way.number(&c.max_face, &maxFace)
    way.number(&c.paste, &paste)
    way.number(&c.mosaic, &mosaic)
    way.number(&c.max_pasted, &maxPasted)
    way.number(&c.dark, &dark)
  }

  /// A caller's options, with their augmentation; NULL for the defaults.
  init(_ options: UnsafePointer<fs_scene_options>?, _ name: StaticString) throws(Failure) {
    let given = try known(options, name)
    try self.init(given)
    if given.augmentation != nil {
      augmentation = try Augmentation(known(given.augmentation, "augmentation"))
    }
    try check()
  }
}

@c @implementation
public func fs_scenes_compose(
  _ scenes: OpaquePointer?, _ options: UnsafePointer<fs_scene_options>?, _ seed: UInt64, _ step: UInt32,
  _ index: UInt32, _ out: UnsafeMutablePointer<OpaquePointer?>?,
  _ faces: UnsafeMutablePointer<fs_scene_face>?,
  _ capacity: Int, _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(scenes, ScenesHandle.self, "scenes")
    let out = try required(out, "out"), count = try required(count, "count")
    let room = faces == nil ? 0 : capacity
    if faces != nil { _ = try output(faces, capacity: capacity, needed: 0, "faces") }
    // Only a few photos are used: none is kept.
    let reader = try Scenes(
      handle.scenes, SceneOptions(options, "options"), memoryLimit: 0, seed: seed)
    let (image, found) = try reader.image(step: Int(step), index: Int(index))
    for (i, face) in found.prefix(room).enumerated() { faces?[i] = face.inC }
    count.pointee = found.count
    out.pointee = Handle.make(image)
  }
}

// MARK: Training

@c @implementation
public func fs_detector_training_options_init(
  _ options: UnsafeMutablePointer<fs_detector_training_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_detector_training_options: SizedStruct {
  static var standard: fs_detector_training_options { DetectorTraining.Options().inC }
}

extension DetectorTraining.Options: Exchanged {
  mutating func exchange(_ c: inout fs_detector_training_options, _ way: inout Exchange) {
    way.number(&c.batch, &batch)
    way.number(&c.checkpoint_every, &checkpointEvery, none: 0)
    way.number(&c.memory_limit, &memoryLimit)
    way.number(&c.seed, &seed)
  }

  fileprivate init(reading given: fs_detector_training_options) throws(Failure) {
    try self.init(given)
    scenes = try SceneOptions(given.scenes, "scenes")
    if given.checkpoint != nil { checkpoint = try pathText(given.checkpoint, "checkpoint") }
  }
}

@c @implementation
public func fs_trainer_run_scenes(
  _ trainer: OpaquePointer?, _ scenes: OpaquePointer?, _ options: UnsafePointer<fs_detector_training_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(trainer, TrainerHandle.self, "trainer")
    let scenes = try Handle.object(scenes, ScenesHandle.self, "scenes")
    let given = try known(options), settings = try DetectorTraining.Options(reading: given)
    try handle.use { trainer throws(Failure) in
      var reporter = TrainingReporter(handle.steps, given.on_step, given.user)
      guard
        let training = try reporter.reading({ report throws(Failure) in
          try DetectorTraining(trainer, scenes.scenes, settings, progress: report)
        })
      else { return }
      scenes.set(unreadable: training.scenes.leftOut)
      reporter.message.photos = UInt32(clamping: training.scenes.count)
      try training.run(until: handle.steps) { progress throws(Failure) in
        reporter.message.step = UInt32(clamping: progress.step)
        reporter.message.photos_per_second = progress.speed
        reporter.message.faces_per_second = progress.facesPerSecond
        return try reporter.report(progress.report)
      }
    }
  }
}
