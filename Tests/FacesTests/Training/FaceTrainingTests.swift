import Faces
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// To 128 numbers, as many as the library's teachers give.
private func small(channels: Int = 3) -> Architecture {
  Architecture(
    name: "small", input: Extent(height: 16, width: 16, channels: channels), mean: (127.5, 127.5, 127.5),
    scale: 1 / 127.5,
    layers: [
      .convolution(
        "c", 8, kernel: 3, stride: 2, padding: .zeros(1), normalisation: .batch("n"), activation: .rectifier),
      .pool(.maximum, kernel: 2, stride: 2), .dropout(0.1), .dense("d", 128), .unitLength, .tap("embedding")
    ])
}

private func trainer(_ loss: Loss, classes: Int = 0, channels: Int = 3) throws -> Trainer {
  var settings = TrainingSettings(loss: loss)
  settings.schedule = .constant(0.003)
  settings.classes = classes
  settings.seed = 3
  return try Trainer(small(channels: channels), settings)
}

/// Every bit that a step may change.
private func state(_ trainer: Trainer) -> [[UInt32]] {
  (trainer.network.parameters + trainer.head).map { $0.value.values.map(\.bitPattern) } + [
    [UInt32(trainer.step)]
  ]
}

/// A folder of people, and its photos with landmarks.
private struct Photos {
  let folder: TemporaryFolder
  var set: PhotoSet

  init(_ people: Int, photos: Int) throws {
    folder = try peopleFolder(people, photos: photos)
    set = try PhotoSet(peopleIn: folder.path)
    try set.setLandmarks(meanPoints)
  }
}

private func options(_ change: (inout FaceTraining.Options) -> Void = { _ in }) -> FaceTraining.Options {
  var options = FaceTraining.Options()
  options.batch = 6
  options.photosOfPerson = 2
  change(&options)
  return options
}

private func pairs(_ text: String) throws -> [PhotoList.Pair] {
  try PhotoList.pairs(parsing: Array(text.utf8).span)
}

private func triplets(_ text: String) throws -> [PhotoList.Triplet] {
  try PhotoList.triplets(parsing: Array(text.utf8).span)
}

private let mined = Loss.minedTriplet(.semiHard, margin: 0.3, .mean)

