import ArgumentParser
import CFaceStyle

struct Detect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the faces in a photo.", usage: "facestyle detect <photo> [<options>]")

  @Argument(help: "A JPEG or PNG file.") var photo: String

  @Option(help: ArgumentHelp("The detector's model.", valueName: "file"))
  var model: String?

  @Option(help: ArgumentHelp("Side of the smallest face, in pixels.", valueName: "pixels"))
  var minFace: Float?

  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    let detector = try Detector(try openModel("mtcnn", asked: model), minFace: minFace)
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

extension fs_face {
  fileprivate var json: JSON {
    let points = [landmarks.0, landmarks.1, landmarks.2, landmarks.3, landmarks.4]
    return .object([
      "x": .single(x), "y": .single(y), "width": .single(width), "height": .single(height),
      "score": .single(score), "landmarks": .array(points.map(JSON.point)),
    ])
  }
}
