import ArgumentParser
import CFaceStyle

struct Style: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Paints a picture in the manner of another.",
    usage: "facestyle style <content> <style> -o <file> [<options>]",
    discussion: "Ctrl-C finishes early and keeps the picture so far.")

  @Argument(help: "The picture to paint.") var content: String
  @Argument(help: "The picture to paint like.") var style: String

  @Option(name: [.customShort("o"), .long], help: ArgumentHelp("A .png or .jpg file.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Of what is painted; 0 for one side keeps the shape. (default: the content's)", valueName: "WxH"))
  var size: Size?

  @Option(help: "Steps of the optimiser. (default: 200)") var steps: UInt32?
  @Option(help: "Seed of the noise. (default: 1)") var seed: UInt64?
  @Option(help: "Weight of the content. (default: 10)") var alpha: Float?
  @Option(help: "Weight of the style. (default: 40)") var beta: Float?

  @Option(help: ArgumentHelp("In levels of 0...255. (default: 2)", valueName: "rate"))
  var learningRate: Float?

  @Option(help: ArgumentHelp("Part of noise in the first picture, 0 to 1. (default: 0.6)", valueName: "ratio"))
  var noise: Float?

  @Option(help: "Of the network: average or max. (default: average)") var pooling: Pooling?

  @Option(help: ArgumentHelp("Keep the picture of every n-th step, as FILE-0020.png.", valueName: "n"))
  var saveEvery: UInt32?

  @Option(help: ArgumentHelp("The VGG-19's model.", valueName: "file"))
  var model: String?

  @Flag(help: "Tell how much memory it would take, and paint nothing.")
  var memory = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard let output else {
      if memory { return }
      throw ValidationError("Missing expected argument '--output <file>'")
    }
    guard ["png", "jpg", "jpeg"].contains(nameAndExtension(output).1) else {
      throw ValidationError("--output is '\(output)', wanted is a .png, .jpg or .jpeg file.")
    }
    if saveEvery == 0 { throw ValidationError("--save-every is 0, wanted is 1 or more.") }
  }

  func run() throws {
    try common.apply()
    let vgg = try openModel("vgg19", asked: model)
    let painted = try Picture(opening: content)
    guard let output, !memory else { return try tellMemory(for: painted, vgg) }
    let painting = try Picture(opening: style)
    let (name, kind) = nameAndExtension(output)
    let saveEvery = saveEvery ?? 0
    let painter = Painter { progress throws(Failure) in
      let step = progress.pointee.step
      guard saveEvery > 0, step % saveEvery == 0 else { return }
      try preview(progress).write(to: "\(name)-\(padded(step, 4, "0")).\(kind)")
    }
    let result = try painter.paint(painted, like: painting, with: vgg, try options())
    try result.write(to: output)
    let last = painter.last
    if common.json {
      print(
        JSON.object([
          "steps": .integer(Int(last.step)), "content": .number(last.content), "style": .number(last.style),
          "total": .number(last.total), "seconds": .number(last.seconds),
        ]))
    } else {
      print(
        "\(output): \(result.width)x\(result.height), \(counted(Int(last.step), "step", "steps"))"
          + " in \(fixed(last.seconds, 1)) s, J \(scientific(last.total))")
    }
  }

  private func tellMemory(for painted: Picture, _ vgg: Model) throws(Failure) {
    let options = try options()
    let bytes = try Painter.memoryNeeded(painted, with: vgg, options)
    if common.json {
      print(JSON.object(["bytes": .integer(bytes)]))
    } else {
      print("\(content): \(counted((bytes + 999_999) / 1_000_000, "MB", "MB")) at the peak")
    }
  }

  private func options() throws(Failure) -> fs_style_options {
    var options = try Painter.options()
    if let size { (options.width, options.height) = (size.width, size.height) }
    if let steps { options.steps = steps }
    if let seed { options.seed = seed }
    if let alpha { options.content_weight = alpha }
    if let beta { options.style_weight = beta }
    if let learningRate { options.learning_rate = learningRate }
    if let noise { options.noise_ratio = noise }
    if let pooling { options.pooling = pooling == .max ? FS_POOLING_MAX : FS_POOLING_AVERAGE }
    return options
  }
}

enum Pooling: String, ExpressibleByArgument { case average, max }

/// "400x300"
struct Size: ExpressibleByArgument {
  let width, height: UInt32

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { UInt32($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1] else { return nil }
    (self.width, self.height) = (width, height)
  }
}
