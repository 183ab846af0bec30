import CSystem
import Networks
import Tensors

/// Trains a network on photos of faces: crops and varies photos, draws batches as the loss requires, and runs
/// the trainer's steps until they are done.
package final class FaceTraining {
  package struct Options {
    /// Photos per step; pairs count as two. For a loss that mines: people times photos.
    package var batch = 64
    /// Photos of each person in a batch, for a loss that mines.
    package var photosOfPerson = 8
    /// nil: aligned by the photos' landmarks, to those of the mean face; whole photos if none has any.
    package var framing: Framing?
    package var augmentation = Augmentation.standard
    package var memoryLimit = 4 << 30
    /// For the order of photos and their variation.
    package var seed: UInt64 = 1
    /// The checkpoint's file, and the steps between checkpoints; nil for only at the end.
    package var checkpoint: String?
    package var checkpointEvery: Int?
    /// For a loss on given triplets.
    package var triplets: [PhotoList.Triplet] = []
    package var pairs: [PhotoList.Pair] = []

    package init() {}
  }

  package struct Progress {
    package let step, epoch, batchesPerEpoch: Int
    package let report: Trainer.Report
    /// Photos per second, since this run began.
    package let speed: Double
  }

  package let trainer: Trainer
  package let crops: Crops
  private let options: Options
  private let teacher: Teacher?
  private let sampling: Sampling
  private let formats: [ViewFormat]
  private let texts: [String: String]
  /// Of the trainer's current epoch; with mining another epoch may have one more or less.
  package let batchesPerEpoch: Int

  /// Reads all photos.
  /// - Parameters:
  ///   - teacher: for a loss on a teacher's embeddings.
  ///   - progress: receives the number of photos read; returns false to cancel.
  /// - Throws: `.invalidArgument` if photos, loss and options do not match; the errors of `Crops`.
  package init(
    _ trainer: Trainer, _ photos: PhotoSet, _ options: Options, teacher: Model? = nil,
    progress: (Int) throws(Failure) -> Bool = { _ in true }
  ) throws(Failure) {
    try options.check()
    self.trainer = trainer
    self.options = options
    let required = trainer.settings.loss.wanted
    guard required != .faces else { throw .invalidArgument("photos for a detection loss; expected scenes") }
    var formats = [try ViewFormat(trainer.architecture)]
    switch (required, teacher) {
    case (.teacher, let model?):
      let teacher = try Teacher(model)
      guard teacher.dimension == trainer.dimension else {
        throw .invalidArgument(
          "a teacher of \(teacher.dimension) numbers for a student of \(trainer.dimension)")
      }
      self.teacher = teacher
      formats.append(teacher.format)
    case (.teacher, nil): throw .invalidArgument("a loss of a teacher's embeddings without a teacher")
    case (_, nil): self.teacher = nil
    default: throw .invalidArgument("a teacher for a loss that has none")
    }
    self.formats = formats
    guard options.pairs.isEmpty || required == .pairs else {
      throw .invalidArgument("a list of pairs for a loss that has none")
    }
    guard options.triplets.isEmpty || required == .nothing else {
      throw .invalidArgument("a list of triplets for a loss that has none, or finds its own")
    }
    var set = photos
    if required != .teacher, required != .nothing, options.pairs.isEmpty {
      set = set.people(0..<set.people.count)
    }
    if required == .classes, set.people.count != trainer.classes {
      throw .invalidArgument("\(set.people.count) people for a loss of \(trainer.classes) classes")
    }
    guard required == .teacher || options.augmentation.blend == 0 else {
      throw .invalidArgument(
        "faces are blended only for a teacher who sees the same: nobody's label fits two people")
    }
    var crop = Crops.Options()
    crop.frame = 0
    for format in formats { crop.frame = max(crop.frame, format.height, format.width) }
    let framing = options.framing ?? .training(on: photos)
    crop.framing = framing
    crop.margin = (crop.frame + 7) / 8
    crop.memoryLimit = options.memoryLimit
    crops = try Crops(set, crop, progress: progress)
    sampling = try FaceTraining.sampling(required, options, crops.photos)
    let seen = framing.scaled(to: trainer.architecture.frame ?? crop.frame)
    texts = FaceTraining.texts(options, seen, crops, teacher: teacher)
    batchesPerEpoch = try FaceTraining.sampler(sampling, crops, trainer, options, texts).batchesPerEpoch
  }

  /// The trainer's position in the photos: the start, or where its last run or its checkpoint stopped.
  /// - Throws: `.invalidArgument` for photos or options other than those that it began with.
  private static func sampler(
    _ sampling: Sampling, _ crops: Crops, _ trainer: Trainer, _ options: Options, _ texts: [String: String]
  ) throws(Failure) -> Sampler {
    var state = SamplerState(seed: options.seed)
    if let words = trainer.counters["sampler"] {
      guard words.count == 3, let epoch = Int(exactly: words[1]), let position = Int(exactly: words[2]),
        epoch < 1 << 40, position < 1 << 40
      else { throw .badData("checkpoint: it does not say where the photos stand") }
      guard words[0] == options.seed else {
        throw .invalidArgument("seed \(options.seed), this training's photos began with \(words[0])")
      }
      try trainer.require(texts)
      state = SamplerState(seed: words[0], epoch: epoch, position: position)
    }
    return try Sampler(sampling, people: crops.photos.map { $0.person }, state: state)
  }

  private static func sampling(
    _ required: Loss.Wanted, _ options: Options, _ photos: [FacePhoto]
  ) throws(Failure) -> Sampling {
    switch required {
    case .people:
      return .people(
        options.batch / max(options.photosOfPerson, 1), photos: options.photosOfPerson, repeats: true)
    case .classes, .teacher: return .shuffled(batch: options.batch, keepsRest: false)
    case .pairs:
      if options.pairs.isEmpty { return .pairs(batch: options.batch / 2) }
      return .listedPairs(try PhotoSet.numbers(photos, of: options.pairs), batch: options.batch / 2)
    case .faces: throw .internalError("faces of aligned photos")
    case .nothing:
      guard !options.triplets.isEmpty else {
        throw .invalidArgument("a triplet loss without a list of triplets")
      }
      return .listedTriplets(try PhotoSet.numbers(photos, of: options.triplets), batch: options.batch / 3)
    }
  }

  /// Trains until the trainer has completed `steps`, or `progress` ends it. A checkpoint that cannot be
  /// written during the run is logged, and retried with the next one.
  /// - Parameter progress: called after each step, on the caller's thread.
  /// - Throws: `.cancelled`; the errors of a step, keeping an earlier checkpoint; `.io`, with all steps done,
  ///   for the last checkpoint.
  package func run(
    until steps: Int, progress: (Progress) throws(Failure) -> Action = { _ in .goOn }
  ) throws(Failure) {
    let sampler = try FaceTraining.sampler(sampling, crops, trainer, options, texts)
    let reader = try BatchReader(crops, sampler, options.augmentation, formats)
    defer { reader.stop() }
    let started = monotonicSeconds()
    var photos = 0
    while trainer.step < steps {
      let batch = try reader.next()
      let report = try trainer.step(pictures(batch), targets(batch))
      trainer.texts = texts
      trainer.counters["sampler"] = [
        batch.state.seed, UInt64(batch.state.epoch), UInt64(batch.state.position)
      ]
      photos += batch.sample.photos.count
      let speed = Double(photos) / max(monotonicSeconds() - started, 1e-9)
      let action = try progress(
        Progress(
          step: trainer.step, epoch: batch.sample.epoch, batchesPerEpoch: batchesPerEpoch, report: report,
          speed: speed))
      if action == .cancel { throw .cancelled("training was cancelled after step \(trainer.step)") }
      trainer.keepCheckpoint(options.checkpoint, every: options.checkpointEvery)
      if action == .finish { break }
    }
    if let path = options.checkpoint { try trainer.save(path: path) }
  }

  /// In the network's channels: a view has three.
  private func pictures(_ batch: Batch) throws(Failure) -> Tensor<Float> {
    let view = batch.views[0]
    guard trainer.architecture.input.channels == 1 else { return view }
    let grey = try Tensor<Float>([view.shape[0], view.shape[1], view.shape[2], 1])
    let red = trainer.architecture.isBGR ? 2 : 0
    let count = grey.count
    withPointers(view, grey) { view, grey in
      for i in 0..<count {
        let pixel = view + 3 * i
        grey[i] = luma(pixel[red], pixel[1], pixel[2 - red])
      }
    }
    return grey
  }

  private func targets(_ batch: Batch) throws(Failure) -> Targets<Float> {
    switch trainer.settings.loss.wanted {
    case .nothing: return .nothing
    case .people, .classes: return .labels(batch.people.map { Int32(clamping: $0) })
    case .pairs: return .pairs(batch.sample.isSame.map { $0 ? 0 : 1 })
    case .faces: throw .internalError("faces of aligned photos")
    case .teacher:
      guard let teacher else { throw .internalError("no teacher") }
      // A blend of two faces is nobody that is known.
      let people = zip(batch.people, batch.variations).map { $1.blend > 0 ? -1 : Int32(clamping: $0) }
      return .teacher(try teacher.embeddings(batch.views[1]), people: people)
    }
  }
}

