import ArgumentParser
import CFaceStyle

/// Pairs of photos, labelled as one person or two: those of a list, or all in a folder of people.
struct LabelledPairsOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The list of pairs.", valueName: "file"))
  var pairs: String?

  @Option(help: ArgumentHelp("The folder of the list's photos.", valueName: "folder"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "Instead of a list: a folder with a folder of photos for each person.", valueName: "folder"))
  var people: String?

  @Option(
    help: ArgumentHelp(
      "Five points in each photo, as JSON; the detector looks for the face in photos that it lacks.",
      valueName: "file"))
  var landmarks: String?

  @Flag(help: "Embed each face and its mirror image, and take the mean.")
  var flip = false

  /// The file or folder with the pairs; empty if there is none.
  var place: String { pairs ?? people ?? "" }

  func validate() throws {
    if pairs != nil, people != nil {
      throw ValidationError("--pairs and --people are given; expected one of them.")
    }
    if (pairs == nil) != (images == nil) {
      throw ValidationError("--pairs is a list of photos in the folder of --images; expected both.")
    }
    if pairs == nil, people == nil, landmarks != nil || flip {
      throw ValidationError("--landmarks and --flip are for photos; expected --pairs or --people.")
    }
  }

  /// Measures the distance of each pair, and reports skipped photos on the error stream.
  /// - Parameters:
  ///   - byFolds: whether pairs of a folder of people are to have folds that share nobody.
  ///   - check: looks at the pairs before photos are embedded, which may take long.
  func measure(
    _ face: FaceOptions, for gallery: Gallery? = nil, byFolds: Bool,
    check: ([fs_pair]) throws(Failure) -> Void = { (_) throws(Failure) in }
  ) throws(Failure) -> LabelledPairs {
    let (folder, photos, listed) = try listed(byFolds: byFolds)
    for (same, people) in [(1, "one person"), (0, "two people")]
    where !listed.contains(where: { $0.same == same }) {
      throw Failure("\(place): no pair of \(people); expected pairs of one person and of two")
    }
    try check(listed)
    guard kind(of: folder) == .folder else { throw Failure("\(folder): no folder of photos") }
    let given = try landmarks.map { path throws(Failure) in try Landmarks(opening: path) }
    let faces = try photos.map { photo throws(Failure) in try given?.face(in: photo) }
    let (embedder, opened) = try openEmbedder(asked: face.model, for: gallery), model = opened.name
    guard embedder.isAligning || given == nil else {
      throw Failure("--landmarks is given, the model \(model) sees whole photos")
    }
    let detector = embedder.isAligning && faces.contains { $0 == nil } ? try face.openDetector() : nil

    let paths = photos.map { "\(folder)/\($0)" }
    let outcomes = try PhotoEmbedder(paths, faces, embedder, detector, isMirrored: flip).run()
    var measured = LabelledPairs(model: model, photos: photos.count, skipped: Skipped(outcomes))
    measured.skipped.warnAll()
    guard measured.skipped.unreadable.count < photos.count else {
      throw Failure("\(folder): none of the \(photos.count) photos can be read")
    }
    for pair in listed {
      try measured.add(pair, outcomes[Int(pair.first)], outcomes[Int(pair.second)])
    }
    return measured
  }

  /// The folder of the photos, their paths in it, and the pairs.
  private func listed(
    byFolds: Bool
  ) throws(Failure) -> (folder: String, photos: [String], pairs: [fs_pair]) {
    if let pairs {
      let list = try PairList(opening: pairs)
      return (images ?? "", list.photos, try list.pairs)
    }
    let folder = people ?? "", photos = try photosOfPeople(folder)
    let pairs = allPairs(of: photos.map(\.name), byFolds: byFolds)
    return (folder, photos.map { String($0.path.dropFirst(folder.count + 1)) }, pairs)
  }
}

/// All pairs of photos of one person, and those of two people: at most 2^22 of these, evenly taken.
/// - Parameters:
///   - owners: whom each photo shows.
///   - byFolds: people are dealt to ten folds, or to fewer with two people in each, and only pairs within a
///     fold are taken, so that no person is in two.
func allPairs(of owners: [String], byFolds: Bool) -> [fs_pair] {
  var numbers: [String: Int] = [:]
  let people = owners.map { owner in
    let number = numbers[owner] ?? numbers.count
    numbers[owner] = number
    return number
  }
  let folds = byFolds ? max(1, min(10, numbers.count / 2)) : 1
  func isTaken(_ i: Int, _ j: Int) -> Bool { people[i] % folds == people[j] % folds }
  var strangers = 0
  for j in people.indices { for i in 0..<j where people[i] != people[j] && isTaken(i, j) { strangers += 1 } }
  let step = max(1, (strangers + (1 << 22) - 1) >> 22)
  var pairs: [fs_pair] = [], seen = 0
  for j in people.indices {
    for i in 0..<j where isTaken(i, j) {
      let isSame = people[i] == people[j]
      if !isSame {
        seen += 1
        guard seen.isMultiple(of: step) else { continue }
      }
      pairs.append(
        fs_pair(
          first: UInt64(i), second: UInt64(j), same: isSame ? 1 : 0, fold: UInt32(people[i] % folds)))
    }
  }
  return pairs
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

  /// All pairs of a gallery's photos.
  init(_ gallery: Gallery, model: String) throws(Failure) {
    let photos = try gallery.listPhotos(of: nil)
    let embeddings = try gallery.embeddings(of: photos.map(\.photo))
    self.init(model: model, photos: photos.count, skipped: Skipped([]))
    for pair in allPairs(of: photos.map { fixedText($0.name) }, byFolds: false) {
      try add(pair, .embedding(embeddings[Int(pair.first)]), .embedding(embeddings[Int(pair.second)]))
    }
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
