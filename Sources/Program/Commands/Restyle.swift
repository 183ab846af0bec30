import ArgumentParser
import CFaceStyle

struct Restyle: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Paints pictures in one pass of a network.",
    usage: """
      facestyle restyle <photo> --style <name> ... -o <file>
      facestyle restyle <photo|folder> ... --style <name> ... -o <folder>
      facestyle restyle <photo> <picture> ... --model <name> -o <file>
      """,
    discussion: """
      A style is a network that has learned it, by its name, as `facestyle models` lists them, or \
      its file. Of several styles each makes a picture: PAINTED-STYLE.png for -o PAINTED.png. A \
      network of several styles is followed by the number of one, from 0 on, or by a mixture with \
      weights: multistyle26:7, multistyle26:3,12=2.

      Several photos, or a folder of them, are painted into a folder, under their names. A photo \
      that cannot be read or painted is reported, and the others are done; the exit status is then 1.

      A universal-style model, given by --model, paints in the style of one or more pictures. It \
      has the options from --strength on.
      """)

  @Argument(help: "The photos to paint; with --model a photo, and the pictures whose style to use.")
  var pictures: [String]

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("A \(anyWrittenEnding) file, or a folder for several photos.", valueName: "file"))
  var output: String

  @Option(name: .customLong("style"), help: ArgumentHelp("A style that was learned.", valueName: "name"))
  var learned: [LearnedStyle] = []

  @Option(help: ArgumentHelp("A network for any style, or one that has learned its own.", valueName: "name"))
  var model: LearnedStyle?

  @Option(help: "Strength of the style, 0 to 1. (default: 0.6)") var strength: Float?

  @Option(help: "Statistics to match: covariance or variance. (default: covariance)")
  var method: Method?

  @Option(
    help: ArgumentHelp("Levels from 1, the finest, to 5: 3,4 or 1-4. (default: all)", valueName: "levels"))
  var levels: Levels?

  @Option(help: ArgumentHelp("Weights of the styles: 2,1. (default: equal)", valueName: "weights"))
  var weights: Weights?

  @OptionGroup var common: CommonOptions

  /// Whether a folder of pictures is painted.
  private var isMany: Bool {
    !learned.isEmpty && (pictures.count > 1 || pictures.first.map { kind(of: $0) == .folder } ?? false)
  }

  private var styles: [String] { learned.isEmpty ? Array(pictures.dropFirst()) : [] }

  func validate() throws {
    if !isMany, !isWrittenPicture(output) {
      throw ValidationError(
        "The value '\(output)' is invalid for --output: expected a \(anyWrittenEnding) file.")
    }
    if learned.isEmpty == (model == nil) { throw ValidationError("Give either --style or --model.") }
    if pictures.isEmpty { throw ValidationError("No photo; expected one or more.") }
  }

  func run() throws {
    try common.apply()
    var asked = learned
    if let model { asked.append(model) }
    if !isMany { try checkOutputs(files(output, asked)) }
    // All are opened before the first one paints.
    let networks = try asked.map { style throws(Failure) in try style.open() }
    let painters = Array(zip(asked, networks))
    guard isMany else { return try paint(pictures[0], to: output, painters) }
    let list = PhotoList(pictures, without: output)
    var copies = try CopyFolder(output, for: list.photos)
    let isDone = try list.each(common) { photo throws(Failure) in
      try paint(photo.path, to: try copies.place(for: photo), painters)
    }
    if !isDone { throw ExitCode.failure }
  }

  private func paint(
    _ photo: String, to place: String, _ painters: [(style: LearnedStyle, network: Model)]
  ) throws(Failure) {
    let files = files(place, painters.map(\.style))
    try checkOutputs(files)
    let painted = try Picture(opening: photo)
    for ((style, network), file) in zip(painters, files) {
      let stopwatch = Stopwatch()
      let result =
        try network.architecture == "universal-style"
        ? universal(network, painted) : fast(network, style, painted)
      let seconds = stopwatch.seconds
      try result.keep(at: file)
      report(result, file, seconds)
    }
  }

  private func files(_ place: String, _ styles: [LearnedStyle]) -> [String] {
    styles.count == 1 ? [place] : styles.map { PictureOutput(path: place).path(with: $0.fileText) }
  }

  private func report(_ result: Picture, _ file: String, _ seconds: Double) {
    guard common.json else {
      print("\(file): \(result.width)x\(result.height) in \(fixed(seconds, 2)) s")
      return
    }
    var members: [(String, JSON)] = [
      ("width", .integer(result.width)), ("height", .integer(result.height)), ("seconds", .number(seconds))
    ]
    if learned.count > 1 || isMany { members.append(("file", .string(file))) }
    print(JSON.members(members))
  }

  private func fast(
    _ network: Model, _ style: LearnedStyle, _ painted: Picture
  ) throws(Failure) -> Picture {
    guard styles.isEmpty, strength == nil, method == nil, levels == nil, weights == nil else {
      throw Failure(
        "\(network.path) is a \(network.architecture), which has its own style; expected no other and no options"
      )
    }
    return try FastStyler(network, weights: style.weights(for: network)).paint(painted)
  }

  private func universal(_ network: Model, _ painted: Picture) throws(Failure) -> Picture {
    guard !styles.isEmpty else {
      throw Failure("\(network.path) paints in any style, none is given; expected 1 or more")
    }
    var pictures: [Picture] = []
    for style in styles { pictures.append(try Picture(opening: style)) }
    var options = fs_universal_options()
    try check(fs_universal_options_init(&options, MemoryLayout<fs_universal_options>.size))
    if let strength { options.strength = strength }
    if method == .variance { options.method = FS_UNIVERSAL_VARIANCE }
    if let levels { options.levels = levels.bits }
    return try UniversalStyler(network, pictures).paint(painted, options, weights: weights?.values ?? [])
  }
}

