import CFaceStyle
import CSystem
import Faces
import Networks
import Tensors

/// A trainer, used by one thread at a time.
final class TrainerHandle: HandleKind {
  static var kind: StaticString { "fs_trainer" }

  private let trainer: Trainer
  let steps: Int
  private let lock = Lock()
  private var isBusy = false

  init(_ trainer: Trainer, steps: Int) {
    self.trainer = trainer
    self.steps = steps
  }

  /// - Throws: `.invalidArgument` if another thread uses it, or the caller's own callback does.
  func use<Result>(_ body: (Trainer) throws(Failure) -> Result) throws(Failure) -> Result {
    let isFree = lock.hold {
      guard !isBusy else { return false }
      isBusy = true
      return true
    }
    guard isFree else {
      throw .invalidArgument("the trainer is in use, by another thread or by the caller of this callback")
    }
    defer { lock.hold { isBusy = false } }
    return try body(trainer)
  }
}

// MARK: Creation

@c @implementation
public func fs_trainer_options_init(
  _ options: UnsafeMutablePointer<fs_trainer_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_trainer_options: SizedStruct {
  static var standard: fs_trainer_options { TrainingSettings.Options().inC }
}

extension TrainingSettings.Options: Exchanged {
  mutating func exchange(_ c: inout fs_trainer_options, _ way: inout Exchange) {
    way.number(&c.classes, &classes)
    way.choice(&c.optimiser, &optimiser)
    way.choice(&c.schedule, &schedule)
    way.number(&c.steps, &steps)
    way.number(&c.warm_up, &warmUp)
    way.number(&c.rate, &rate)
    way.number(&c.momentum, &momentum)
    way.number(&c.weight_decay, &weightDecay)
    way.number(&c.longest_gradient, &longestGradient, none: 0)
    way.number(&c.average, &average, none: 0)
    way.number(&c.seed, &seed)
  }
}

@c @implementation
public func fs_trainer_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ options: UnsafePointer<fs_trainer_options>?,
  _ start: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let given = try known(options)
    let name = try given.architecture == nil ? nil : text(given.architecture, "architecture", limit: 256)
    let weights = try start == nil ? nil : model(start, "start")
    var options = try TrainingSettings.Options(given)
    if let loss = given.loss { options.loss = try Loss.Options(loss) }
    if let detection = given.detection { options.detection = try DetectionLoss(detection) }
    let trainer = try Trainer(name, TrainingSettings(options), start: weights)
    out.pointee = Handle.make(TrainerHandle(trainer, steps: Int(given.steps)))
  }
}

@c @implementation
public func fs_trainer_destroy(_ trainer: OpaquePointer?) { Handle.destroy(trainer, TrainerHandle.self) }

@c @implementation
public func fs_trainer_info_get(
  _ trainer: OpaquePointer?, _ info: UnsafeMutablePointer<fs_trainer_info>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(trainer, TrainerHandle.self, "trainer")
    let current = try handle.use { trainer in
      var parameters = 0
      for parameter in trainer.network.parameters + trainer.head where parameter.isTrained {
        parameters += parameter.value.count
      }
      let input = trainer.architecture.input
      return fs_trainer_info(
        size: 0, height: UInt32(clamping: input.height ?? 0),
        width: UInt32(clamping: input.width ?? 0),
        dimension: UInt32(clamping: trainer.dimension), parameters: UInt64(clamping: parameters),
        step: UInt32(clamping: trainer.step),
        steps: UInt32(clamping: handle.steps))
    }
    try fill(info, with: current, "info")
  }
}

extension fs_trainer_info: SizedStruct {}

// MARK: Runs over photos

@c @implementation
public func fs_training_options_init(
  _ options: UnsafeMutablePointer<fs_training_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_training_options: SizedStruct {
  static var standard: fs_training_options { FaceTraining.Options().inC }
}

@c @implementation
public func fs_trainer_run(
  _ trainer: OpaquePointer?, _ photos: OpaquePointer?, _ options: UnsafePointer<fs_training_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(trainer, TrainerHandle.self, "trainer")
    let photos = try Handle.object(photos, PhotosHandle.self, "photos")
    let given = try known(options)
    let teacher = try given.teacher == nil ? nil : model(given.teacher, "teacher")
    let settings = try FaceTraining.Options(reading: given)
    try handle.use { trainer throws(Failure) in
      var reporter = TrainingReporter(handle.steps, given.on_step, given.user)
      guard
        let training = try reporter.reading({ report throws(Failure) in
          try FaceTraining(trainer, photos.photos, settings, teacher: teacher, progress: report)
        })
      else { return }
      photos.set(unreadable: training.crops.leftOut)
      reporter.message.photos = UInt32(clamping: training.crops.count)
      try training.run(until: handle.steps) { progress throws(Failure) in
        reporter.message.step = UInt32(clamping: progress.step)
        reporter.message.epoch = UInt32(clamping: progress.epoch)
        reporter.message.photos_per_second = progress.speed
        return try reporter.report(progress.report)
      }
    }
  }
}

