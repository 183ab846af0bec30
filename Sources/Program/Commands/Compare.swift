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

      With --json "same" is null without an answer, and "reasons" are those against each face.
      """)

  @Argument(help: "A photo.") var first: String
  @Argument(help: "Another photo.") var second: String

  @OptionGroup var face: FaceOptions
  @OptionGroup var bad: BadFaceOption
  @OptionGroup var threshold: ThresholdOption
  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    let reader = try face.open()
    // One at a time, so that an error names its photo.
    let (a, b) = (try reader.read(first), try reader.read(second))
    var distance: Float = 0
    try check(fs_distance(a.embedding, b.embedding, a.embedding.count, &distance))
    let limit = threshold.threshold ?? reader.embedder.threshold
    let same = distance <= limit, isSure = bad.anyFace || (a.reasons.isEmpty && b.reasons.isEmpty)
    if common.json {
      print(
        JSON.object([
          "distance": .single(distance), "threshold": .single(limit), "same": isSure ? .bool(same) : .null,
          "model": .string(reader.name),
          "reasons": .array([a, b].map { .array($0.reasons.map(JSON.string)) })
        ]))
    } else if isSure {
      let who = same ? "same person" : "different people"
      print("\(who), distance \(fixed(distance, 2)) (threshold \(fixed(limit, 2)), \(reader.name))")
    }
    try bad.check([(first, a), (second, b)])
    try end(with: same)
  }
}
