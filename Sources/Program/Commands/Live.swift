import ArgumentParser
import CFaceStyle

struct Live: Question {
  static let configuration = CommandConfiguration(
    abstract: "Says whether faces in photos are living people's, or pictures of them.",
    usage: "facestyle live <photo|folder> ... [--models <model> ...] [<options>]",
    discussion: """
      It looks at the largest face of each photo that a camera took. Prints and screens held before \
      the camera are recognised, most of the time; masks are not, nor is a file that never was \
      before a camera. docs/reference/liveness.md says how far to rely on it.

      With --json, there is one line for each photo: {"photo", "live", "score", "x", "y", "width", \
      "height"}. A photo that fails is {"photo", "error"}.

      The exit status is 0 for living people, 1 for a picture among them, and 2 if there is no \
      answer for a photo: it cannot be read, or has no face.
      """)

  @Argument(help: "\(anyPictureFormat) files, and folders of them.") var photos: [String]

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
    let detector = try search.open(), list = PhotoList(photos)
    var areLive = true
    let isDone = try list.each(common) { photo throws(Failure) in
      let picture = try Picture(opening: photo.path)
      guard let face = try detector.find(in: picture).first else {
        throw Failure("\(photo.path): no face was found in the photo", FS_NO_FACE)
      }
      let verdict = try liveness.verdict(of: face, in: picture), isLive = verdict.is_live != 0
      areLive = areLive && isLive
      if common.json {
        print(
          JSON.object([
            "photo": .string(photo.path), "live": .bool(isLive), "score": .single(verdict.score),
            "x": .single(face.x), "y": .single(face.y), "width": .single(face.width),
            "height": .single(face.height)
          ]))
      } else {
        let whose = list.photos.count > 1 ? "\(photo.path): " : ""
        print("\(whose)\(isLive ? "a living person" : "a picture"), score \(fixed(verdict.score, 2))")
      }
    }
    guard isDone else { throw ExitCode(noAnswer) }
    try end(with: areLive)
  }
}
