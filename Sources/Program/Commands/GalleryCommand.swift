import ArgumentParser
import CFaceStyle
import Glibc

/// Galleries in files or on a server.
struct GalleryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gallery",
    abstract: "Keeps people's embeddings in a file or on a server.",
    discussion: """
      A gallery is a file, which is a SQLite database, or the address of a PostgreSQL \
      database: postgresql://user@host/database. Several programs may use it at once; \
      `facestyle identify --gallery` searches it. Every change is on the disk when the command \
      ends. Put a password into ~/.pgpass rather than into the address, which others on this \
      machine may see.
      """,
    subcommands: [GalleryAdd.self, Remove.self, List.self, Export.self, Import.self, Merge.self])

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Removes a person, or one photo, and erases the embeddings.",
      usage: """
        facestyle gallery remove <gallery> <name> [<options>]
        facestyle gallery remove <gallery> --photo <number> [<options>]
        """)

    @Argument(help: galleryHelp) var gallery: String
    @Argument(help: "The person.") var name: String?

    @Option(help: ArgumentHelp("One photo, as `gallery list` numbers them.", valueName: "number"))
    var photo: UInt64?

    @OptionGroup var key: KeyOption
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if (name == nil) == (photo == nil) { throw ValidationError("Give either a name or --photo.") }
    }

    func run() throws {
      try common.apply()
      let gallery = try Gallery(opening: self.gallery, nil, key: key.read(), .change)
      if let name { try gallery.remove(name) }
      if let photo { try gallery.remove(photo: photo) }
      printSummary(gallery, common)
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists people, or the photos of one.",
      usage: "facestyle gallery list <gallery> [<name>] [<options>]")

    @Argument(help: galleryHelp) var gallery: String
    @Argument(help: "A person whose photos are listed.") var name: String?

    @OptionGroup var key: KeyOption
    @OptionGroup var common: CommonOptions

    func run() throws {
      try common.apply()
      let gallery = try Gallery(opening: self.gallery, nil, key: key.read(), .read)
      if let name {
        let photos = try gallery.listPhotos(of: name)
        if common.json {
          print(
            JSON.array(
              photos.map {
                .object([
                  "photo": .integer(Int(clamping: $0.photo)), "created": .integer(Int($0.created)),
                  "note": .string(fixedText($0.note))
                ])
              }))
        } else {
          print("   photo  added       note")
          for photo in photos {
            print("\(padded(photo.photo, 8))  \(day(photo.created))  \(fixedText(photo.note))")
          }
        }
        return
      }
      let people = try gallery.listPeople()
      if common.json {
        print(
          JSON.array(
            people.map {
              .object([
                "name": .string(fixedText($0.name)), "photos": .integer(Int(clamping: $0.photos)),
                "created": .integer(Int($0.created))
              ])
            }))
      } else {
        print("  photos  since       name")
        for person in people {
          print("\(padded(person.photos, 8))  \(day(person.created))  \(fixedText(person.name))")
        }
      }
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes all photos' embeddings as a table, or as tensors.",
      usage: "facestyle gallery export <gallery> <out.csv|out.safetensors> [<options>]")

    @Argument(help: galleryHelp) var gallery: String
    @Argument(help: "A .csv or .safetensors file.") var out: String

    @OptionGroup var key: KeyOption
    @OptionGroup var common: CommonOptions

    func run() throws {
      try common.apply()
      guard ["csv", "safetensors"].contains(nameAndExtension(out).1) else {
        throw Failure("\(out); expected a .csv or .safetensors file")
      }
      try checkOutputs(out)
      let gallery = try Gallery(opening: self.gallery, nil, key: key.read(), .read)
      try gallery.export(to: out)
      printSummary(gallery, common)
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Adds the photos that `gallery export` wrote; creates the gallery if there is none.",
      usage: "facestyle gallery import <gallery> <in.csv|in.safetensors> [<options>]")

    @Argument(help: galleryHelp) var gallery: String
    @Argument(help: "A .csv or .safetensors file.") var photos: String

    @OptionGroup var receiving: ReceivingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
      try common.apply()
      let (report, gallery) = try receiving.take(into: self.gallery) { gallery throws(Failure) in
        try gallery.add(from: photos)
      }
      printSummary(report, gallery, common)
    }
  }

  struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Adds the photos of another gallery that are not there yet; creates the gallery if there is none.",
      usage: "facestyle gallery merge <gallery> <other> [<options>]")

    @Argument(help: galleryHelp) var gallery: String
    @Argument(help: "The other gallery, with the same key if any.") var other: String

    @OptionGroup var receiving: ReceivingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
      try common.apply()
      let second = try Gallery(opening: other, nil, key: receiving.key.read(), .read)
      let (report, gallery) = try receiving.take(into: self.gallery) { gallery throws(Failure) in
        try gallery.merge(second, other)
      }
      printSummary(report, gallery, common)
    }
  }
}

