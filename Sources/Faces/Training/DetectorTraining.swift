import CSystem
import Networks
import Tensors

/// Trains a one-pass face detector on scenes: composes pictures beside the trainer's steps, until these are
/// done.
package final class DetectorTraining {
  package struct Options {
    package var scenes = SceneOptions()
    /// Pictures per step.
    package var batch = 16
    /// For decoded photos.
    package var memoryLimit = 4 << 30
    /// For the composition of pictures.
    package var seed: UInt64 = 1
    /// The checkpoint's file, and the steps between checkpoints; nil for only at the end.
    package var checkpoint: String?
    package var checkpointEvery: Int?

    package init() {}
  }

  package struct Progress {
    package let step: Int
    package let report: Trainer.Report
    /// Pictures and their faces per second, since this run began.
    package let speed: Double, facesPerSecond: Double
  }

  package let trainer: Trainer
  package let scenes: Scenes
  private let options: Options
  private let format: ViewFormat
  private let texts: [String: String]

  /// Reads all photos.
  /// - Parameter progress: receives the number of photos read; returns false to cancel.
  /// - Throws: `.invalidArgument` for a trainer of another loss, and for scenes or options other than those
  ///   that the trainer began with; the errors of `Scenes`.
  package init(
    _ trainer: Trainer, _ set: SceneSet, _ options: Options,
    progress: (Int) throws(Failure) -> Bool = { _ in true }
  ) throws(Failure) {
    try options.check()
    guard trainer.settings.loss.wanted == .faces else {
      throw .invalidArgument("scenes for the loss \(trainer.settings.loss.name); expected a detection loss")
    }
    guard trainer.architecture.input.channels == 3 else {
      throw .invalidArgument("scenes for a network of grey pictures; expected three channels")
    }
    self.trainer = trainer
    self.options = options
    format = try ViewFormat(trainer.architecture, side: options.scenes.side)
    guard format.height == options.scenes.side, format.width == options.scenes.side else {
      throw .invalidArgument(
        "side \(options.scenes.side) for a network of \(format.width)x\(format.height) pixels; expected the same"
      )
    }
    scenes = try Scenes(
      set, options.scenes, memoryLimit: options.memoryLimit, seed: options.seed, progress: progress)
    texts = options.texts(scenes)
    try checkContinuation()
  }

  /// A trainer that has begun continues with the same pictures.
  private func checkContinuation() throws(Failure) {
    guard trainer.texts["scenes"] != nil else { return }
    try trainer.require(texts)
  }

  /// Trains until the trainer has completed `steps`, or `progress` ends it; checkpoints as
  /// `FaceTraining.run`.
  /// - Parameter progress: called after each step, on the caller's thread.
  /// - Throws: `.cancelled`; the errors of a step, keeping an earlier checkpoint; `.io`, with all steps done,
  ///   for the last checkpoint.
  package func run(
    until steps: Int, progress: (Progress) throws(Failure) -> Action = { _ in .goOn }
  ) throws(Failure) {
    try checkContinuation()
    var next = trainer.step
    let scenes = scenes, format = format, batch = options.batch
    let reader = try ReadAhead<SceneBatch> { check throws(Failure) in
      defer { next += 1 }
      return try scenes.batch(step: next, count: batch, format, check)
    }
    defer { reader.stop() }
    let started = monotonicSeconds()
    var pictures = 0, faces = 0
    while trainer.step < steps {
      let batch = try reader.next()
      let report = try trainer.step(batch.pictures, .faces(batch.faces))
      trainer.texts = texts
      pictures += batch.faces.count
      faces += report.detection?.faces ?? 0
      let seconds = max(monotonicSeconds() - started, 1e-9)
      let action = try progress(
        Progress(
          step: trainer.step, report: report, speed: Double(pictures) / seconds,
          facesPerSecond: Double(faces) / seconds))
      if action == .cancel { throw .cancelled("training was cancelled after step \(trainer.step)") }
      trainer.keepCheckpoint(options.checkpoint, every: options.checkpointEvery)
      if action == .finish { break }
    }
    if let path = options.checkpoint { try trainer.save(path: path) }
  }
}

extension DetectorTraining.Options: Settings {
  package var settings: [Setting] {
    Setting("batch", batch, .from(1, to: 4096))
    Setting("seed of the scenes", seed)
    scenes.settings
  }

  /// Identifies a training's data, by name, as `FaceTraining`'s: resuming is bit-exact only with the same.
  fileprivate func texts(_ scenes: Scenes) -> [String: String] {
    var texts = texts, labels = Fingerprint()
    for scene in scenes.set.scenes + scenes.set.backgrounds {
      labels.add(scene.name)
      for face in scene.faces {
        for number in [face.left, face.top, face.right, face.bottom] + face.points {
          labels.add(UInt64(number.bitPattern))
        }
        labels.add(face.isIgnored ? 1 : 0)
      }
    }
    texts["scenes"] = "\(scenes.count) (fingerprint \(labels.value))"
    texts["scenes' files"] = "(fingerprint \(scenes.fingerprint))"
    return texts
  }
}

extension Trainer {
  /// - Throws: `.invalidArgument` for data other than those that this training began with.
  func require(_ texts: [String: String]) throws(Failure) {
    for (key, text) in texts.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let first = self.texts[key] ?? "none"
      guard first != text else { continue }
      throw .invalidArgument("\(key) \(text), this training began with \(first)")
    }
  }

  /// Writes a checkpoint if one is due. One that cannot be written is logged, and retried with the next one:
  /// what is learned is worth more than its copy.
  func keepCheckpoint(_ path: String?, every interval: Int?) {
    guard let path, let interval, step % interval == 0 else { return }
    do throws(Failure) {
      try save(path: path)
    } catch {
      log(.error, "the checkpoint of step \(step) could not be written: \(error.reason)")
    }
  }
}