/// The options that a checkpoint stores, besides the photos' data in `texts`: the location of files and the
/// amount of memory do not matter.
extension FaceTraining.Options: Settings {
  package var settings: [Setting] {
    Setting("batch", batch, .from(2, to: 1 << 16))
    Setting("photos of a person", photosOfPerson, .atLeast(2))
  }
}

/// A trained network whose results another one learns.
private final class Teacher {
  let format: ViewFormat
  let dimension: Int
  private let mirroring: Mirroring?
  private let executor: Executor
  private static let atATime = 16

  init(_ model: Model) throws(Failure) {
    let architecture = try model.architecture()
    format = try ViewFormat(architecture)
    dimension = architecture.dimension
    mirroring = try Mirroring(model, architecture)
    executor = Executor(try model.network(), .init(["embedding"]))
  }

  /// - Parameter views: [batch, height, width, 3], preprocessed.
  func embeddings(_ views: Tensor<Float>) throws(Failure) -> Tensor<Float> {
    let count = views.shape[0], each = format.count
    let embeddings = try Tensor<Float>([count, dimension])
    try withPointers(views, embeddings) { views, embeddings throws(Failure) in
      for first in stride(from: 0, to: count, by: Teacher.atATime) {
        let batch = min(Teacher.atATime, count - first), embeddings = embeddings + first * dimension
        func pass(_ mirroring: Mirroring?) throws(Failure) {
          try executor.run(batch: batch, height: format.height, width: format.width) { input in
            input.update(from: views + first * each, count: batch * each)
            if mirroring != nil {
              mirrorRows(
                input, batch * format.height, width: format.width,
                channels: each / (format.height * format.width))
            }
          } _: { answers in
            if let mirroring {
              mirroring.average(embeddings, with: answers[0], count: batch, dimension: dimension)
            } else {
              embeddings.update(from: answers[0], count: batch * dimension)
            }
          }
        }
        try pass(nil)
        if let mirroring { try pass(mirroring) }
      }
    }
    return embeddings
  }
}
