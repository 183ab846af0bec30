import ArgumentParser

struct Identify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells who is on a photo.",
    usage: "facestyle identify <photo> <gallery> [<options>]",
    discussion: """
      The gallery is a folder with a photo NAME.jpg for each person, a folder NAME with \
      several photos, or both. Photos without a face are skipped.
      """)

  @Argument(help: "The photo.") var photo: String
  @Argument(help: "The folder of people.") var gallery: String

  @OptionGroup var face: FaceOptions
  @OptionGroup var threshold: ThresholdOption
  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    let reader = try face.open()
    let embedding = try reader.embed(photo)
    let people = try Gallery(reader.embedder)
    for (name, path) in try galleryPhotos(gallery) {
      if let known = try reader.embedOrSkip(path) { try people.add(name, known) }
    }
    guard people.photos > 0 else { throw Failure("\(gallery): no photo with a face") }
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
