import ArgumentParser
import CFaceStyle

struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares portraits, names people, and paints a picture.",
    usage: """
      facestyle demo --photos <folder> --style <file> --content <file>
                     --out <folder> [--steps <steps>] [--threads <threads>]
      """)

  @Option(help: ArgumentHelp("Portraits: NAME.jpg, NAME2.jpg, ...", valueName: "folder"))
  var photos: String

  @Option(help: ArgumentHelp("The picture whose style to use.", valueName: "file")) var style: String
  @Option(help: ArgumentHelp("The picture to paint.", valueName: "file")) var content: String
  @Option(help: ArgumentHelp("Where the painted picture goes.", valueName: "folder")) var out: String
  @Option(help: "Steps of the optimiser.") var steps: UInt32 = 200
  @Option(help: "Number of threads; 0: one per processor.") var threads: UInt32 = 0

  func run() throws {
    try check(fs_threads_set(threads), "--threads")
    try makeFolder(out)
    try checkOutputs(painted)
    let (large, small) = (try open("dlib-resnet"), try open("faces-nn4"))
    print("Portraits in \(photos)")
    let portraits = try readPortraits(large, small.embedder)
    if !portraits.isEmpty {
      try compare(portraits, \.embedding, large.embedder, "dlib's network")
      try compare(portraits, \.small, small.embedder, "the small model in the box")
      try identify(portraits, large.embedder)
    }
    let painter = try paint()
    try painter.troubles.end()
  }

  /// The painted picture's file.
  private var painted: String {
    "\(out)/\(nameAndExtension(fileName(content)).0)-\(nameAndExtension(fileName(style)).0).png"
  }

  private func open(_ model: String) throws -> FaceReader { try FaceOptions.parse(["--model", model]).open() }

  private struct Portrait {
    let file: String
    let embedding: [Float]
    /// The small model's embedding.
    let small: [Float]

    /// obama2.jpg and obama_partial_face.jpg are photos of obama.
    var person: String {
      let name = nameAndExtension(file).0
      let letters = name.prefix { $0.isLetter }
      return letters.isEmpty ? name : String(letters)
    }
  }

  private func readPortraits(_ reader: FaceReader, _ small: Embedder) throws(Failure) -> [Portrait] {
    var portraits: [Portrait] = []
    for file in try contents(of: photos) where ["jpg", "jpeg"].contains(nameAndExtension(file).1) {
      do throws(Failure) {
        let path = "\(photos)/\(file)", photo = try Picture(opening: path)
        let (face, embedding) = try reader.embedder.embed(photo, path, reader.detector)
        portraits.append(
          Portrait(file: file, embedding: embedding, small: try small.embed([small.align(photo, face)])[0]))
      } catch {
        guard [FS_NO_FACE, FS_BAD_DATA].contains(error.status) else { throw error }
        print("  \(file): \(error.status == FS_NO_FACE ? "no face found" : "not readable"), left out")
      }
    }
    return portraits
  }

  /// A triangle of distances; those between photos of one person are marked.
  private func compare(
    _ portraits: [Portrait], _ embedding: (Portrait) -> [Float], _ embedder: Embedder, _ model: String
  ) throws(Failure) {
    let threshold = embedder.threshold
    print("\nDistances by \(model) (up to \(fixed(threshold, 2)) the same person, marked *)\n")
    let width = portraits.map(\.file.count).max() ?? 0
    let numbers = portraits.indices.dropLast().map { padded($0 + 1, 5) + " " }.joined()
    print(leftAligned("", width + 5) + numbers)
    for (row, portrait) in portraits.enumerated() {
      var line = "\(padded(row + 1, 3))  \(leftAligned(portrait.file, width))"
      for other in portraits[..<row] {
        var distance: Float = 0
        let (a, b) = (embedding(portrait), embedding(other))
        try check(fs_distance(a, b, a.count, &distance))
        line += padded(fixed(distance, 2), 5) + (distance <= threshold ? "*" : " ")
      }
      print(line)
    }
  }

  /// A person with other photos, and one without, each searched among all other photos.
  private func identify(_ portraits: [Portrait], _ embedder: Embedder) throws(Failure) {
    print("\nWho is it?\n")
    let known = portraits.first { one in portraits.count { $0.person == one.person } > 1 }
    let stranger = portraits.first { one in portraits.count { $0.person == one.person } == 1 }
    for portrait in [known, stranger] {
      guard let portrait, portraits.count > 1 else { continue }
      let gallery = try Gallery(embedder)
      for other in portraits where other.file != portrait.file {
        try gallery.add(other.person, other.embedding)
      }
      let match = try gallery.identify(portrait.embedding, Gallery.identifyDefaults())
      let size =
        "\(counted(gallery.photos, "photo", "photos")) of \(counted(gallery.people, "person", "people"))"
      print("  \(portrait.file) among \(size):\n    \(match.summary)")
    }
  }

  private func paint() throws(Failure) -> Painter {
    print("\nPainting \(content) in the style of \(style)\n")
    let vgg = try openModel("vgg19", asked: nil)
    var options = try Painter.options(FS_PRESET_COURSE)
    (options.width, options.height, options.steps) = (400, 300, steps)  // the course notebook's size
    let painter = Painter()
    let picture = try painter.paint(
      try Picture(opening: content), like: [try Picture(opening: style)], with: vgg, options)
    try picture.keep(at: painted)
    let steps = counted(Int(painter.last.step), "step", "steps")
    print("Painted: \(painted) (\(steps) in \(fixed(painter.last.seconds, 1)) s)")
    return painter
  }
}
