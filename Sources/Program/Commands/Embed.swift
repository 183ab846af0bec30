import ArgumentParser

struct Embed: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the embedding of a photo's main face, one number per line.",
    usage: "facestyle embed <photo> [<options>]")

  @Argument(help: "A \(anyPictureFormat) file.") var photo: String

  @Option(
    help: ArgumentHelp(
      "Write the network's input, the aligned face, to a \(anyWrittenEnding) file.", valueName: "file"),
    transform: PictureOutput.init(argument:))
  var chip: PictureOutput?

  @OptionGroup var face: FaceOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    try checkOutputs(chip?.path)
    let reader = try face.open()
    let picture = try Picture(ofFaces: photo)
    let (found, embedding) = try reader.embedder.embed(picture, photo, reader.detector)
    if let chip { try reader.embedder.align(picture, found).write(to: chip.path) }
    if common.json {
      print(
        JSON.object([
          "model": .string(reader.name), "architecture": .string(reader.architecture),
          "dimension": .integer(embedding.count),
          "embedding": .array(embedding.map(JSON.single))
        ]))
    } else {
      for number in embedding { print(number) }
    }
  }
}
