import ArgumentParser
import CFaceStyle

struct Style: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Paints a picture in the style of others.",
    usage: "facestyle style <content> <style> ... -o <file> [<options>]",
    discussion: """
      Ctrl-C, SIGTERM and SIGHUP end the painting early and keep the picture so far; a second \
      signal ends the program at once. With --checkpoint the same command resumes from there \
      later, with the same bits as an uninterrupted painting. Pictures, weights and options \
      must be the same; differences are reported.

      An output that cannot be written is rejected before the work. A failure during the work, \
      such as a checkpoint on a full disk, is reported and does not end the painting; the exit \
      status is then 1. A picture that cannot be written at the end goes to a new folder in \
      TMPDIR, or /tmp.
      """)

  @Argument(help: "The picture to paint.") var content: String
  @Argument(help: "The picture whose style to use; several are mixed.") var styles: [String]

  @Option(
    name: [.customShort("o"), .long], help: ArgumentHelp("A \(anyWrittenEnding) file.", valueName: "file"),
    transform: PictureOutput.init(argument:))
  var output: PictureOutput?

  @OptionGroup(title: "Controls") var controls: StyleControls
  @OptionGroup(title: "Where") var places: StylePlaces

  @Option(help: ArgumentHelp("Weights of several styles, as 2,1. (default: equal)", valueName: "weights"))
  var styleWeights: Weights?

  @Option(help: ArgumentHelp("Log of the evaluations, one line of JSON each.", valueName: "file")) var trace:
    String?

  @Option(
    help: ArgumentHelp(
      "Resume from this file if it exists, and write checkpoints to it.", valueName: "file"))
  var checkpoint: String?

  @Option(help: ArgumentHelp("Evaluations between checkpoints. (default: 50)", valueName: "n"))
  var checkpointEvery: UInt32?

  @Option(help: ArgumentHelp("Write the picture of every n-th step, as FILE-0020.png.", valueName: "n"))
  var saveEvery: UInt32?

  @Option(help: ArgumentHelp("The model of VGG-19.", valueName: "model"))
  var model: String?

  @Flag(help: "Print how much memory the painting would take, without painting.")
  var memory = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let weights = styleWeights?.values, weights.count != styles.count {
      throw ValidationError(
        "--style-weights has \(weights.count) numbers, there are \(counted(styles.count, "style", "styles"))."
      )
    }
    if saveEvery == 0 { throw ValidationError("--save-every is 0; expected 1 or more.") }
    if checkpointEvery == 0 { throw ValidationError("--checkpoint-every is 0; expected 1 or more.") }
    if checkpointEvery != nil, checkpoint == nil {
      throw ValidationError("--checkpoint-every needs a --checkpoint.")
    }
    if output == nil, !memory { throw ValidationError("Missing expected argument '--output <file>'") }
  }

  func run() throws {
    try common.apply()
    if !memory { try checkOutputs(output?.path, checkpoint, streams: trace) }
    let vgg = try openModel("vgg19", asked: model)
    let painted = try Picture(opening: content)
    guard let output, !memory else { return try tellMemory(for: painted, vgg) }
    let paintings = try styles.map { path throws(Failure) in try painting(path) }
    let opened = try places.open(painted, styles: styles.count)
    let faces = try places.faces ? PaintedFaces(painted, content) : nil
    if let faces { opened.map = try faces.map() }
    let trace = try trace.map { path throws(Failure) in try StyleTrace(path) }
    let saveEvery = saveEvery ?? 0
    let painter = Painter { progress throws(Failure) in
      let step = progress.pointee.step
      // If one of the two fails, the other is still done.
      let traced = Result { () throws(Failure) in try trace?.write(progress.pointee) }
      if saveEvery > 0, step % saveEvery == 0 {
        try preview(progress).write(to: output.path(with: padded(step, 4, "0")))
      }
      try traced.get()
    }
    let result = try controls.with(painted) { given throws(Failure) in
      var options = given
      places.set(&options, opened)
      return try holding(opened) { () throws(Failure) in
        try painter.paint(
          painted, like: paintings, weights: styleWeights?.values ?? [], with: vgg, options,
          checkpoint: checkpoint.map { .init(path: $0, every: checkpointEvery ?? 50) })
      }
    }
    let last = painter.last, kept = painter.troubles.has("checkpoint") ? nil : checkpoint
    try result.keep(at: output.path, elseIn: kept)
    if last.ending == FS_ENDING_NONE {
      warn(
        "stopped after \(counted(Int(last.step), "step", "steps")) of \(grouped(Int(last.steps)))\(wayOn(kept))"
      )
    }
    let distances = try faces?.distances(to: result) ?? []
    if common.json {
      print(
        JSON.object([
          "steps": .integer(Int(last.step)), "content": .number(last.content), "style": .number(last.style),
          "variation": .number(last.variation), "total": .number(last.total),
          "seconds": .number(last.seconds),
          "temporal": .number(last.temporal), "ending": .string(last.ending.words),
          "face_distances": .array(distances.map(JSON.single))
        ]))
    } else {
      print(
        "\(output.path): \(result.width)x\(result.height), \(counted(Int(last.step), "step", "steps"))"
          + " in \(fixed(last.seconds, 1)) s, J \(scientific(last.total)) (\(last.ending.words))")
      for (i, distance) in distances.enumerated() {
        let limit = faces?.threshold ?? 0, who = distance <= limit ? "the same person" : "somebody else"
        print("face \(i + 1): \(who), distance \(fixed(distance, 2)) (threshold \(fixed(limit, 2)))")
      }
    }
    try painter.troubles.end()
  }

  private func painting(_ path: String) throws(Failure) -> Picture {
    if kind(of: path) == .absent,
      try ModelDescription.all().contains(where: { $0.name == path && $0.use == FS_MODEL_FAST_STYLE })
    {
      throw Failure(
        "\(path): a style that a network has learned; expected a picture, or facestyle restyle --style \(path)"
      )
    }
    return try Picture(opening: path)
  }

  private func tellMemory(for painted: Picture, _ vgg: Model) throws(Failure) {
    let bytes = try controls.with(painted) { options throws(Failure) in
      try Painter.memoryNeeded(painted, with: vgg, options)
    }
    if common.json {
      print(JSON.object(["bytes": .integer(bytes)]))
    } else {
      print("\(content): \(counted((bytes + 999_999) / 1_000_000, "MB", "MB")) at the peak")
    }
  }
}

/// "2,1"
struct Weights: ExpressibleByArgument {
  let values: [Float]

  init?(argument: String) {
    let values = argument.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    guard !values.contains(nil) else { return nil }
    self.values = values.compactMap { $0 }
  }
}

extension fs_style_ending {
  fileprivate var words: String {
    switch self {
    case FS_ENDING_STEPS: "all steps done"
    case FS_ENDING_CONVERGED: "converged"
    case FS_ENDING_STALLED: "nothing better was found"
    case FS_ENDING_NOT_FINITE: "the costs left the range of numbers"
    case FS_ENDING_DEADLINE: "time is up"
    default: "finished early"
    }
  }
}
