import ArgumentParser
import CFaceStyle

struct Embed: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the embeddings of faces.",
    usage: """
      facestyle embed <photo> [<options>]
      facestyle embed <photo|folder> ... --json [<options>]
      facestyle embed <folder> -o <file> [<options>]
      """,
    discussion: """
      Without --json, the main face of one photo, one number per line. With it, all faces of all \
      photos, one line for each photo: {"photo", "width", "height", "model", "architecture", \
      "dimension", "faces"}; each face has "x", "y", "width", "height", "score", "landmarks" and \
      "embedding". A photo that fails is {"photo", "error"}; the others are done, and the exit status is 1.

      With -o, all faces of a folder of any size go to one Parquet file, by the Python package, which \
      must be installed with pyarrow for the python3 in the path. A run that was stopped or killed goes \
      on with the same command. docs/many-photos.md has the columns.
      """)

  @Argument(help: "\(anyPictureFormat) files, and folders of them.") var photos: [String]

  @Option(
    help: ArgumentHelp(
      "Write the network's input, the aligned main face, to a \(anyWrittenEnding) file.", valueName: "file"),
    transform: PictureOutput.init(argument:))
  var chip: PictureOutput?

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write all faces of a folder to a .parquet file.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "With -o, the maximum number of faces of a photo; the largest are kept.", valueName: "count"))
  var maxFaces: UInt32?

  @Flag(help: "With -o, begin anew where the output is there.")
  var overwrite = false

  @OptionGroup var face: FaceOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if output != nil {
      try require(photos.count == 1, "\(photos.count) folders with --output; expected one.")
      try require(chip == nil, "--chip is of one photo; expected none with --output.")
      return
    }
    try require(maxFaces == nil && !overwrite, "--max-faces and --overwrite are for an --output.")
    try require(!photos.isEmpty, "No photo; expected one or more.")
    try require(
      photos.count == 1 || (common.json && chip == nil),
      "\(photos.count) photos; expected one, or --json without --chip.")
  }

  func run() throws {
    if output != nil { try becomeTableCommand() }
    try common.apply()
    try checkOutputs(chip?.path)
    let reader = try face.open()
    if let chip, let photo = photos.first {
      let picture = try Picture(ofFaces: photo)
      let (found, _) = try reader.embedder.embed(picture, photo, reader.detector)
      try reader.embedder.align(picture, found).write(to: chip.path)
    }
    guard common.json else {
      let photo = photos[0], picture = try Picture(ofFaces: photo)
      for number in try reader.embedder.embed(picture, photo, reader.detector).1 { print(number) }
      return
    }
    let isDone = try PhotoList(photos).each(common) { photo throws(Failure) in
      print(try json(photo.path, reader))
    }
    if !isDone { throw ExitCode.failure }
  }

  private func json(_ path: String, _ reader: FaceReader) throws(Failure) -> JSON {
    let photo = try Picture(ofFaces: path), factor = Float(photo.reduction)
    var faces: [JSON] = []
    if let detector = reader.detector {
      let found = try detector.find(in: photo)
      for (face, embedding) in zip(found, try reader.embedder.embed(photo, found)) {
        faces.append(.members(face.enlarged(factor).members + [("embedding", numbers(embedding))]))
      }
    } else {
      faces = [.object(["embedding": numbers(try reader.embedder.embed(photo, path, nil).1)])]
    }
    return .object([
      "photo": .string(path), "width": .integer(photo.width * photo.reduction),
      "height": .integer(photo.height * photo.reduction), "model": .string(reader.name),
      "architecture": .string(reader.architecture), "dimension": .integer(reader.embedder.dimension),
      "faces": .array(faces)
    ])
  }

  private func numbers(_ embedding: [Float]) -> JSON { .array(embedding.map(JSON.single)) }
}
