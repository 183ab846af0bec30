import ArgumentParser
import CFaceStyle
import Glibc

struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Names portraits, compares them, and paints.",
    usage: "facestyle demo --out <folder> [<options>]",
    discussion: """
      It takes less than a minute and downloads nothing: a sheet of portraits with boxes and \
      names, the distances between them, and a photo in the styles that are installed. Without \
      portraits it draws people who do not exist.

      With the networks that `make models` downloads there is more: the distances by dlib's \
      network, and one painting from coarse to fine, which takes some minutes.
      """)

  @Option(help: ArgumentHelp("Portraits: NAME.jpg, NAME2.jpg, ...", valueName: "folder"))
  var photos: String?

  @Option(
    help: ArgumentHelp("The picture to paint. (default: chelsea.png of the photos)", valueName: "file"))
  var content: String?

  @Option(
    help: ArgumentHelp(
      "The picture whose style to use in the painting. (default: ihc.png of the photos)", valueName: "file"))
  var style: String?

  @Option(help: ArgumentHelp("Where the pictures go.", valueName: "folder")) var out: String
  @Option(help: "Steps of the painting's optimiser. (default: the pyramid's)") var steps: UInt32?
  @Option(help: ArgumentHelp("Longest side of the painting.", valueName: "pixels")) var side: Int = 640
  @Option(help: "Number of threads; 0: one per processor.") var threads: UInt32 = 0

  func run() throws {
    try check(fs_threads_set(threads), "--threads")
    try makeFolder(out)
    try checkOutputs(sheet)
    let stopwatch = Stopwatch()
    let networks = try DemoNetworks()
    let portraits = try readPortraits(networks)
    let canName = networks.detector.findsPoints && !portraits.isEmpty
    if canName {
      let names = try identify(portraits, networks)
      try hang(portraits, names.map { $0 ?? "?" }, names)
      try compare(portraits, \.small, networks.small, "faces-nn4, in the box")
    } else if !portraits.isEmpty {
      print("No detector that finds points is installed, by which faces are named: only boxes.")
      try hang(portraits, portraits.map { _ in "" }, portraits.map { _ in nil })
    }
    let content = try openContent(portraits)
    try restyle(content)
    print("\nThe first part took \(fixed(stopwatch.seconds, 1)) s.")
    if networks.bestName != "faces-nn4", canName {
      try compare(portraits, \.embedding, networks.best, networks.bestName)
    }
    try paint(content)
  }

  private var sheet: String { "\(out)/portraits.png" }

  /// A picture of the photos, if it is there.
  private func photo(_ name: String) -> String? {
    guard let path = photos.map({ "\($0)/\(name)" }), kind(of: path) == .file else { return nil }
    return path
  }

  // MARK: Portraits

  private func readPortraits(_ networks: DemoNetworks) throws(Failure) -> [Portrait] {
    var files: [String] = []
    if let photos, kind(of: photos) == .folder {
      files = try contents(of: photos).filter { ["jpg", "jpeg"].contains(nameAndExtension($0).1) }
    }
    guard let photos, !files.isEmpty else { return try drawPortraits(networks) }
    print("Portraits in \(photos)\n")
    var portraits: [Portrait] = []
    for file in files {
      do throws(Failure) {
        portraits.append(try Portrait(file, Picture(opening: "\(photos)/\(file)"), networks))
      } catch {
        guard [FS_NO_FACE, FS_BAD_DATA].contains(error.status) else { throw error }
        print("  \(file): \(error.status == FS_NO_FACE ? "no face found" : "not readable"), left out")
      }
    }
    return portraits
  }

  private func drawPortraits(_ networks: DemoNetworks) throws(Failure) -> [Portrait] {
    let place = photos.map { ", as there are no photos in \($0)" } ?? ""
    print("Portraits: drawings of people who do not exist\(place).")
    print("(`make models` downloads some photos, and better networks.)\n")
    var portraits: [Portrait] = []
    for person in DrawnPerson.all {
      for (i, view) in DrawnPerson.View.all.enumerated() {
        let drawing = try person.drawn(view, side: 320)
        portraits.append(try Portrait("\(person.name)\(i == 0 ? "" : "\(i + 1)")", drawing, networks))
      }
    }
    return portraits
  }

  /// Searches each portrait among all others: nil for a stranger.
  private func identify(_ portraits: [Portrait], _ networks: DemoNetworks) throws(Failure) -> [String?] {
    let threshold = fixed(networks.best.threshold, 2)
    print("Who is it? By \(networks.bestName) (threshold \(threshold)), each among the others\n")
    let width = portraits.map(\.file.count).max() ?? 0
    var names: [String?] = []
    for portrait in portraits {
      let gallery = try Gallery(networks.best)
      for other in portraits where other.file != portrait.file {
        try gallery.add(other.person, other.embedding)
      }
      let match = try gallery.identify(portrait.embedding, Gallery.identifyDefaults())
      print("  \(leftAligned(portrait.file, width))  \(match.answer)")
      names.append(match.person)
    }
    return names
  }

  /// The sheet of all portraits, with boxes and names.
  private func hang(_ portraits: [Portrait], _ labels: [String], _ names: [String?]) throws(Failure) {
    let side = 300, gap = 6, rows = (portraits.count + 5) / 6
    let columns = (portraits.count + rows - 1) / rows
    var people: [String] = []
    for name in names { if let name, !people.contains(name) { people.append(name) } }
    var sheet = try Sheet(
      width: Sheet.extent(columns, side, gap: gap), height: Sheet.extent(rows, side, gap: gap))
    for (i, portrait) in portraits.enumerated() {
      let number = names[i].flatMap { people.firstIndex(of: $0) }.map { Int32(clamping: $0) } ?? -1
      let picture = try portrait.marked(labels[i], number: number, side: side)
      sheet.put(picture, x: i % columns * (side + gap), y: i / columns * (side + gap))
    }
    try sheet.picture().keep(at: self.sheet)
    print("\nWith boxes and names: \(self.sheet)")
  }

  /// A triangle of distances; those between photos of one person are marked.
  private func compare(
    _ portraits: [Portrait], _ embedding: (Portrait) -> [Float], _ embedder: Embedder, _ model: String
  ) throws(Failure) {
    let threshold = embedder.threshold
    print("\nDistances by \(model) (up to \(fixed(threshold, 2)) the same person, marked *)\n")
    let width = portraits.map(\.file.count).max() ?? 0
    let numbers = portraits.indices.dropLast().map { padded($0 + 1, 4) + " " }.joined()
    print(leftAligned("", width + 5) + numbers)
    for (row, portrait) in portraits.enumerated() {
      var line = "\(padded(row + 1, 3))  \(leftAligned(portrait.file, width))"
      for other in portraits[..<row] {
        var distance: Float = 0
        let (a, b) = (embedding(portrait), embedding(other))
        try check(fs_distance(a, b, a.count, &distance))
        // ".38": a distance of 1 or more is rare.
        let number = fixed(distance, 2)
        line += padded(number.hasPrefix("0") ? String(number.dropFirst()) : number, 4)
        line += distance <= threshold ? "*" : " "
      }
      print(line)
    }
  }

  // MARK: Pictures

  private struct Content {
    let name: String
    let picture: Picture
  }

  private func openContent(_ portraits: [Portrait]) throws(Failure) -> Content {
    if let path = content ?? photo("chelsea.png") {
      return Content(name: nameAndExtension(fileName(path)).0, picture: try Picture(opening: path))
    }
    let picture = try DrawnPerson.all[0].drawn(DrawnPerson.View.all[1], side: 480)
    return Content(name: "portrait", picture: picture)
  }

  /// Paints the content in the styles in the box.
  private func restyle(_ content: Content) throws(Failure) {
    print("\nIn one pass of a network that has learned a style\n")
    let usual = ["starry-night", "scream", "shipwreck"]
    let installed = try ModelDescription.all().filter {
      $0.use == FS_MODEL_FAST_STYLE && $0.fault == nil && !$0.isHidden
    }.map(\.name)
    for name in installed {
      let network = try openModel(name)
      for style in Demo.styles(of: network, name) {
        let stopwatch = Stopwatch()
        let styler = try FastStyler(network, weights: style.weights(for: network))
        let painted = try styler.paint(content.picture), seconds = stopwatch.seconds
        let path = "\(out)/\(content.name)-\(style.fileText).png"
        try painted.keep(at: path)
        print("  \(path): \(painted.width)x\(painted.height) in \(fixed(seconds, 2)) s")
      }
    }
    for style in usual where !installed.contains(style) { print("  \(style): not installed") }
  }

  /// The one of a network, or three of several.
  private static func styles(of network: Model, _ name: String) -> [LearnedStyle] {
    guard network.styles > 1 else { return [LearnedStyle(argument: name)] }
    return [0, 7, 19].filter { $0 < network.styles }.map { LearnedStyle(argument: "\(name):\($0)") }
  }

  private func paint(_ content: Content) throws {
    guard let path = style ?? photo("ihc.png"), let vgg = try Demo.vgg() else {
      print("\nWithout vgg19 or a picture for the style there is no painting: `make models`.")
      return
    }
    print("\nPainting \(content.name) in the style of \(path), from coarse to fine\n")
    var options = try Painter.options()
    let (width, height) = (content.picture.width, content.picture.height), longest = max(width, height)
    options.width = UInt32(clamping: max(1, width * side / longest))
    options.height = UInt32(clamping: max(1, height * side / longest))
    if let steps { options.steps = steps }
    let file = "\(out)/\(content.name)-\(nameAndExtension(fileName(path)).0).png"
    try checkOutputs(file)
    let painter = Painter()
    let picture = try painter.paint(
      content.picture, like: [try Picture(opening: path)], with: vgg, options)
    try picture.keep(at: file)
    let steps = counted(Int(painter.last.step), "step", "steps")
    print("Painted: \(file) (\(steps) in \(fixed(painter.last.seconds, 1)) s)")
    try painter.troubles.end()
  }

  /// nil if it is not installed.
  private static func vgg() throws(Failure) -> Model? {
    do throws(Failure) {
      return try openModel("vgg19")
    } catch {
      guard error.status == FS_NOT_FOUND else { throw error }
      return nil
    }
  }
}