/// The key of a gallery with encrypted embeddings.
struct KeyOption: ParsableArguments {
  @Option(help: ArgumentHelp("32 bytes that encrypt the gallery's embeddings.", valueName: "file"))
  var keyFile: String?

  func read() throws(Failure) -> [UInt8]? {
    guard let keyFile else { return nil }
    guard let file = fopen(keyFile, "rb") else {
      throw Failure("\(keyFile): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = fread(&bytes, 1, bytes.count, file)
    guard count == Int(FS_GALLERY_KEY_LENGTH) else {
      throw Failure(
        "\(keyFile): \(count == bytes.count ? "\(count) or more" : "\(count)") bytes; expected \(FS_GALLERY_KEY_LENGTH)"
      )
    }
    return Array(bytes.prefix(count))
  }
}

/// Options of commands that add photos to a gallery.
struct ReceivingOptions: ParsableArguments {
  @OptionGroup var key: KeyOption
  @Option(help: ArgumentHelp("The embedder's model.", valueName: "model")) var model: String?

  /// Adds photos to the existing gallery, whatever its model, or to a new one for the embedder's, which is
  /// created only if they can be added.
  func take(
    into place: String, _ photos: (Gallery) throws(Failure) -> fs_gallery_report
  ) throws(Failure) -> (fs_gallery_report, Gallery) {
    let key = try key.read()
    let asked = try model == nil ? nil : openEmbedder(asked: model, for: nil).0
    if let there = try Gallery(ifThere: place, asked, key: key) { return (try photos(there), there) }
    let embedder = if let asked { asked } else { try openEmbedder(asked: nil, for: nil).0 }
    _ = try photos(Gallery(embedder))
    let new = try Gallery(opening: place, embedder, key: key, .create)
    return (try photos(new), new)
  }
}

extension Gallery {
  /// Opens the gallery in a file or on a server for changes; nil if there is none.
  convenience init?(ifThere place: String, _ embedder: Embedder?, key: [UInt8]?) throws(Failure) {
    do throws(Failure) {
      try self.init(opening: place, embedder, key: key, .change)
    } catch {
      guard error.status == FS_NOT_FOUND || (!isAddress(place) && kind(of: place) == .absent) else {
        throw error
      }
      return nil
    }
  }
}

var galleryHelp: ArgumentHelp { "The gallery: a file, or postgresql://user@host/database." }

/// Whether a gallery lies on a server.
func isAddress(_ place: String) -> Bool { place.hasPrefix("postgresql://") || place.hasPrefix("postgres://") }

/// A gallery's name in errors. An address may contain a password; the library's reason says what is safe.
func nameOfGallery(_ place: String) -> String { isAddress(place) ? "the gallery" : place }

/// "2 people, 7 photos"
func summary(_ gallery: Gallery) -> String {
  "\(counted(gallery.people, "person", "people")), \(counted(gallery.photos, "photo", "photos"))"
}

private func printSummary(_ gallery: Gallery, _ common: CommonOptions) {
  if common.json {
    print(JSON.object(["people": .integer(gallery.people), "photos": .integer(gallery.photos)]))
  } else {
    print(summary(gallery))
  }
}

private func printSummary(_ report: fs_gallery_report, _ gallery: Gallery, _ common: CommonOptions) {
  if common.json {
    print(
      JSON.object([
        "added": .integer(Int(clamping: report.added)), "present": .integer(Int(clamping: report.present)),
        "conflicts": .integer(Int(clamping: report.conflicts)), "people": .integer(gallery.people),
        "photos": .integer(gallery.photos)
      ]))
    return
  }
  let conflicts =
    report.conflicts == 0
    ? "" : ", \(grouped(Int(clamping: report.conflicts))) of them near to another name's"
  print(
    "\(counted(Int(clamping: report.added), "photo", "photos")) added\(conflicts), \(grouped(Int(clamping: report.present))) were there; \(summary(gallery))"
  )
}

/// "2025-03-09", UTC.
private func day(_ seconds: Int64) -> String {
  var time = time_t(seconds), parts = tm()
  guard gmtime_r(&time, &parts) != nil else { return "-" }
  return
    "\(padded(Int(parts.tm_year) + 1900, 4, "0"))-\(padded(Int(parts.tm_mon) + 1, 2, "0"))-\(padded(Int(parts.tm_mday), 2, "0"))"
}
