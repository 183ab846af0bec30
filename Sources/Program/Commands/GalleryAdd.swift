import ArgumentParser
import CFaceStyle

/// `facestyle gallery add`
struct GalleryAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds photos of people; creates the gallery if there is none.",
    usage: """
      facestyle gallery add <gallery> <name> <photo|folder> ... [<options>]
      facestyle gallery add <gallery> --people <folder> [<options>]
      """,
    discussion: """
      A photo must show one person. Of several faces, that one is taken that is good enough to be \
      recognised; a photo with several such faces is skipped, unless --main-face takes the large \
      and central one. A photo is skipped, too, if it cannot be read or has no face. A folder of \
      photos stands for all pictures in it and in the folders in it; - is a photo on the standard \
      input.

      The exit status is 0 if at least one photo was added.
      """)

  @Argument(help: galleryHelp) var gallery: String
  @Argument(help: "The person.") var name: String?
  @Argument(help: "\(anyPictureFormat) files, and folders of them.") var photos: [String] = []

  @Option(
    help: ArgumentHelp(
      "Many people: a folder with a photo NAME.jpg or a folder NAME of photos for each.", valueName: "folder")
  )
  var people: String?

  @Option(
    help: ArgumentHelp("A note to keep with each photo, instead of its file's name.", valueName: "text"))
  var note: String?

  @Flag(help: "Of several faces take the main one.")
  var mainFace = false

  @Flag(help: "Do not add a photo that looks like another person.")
  var refuse = false

  @OptionGroup var key: KeyOption
  @OptionGroup var face: FaceOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try require(people == nil || name == nil, "--people has the names; expected no other.")
    try require(people != nil || name != nil, "No person; expected a name and photos, or --people.")
    try require(people != nil || !photos.isEmpty, "No photo; expected one or more.")
    if let name {
      let length = name.utf8.count, most = Int(FS_NAME_CAPACITY) - 1
      try require((1...most).contains(length), "The name has \(length) bytes; expected 1 to \(most).")
    }
    if let note {
      let length = note.utf8.count, most = Int(FS_NOTE_CAPACITY) - 1
      try require(length <= most, "--note has \(length) bytes; expected at most \(most).")
    }
  }

  func run() throws {
    try common.apply()
    let key = try key.read(), list = try listed()
    var there = try Gallery(ifThere: self.gallery, nil, key: key)
    let reader = try face.open(for: there)
    var added: [JSON] = [], conflicts: [JSON] = [], names: Set<String> = []
    for (name, path) in list {
      guard let (embedding, reasons) = try reader.portrait(path, ofMain: mainFace) else { continue }
      // A new gallery is created once there is something to add.
      let gallery =
        if let there { there } else {
          try Gallery(opening: self.gallery, reader.embedder, key: key, .create)
        }
      there = gallery
      let result = try gallery.enrol(
        name, embedding, note: note ?? shown(fileName(path)), isRefused: refuse)
      let other = fixedText(result.other), isAdded = result.added != 0
      if result.conflict != 0 {
        let near = "it looks like \(other), distance \(fixed(result.distance, 2))"
        warn("\(path): \(isAdded ? "added, but " : "not added, ")\(near)")
        conflicts.append(
          .object(["photo": .string(path), "name": .string(other), "distance": .single(result.distance)]))
      }
      if isAdded {
        if reasons != 0 {
          warn("\(path): added, but the face is \(reasonTexts(reasons).joined(separator: ", "))")
        }
        added.append(.integer(Int(clamping: result.photo)))
        names.insert(name)
      }
    }
    if common.json {
      print(
        JSON.object([
          "added": .array(added), "conflicts": .array(conflicts),
          "skipped": .integer(list.count - added.count),
          "people": .integer(there?.people ?? 0), "photos": .integer(there?.photos ?? 0)
        ]))
    } else {
      let whose = name ?? counted(names.count, "person", "people")
      print(
        "\(counted(added.count, "photo", "photos")) of \(whose) added; \(there.map(summary) ?? "no gallery was made")"
      )
    }
    guard !added.isEmpty else { throw Failure("\(nameOfGallery(self.gallery)): no photo was added") }
  }

  private func listed() throws(Failure) -> [(name: String, path: String)] {
    if let people { return try photosOfPeople(people) }
    let list = PhotoList(photos)
    for failure in list.failures { warn(failure.message) }
    return list.photos.map { (name ?? "", $0.path) }
  }
}