@Suite struct FaceTrainingTests {
  /// The losses of `steps` steps.
  private func losses(_ training: FaceTraining, until steps: Int) throws -> [Double] {
    var losses: [Double] = []
    try training.run(until: steps) { progress in
      losses.append(progress.report.loss)
      #expect(
        progress.step == losses.count && progress.batchesPerEpoch == training.batchesPerEpoch
          && progress.speed > 0)
      return .goOn
    }
    #expect(losses.count == steps && losses.allSatisfy { $0.isFinite })
    return losses
  }

  @Test func `learns from triplets that it finds, from colour and from grey`() throws {
    let photos = try Photos(4, photos: 3)
    for channels in [1, 3] {
      let training = try FaceTraining(trainer(mined, channels: channels), photos.set, options())
      // Four people in two runs of two photos each, three people a batch.
      #expect(training.batchesPerEpoch == 2)
      _ = try losses(training, until: 5)
    }
  }

  @Test func `learns classes`() throws {
    let photos = try Photos(3, photos: 4)
    let training = try FaceTraining(
      trainer(.softmax(.mean), classes: 3), photos.set, options { $0.augmentation = .none })
    #expect(training.batchesPerEpoch == 2)
    let losses = try losses(training, until: 40)
    #expect(losses[35...].reduce(0, +) < 0.5 * losses[..<5].reduce(0, +))
  }

  @Test func `learns from pairs, drawn or listed`() throws {
    let photos = try Photos(3, photos: 3)
    _ = try losses(
      FaceTraining(trainer(.contrastive(margin: 1, epsilon: 1e-6, .mean)), photos.set, options()), until: 4)
    let list = try pairs("p0/0.png p0/1.png 1\np0/2.png p1/0.png 0\np2/0.png p2/2.png 1\n")
    let training = try FaceTraining(
      trainer(.pairwise(.chiSquare, .mean)), photos.set, options { $0.pairs = list })
    #expect(training.batchesPerEpoch == 1)
    _ = try losses(training, until: 4)
  }

  @Test func `learns from listed triplets`() throws {
    let photos = try Photos(3, photos: 2)
    let list = try triplets(
      "p0/0.png p0/1.png p1/0.png\np1/0.png p1/1.png p2/0.png\np2/0.png p2/1.png p0/0.png\n")
    let training = try FaceTraining(
      trainer(.triplet(margin: 0.5, .mean)), photos.set, options { $0.triplets = list })
    #expect(training.batchesPerEpoch == 2)  // of two triplets each; the last has one
    _ = try losses(training, until: 4)
    let unknown = try triplets("p0/0.png p0/1.png p9/0.png")
    #expect(
      outcome {
        try FaceTraining(trainer(.triplet(margin: 0.5, .mean)), photos.set, options { $0.triplets = unknown })
      } == "notFound: no photo \"p9/0.png\" to learn from")
  }

  /// nn4.small2 with random numbers: any network of 128 numbers will do.
  private func teacher(
    _ architecture: Architecture = .nn4Small2(), mirrored: String? = nil
  ) throws -> Model {
    try randomModel(architecture, ["mirrored": mirrored])
  }

  @Test func `learns from a teacher, of blended faces and of faces that nobody knows`() throws {
    let photos = try Photos(2, photos: 3), teacher = try teacher()
    var set = photos.set
    for name in ["p0", "p1"] {
      var nobody = try PhotoSet(photosIn: photos.folder.path + "/" + name)
      try nobody.setLandmarks(meanPoints)
      set.append(nobody)
    }
    let settings = options {
      $0.batch = 4
      $0.augmentation.blend = 0.5
    }
    let training = try FaceTraining(
      trainer(.distillation(Distillation(cosine: 1, similarity: 1))), set, settings, teacher: teacher)
    #expect(training.crops.count == 12 && training.batchesPerEpoch == 3)
    let losses = try losses(training, until: 16)
    #expect(losses[12...].reduce(0, +) < 0.8 * losses[..<4].reduce(0, +))
    #expect(
      outcome {
        try FaceTraining(trainer(.teacherDistance), set, settings, teacher: self.teacher(.denseNet121()))
      }
        == "invalidArgument: a teacher of 32 numbers for a student of 128")
  }

  @Test func `a teacher that sees mirror images, too, teaches other numbers`() throws {
    let photos = try Photos(2, photos: 3), settings = options { $0.batch = 4 }
    func loss(_ mirrored: String?) throws -> [Double] {
      let training = try FaceTraining(
        trainer(.teacherDistance), photos.set, settings, teacher: teacher(mirrored: mirrored))
      return try losses(training, until: 1)
    }
    let plain = try loss(nil), both = try loss("mean")
    let told = try loss("no")
    #expect(plain == told && plain != both && both.allSatisfy { $0.isFinite && $0 > 0 })
    #expect(outcome { try loss("half") } == "badData: model: mirrored \"half\"; expected mean or no")
  }

  @Test func `keeps strangers apart whom the teacher confuses, among known people only`() throws {
    let photos = try Photos(6, photos: 1), teacher = try teacher()
    let apart = Loss.distillation(
      Distillation(cosine: 0, similarity: 0, strangers: 1, strangerLimit: 0, memory: 12))
    let settings = options { $0.batch = 3 }
    let known = try losses(FaceTraining(trainer(apart), photos.set, settings, teacher: teacher), until: 120)
    #expect(known[116...].reduce(0, +) < 0.8 * known[..<4].reduce(0, +))

    var nobody = PhotoSet()
    for name in photos.set.people {
      var one = try PhotoSet(photosIn: photos.folder.path + "/" + name)
      try one.setLandmarks(meanPoints)
      nobody.append(one)
    }
    let unknown = try losses(FaceTraining(trainer(apart), nobody, settings, teacher: teacher), until: 4)
    #expect(unknown.allSatisfy { $0 == 0 })
  }

  @Test func `refuses photos, losses and options that do not go together`() throws {
    let photos = try Photos(3, photos: 2)
    func refusal(
      _ loss: Loss, classes: Int = 0, _ set: PhotoSet? = nil, teacher: Model? = nil,
      _ change: (inout FaceTraining.Options) -> Void = { _ in }
    ) -> String {
      outcome {
        try FaceTraining(
          trainer(loss, classes: classes), set ?? photos.set, options(change), teacher: teacher)
      }
    }
    #expect(
      refusal(.teacherDistance) == "invalidArgument: a loss of a teacher's embeddings without a teacher")
    let model = try teacher()
    #expect(refusal(mined, teacher: model) == "invalidArgument: a teacher for a loss that has none")
    #expect(refusal(.softmax(.mean), classes: 4) == "invalidArgument: 3 people for a loss of 4 classes")
    #expect(
      refusal(mined) { $0.augmentation.blend = 0.1 }.hasPrefix(
        "invalidArgument: faces are blended only for a teacher"))
    #expect(
      refusal(.triplet(margin: 1, .mean)) == "invalidArgument: a triplet loss without a list of triplets")
    let pair = try pairs("p0/0.png p0/1.png 1")
    #expect(refusal(mined) { $0.pairs = pair } == "invalidArgument: a list of pairs for a loss that has none")
    let triplet = try triplets("p0/0.png p0/1.png p1/0.png")
    #expect(
      refusal(mined) { $0.triplets = triplet }
        == "invalidArgument: a list of triplets for a loss that has none, or finds its own")
    #expect(refusal(mined) { $0.batch = 8 } == "invalidArgument: 3 people with photos; expected 4")
    #expect(refusal(mined) { $0.batch = 2 } == "invalidArgument: people of 1; expected 2 to 65536")
    #expect(
      refusal(mined) { $0.photosOfPerson = 0 } == "invalidArgument: photos of a person 0; expected 2 or more")
    #expect(
      refusal(.contrastive(margin: 1, epsilon: 0, .mean)) { $0.batch = 1 }
        == "invalidArgument: batch 1; expected 2 to 65536")
    #expect(refusal(.softmax(.mean), classes: 3) { $0.batch = 7 }.hasPrefix("invalidArgument: 6 photos"))
    let nobody = try PhotoSet(photosIn: photos.folder.path + "/p0")
    #expect(refusal(mined, nobody) == "invalidArgument: no photos to learn from")
    #expect(
      outcome { try FaceTraining(trainer(mined), photos.set, options()) { _ in false } }.hasPrefix(
        "cancelled: "))
    var bad = Augmentation.none
    bad.noise = -1
    #expect(
      outcome {
        try FaceTraining(trainer(mined), photos.set, options { $0.augmentation = bad }).run(until: 1)
      }
      .hasPrefix("invalidArgument: noise"))
  }

  @Test func `goes on in the middle of an epoch with the same bits`() throws {
    let photos = try Photos(4, photos: 5), checkpoint = photos.folder.path + "/training.safetensors"
    let settings = options {
      $0.augmentation = .strong
      $0.augmentation.blend = 0
      $0.checkpoint = checkpoint
    }
    func fresh() throws -> Trainer { try trainer(.centre(lambda: 0.1, rate: 0.5, .mean), classes: 4) }
    let straight = try FaceTraining(fresh(), photos.set, settings)
    #expect(straight.batchesPerEpoch == 3)
    try straight.run(until: 9)

    // Twice by one object, once more by a new one from the file: after 4 steps, and 5, in the middle of
    // epochs.
    let first = try FaceTraining(fresh(), photos.set, settings)
    try first.run(until: 4)
    try first.run(until: 5)
    let resumed = try fresh()
    try resumed.resume(path: checkpoint)
    #expect(resumed.step == 5)
    try FaceTraining(resumed, photos.set, settings).run(until: 9)
    #expect(state(resumed) == state(straight.trainer))

    // What a name says is the file's to say: other bytes under it are another photo.
    func bytes(_ name: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: photos.folder.path + "/" + name)))
    }
    let kept = try bytes("p0/0.png")
    try photos.folder.write("p0/0.png", bytes("p1/0.png"))
    let reason = outcome { try FaceTraining(resumed, photos.set, settings) }
    #expect(
      reason.hasPrefix("invalidArgument: photos' files (fingerprint ")
        && reason.contains(", this training began with (fingerprint "), "\(reason)")
    try photos.folder.write("p0/0.png", kept)

    var other = settings
    other.augmentation.blurSize = 0.5
    #expect(
      outcome { try FaceTraining(resumed, photos.set, other) }
        == "invalidArgument: augmentation blur size 0.5, this training began with 0.015")
    other = settings
    other.framing = .whole
    #expect(
      outcome { try FaceTraining(resumed, photos.set, other) }.hasPrefix(
        "invalidArgument: template whole, this training began with "))
    other = settings
    other.seed = 9
    #expect(
      outcome { try FaceTraining(resumed, photos.set, other) }
        == "invalidArgument: seed 9, this training's photos began with 1")
    resumed.counters["sampler"] = [1, 2]
    #expect(
      outcome { try FaceTraining(resumed, photos.set, settings) }
        == "badData: checkpoint: it does not say where the photos stand")
    for words in [[1, .max, 0], [1, 1 << 62, 0], [1, 0, .max]] as [[UInt64]] {
      resumed.counters["sampler"] = words
      #expect(outcome { try FaceTraining(resumed, photos.set, settings) }.hasPrefix("badData: checkpoint: "))
    }
    resumed.counters["sampler"] = [1, 0, 4]
    #expect(
      outcome { try FaceTraining(resumed, photos.set, settings) }
        == "invalidArgument: a sampler at batch 4 of an epoch of 3")
  }

  @Test func `saves when it should, and ends when it is told`() throws {
    let photos = try Photos(3, photos: 2), checkpoint = photos.folder.path + "/training.safetensors"
    let settings = options {
      $0.checkpoint = checkpoint
      $0.checkpointEvery = 2
    }
    let training = try FaceTraining(trainer(mined), photos.set, settings)
    func saved() throws -> Int {
      let other = try trainer(mined)
      try other.resume(path: checkpoint)
      return other.step
    }
    #expect(
      outcome { try training.run(until: 9) { $0.step == 3 ? .cancel : .goOn } }
        == "cancelled: training was cancelled after step 3")
    #expect(try saved() == 2 && training.trainer.step == 3)
    try training.run(until: 9) { $0.step == 5 ? .finish : .goOn }
    #expect(try saved() == 5 && training.trainer.step == 5)
    try training.run(until: 5)  // nothing is left to do
    #expect(training.trainer.step == 5)
  }

  @Test func `a checkpoint has every number of an augmentation by its name`() {
    #expect(Set(Augmentation.strong.texts.keys) == Set(members(of: Augmentation.strong)))
  }

  @Test func `a checkpoint that cannot be written costs no step, and the last one is the run's error`() throws
  {
    let photos = try Photos(3, photos: 2)
    let settings = options {
      $0.checkpoint = photos.folder.path + "/gone/training.safetensors"
      $0.checkpointEvery = 2
    }
    let training = try FaceTraining(trainer(mined), photos.set, settings)
    #expect(outcome { try training.run(until: 5) }.hasPrefix("io: "))
    #expect(training.trainer.step == 5)
    let straight = try FaceTraining(trainer(mined), photos.set, options())
    try straight.run(until: 5)
    #expect(state(training.trainer) == state(straight.trainer))
  }

  @Test func `leaves out photos that cannot be read, and says so`() throws {
    let photos = try Photos(3, photos: 3)
    try photos.folder.write("p1/1.png", [1, 2, 3])
    let training = try FaceTraining(trainer(.softmax(.mean), classes: 3), photos.set, options())
    #expect(
      training.crops.count == 8 && training.crops.leftOut.map(\.path) == [photos.folder.path + "/p1/1.png"])
    try training.run(until: 3)
  }
}
