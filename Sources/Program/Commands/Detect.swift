import ArgumentParser
import CFaceStyle
import Glibc

struct Detect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the faces in photos, and marks them on copies.",
    usage: "facestyle detect <photo|folder> ... [-o <folder>] [<options>]",
    discussion: """
      A folder stands for all pictures in it and in the folders in it, without hidden ones.

      With -o, a copy of each photo goes to that folder, with boxes, points, and a label if there \
      is more than one face or a gallery: its number in the order of the output, or the \
      person's name, or ? for a stranger. A photo of a folder keeps its path in it. No photo is \
      ever replaced; of two photos of one name the second becomes NAME-2.

      With --json, there is one line for each photo: {"photo", "width", "height", "faces", \
      "marked"}, the last with -o; each face has "x", "y", "width", "height", "score", \
      "landmarks", with --dense "dense_landmarks", with --quality "quality", with --crops "crop", and \
      with --gallery "name" (null for a stranger), "nearest" and "distance"; the photo \
      has "model" and "threshold" then. A photo that fails is {"photo", "error"}.

      A photo that cannot be read or written is reported, and the others are done. The exit \
      status is then 1; it is 0 if all were done, with faces or without.
      """)

  @Argument(help: "\(anyPictureFormat) files, and folders of them.") var photos: [String]

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("A folder for copies with marks; created if it does not exist.", valueName: "folder"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A folder for the faces, each cut out as NAME-1.png, NAME-2.png and so on; created if it does not exist.",
      valueName: "folder"))
  var crops: String?

  @OptionGroup var search: SearchOptions
  @OptionGroup(title: "Names") var names: NameOptions

  @Flag(help: "Print the quality of each face, and reasons to reject it.")
  var quality = false

  @Option(
    help: ArgumentHelp(
      "Find many points of each face with this model, converted from a PFLD.", valueName: "model"))
  var dense: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if photos.isEmpty { throw ValidationError("Missing expected argument '<photos> ...'") }
  }

  func run() throws {
    try common.apply()
    let detector = try search.open()
    let names = try names.open(detector)
    let dense = try dense.map { name throws(Failure) in try DenseLandmarks(Model(opening: name)) }
    let list = PhotoList(photos, without: output)
    var copies = try output.map { path throws(Failure) in try CopyFolder(path, for: list.photos) }
    var cutOuts = try crops.map { path throws(Failure) in try CopyFolder(path, for: list.photos) }
    let isDone = try list.each(common) { photo throws(Failure) in
      var seen = try SeenPhoto(photo.path, detector, names, withQuality: quality, dense)
      if copies != nil, let place = try copies?.place(for: photo) { try seen.mark(at: place) }
      if cutOuts != nil {
        let stem = nameAndExtension(photo.name).0
        try seen.crop { number throws(Failure) in
          try cutOuts?.place(for: .init(path: photo.path, name: "\(stem)-\(number).png")) ?? ""
        }
      }
      print(common.json ? seen.json.description : seen.text)
    }
    if !isDone { throw ExitCode.failure }
  }
}

/// How to search, for which faces, and where.
struct SearchOptions: ParsableArguments {
  /// The networks of a word, or of a model's name or file.
  struct Networks: ExpressibleByArgument {
    let modelName: String

    init(argument: String) {
      modelName =
        switch argument {
        case "yunet": "faces-yunet"
        case "cascade": "faces-cascade"
        default: argument
        }
    }
  }

  @Option(
    help: ArgumentHelp(
      "The networks that find faces: yunet, mtcnn, cascade, without landmarks, or any model's. (default: the best with them)",
      valueName: "model"))
  var detector: Networks?

  @Option(help: ArgumentHelp("The detector's model.", valueName: "model"))
  var model: String?

  @Flag(help: "Also find a face that fills the picture.")
  var closeUps = false

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
    if closeUps { options.close_ups = 1 }
    return try Detector(try openModel(detector?.modelName ?? Role.facesWithPoints, asked: model), options)
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

/// A gallery that names the faces.
struct NameOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Name the faces by a gallery: a file, or postgresql://user@host/database.", valueName: "gallery"))
  var gallery: String?

  @OptionGroup var key: KeyOption

  @Option(help: ArgumentHelp("The embedder's model.", valueName: "model"))
  var embedder: String?

  func validate() throws {
    if gallery == nil, key.keyFile != nil || embedder != nil {
      throw ValidationError("--key-file and --embedder are for a --gallery.")
    }
  }

  /// nil without a gallery.
  func open(_ detector: Detector) throws(Failure) -> FaceNames? {
    guard let gallery else { return nil }
    guard detector.findsPoints else {
      throw Failure("this detector finds no points, by which faces are named; expected another --detector")
    }
    let people = try Gallery(opening: gallery, nil, key: key.read(), .read)
    let (embedder, model) = try openEmbedder(asked: embedder, for: people)
    return try FaceNames(people, embedder, model: model.name, Gallery.identifyDefaults())
  }
}
