import ArgumentParser
import CFaceStyle

struct Detect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the faces in a photo.", usage: "facestyle detect <photo> [<options>]")

  @Argument(help: "A \(anyPictureFormat) file.") var photo: String

  @OptionGroup var search: SearchOptions

  @Flag(help: "Print the quality of each face, and reasons to reject it.")
  var quality = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    let detector = try search.open()
    let picture = try Picture(opening: photo)
    let faces = try detector.find(in: picture)
    let qualities = quality ? try faces.map { face throws(Failure) in try picture.quality(of: face) } : nil
    if common.json {
      print(
        JSON.object([
          "width": .integer(picture.width), "height": .integer(picture.height),
          "faces": .array(faces.indices.map { json(faces[$0], qualities?[$0]) })
        ]))
      return
    }
    let count = faces.isEmpty ? "no face" : counted(faces.count, "face", "faces")
    print("\(count) in \(photo) (\(picture.width)x\(picture.height))")
    for (i, face) in faces.enumerated() {
      print(
        "  \(fixed(face.width, 0))x\(fixed(face.height, 0)) at (\(fixed(face.x, 0)), \(fixed(face.y, 0))),"
          + " score \(fixed(face.score, 3))")
      if let quality = qualities?[i] { print(quality.summary) }
    }
  }

  private func json(_ face: fs_face, _ quality: fs_quality?) -> JSON {
    let points = [face.landmarks.0, face.landmarks.1, face.landmarks.2, face.landmarks.3, face.landmarks.4]
    let (x, y, width, height) = (
      JSON.single(face.x), JSON.single(face.y), JSON.single(face.width), JSON.single(face.height)
    )
    let (score, landmarks) = (
      JSON.single(face.score), JSON.array(points[0].x.isNaN ? [] : points.map(JSON.point))
    )
    guard let quality else {
      return .object([
        "x": x, "y": y, "width": width, "height": height, "score": score, "landmarks": landmarks
      ])
    }
    return .object([
      "x": x, "y": y, "width": width, "height": height, "score": score, "landmarks": landmarks,
      "quality": quality.json
    ])
  }
}

/// How to search, for which faces, and where.
struct SearchOptions: ParsableArguments {
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case yunet, mtcnn, cascade

    /// The default file's name.
    var modelName: String { self == .mtcnn ? "mtcnn" : "faces-\(self)" }
  }

  @Option(help: "The networks that find faces: by default yunet, or else mtcnn; cascade finds no points.")
  var detector: Kind?

  @Option(help: ArgumentHelp("The detector's model.", valueName: "file"))
  var model: String?

  @Option(
    name: [.customLong("min-size"), .customLong("min-face")],
    help: ArgumentHelp("Side of the smallest face, in pixels.", valueName: "pixels"))
  var minSize: Float?

  @Option(help: ArgumentHelp("Lowest score of a face, 0 to 1.", valueName: "score"))
  var threshold: Float?

  @Option(help: ArgumentHelp("The maximum number of faces; the largest are kept.", valueName: "count"))
  var maxFaces: UInt32?

  @Option(help: ArgumentHelp("The part of the photo to search, in pixels.", valueName: "x,y,width,height"))
  var region: Area?

  func open() throws(Failure) -> Detector {
    var options = try Detector.defaults()
    if let minSize { options.min_face = minSize }
    if let threshold { options.thresholds.2 = threshold }
    if let maxFaces { options.max_faces = maxFaces }
    if let region { options.region = region.value }
    return try Detector(try openDetectorModel(detector?.modelName, asked: model), options)
  }

  /// A rectangle on the command line: "100,50,320,240".
  struct Area: ExpressibleByArgument {
    let value: fs_region

    init?(argument: String) {
      let words = argument.split(separator: ",", omittingEmptySubsequences: false),
        numbers = words.compactMap { UInt32($0) }
      guard words.count == 4, numbers.count == 4, numbers[2] > 0, numbers[3] > 0 else { return nil }
      value = fs_region(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    }
  }
}

extension Picture {
  fileprivate func quality(of face: fs_face) throws(Failure) -> fs_quality {
    var (face, quality) = (face, fs_quality())
    quality.size = MemoryLayout<fs_quality>.size
    try check(fs_face_quality(handle, &face, nil, &quality))
    return quality
  }
}

extension fs_quality {
  fileprivate var reasonTexts: [String] {
    (0..<32).filter { reasons >> UInt32($0) & 1 != 0 }.map {
      String(cString: fs_quality_reason_text(fs_quality_reason(rawValue: 1 << UInt32($0))))
    }
  }

  fileprivate var summary: String {
    let reasons = reasonTexts.isEmpty ? "no reason against it" : reasonTexts.joined(separator: ", ")
    return "    quality \(fixed(score, 2)): \(reasons)\n"
      + "    \(fixed(eye_distance, 0)) pixels between the eyes, sharpness \(fixed(sharpness, 0)),"
      + (yaw.isNaN
        ? " no points, so no pose\n"
        : " yaw \(fixed(yaw, 0)), pitch \(fixed(pitch, 0)), roll \(fixed(roll, 0))\n")
      + "    brightness \(fixed(brightness, 0)), contrast \(fixed(contrast, 0)),"
      + " clipped \(fixed(100 * (clipped_dark + clipped_bright), 0)) %, outside \(fixed(100 * outside, 0)) %"
  }

  fileprivate var json: JSON {
    .object([
      "score": .single(score), "reasons": .array(reasonTexts.map(JSON.string)),
      "eye_distance": .single(eye_distance),
      "sharpness": .single(sharpness), "yaw": .single(yaw), "pitch": .single(pitch), "roll": .single(roll),
      "brightness": .single(brightness), "contrast": .single(contrast), "clipped_dark": .single(clipped_dark),
      "clipped_bright": .single(clipped_bright), "outside": .single(outside)
    ])
  }
}
