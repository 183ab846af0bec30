import ArgumentParser
import CFaceStyle

/// Pairs of photos, labelled as one person or two.
struct LabelledPairsOptions: ParsableArguments {
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

  /// Measures the distance of each pair, and reports skipped photos on the error stream.
  func measure(_ face: FaceOptions) throws(Failure) -> LabelledPairs {
    let list = try PairList(opening: pairs)
    let photos = list.photos
    let listed = try list.pairs
    for (same, people) in [(1, "one person"), (0, "two people")]
    where !listed.contains(where: { $0.same == same }) {
      throw Failure("\(pairs): no pair of \(people); expected pairs of one person and of two")
    }
    guard kind(of: images) == .folder else { throw Failure("\(images): no folder of photos") }
    let given = try landmarks.map { path throws(Failure) in try Landmarks(opening: path) }
    let faces = try photos.map { photo throws(Failure) in try given?.face(in: photo) }
    let (embedder, opened) = try face.openEmbedder(), model = opened.name
    guard embedder.isAligning || given == nil else {
      throw Failure("--landmarks is given, the model \(model) sees whole photos")
    }
    let detector = embedder.isAligning && faces.contains { $0 == nil } ? try face.openDetector() : nil

    let paths = photos.map { "\(images)/\($0)" }
    let outcomes = try PhotoEmbedder(paths, faces, embedder, detector, isMirrored: flip).run()
    var measured = LabelledPairs(model: model, photos: photos.count, skipped: Skipped(outcomes))
    measured.skipped.warnAll()
    guard measured.skipped.unreadable.count < photos.count else {
      throw Failure("\(images): none of the \(photos.count) photos can be read")
    }
    for pair in listed {
      try measured.add(pair, outcomes[Int(pair.first)], outcomes[Int(pair.second)])
    }
    return measured
  }
}

/// Distances of labelled pairs.
struct LabelledPairs {
  /// The embedder's architecture.
  let model: String
  let photos: Int
  var skipped: Skipped
  private(set) var distances: [Double] = [], same: [Int32] = [], folds: [Int32] = []

  init(model: String, photos: Int, skipped: Skipped) {
    (self.model, self.photos, self.skipped) = (model, photos, skipped)
  }

  /// The distance is infinite if a face was not found; a pair with an unreadable photo is left out.
  mutating func add(_ pair: fs_pair, _ a: PhotoEmbedder.Outcome, _ b: PhotoEmbedder.Outcome) throws(Failure) {
    switch (a, b) {
    case (.unreadable, _), (_, .unreadable):
      skipped.pairsLeftOut += 1
      return
    case (.embedding(let a), .embedding(let b)):
      var distance: Float = 0
      try check(fs_distance(a, b, a.count, &distance))
      distances.append(Double(distance))
    default:
      skipped.pairsRejected += 1
      distances.append(.infinity)
    }
    same.append(pair.same)
    folds.append(Int32(pair.fold))
  }
}

/// Photos without an embedding, and the consequences for the pairs.
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

  /// Prints to the error stream, one line per photo, up to a screenful.
  func warnAll() {
    for reasons in [unreadable, noFace] {
      for reason in reasons.prefix(20) { warn("skipped \(reason)") }
      if reasons.count > 20 { warn("skipped \(grouped(reasons.count - 20)) more photos for the same reason") }
    }
  }

  var json: JSON {
    .object([
      "no_face": .integer(noFace.count), "unreadable": .integer(unreadable.count),
      "pairs_rejected": .integer(pairsRejected), "pairs_left_out": .integer(pairsLeftOut)
    ])
  }

  /// The lines of a report below its table.
  var lines: [String] {
    var lines: [String] = []
    if !noFace.isEmpty {
      lines += [
        "",
        "  \(counted(noFace.count, "photo has", "photos have")) no face: "
          + "\(counted(pairsRejected, "pair is", "pairs are")) never taken for one person"
      ]
    }
    if !unreadable.isEmpty {
      lines += [
        "",
        "  \(counted(unreadable.count, "photo", "photos")) cannot be read: "
          + "\(counted(pairsLeftOut, "pair is", "pairs are")) left out"
      ]
    }
    return lines
  }
}
