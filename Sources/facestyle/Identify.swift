import ArgumentParser

struct Identify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells who is on a photo.",
    usage: """
      facestyle identify <photo> <folder> [<options>]
      facestyle identify <photo> --gallery <gallery> [<options>]
      """,
    discussion: """
      The folder has a photo NAME.jpg for each person, a folder NAME with several photos, \
      or both; photos without a face are skipped. A gallery is made by \
      `facestyle gallery add`.
      """)

  @Argument(help: "The photo.") var photo: String
  @Argument(help: "The folder of people.") var folder: String?

  @Option(help: ArgumentHelp("A gallery instead of a folder: a file, or postgresql://user@host/database.", valueName: "gallery"))
  var gallery: String?

  @OptionGroup var key: KeyOption
  @OptionGroup var face: FaceOptions
  @OptionGroup var threshold: ThresholdOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if (folder == nil) == (gallery == nil) { throw ValidationError("A folder of people is wanted, or --gallery.") }
    if gallery == nil, key.keyFile != nil { throw ValidationError("--key-file is for a gallery.") }
  }

  func run() throws {
    try common.apply()
    let reader = try face.open()
    let embedding = try reader.embed(photo)
    let people: Gallery
    if let gallery {
      people = try Gallery(opening: gallery, reader.embedder, key: key.read(), .read)
    } else {
      people = try Gallery(reader.embedder)
      for (name, path) in try galleryPhotos(folder ?? "") {
        if let known = try reader.embedOrSkip(path) { try people.add(name, known) }
      }
    }
    guard people.photos > 0 else { throw Failure("\(nameOfGallery(gallery ?? folder ?? "")): no photo with a face") }
    let match = try people.identify(embedding, threshold: threshold.value)
    if common.json {
      print(
        JSON.object([
          "known": .bool(match.known != 0), "name": .string(match.person),
          "distance": .single(match.distance), "threshold": .single(match.threshold),
        ]))
    } else {
      print(match.summary)
    }
  }
}

/// Names and photos of a gallery's folder.
private func galleryPhotos(_ folder: String) throws(Failure) -> [(name: String, path: String)] {
  var found: [(String, String)] = []
  for entry in try contents(of: folder) {
    let path = "\(folder)/\(entry)"
    if kind(of: path) == .folder {
      for photo in try contents(of: path) where isPicture(photo) { found.append((entry, "\(path)/\(photo)")) }
    } else if isPicture(entry) {
      found.append((nameAndExtension(entry).0, path))
    }
  }
  return found
}
