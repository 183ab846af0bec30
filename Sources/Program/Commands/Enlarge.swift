import ArgumentParser
import CFaceStyle

struct Enlarge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Enlarges pictures by a network.",
    usage: """
      facestyle enlarge <photo> -o <file> [--factor 2|4] [--factor 4 --sharp]
      facestyle enlarge <photo|folder> ... -o <folder>
      """,
    discussion: """
      A network has learned from photos what is between pixels. With --factor 4 there is a second \
      one, --sharp, which has also learned what VGG-19 sees in them: its edges are sharper, and \
      its pictures less exact. Bits and alpha \
      of a picture are kept, where the format of the output has them.

      Several photos, or a folder of them, are enlarged into a folder, under their names. A photo \
      that cannot be read or enlarged is reported, and the others are done; the exit status is \
      then 1. "-" is a photo on the standard input.

      --json prints for each picture "width", "height" and "seconds", and for several "file".
      """)

  @Argument(help: "The photos to enlarge.") var photos: [String]

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("A \(anyWrittenEnding) file, or a folder for several photos.", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("How many times longer sides become: 2 or 4. (default: 2)", valueName: "factor"))
  var factor: Factor?

  @Flag(help: "By the network that has learned what VGG-19 sees, too; for --factor 4.") var sharp = false

  @Option(help: ArgumentHelp("Another network, which has its own factor.", valueName: "model"))
  var model: String?

  @OptionGroup var common: CommonOptions

  /// Whether a folder of pictures is made.
  private var isMany: Bool { photos.count > 1 || photos.first.map { kind(of: $0) == .folder } ?? false }

  func validate() throws {
    if photos.isEmpty { throw ValidationError("No photo; expected one or more.") }
    if !isMany, !isWrittenPicture(output) {
      throw ValidationError(
        "The value '\(output)' is invalid for --output: expected a \(anyWrittenEnding) file.")
    }
    if sharp, factor != .four, model == nil {
      throw ValidationError("--sharp has a network for --factor 4 alone.")
    }
    if model != nil, factor != nil || sharp {
      throw ValidationError("--model has a factor and a manner of its own; expected no --factor or --sharp.")
    }
  }

  func run() throws {
    try common.apply()
    if !isMany { try checkOutputs(output) }
    let name = "enlarge\((factor ?? .two).rawValue)\(sharp ? "-sharp" : "")"
    let enlarger = try Enlarger(try openModel(name, asked: model))
    guard isMany else { return try enlarge(photos[0], to: output, enlarger) }
    let list = PhotoList(photos, without: output)
    var copies = try CopyFolder(output, for: list.photos)
    let isDone = try list.each(common) { photo throws(Failure) in
      try enlarge(photo.path, to: try copies.place(for: photo), enlarger)
    }
    if !isDone { throw ExitCode.failure }
  }

  private func enlarge(_ photo: String, to file: String, _ enlarger: Enlarger) throws(Failure) {
    try checkOutputs(file)
    let picture = try Picture(opening: photo), stopwatch = Stopwatch()
    let result = try enlarger.enlarge(picture, photo), seconds = stopwatch.seconds
    try result.keep(at: file)
    guard common.json else {
      print("\(file): \(result.width)x\(result.height) in \(fixed(seconds, 2)) s")
      return
    }
    var members: [(String, JSON)] = [
      ("width", .integer(result.width)), ("height", .integer(result.height)), ("seconds", .number(seconds))
    ]
    if isMany { members.append(("file", .string(file))) }
    print(JSON.members(members))
  }
}

/// The factors of the networks that come with the library.
enum Factor: String, ExpressibleByArgument { case two = "2", four = "4" }

private final class Enlarger {
  private let handle: OpaquePointer

  init(_ model: Model) throws(Failure) {
    handle = try made(model.path) { fs_enlarger_create(&$0, model.handle) }
  }

  deinit { fs_enlarger_destroy(handle) }

  func enlarge(_ picture: Picture, _ path: String) throws(Failure) -> Picture {
    Picture(owning: try made(path) { fs_enlarger_run(handle, &$0, picture.handle) })
  }
}
