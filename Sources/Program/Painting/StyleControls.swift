import ArgumentParser
import CFaceStyle
import Glibc

/// Options of a style transfer; the given ones override the preset's.
struct StyleControls: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Settings to start from. (default: pyramid)", discussion: Preset.list, valueName: "name"),
    transform: Preset.init(named:))
  var preset: Preset?

  @Option(
    help: ArgumentHelp(
      "Size of the painted picture, its longest side or both; 0 for one of both keeps the shape. (default: the content's)",
      valueName: "N or WxH"))
  var size: Size?

  @Option(name: [.customLong("optimizer"), .customLong("optimiser")], help: "lbfgs or adam.")
  var optimizer: StyleOptimizer?

  @Option(
    name: [.customLong("evaluations"), .customLong("steps")],
    help: ArgumentHelp("Number of evaluations of the costs, in all scales together.", valueName: "n"))
  var evaluations: UInt32?

  @Option(help: "Longest side of the first and coarsest scale; 0 for a single scale.") var coarsest: UInt32?
  @Option(help: ArgumentHelp("Finish the picture within this time.", valueName: "seconds"))
  var deadline: Double?
  @Option(
    name: .customLong("init"),
    help: ArgumentHelp("What to start from: content, noise, style, or a picture's file.", valueName: "start"))
  var start: StyleStart?

  @Option(help: ArgumentHelp("Share of noise in the initial picture, 0 to 1.", valueName: "ratio")) var noise:
    Float?
  @Option(help: "Seed of the noise.") var seed: UInt64?
  @Option(help: "Weight of the content.") var alpha: Float?
  @Option(help: "Weight of the style.") var beta: Float?
  @Option(help: "Weight of the variation from pixel to pixel.") var gamma: Float?
  @Option(help: "How variation is measured: absolute, squared or nine-points.") var variation: StyleVariation?
  @Option(help: "How styles are compared: gram, moments or wasserstein.") var styleLoss: StyleLoss?

  @Option(
    help: ArgumentHelp("Layers of the content: conv4_2, or conv4_2=1,conv5_2=0.5.", valueName: "layers"))
  var contentLayers: LayerWeights?

  @Option(help: ArgumentHelp("Layers of the style: conv1_1=1,conv2_1=0.8.", valueName: "layers"))
  var styleLayers: LayerWeights?

  @Option(help: "Pooling of the network: average, max or l2.") var pooling: Pooling?
  @Option(help: "Padding of its first layer at the picture's edges: zeros or repeated.") var edges:
    StyleEdges?

  @Option(
    help: ArgumentHelp(
      "The style's longest side as a fraction of the picture's; 0: crop to its shape.", valueName: "scale"))
  var styleScale: Float?

  @Option(
    help: "Colours: the style's (style), or the content's by luminance, cholesky, principal or histogram.")
  var colours: StyleColours?

  @Option(help: ArgumentHelp("Adam's learning rate, in levels of 0...255.", valueName: "rate"))
  var learningRate: Float?
  @Option(help: ArgumentHelp("Pairs that L-BFGS keeps.", valueName: "n")) var history: UInt32?
  @Option(
    help: ArgumentHelp(
      "How much L-BFGS's steps favour low frequencies f: by f^-exponent.", valueName: "exponent"))
  var preconditioning: Float?
  @Option(
    help: ArgumentHelp(
      "Decay of a running mean of the pictures, which becomes the result.", valueName: "decay"))
  var averaging: Float?

  @Option(
    help: ArgumentHelp(
      "Process the picture in tiles with this side, in less memory; 0: as a whole.",
      valueName: "pixels"))
  var tile: UInt32?

  @Option(
    help: ArgumentHelp("Bits per sample of a .png, 8 or 16. (default: the content's)", valueName: "bits"))
  var depth: UInt32?

  /// Calls `body` with the library's options for a content, whose pointers are valid inside.
  func with<Result>(
    _ painted: Picture, _ body: (fs_style_options) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var options = try Painter.options(preset?.value ?? FS_PRESET_PYRAMID)
    if let size { (options.width, options.height) = size.sides(for: painted) }
    if let optimizer { options.optimiser = optimizer == .lbfgs ? FS_STYLE_LBFGS : FS_STYLE_ADAM }
    if let evaluations { options.steps = evaluations }
    if let coarsest { options.coarsest = coarsest }
    if let deadline { options.deadline = deadline }
    let picture = try start?.picture()
    if let start { (options.start, options.start_image) = (start.value, picture?.handle) }
    if let noise { options.noise_ratio = noise }
    if let seed { options.seed = seed }
    if let alpha { options.content_weight = alpha }
    if let beta { options.style_weight = beta }
    if let gamma { options.variation_weight = gamma }
    if let variation { options.variation = variation.value }
    if let styleLoss { options.style_loss = styleLoss.value }
    if let pooling { options.pooling = pooling.value }
    if let edges { options.edges = edges == .zeros ? FS_EDGES_ZEROS : FS_EDGES_REPEATED }
    if let tile { options.tile = tile }
    if let depth { options.depth = depth }
    if let styleScale { options.style_scale = styleScale }
    if let colours { options.colours = colours.value }
    if let learningRate { options.learning_rate = learningRate }
    if let history { options.history = history }
    if let preconditioning { options.preconditioning = preconditioning }
    if let averaging { options.averaging = averaging }
    let content = contentLayers.map { CLayers($0) }, style = styleLayers.map { CLayers($0) }
    if let content {
      (options.content_layers, options.content_layer_count) = (UnsafePointer(content.layers), content.count)
    }
    if let style {
      (options.style_layers, options.style_layer_count) = (UnsafePointer(style.layers), style.count)
    }
    return try holding(content, style, picture) { () throws(Failure) in try body(options) }
  }
}

