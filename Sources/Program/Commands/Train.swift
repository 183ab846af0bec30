import ArgumentParser
import CFaceStyle
import Glibc

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains an embedder on photos of people, or on the embeddings of a teacher.",
    usage: """
      facestyle train --people <folder> --out <file> [<options>]
      facestyle train --photos <folder> --teacher <model> --out <file> ...
      """,
    discussion: """
      A folder of people has a folder for each of them, with photos. Faces must be \
      in the same place in all photos, or have five points (eyes, nose, corners of the mouth): \
      FOLDER:FILE names a JSON file, {"Ann/1.jpg": [[x, y], ... 5], ...}, and FOLDER:x,y,x,y,... \
      gives ten numbers for all its photos. If any folder has points, photos without points are \
      left out. If none has, the network learns from whole photos.

      Ctrl-C, SIGTERM and SIGHUP finish the step, save the checkpoint and the model so far, and \
      print how to resume; a second signal ends at once. With the same options a training that \
      resumes from its checkpoint ends with the same bits as an uninterrupted one.
      """)

  @Option(help: ArgumentHelp("A folder of people; may be repeated.", valueName: "folder"))
  var people: [PhotoSource] = []

  @Option(
    help: ArgumentHelp(
      "A folder of unlabelled photos, for a teacher; may be repeated.", valueName: "folder"))
  var photos: [PhotoSource] = []

  @Option(
    help: ArgumentHelp(
      "A folder of photos, each of a person of its own, who are kept apart whatever the teacher says; may be repeated.",
      valueName: "folder"))
  var strangers: [PhotoSource] = []

  @Option(
    help: ArgumentHelp(
      "The weight of strangers that are too near. (default: 10 with --strangers, else 0)",
      valueName: "weight"))
  var strangerWeight: Float?

  @Option(
    help: ArgumentHelp(
      "Learn only from these people, by number: 0-19 are the first twenty names.",
      valueName: "first-last"))
  var keepPeople: PeopleRange?

  @Option(help: ArgumentHelp("The model to write.", valueName: "file"))
  var out: String

  @Option(help: "The network. (default: that of --start, or nn4.small2)") var architecture: String?

  @Option(help: ArgumentHelp("A model to start from, in place of random weights.", valueName: "model"))
  var start: String?

  @Option(help: "The loss. (default: semi-hard; with a teacher distillation)") var loss: LossName?
  @Option(help: "The margin of the loss. (default: 0.2, contrastive 1, cosface 0.35, arcface 0.5)")
  var margin: Float?

  @Option(help: ArgumentHelp("The model whose embeddings to learn.", valueName: "model"))
  var teacher: String?

  @Option(
    help: ArgumentHelp(
      "Pairs of photos to learn from, one per line: Ann/1.jpg Ann/2.jpg 1, or 0 for two people.",
      valueName: "file"))
  var pairs: String?

  @Option(
    help: ArgumentHelp(
      "Triplets to learn from: anchor, positive and negative on each line.", valueName: "file"))
  var triplets: String?

  @Option(
    name: [.customLong("optimizer"), .customLong("optimiser")], help: "The optimizer. (default: adam)")
  var optimiser: OptimiserName?
  @Option(help: "The learning rate over the steps. (default: one-cycle)") var schedule: ScheduleName?
  @Option(help: "The highest learning rate. (default: 0.001)") var rate: Float?
  @Option(
    help: ArgumentHelp("The number of first steps in which the rate rises. (default: 0)", valueName: "steps"))
  var warmUp: UInt32?
  @Option(help: ArgumentHelp("Weight decay. (default: 0)", valueName: "decay")) var weightDecay: Float?

  @Option(
    help: ArgumentHelp("Scale longer gradients down to this length. (default: 0, never)", valueName: "length")
  )
  var longestGradient: Float?

  @Option(help: "The number of steps. (default: 1000)") var steps: UInt32?
  @Option(help: "Instead of --steps: number of passes through all photos.") var epochs: Double?
  @Option(help: ArgumentHelp("Photos per step. (default: 64)", valueName: "photos")) var batch: UInt32?

  @Option(
    help: ArgumentHelp(
      "Photos of each person in a batch, for losses that mine. (default: 8)", valueName: "photos"))
  var photosOfPerson: UInt32?

  @Option(help: "Strength of the augmentation. (default: standard)") var augment: Strength?

  @Option(
    help: ArgumentHelp(
      "Probability of blending in another face, 0 to 1, for a teacher.", valueName: "probability")
  )
  var blend: Float?

  @Option(
    help: ArgumentHelp("Resume from this file if it exists, and write checkpoints to it.", valueName: "file"))
  var checkpoint: String?

  @Option(
    help: ArgumentHelp("Steps between checkpoints. (default: only at the end)", valueName: "steps"))
  var checkpointEvery: UInt32?

  @Option(help: "Seed of the weights, the order and the augmentation. (default: 1)") var seed: UInt64?

  @Option(help: ArgumentHelp("Where to log each step, as lines of JSON.", valueName: "file"))
  var log: String?

  @Option(help: "How the model's numbers are kept: int8 are 8 bits for weights, 16 for the rest.")
  var precision = Precision.float32

  @Option(
    help: ArgumentHelp(
      "The model's threshold, the largest distance of one person's faces; see facestyle evaluate.",
      valueName: "distance"))
  var threshold: Float = 1

  @Option(help: ArgumentHelp("A note to keep in the model.", valueName: "text")) var note: String?

  @OptionGroup var common: CommonOptions

  private var lossName: LossName { loss ?? (teacher == nil ? .semiHard : .distillation) }

  func validate() throws {
    try require(
      !people.isEmpty || !photos.isEmpty || !strangers.isEmpty,
      "Missing expected argument '--people <folder>'")
    try require(
      lossName.hasTeacher == (teacher != nil),
      "--loss \(lossName.rawValue) \(teacher == nil ? "needs a" : "has no") --teacher.")
    try require(
      photos.isEmpty || lossName.hasTeacher, "--photos are unlabelled: they need a --teacher.")
    try require(
      strangers.isEmpty || lossName.hasStrangers,
      "--strangers are given; only --loss distillation keeps them apart.")
    try require(
      strangerWeight == nil || lossName.hasStrangers,
      "--stranger-weight is given, --loss \(lossName.rawValue) has none.")
    try require(
      margin == nil || lossName.hasMargin, "--margin is given, --loss \(lossName.rawValue) has none.")
    try require(
      lossName != .triplet || triplets != nil,
      "--loss triplet needs --triplets; the losses that mine find their own.")
    try require(steps == nil || epochs == nil, "--steps and --epochs are given; expected one of them.")
    if let epochs { try require(epochs > 0 && epochs < 1e9, "--epochs is \(epochs); expected more than 0.") }
    try require(checkpointEvery == nil || checkpoint != nil, "--checkpoint-every needs a --checkpoint.")
    if let blend { try require(blend >= 0 && blend <= 1, "--blend is \(blend); expected 0 to 1.") }
    try require(threshold >= 0 && threshold.isFinite, "--threshold is \(threshold); expected 0 or more.")
    if let architecture {
      try require(
        knownArchitectures.contains(architecture),
        "--architecture is '\(architecture)'; expected one of \(knownArchitectures.joined(separator: ", ")).")
    }
  }

  private var knownArchitectures: [String] {
    (0..<fs_architecture_count()).compactMap { fs_architecture_name($0).map { String(cString: $0) } }
  }

  func run() throws {
    try common.apply()
    // Checked now, not after hours of training.
    try checkOutputs(out, checkpoint, streams: log)
    let set = try gather()
    let count = set.count
    let start = try start.map { path throws(Failure) in try Model(opening: path) }
    let architecture = architecture ?? start?.architecture ?? "nn4.small2"
    let trainer = try Trainer(
      try trainerOptions(count), architecture: architecture, loss: try lossOptions(), start: start)
    if let checkpoint, kind(of: checkpoint) == .file { try trainer.resume(from: checkpoint) }
    let resumed = try trainer.info

    let log = try log.map { path throws(Failure) in try TrainingLog(path, goesOnAfter: Int(resumed.step)) }
    let training = Training(trainer, set, log)
    if resumed.step < resumed.steps {
      let teacher = try teacher.map { path throws(Failure) in try Model(opening: path) }
      try training.run(
        try trainingOptions(), augmentation: try augmentation(), teacher: teacher, pairs: pairs,
        triplets: triplets,
        checkpoint: checkpoint)
    }
    let (leftOut, reasons) = try set.leftOut(first: 5)
    for line in reasons { warn("left out \(line)") }
    if leftOut > reasons.count { warn("left out \(grouped(leftOut - reasons.count)) more") }

    let kept = training.troubles.has("training") ? nil : checkpoint
    try keeping("model", at: out, elseIn: kept) { path throws(Failure) in
      try trainer.saveModel(to: path, precision.value, threshold: threshold, note: note)
    }
    let info = try trainer.info
    if info.step < info.steps {
      warn(
        "stopped after \(counted(Int(info.step), "step", "steps")) of \(grouped(Int(info.steps)))\(wayOn(kept))"
      )
    }
    let photos = training.photos ?? count.photos
    if common.json {
      print(
        JSON.object([
          "model": .string(out), "architecture": .string(architecture),
          "parameters": .integer(Int(info.parameters)),
          "photos": .integer(photos), "people": .integer(count.people), "left_out": .integer(leftOut),
          "step": .integer(Int(info.step)), "steps": .integer(Int(info.steps)),
          "loss": .number(training.recentLoss),
          "seconds": .number(training.seconds), "photos_per_second": .number(training.speed)
        ]))
    } else {
      let whose = count.people > 0 ? " of \(counted(count.people, "person", "people"))" : ""
      print(
        """
        \(out): \(architecture), \(grouped(Int(info.parameters))) numbers learned
          \(counted(Int(info.step), "step", "steps")) on \(counted(photos, "photo", "photos"))\(whose)
        """)
      if training.seconds > 0 {
        print(
          "  loss \(fixed(training.recentLoss, 4)), \(fixed(training.speed, 1)) photos/s, \(clock(training.seconds)) now"
        )
      }
    }
    try training.troubles.end()
  }

  private func gather() throws(Failure) -> Photos {
    let set = try Photos()
    for source in people { try set.add(people: source) }
    for source in photos { try set.add(photos: source) }
    for source in strangers { try set.add(strangers: source) }
    if let keepPeople { try set.keep(people: keepPeople.range) }
    return set
  }

  private func lossOptions() throws(Failure) -> fs_loss_options {
    var options = fs_loss_options()
    try check(fs_loss_options_init(&options, MemoryLayout<fs_loss_options>.size, lossName.kind))
    if let margin { options.margin = margin }
    if let strangerWeight {
      options.stranger_weight = strangerWeight
    } else if !strangers.isEmpty {
      options.stranger_weight = 10
    }
    return options
  }

  private func trainerOptions(_ count: (photos: Int, people: Int)) throws(Failure) -> fs_trainer_options {
    var options = fs_trainer_options()
    try check(fs_trainer_options_init(&options, MemoryLayout<fs_trainer_options>.size))
    if lossName.isClassifier { options.classes = UInt32(clamping: count.people) }
    if let optimiser { options.optimiser = optimiser.optimiser }
    if let schedule { options.schedule = schedule.schedule }
    if let rate { options.rate = rate }
    if let warmUp { options.warm_up = warmUp }
    if let weightDecay { options.weight_decay = weightDecay }
    if let longestGradient { options.longest_gradient = longestGradient }
    if let steps { options.steps = steps }
    if let epochs {
      let steps = (epochs * Double(count.photos) / Double(try trainingOptions().batch)).rounded(.up)
      guard steps < 4e9 else { throw Failure("--epochs is \(epochs), that is too many steps") }
      options.steps = max(2, UInt32(steps))
    }
    if let seed { options.seed = seed }
    return options
  }

  private func trainingOptions() throws(Failure) -> fs_training_options {
    var options = fs_training_options()
    try check(fs_training_options_init(&options, MemoryLayout<fs_training_options>.size))
    if let batch { options.batch = batch }
    if let photosOfPerson { options.photos_of_person = photosOfPerson }
    if let checkpointEvery { options.checkpoint_every = checkpointEvery }
    if let seed { options.seed = seed }
    return options
  }

  private func augmentation() throws(Failure) -> fs_augmentation {
    var augmentation = fs_augmentation()
    let strength = (augment ?? .standard).strength
    try check(fs_augmentation_init(&augmentation, MemoryLayout<fs_augmentation>.size, strength))
    if let blend { augmentation.blend = blend }
    return augmentation
  }
}
