import CFaceStyle

/// Runs a trainer's steps, with a progress bar and a log. Ctrl-C, or a log or checkpoint that cannot be
/// written, ends it early and keeps what was learned.
final class Training {
  /// The number of photos, once they have been read.
  private(set) var photos: Int?
  /// Of the steps of this run.
  private(set) var seconds = 0.0
  private(set) var speed = 0.0
  /// The mean over the last steps.
  var recentLoss: Double { recent.isEmpty ? .nan : recent.reduce(0, +) / Double(recent.count) }

  private let trainer: Trainer
  private let set: Photos
  private let log: TrainingLog?
  private let bar = ProgressBar(width: 12)
  private var watch = Stopwatch()
  private var found = 0, stepsBefore = 0
  private var recent: [Double] = []
  /// Failures of the log and of checkpoints.
  let troubles = Troubles()

  private static let recentSteps = 50

  init(_ trainer: Trainer, _ set: Photos, _ log: TrainingLog?) {
    (self.trainer, self.set, self.log) = (trainer, set, log)
  }

  /// Reads the photos and trains until the steps are done or Ctrl-C is pressed.
  func run(
    _ options: fs_training_options, augmentation: fs_augmentation, teacher: Model?, pairs: String?,
    triplets: String?,
    checkpoint: String?
  ) throws(Failure) {
    var options = options
    found = set.count.photos
    stepsBefore = Int(try trainer.info.step)
    let held = Unmanaged.passRetained(self)
    defer { held.release() }
    options.user = held.toOpaque()
    options.on_step = { progress, user in
      guard let progress, let user else { return FS_CANCEL }
      return Unmanaged<Training>.fromOpaque(user).takeUnretainedValue().report(progress.pointee)
    }
    watch = Stopwatch()
    catchInterrupts()
    // A failing checkpoint is only logged during the run; the last one's failure is the run's.
    fs_log_set(FS_LOG_ERROR, { _, message, _ in warn(message.map { String(cString: $0) } ?? "") }, nil)
    defer { fs_log_set(FS_LOG_ERROR, nil, nil) }
    let status = try holding(teacher) { () throws(Failure) in
      withPathOrNull(pairs) { pairs in
        withPathOrNull(triplets) { triplets in
          withPathOrNull(checkpoint) { checkpoint in
            withUnsafePointer(to: augmentation) { augmentation in
              (options.pairs, options.triplets, options.checkpoint) = (pairs, triplets, checkpoint)
              options.augmentation = augmentation
              options.teacher = teacher?.handle
              return fs_trainer_run(trainer.handle, set.handle, &options)
            }
          }
        }
      }
    }
    bar.end()
    do throws(Failure) {
      try check(status)
    } catch {
      // What was learned is worth a model, whether or not a file could be read or written.
      guard error.status == FS_IO, Int(try trainer.info.step) > stepsBefore else { throw error }
      troubles.add(error, to: "training")
    }
  }

  private func report(_ progress: fs_training_progress) -> fs_action {
    photos = Int(progress.photos)
    guard progress.step > 0 else {
      bar.show(step: Int(progress.photos), of: found, "photos read", seconds: watch.seconds)
      if Int(progress.photos) == found { watch = Stopwatch() }
      return isInterrupted ? FS_CANCEL : FS_CONTINUE
    }
    (seconds, speed) = (watch.seconds, progress.photos_per_second)
    recent.append(progress.loss)
    if recent.count > Training.recentSteps { recent.removeFirst() }
    let step = Int(progress.step), share = Double(step) / Double(max(step - stepsBefore, 1))
    let note =
      "loss \(fixed(progress.loss, 4))  rate \(scientific(progress.rate))  \(fixed(speed, 0)) photos/s"
    bar.show(step: step, of: Int(progress.steps), note, seconds: seconds * share)
    do throws(Failure) {
      try log?.add(progress)
    } catch {
      troubles.add(error, to: "log")
    }
    return isInterrupted ? FS_FINISH : FS_CONTINUE
  }
}
