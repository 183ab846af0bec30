import ArgumentParser
import CFaceStyle

struct Live: Question {
  static let configuration = CommandConfiguration(
    abstract: "Says whether the face in a photo is a living person's, or a picture of one.",
    usage: "facestyle live <photo> [--models <model> ...] [<options>]",
    discussion: """
      It looks at the largest face of a photo that a camera took. Prints and screens held before \
      the camera are recognised, most of the time; masks are not, nor is a file that never was \
      before a camera. docs/reference/liveness.md says how far to rely on it.

      The exit status is 0 for a living person, 1 for a picture, and 2 if there is no answer: the \
      photo cannot be read, or has no face.
      """)

  @Argument(help: "A photo.") var photo: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The networks, converted from MiniFASNet's. (default: liveness-2.7 and liveness-4.0)",
      valueName: "model"))
  var models: [String] = []

  @OptionGroup var search: SearchOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    let liveness = try Liveness(models.map { name throws(Failure) in try Model(opening: name) })
    let detector = try search.open(), picture = try Picture(opening: photo)
    guard let face = try detector.find(in: picture).first else {
      throw Failure("\(photo): no face was found in the photo", FS_NO_FACE)
    }
    let verdict = try liveness.verdict(of: face, in: picture), isLive = verdict.is_live != 0
    if common.json {
      print(
        JSON.object([
          "live": .bool(isLive), "score": .single(verdict.score), "x": .single(face.x), "y": .single(face.y),
          "width": .single(face.width), "height": .single(face.height)
        ]))
    } else {
      print("\(isLive ? "a living person" : "a picture"), score \(fixed(verdict.score, 2))")
    }
    try end(with: isLive)
  }
}
