import ArgumentParser
import CFaceStyle
import Glibc

/// Options of a style transfer; those that are given change the preset's.
struct StyleControls: ParsableArguments {
  @Option(help: ArgumentHelp("Settings to start from: \(Preset.names). (default: pyramid)", valueName: "name"))
  var preset: Preset?

  @Option(
    help: ArgumentHelp(
      "Of what is painted; 0 for one side keeps the shape. (default: the content's)", valueName: "WxH"))
  var size: Size?

  @Option(help: "lbfgs or adam.") var optimizer: StyleOptimizer?

  @Option(
    name: [.customLong("evaluations"), .customLong("steps")],
    help: ArgumentHelp("How often the costs are measured, in all scales together.", valueName: "n"))
  var evaluations: UInt32?

  @Option(help: "Longest side of the first and coarsest scale; 0 for one scale alone.") var coarsest: UInt32?
  @Option(help: ArgumentHelp("Have the picture ready after so many seconds.", valueName: "seconds")) var deadline: Double?
  @Option(name: .customLong("init"), help: "What to start from: content, noise or style.") var start: StyleStart?

  @Option(help: ArgumentHelp("Part of noise in the first picture, 0 to 1.", valueName: "ratio")) var noise: Float?
  @Option(help: "Seed of the noise.") var seed: UInt64?
  @Option(help: "Weight of the content.") var alpha: Float?
  @Option(help: "Weight of the style.") var beta: Float?
  @Option(help: "Weight of the variation from pixel to pixel.") var gamma: Float?
  @Option(help: "How variation is measured: absolute or squared.") var variation: StyleVariation?

  @Option(help: ArgumentHelp("As conv4_2 or conv4_2=1,conv5_2=0.5.", valueName: "layers"))
  var contentLayers: LayerWeights?

  @Option(help: ArgumentHelp("As conv1_1=1,conv2_1=0.8.", valueName: "layers"))
  var styleLayers: LayerWeights?

  @Option(help: "Of the network: average or max.") var pooling: Pooling?

  @Option(help: ArgumentHelp("The style's longest side in parts of the picture's; 0: cut to its shape.", valueName: "scale"))
  var styleScale: Float?

  @Option(help: "Whose colours: style; or the content's by luminance, cholesky, principal or histogram.")
  var colours: StyleColours?

  @Option(help: ArgumentHelp("Adam's, in levels of 0...255.", valueName: "rate")) var learningRate: Float?
  @Option(help: ArgumentHelp("Pairs that L-BFGS keeps.", valueName: "n")) var history: UInt32?
  @Option(help: ArgumentHelp("Decay of a running mean of the pictures, the result then.", valueName: "decay")) var averaging: Float?

  /// Calls `body` with the library's options, whose pointers live as long.
  func with<Result>(_ body: (fs_style_options) throws(Failure) -> Result) throws(Failure) -> Result {
    var options = try Painter.options(preset?.value ?? FS_PRESET_PYRAMID)
    if let size { (options.width, options.height) = (size.width, size.height) }
    if let optimizer { options.optimiser = optimizer == .lbfgs ? FS_STYLE_LBFGS : FS_STYLE_ADAM }
    if let evaluations { options.steps = evaluations }
    if let coarsest { options.coarsest = coarsest }
    if let deadline { options.deadline = deadline }
    if let start { options.start = start.value }
    if let noise { options.noise_ratio = noise }
    if let seed { options.seed = seed }
    if let alpha { options.content_weight = alpha }
    if let beta { options.style_weight = beta }
    if let gamma { options.variation_weight = gamma }
    if let variation { options.variation = variation == .absolute ? FS_VARIATION_ABSOLUTE : FS_VARIATION_SQUARED }
    if let pooling { options.pooling = pooling == .max ? FS_POOLING_MAX : FS_POOLING_AVERAGE }
    if let styleScale { options.style_scale = styleScale }
    if let colours { options.colours = colours.value }
    if let learningRate { options.learning_rate = learningRate }
    if let history { options.history = history }
    if let averaging { options.averaging = averaging }
    let content = contentLayers.map { CLayers($0) }, style = styleLayers.map { CLayers($0) }
    defer { withExtendedLifetime((content, style)) {} }
    if let content { (options.content_layers, options.content_layer_count) = (UnsafePointer(content.layers), content.count) }
    if let style { (options.style_layers, options.style_layer_count) = (UnsafePointer(style.layers), style.count) }
    return try body(options)
  }
}

/// A preset by its name in the library.
struct Preset: ExpressibleByArgument {
  let value: fs_style_preset

  init?(argument: String) {
    guard let value = Preset.all.first(where: { String(cString: fs_style_preset_name($0)) == argument }) else { return nil }
    self.value = value
  }

  private static var all: [fs_style_preset] {
    (0..<UInt32(64)).map { fs_style_preset(rawValue: $0) }.filter { fs_style_preset_name($0) != nil }
  }

  static var names: String { all.map { String(cString: fs_style_preset_name($0)) }.joined(separator: ", ") }
}

enum StyleOptimizer: String, ExpressibleByArgument { case lbfgs, adam }
enum StyleVariation: String, ExpressibleByArgument { case absolute, squared }
enum Pooling: String, ExpressibleByArgument { case average, max }

enum StyleStart: String, ExpressibleByArgument {
  case content, noise, style

  var value: fs_style_start {
    switch self {
    case .content: FS_START_CONTENT
    case .noise: FS_START_NOISE
    case .style: FS_START_STYLE
    }
  }
}

enum StyleColours: String, ExpressibleByArgument {
  case style, luminance, cholesky, principal, histogram

  var value: fs_style_colours {
    switch self {
    case .style: FS_COLOURS_STYLE
    case .luminance: FS_COLOURS_LUMINANCE
    case .cholesky: FS_COLOURS_CHOLESKY
    case .principal: FS_COLOURS_PRINCIPAL
    case .histogram: FS_COLOURS_HISTOGRAM
    }
  }
}

/// "400x300"
struct Size: ExpressibleByArgument {
  let width, height: UInt32

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { UInt32($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1] else { return nil }
    (self.width, self.height) = (width, height)
  }
}

/// "conv1_1=1,conv2_1=0.8"; 1 where no weight is given.
struct LayerWeights: ExpressibleByArgument {
  let layers: [(name: String, weight: Float)]

  init?(argument: String) {
    var layers: [(name: String, weight: Float)] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      guard let name = pair.first, !name.isEmpty, pair.count <= 2 else { return nil }
      guard let weight = pair.count == 2 ? Float(pair[1]) : 1 else { return nil }
      layers.append((String(name), weight))
    }
    self.layers = layers
  }
}

/// Layers as the library takes them.
private final class CLayers {
  let layers: UnsafeMutablePointer<fs_style_layer>
  let count: Int

  init(_ weights: LayerWeights) {
    count = weights.layers.count
    layers = .allocate(capacity: count)
    for (i, layer) in weights.layers.enumerated() {
      (layers + i).initialize(to: fs_style_layer(name: strdup(layer.name), weight: layer.weight))
    }
  }

  deinit {
    for i in 0..<count { free(UnsafeMutablePointer(mutating: layers[i].name)) }
    layers.deallocate()
  }
}