enum Method: String, ExpressibleByArgument { case covariance, variance }

/// "1-4" or "3,5"
struct Levels: ExpressibleByArgument {
  /// Bit l - 1 for level l.
  var bits: UInt32 = 0

  init?(argument: String) {
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 1,
        first <= last, last <= 5
      else { return nil }
      for level in first...last { bits |= 1 << UInt32(level - 1) }
    }
  }
}

/// A network that has learned a style, or several that are mixed.
final class FastStyler {
  private let handle: OpaquePointer

  /// - Parameter weights: of each style; empty for a network of one.
  init(_ model: Model, weights: [Float] = []) throws(Failure) {
    handle = try made(model.path) { out in
      weights.isEmpty
        ? fs_fast_styler_create(&out, model.handle)
        : fs_fast_styler_create_mixed(&out, model.handle, weights, weights.count)
    }
  }
  deinit { fs_fast_styler_destroy(handle) }

  func paint(_ content: Picture) throws(Failure) -> Picture {
    Picture(owning: try made("") { fs_fast_styler_run(handle, &$0, content.handle) })
  }
}

/// Networks that paint in the style of any pictures, with these pictures.
private final class UniversalStyler {
  private let handle: OpaquePointer

  init(_ model: Model, _ styles: [Picture]) throws(Failure) {
    handle = try styles.withHandles { handles throws(Failure) in
      try made(model.path) { fs_universal_styler_create(&$0, model.handle, handles, handles.count) }
    }
  }

  deinit { fs_universal_styler_destroy(handle) }

  func paint(_ content: Picture, _ options: fs_universal_options, weights: [Float]) throws(Failure) -> Picture
  {
    var options = options
    return Picture(
      owning: try made("") { out in
        weights.withUnsafeBufferPointer { weights in
          if !weights.isEmpty {
            (options.weights, options.weight_count) = (weights.baseAddress, weights.count)
          }
          return fs_universal_styler_run(handle, &out, content.handle, &options)
        }
      })
  }
}
