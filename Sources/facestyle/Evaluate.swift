import ArgumentParser
import CFaceStyle

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how well an embedder verifies, on labelled pairs of photos.",
    usage: "facestyle evaluate --pairs <file> --images <folder> [<options>]",
    discussion: """
      FILE is like LFW's pairs.txt: the number of folds and of pairs on the first line, then \
      in each fold so many pairs NAME i j of one person, and as many NAME i OTHER j of two. \
      Photo i of NAME is NAME/NAME_000i.jpg in the folder.

      Each fold is judged by the threshold that is right most often on all others. A photo in \
      which no face is found counts: its pairs are never taken for one person, whatever the \
      threshold. The pairs of a photo that cannot be read are left out. Both are reported.
      """)

  @Option(help: ArgumentHelp("The list of pairs.", valueName: "file"))
  var pairs: String

  @Option(help: ArgumentHelp("The folder of photos.", valueName: "folder"))
  var images: String

  @Option(
    help: ArgumentHelp(
      "Five points in each photo, as JSON; the detector looks for the face in photos that it lacks.",
      valueName: "file"))
  var landmarks: String?

  @Flag(help: "Embed each face and its mirror image, and take the mean.")
  var flip = false

  @OptionGroup var face: FaceOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    let list = try PairList(opening: pairs)
    let photos = list.photos
    guard kind(of: images) == .folder else { throw Failure("\(images): no folder of photos") }
    let given = try landmarks.map { path throws(Failure) in try Landmarks(opening: path) }
    let faces = try photos.map { photo throws(Failure) in try given?.face(in: photo) }
    let (embedder, model) = try face.openEmbedder()
    let detector = faces.contains { $0 == nil } ? try face.openDetector() : nil

    let paths = photos.map { "\(images)/\($0)" }
    let outcomes = try PhotoEmbedder(paths, faces, embedder, detector, isMirrored: flip).run()
    var skipped = Skipped(outcomes)
    skipped.tell()
    guard skipped.unreadable.count < photos.count else { throw Failure("\(images): none of the \(photos.count) photos can be read") }

    var distances: [Double] = [], same: [UInt8] = [], folds: [Int32] = []
    for pair in try list.pairs {
      guard let distance = try distance(outcomes[Int(pair.first)], outcomes[Int(pair.second)], &skipped) else { continue }
      distances.append(distance)
      same.append(pair.same)
      folds.append(Int32(pair.fold))
    }
    var evaluation = fs_evaluation()
    try check(fs_evaluate_pairs(distances, same, folds, distances.count, nil, &evaluation), pairs)
    let result = EvaluationReport(model: model, photos: photos.count, skipped: skipped, evaluation)
    print(common.json ? result.json.description : result.text)
  }

  /// Infinite if a face was not found, nil if a photo could not be read.
  private func distance(
    _ a: PhotoEmbedder.Outcome, _ b: PhotoEmbedder.Outcome, _ skipped: inout Skipped
  ) throws(Failure) -> Double? {
    switch (a, b) {
    case (.unreadable, _), (_, .unreadable):
      skipped.pairsLeftOut += 1
      return nil
    case (.embedding(let a), .embedding(let b)):
      var distance: Float = 0
      try check(fs_distance(a, b, a.count, &distance))
      return Double(distance)
    default:
      skipped.pairsRejected += 1
      return .infinity
    }
  }
}

/// Photos that gave no embedding, and what that meant for the pairs.
struct Skipped {
  private(set) var noFace: [String] = [], unreadable: [String] = []
  var pairsRejected = 0, pairsLeftOut = 0

  init(_ outcomes: [PhotoEmbedder.Outcome]) {
    for outcome in outcomes {
      switch outcome {
      case .embedding: break
      case .noFace(let reason): noFace.append(reason)
      case .unreadable(let reason): unreadable.append(reason)
      }
    }
  }

  /// On the error stream, a line for each photo up to a screenful.
  func tell() {
    for reasons in [unreadable, noFace] {
      for reason in reasons.prefix(20) { warn("skipped \(reason)") }
      if reasons.count > 20 { warn("skipped \(grouped(reasons.count - 20)) more photos for the same reason") }
    }
  }
}
