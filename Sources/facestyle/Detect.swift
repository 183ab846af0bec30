import ArgumentParser
import CFaceStyle

struct Detect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the faces in a photo.", usage: "facestyle detect <photo> [<options>]")

  @Argument(help: "A JPEG or PNG file.") var photo: String

  @OptionGroup var search: SearchOptions

  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    let detector = try search.open()
    let picture = try Picture(opening: photo)
    let faces = try detector.find(in: picture)
    if common.json {
      print(
        JSON.object([
          "width": .integer(picture.width), "height": .integer(picture.height),
          "faces": .array(faces.map(\.json)),
        ]))
      return
    }
    let count = faces.isEmpty ? "no face" : counted(faces.count, "face", "faces")
    print("\(count) in \(photo) (\(picture.width)x\(picture.height))")
    for face in faces {
      print(
        "  \(fixed(face.width, 0))x\(fixed(face.height, 0)) at (\(fixed(face.x, 0)), \(fixed(face.y, 0))),"
          + " score \(fixed(face.score, 3))")
    }
  }
}

/// What to search for, with what, and where.
struct SearchOptions: ParsableArguments {
  /// Each by the name of its model.
  enum Kind: String, CaseIterable, ExpressibleByArgument { case mtcnn }

  @Option(help: "The network that finds faces.")
  var detector = Kind.mtcnn

  @Option(help: ArgumentHelp("The detector's model.", valueName: "file"))
  var model: String?

  @Option(
    name: [.customLong("min-size"), .customLong("min-face")],
    help: ArgumentHelp("Side of the smallest face, in pixels.", valueName: "pixels"))
  var minSize: Float?

  @Option(help: ArgumentHelp("Score from which on it is a face, 0 to 1.", valueName: "score"))
  var threshold: Float?

  @Option(help: ArgumentHelp("How many faces at most, the largest.", valueName: "count"))
  var maxFaces: UInt32?

  @Option(help: ArgumentHelp("The part of the photo to search, in pixels.", valueName: "x,y,width,height"))
  var region: Area?

  func open() throws(Failure) -> Detector {
    var options = try Detector.defaults()
    if let minSize { options.min_face = minSize }
    if let threshold { options.thresholds.2 = threshold }
    if let maxFaces { options.max_faces = maxFaces }
    if let region { options.region = region.value }
    return try Detector(try openModel(detector.rawValue, asked: model), options)
  }

  /// A rectangle on the command line: "100,50,320,240".
  struct Area: ExpressibleByArgument {
    let value: fs_region

    init?(argument: String) {
      let words = argument.split(separator: ",", omittingEmptySubsequences: false), numbers = words.compactMap { UInt32($0) }
      guard words.count == 4, numbers.count == 4, numbers[2] > 0, numbers[3] > 0 else { return nil }
      value = fs_region(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    }
  }
}

extension fs_face {
  fileprivate var json: JSON {
    let points = [landmarks.0, landmarks.1, landmarks.2, landmarks.3, landmarks.4]
    return .object([
      "x": .single(x), "y": .single(y), "width": .single(width), "height": .single(height),
      "score": .single(score), "landmarks": .array(points.map(JSON.point)),
    ])
  }
}
