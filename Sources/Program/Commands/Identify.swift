import ArgumentParser
import CFaceStyle

struct Identify: Question {
  static let configuration = CommandConfiguration(
    abstract: "Names the person in a photo.",
    usage: """
      facestyle identify <photo> <folder> [<options>]
      facestyle identify <photo> --gallery <gallery> [<options>]
      """,
    discussion: """
      The folder has a photo NAME.jpg for each person, a folder NAME with several photos, \
      or both; photos without a face are skipped. `facestyle gallery add` makes a gallery. \
      With --json a stranger's "name" is null; "nearest" is the nearest person, known or not. \
      Without an answer "known" is null, too, and "reasons" say why.

      The exit status is 0 for a known person, 1 for a stranger, and 2 if there is no answer: the \
      photo cannot be read, has no face, or only one that is too bad to be recognised, such as one \
      that is small, blurred or cut off. --any-face answers for bad faces, too.
      """)

  @Argument(help: "The photo.") var photo: String
  @Argument(help: "The folder of people.") var folder: String?

  @Option(
    help: ArgumentHelp(
      "A gallery instead of a folder: a file, or postgresql://user@host/database.", valueName: "gallery"))
  var gallery: String?

  @OptionGroup var key: KeyOption
  @OptionGroup var face: FaceOptions
  @OptionGroup var bad: BadFaceOption
  @OptionGroup var threshold: ThresholdOption
  @OptionGroup var rule: RuleOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if (folder == nil) == (gallery == nil) {
      throw ValidationError("Give either a folder of people or --gallery.")
    }
    if gallery == nil, key.keyFile != nil { throw ValidationError("--key-file is for a gallery.") }
  }

  func run() throws {
    try common.apply()
    let stored = try gallery.map { place throws(Failure) in
      try Gallery(opening: place, nil, key: key.read(), .read)
    }
    let reader = try face.open(for: stored)
    let picture = try Picture(ofFaces: photo)
    let people: Gallery
    if let stored, let gallery {
      // Opened again with another model's embedder, it says what is wrong.
      people =
        try stored.info.model == reader.fingerprint
        ? stored : Gallery(opening: gallery, reader.embedder, key: key.read(), .read)
    } else {
      people = try Gallery(reader.embedder)
      for (name, path) in try galleryPhotos(folder ?? "") {
        if let known = try reader.embedOrSkip(path) { try people.add(name, known) }
      }
    }
    guard people.photos > 0 else {
      throw Failure("\(nameOfGallery(gallery ?? folder ?? "")): no photo with a face")
    }
    var options = try rule.options()
    options.threshold = threshold.value
    let match = try reader.identify(picture, photo, in: people, options), isSure = bad.isSure(match.reasons)
    if common.json {
      print(
        JSON.object([
          "known": isSure ? .bool(match.known != 0) : .null,
          "name": isSure ? match.person.map(JSON.string) ?? .null : .null,
          "nearest": .string(fixedText(match.nearest)),
          "distance": .single(match.distance), "threshold": .single(match.threshold),
          "ambiguous": .bool(match.ambiguous != 0), "runner_up": match.next.map(JSON.string) ?? .null,
          "runner_up_distance": .single(match.runner_up_distance), "margin": .single(match.margin),
          "model": .string(reader.name), "reasons": .array(reasonTexts(match.reasons).map(JSON.string))
        ]))
    } else if isSure {
      print(match.summary(by: reader.name))
    }
    try bad.check([(photo, match.reasons)])
    try end(with: match.known != 0)
  }
}

/// How a person's photos are combined, and how clear the result must be.
struct RuleOptions: ParsableArguments {
  enum Rule: String, CaseIterable, ExpressibleByArgument {
    case nearest, mean, template, vote

    var value: fs_rule {
      switch self {
      case .nearest: FS_RULE_NEAREST
      case .mean: FS_RULE_MEAN
      case .template: FS_RULE_TEMPLATE
      case .vote: FS_RULE_VOTE
      }
    }
  }

  @Option(help: "How a person's photos are combined.")
  var rule = Rule.nearest

  @Option(help: ArgumentHelp("By how much the next person must be farther.", valueName: "distance"))
  var margin: Float?

  @Option(help: ArgumentHelp("How many photos vote.", valueName: "count"))
  var neighbours: UInt32?

  func validate() throws {
    if let margin, !(margin >= 0 && margin.isFinite) {
      throw ValidationError("--margin is \(margin); expected 0 or more.")
    }
    guard let neighbours else { return }
    if rule != .vote { throw ValidationError("--neighbours is for --rule vote.") }
    if neighbours == 0 { throw ValidationError("--neighbours is 0; expected 1 or more.") }
  }

  func options() throws(Failure) -> fs_identify_options {
    var options = try Gallery.identifyDefaults()
    options.rule = rule.value
    if let margin { options.margin = margin }
    if let neighbours { options.neighbours = neighbours }
    return options
  }
}

/// Names and photos of a gallery's folder. A name is UTF-8: other bytes are escaped, so that different names
/// stay different.
private func galleryPhotos(_ folder: String) throws(Failure) -> [(name: String, path: String)] {
  var found: [(String, String)] = []
  for entry in try contents(of: folder) {
    let path = "\(folder)/\(entry)"
    if kind(of: path) == .folder {
      for photo in try contents(of: path) where isPicture(photo) {
        found.append((spelled(entry), "\(path)/\(photo)"))
      }
    } else if isPicture(entry) {
      found.append((spelled(nameAndExtension(entry).0), path))
    }
  }
  return found
}