extension fs_training_progress: SizedStruct {}

/// Calls the host while photos are read and after each step.
struct TrainingReporter {
  var message = fs_training_progress.sized
  private let onStep: fs_training_callback?
  private let user: UnsafeMutableRawPointer?

  init(_ steps: Int, _ onStep: fs_training_callback?, _ user: UnsafeMutableRawPointer?) {
    message.steps = UInt32(clamping: steps)
    (self.onStep, self.user) = (onStep, user)
  }

  /// Makes a training, which reads its photos.
  /// - Returns: nil if the host finishes.
  mutating func reading<Training>(
    _ make: ((Int) throws(Failure) -> Bool) throws(Failure) -> Training
  ) throws(Failure) -> Training? {
    var isFinished = false
    do throws(Failure) {
      return try make { read throws(Failure) in
        message.photos = UInt32(clamping: read)
        let action = try report()
        isFinished = action == .finish
        return action == .goOn
      }
    } catch {
      guard isFinished else { throw error }
      return nil
    }
  }

  mutating func report(_ step: Trainer.Report) throws(Failure) -> Action {
    message.loss = step.loss
    message.rate = step.rate
    message.gradient_norm = step.gradientNorm
    message.mining = fs_mining_statistics(step.mining)
    message.detection = step.detection?.inC ?? fs_detection_parts()
    return try report()
  }

  private mutating func report() throws(Failure) -> Action {
    guard let onStep else { return .goOn }
    return try Action(withHostFloats { onStep(&message, user) }, of: "on_step")
  }
}

extension FaceTraining.Options: Exchanged {
  mutating func exchange(_ c: inout fs_training_options, _ way: inout Exchange) {
    way.number(&c.batch, &batch)
    way.number(&c.photos_of_person, &photosOfPerson)
    way.number(&c.checkpoint_every, &checkpointEvery, none: 0)
    way.number(&c.memory_limit, &memoryLimit)
    way.number(&c.seed, &seed)
  }

  /// A caller's options, with the contents of their files.
  fileprivate init(reading given: fs_training_options) throws(Failure) {
    try self.init(given)
    augmentation = try Augmentation(known(given.augmentation, "augmentation"))
    try augmentation.check()
    if given.pairs != nil { pairs = try PhotoList.pairs(path: pathText(given.pairs, "pairs")) }
    if given.triplets != nil { triplets = try PhotoList.triplets(path: pathText(given.triplets, "triplets")) }
    if given.checkpoint != nil { checkpoint = try pathText(given.checkpoint, "checkpoint") }
  }
}

// MARK: Several processes, files

@c @implementation
public func fs_trainer_all_reduce_set(
  _ trainer: OpaquePointer?, _ all_reduce: fs_all_reduce?, _ user: UnsafeMutableRawPointer?
) -> fs_status {
  boundary { () throws(Failure) in
    try Handle.object(trainer, TrainerHandle.self, "trainer").use { trainer in
      guard let all_reduce else {
        trainer.allReduce = nil
        return
      }
      trainer.allReduce = { numbers throws(Failure) in
        let status = numbers.withBuffer { numbers in
          withHostFloats { all_reduce(numbers.baseAddress, numbers.count, user) }
        }
        guard status == FS_OK else { throw Failure(status, of: "all-reduce") }
      }
    }
  }
}

@c @implementation
public func fs_trainer_save(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    let path = try pathText(path, "path")
    try Handle.object(trainer, TrainerHandle.self, "trainer").use { trainer throws(Failure) in
      try trainer.save(path: path)
    }
  }
}

@c @implementation
public func fs_trainer_resume(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    let path = try pathText(path, "path")
    try Handle.object(trainer, TrainerHandle.self, "trainer").use { trainer throws(Failure) in
      try trainer.resume(path: path)
    }
  }
}

@c @implementation
public func fs_trainer_save_model(
  _ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ precision: fs_precision, _ threshold: Float,
  _ texts: UnsafePointer<fs_model_texts>?
) -> fs_status {
  boundary { () throws(Failure) in
    let path = try pathText(path, "path")
    let numbers = try WeightFileWriter.Numbers(precision)
    let texts = try ModelTexts(known(texts, "texts"))
    try Handle.object(trainer, TrainerHandle.self, "trainer").use { trainer throws(Failure) in
      try trainer.saveModel(path: path, numbers, threshold: threshold, texts: texts)
    }
  }
}
