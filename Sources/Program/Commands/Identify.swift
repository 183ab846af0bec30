import ArgumentParser
import CFaceStyle

struct Identify: Question {
  static let configuration = CommandConfiguration(
    abstract: "Names the people in photos.",
    usage: """
      facestyle identify <photo|folder> ... <people> [<options>]
      facestyle identify <photo|folder> ... --gallery <gallery> [<options>]
      """,
    discussion: """
      Every face of every photo is named. PEOPLE is a folder that has a photo NAME.jpg for each \
      person, a folder NAME with several photos, or both; photos without a face are skipped. \
      `facestyle gallery add` makes a gallery. A folder of photos stands for all pictures in it \
      and in the folders in it; - is a photo on the standard input.

      With --json, there is one line for each photo: {"photo", "width", "height", "model", \
      "threshold", "faces"}; each face has "x", "y", "width", "height", "score", "landmarks", \
      "known", "name" (null for a stranger), "nearest" (the nearest person, known or not), "distance", \
      "ambiguous", "runner_up", "runner_up_distance", "margin" and "reasons", which say why "known" \
      is null: there is no answer. A photo that fails is {"photo", "error"}.

      The exit status is 0 for known people, 1 for a stranger among them, and 2 if there is no \
      answer for a photo: it cannot be read, has no face, or only faces that are too bad to be \
      recognised, such as small, blurred or cut off ones. --any-face answers for bad faces, too.
      """)

  @Argument(
    help:
      "\(anyPictureFormat) files, and folders of them; without --gallery the last is the folder of people.")
  var photos: [String]

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
    try require(
      gallery != nil || photos.count > 1, "Give either a folder of people, after the photos, or --gallery.")
    try require(!photos.isEmpty, "No photo; expected one or more.")
    try require(gallery != nil || key.keyFile == nil, "--key-file is for a gallery.")
  }

  func run() throws {
    try common.apply()
    let list = PhotoList(gallery == nil ? photos.dropLast() : photos)
    if !list.hasAny {  // that is said before the people are read
      _ = try list.each(common) { photo throws(Failure) in _ = try Picture(ofFaces: photo.path) }
      throw ExitCode(noAnswer)
    }
    let (people, reader) = try open()
    var options = try rule.options()
    options.threshold = threshold.value
    let names = try FaceNames(people, reader.embedder, model: reader.name, options)
    let isOne = photos.count == (gallery == nil ? 2 : 1) && list.photos.count == 1
    var areKnown = true
    let isDone = try list.each(common) { photo throws(Failure) in
      let seen = try IdentifiedPhoto(photo.path, reader, names, areAnyGood: bad.anyFace)
      if common.json {
        print(seen.json)
      } else if seen.hasAnswer {
        print(seen.text(isOne: isOne))
      }
      areKnown = areKnown && seen.areKnown
      try bad.check(seen)
    }
    guard isDone else { throw ExitCode(noAnswer) }
    try end(with: areKnown)
  }

  private func open() throws(Failure) -> (Gallery, FaceReader) {
    let place = gallery ?? photos.last ?? ""
    let stored = try gallery.map { place throws(Failure) in
      try Gallery(opening: place, nil, key: key.read(), .read)
    }
    let reader = try face.open(for: stored)
    let people = if let stored { stored } else { try gallery(of: photosOfPeople(place), reader) }
    guard people.photos > 0 else { throw Failure("\(nameOfGallery(place)): no photo with a face") }
    return (people, reader)
  }

  private func gallery(
    of photos: [(name: String, path: String)], _ reader: FaceReader
  ) throws(Failure) -> Gallery {
    let people = try Gallery(reader.embedder)
    for (name, path) in photos {
      if let (known, _) = try reader.portrait(path, ofMain: true) { try people.add(name, known) }
    }
    return people
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