/// A preset by its name in the library.
struct Preset {
  let value: fs_style_preset

  init(named name: String) throws {
    guard let value = Preset.all.first(where: { Preset.name($0) == name }) else {
      throw ValidationError("expected one of \(Preset.all.map(Preset.name).joined(separator: ", ")).")
    }
    self.value = value
  }

  private static func name(_ preset: fs_style_preset) -> String {
    String(cString: fs_style_preset_name(preset))
  }

  /// The library's presets, which count from 0.
  private static var all: [fs_style_preset] {
    (0..<fs_style_preset_count()).map { fs_style_preset(rawValue: UInt32($0)) }
  }

  /// "pyramid: from coarse to fine by L-BFGS", one line each.
  static var list: String {
    let lines = all.map { preset in
      "\(name(preset)): \(String(cString: fs_style_preset_summary(preset)))"
    }
    return lines.joined(separator: "\n")
  }
}

enum StyleOptimizer: String, ExpressibleByArgument { case lbfgs, adam }
enum StyleEdges: String, ExpressibleByArgument { case zeros, repeated }

enum StyleVariation: String, ExpressibleByArgument {
  case absolute, squared
  case ninePoints = "nine-points"

  var value: fs_total_variation {
    switch self {
    case .absolute: FS_VARIATION_ABSOLUTE
    case .squared: FS_VARIATION_SQUARED
    case .ninePoints: FS_VARIATION_NINE_POINTS
    }
  }
}

enum StyleLoss: String, ExpressibleByArgument {
  case gram, moments, wasserstein

  var value: fs_style_loss {
    switch self {
    case .gram: FS_STYLE_LOSS_GRAM
    case .moments: FS_STYLE_LOSS_MOMENTS
    case .wasserstein: FS_STYLE_LOSS_WASSERSTEIN
    }
  }
}

enum Pooling: String, ExpressibleByArgument {
  case average, max, l2

  var value: fs_pooling {
    switch self {
    case .average: FS_POOLING_AVERAGE
    case .max: FS_POOLING_MAX
    case .l2: FS_POOLING_L2
    }
  }
}

/// "content", "noise", "style", or a file.
enum StyleStart: ExpressibleByArgument {
  case content, noise, style
  case file(String)

  init?(argument: String) {
    switch argument {
    case "content": self = .content
    case "noise": self = .noise
    case "style": self = .style
    default:
      // A word without an ending is more likely a typo than a picture.
      guard argument.contains(".") || argument.contains("/") else { return nil }
      self = .file(argument)
    }
  }

  var value: fs_style_start {
    switch self {
    case .content: FS_START_CONTENT
    case .noise: FS_START_NOISE
    case .style: FS_START_STYLE
    case .file: FS_START_IMAGE
    }
  }

  func picture() throws(Failure) -> Picture? {
    guard case .file(let path) = self else { return nil }
    return try Picture(opening: path)
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
/// "400x300", or the longest side: "400".
enum Size: ExpressibleByArgument {
  case both(UInt32, UInt32), longest(UInt32)

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { UInt32($0) }
    guard (1...2).contains(sides.count), let first = sides[0], let last = sides[sides.count - 1] else {
      return nil
    }
    self = sides.count == 1 ? .longest(first) : .both(first, last)
  }

  /// Width and height; a side of 0 is the library's to choose.
  func sides(for picture: Picture) -> (UInt32, UInt32) {
    switch self {
    case .both(let width, let height): return (width, height)
    case .longest(let side):
      let (width, height) = picture.size(longest: Int(side))
      return (UInt32(clamping: width), UInt32(clamping: height))
    }
  }
}

/// "conv1_1=1,conv2_1=0.8"; the default weight is 1.
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

/// Layers in the library's form.
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
