import ArgumentParser
import CFaceStyle

struct Compare: Question {
  static let configuration = CommandConfiguration(
    abstract: "Says whether two photos show the same person.",
    usage: "facestyle compare <first> <second> [<options>]",
    discussion: """
      It looks at the main face of each photo, large and central. The exit status is 0 for the \
      same person, 1 for different people, and 2 if there is no answer: a photo cannot be read, \
      has no face, or only one that is too bad to be recognised, such as one that is small, \
      blurred or cut off. --any-face answers for bad faces, too.

      --heat draws both faces as the network sees them, and between them, over each in grey, how \
      much each pixel moves the distance: from dark blue, nothing, to yellow, the most in either.

      With --json "same" is null without an answer, and "reasons" are those against each face. If a \
      photo cannot be read or has no face, there are "same" and "error".
      """)

  @Argument(help: "A photo.") var first: String
  @Argument(help: "Another photo.") var second: String

  @OptionGroup var face: FaceOptions
  @OptionGroup var bad: BadFaceOption
  @OptionGroup var threshold: ThresholdOption
  @Option(
    help: ArgumentHelp("Draw which pixels count, to a \(anyWrittenEnding) file.", valueName: "file"),
    transform: PictureOutput.init(argument:))
  var heat: PictureOutput?
  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    try checkOutputs(heat?.path)
    let reader = try face.open()
    let verdict: fs_verdict
    do throws(Failure) {
      verdict = try reader.compare(first, second, threshold.value)
    } catch {
      if common.json { print(JSON.object(["same": .null, "error": .string(error.message)])) }
      throw error
    }
    if let heat { try reader.heat(first, second).keep(at: heat.path) }
    let same = verdict.same != 0, isSure = bad.isSure(verdict.reasons.0, verdict.reasons.1)
    if common.json {
      let reasons = [verdict.reasons.0, verdict.reasons.1].map(reasonTexts)
      print(
        JSON.object([
          "distance": .single(verdict.distance), "threshold": .single(verdict.threshold),
          "same": isSure ? .bool(same) : .null, "model": .string(reader.name),
          "reasons": .array(reasons.map { .array($0.map(JSON.string)) })
        ]))
    } else if isSure {
      let who = same ? "same person" : "different people", threshold = fixed(verdict.threshold, 2)
      print("\(who), distance \(fixed(verdict.distance, 2)) (threshold \(threshold), \(reader.name))")
    }
    try bad.check([(first, verdict.reasons.0), (second, verdict.reasons.1)])
    try end(with: same)
  }
}

extension FaceReader {
  /// The main faces of two photos, and between them the pixels that count.
  fileprivate func heat(_ first: String, _ second: String) throws(Failure) -> Picture {
    let chips = try [first, second].map { path throws(Failure) in
      let photo = try Picture(ofFaces: path)
      return try embedder.align(photo, embedder.embed(photo, path, detector).0)
    }
    let maps = try embedder.heat(chips[0], chips[1])
    let side = 288, gap = 4, (width, height) = chips[0].size(longest: side)
    var sheet = try Sheet(width: Sheet.extent(4, width, gap: gap), height: height)
    for (i, picture) in [chips[0], maps.0, maps.1, chips[1]].enumerated() {
      sheet.put(
        try picture.resized(width: width, height: height, FS_BICUBIC), x: i * (width + gap), y: 0)
    }
    return try sheet.picture()
  }
}
