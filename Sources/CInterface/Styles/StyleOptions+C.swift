import CFaceStyle
import Images
import Networks
import Styles
import Tensors

// Converts the options of a style transfer between C and the library.

extension StyleOptions {
  /// All options that C has, in either direction.
  fileprivate mutating func exchange(_ c: inout fs_style_options, _ way: inout Exchange) {
    way.number(&c.width, &width)
    way.number(&c.height, &height)
    way.number(&c.steps, &steps)
    way.number(&c.content_weight, &contentWeight)
    way.number(&c.style_weight, &styleWeight)
    way.number(&c.learning_rate, &learningRate)
    way.number(&c.noise_ratio, &noiseRatio)
    way.number(&c.seed, &seed)
    way.choice(&c.pooling, &pooling)
    way.choice(&c.cost, &cost)
    way.choice(&c.optimiser, &optimiser)
    way.number(&c.history, &history)
    way.number(&c.coarsest, &coarsest)
    way.number(&c.averaging, &averaging)
    way.truth(&c.clamp, &isClamped)
    way.number(&c.deadline, &deadline)
    way.choice(&c.start, &start)
    way.number(&c.style_scale, &styleScale)
    way.choice(&c.colours, &colours)
    way.choice(&c.variation, &variation)
    way.number(&c.variation_weight, &variationWeight)
    way.choice(&c.style_loss, &styleLoss)
    way.choice(&c.edges, &edges)
    way.choice(&c.mask_kind, &maskKind)
    way.number(&c.content_map_weight, &contentMapWeight)
    way.number(&c.temporal_weight, &temporalWeight)
    way.number(&c.tile, &tile)
    way.number(&c.depth, &depth)
    way.number(&c.preconditioning, &preconditioning)
  }

  /// Options without a member in C are the preset's.
  init(_ given: fs_style_options) throws(Failure) {
    self = try StylePreset.known(given.preset).options
    var given = given, way = Exchange(.fromC)
    exchange(&given, &way)
    try way.check()
    if given.content_layer != nil {
      contentLayers = [(try text(given.content_layer, "content_layer", limit: 64), 1)]
    }
    if let layers = try StyleOptions.layers(given.content_layers, given.content_layer_count, "content") {
      contentLayers = layers
    }
    if let layers = try StyleOptions.layers(given.style_layers, given.style_layer_count, "style") {
      styleLayers = layers
    }
  }

  private static func layers(
    _ given: UnsafePointer<fs_style_layer>?, _ count: Int, _ kind: StaticString
  ) throws(Failure) -> [(name: String, weight: Float)]? {
    guard given != nil || count != 0 else { return nil }
    guard count >= 1, count <= 16 else {
      throw .invalidArgument("\(UInt(bitPattern: count)) \(kind) layers; expected 1 to 16")
    }
    var layers: [(name: String, weight: Float)] = []
    for layer in try buffer(given, count, kind) {
      layers.append((try text(layer.name, "the name of a layer", limit: 64), layer.weight))
    }
    return layers
  }
}

extension fs_style_options: SizedStruct {
  static var standard: fs_style_options { fs_style_options(.pyramid, FS_PRESET_PYRAMID) }

  init(_ preset: fs_style_preset) throws(Failure) {
    self.init(try StylePreset.known(preset), preset)
  }

  private init(_ preset: StylePreset, _ number: fs_style_preset) {
    self.init()
    size = MemoryLayout<fs_style_options>.size
    self.preset = number
    var options = preset.options, way = Exchange(.toC)
    options.exchange(&self, &way)
  }
}

extension StylePreset {
  /// By its number in C; nil if there is none.
  static func numbered(_ preset: fs_style_preset) -> StylePreset? {
    let number = Int(preset.rawValue)
    return all.indices.contains(number) ? all[number] : nil
  }

  fileprivate static func known(_ preset: fs_style_preset) throws(Failure) -> StylePreset {
    guard let known = numbered(preset) else {
      throw .invalidArgument("preset \(preset.rawValue); expected 0 to \(all.count - 1)")
    }
    return known
  }
}

extension StylePictures {
  /// - Parameter weights: one per style; nil: equal weights.
  init(
    _ content: Image, _ styles: [Image], _ weights: UnsafeBufferPointer<Float>?, _ given: fs_style_options
  ) throws(Failure) {
    var pictures: [StylePicture] = []
    for (i, style) in styles.enumerated() { pictures.append(StylePicture(style, weight: weights?[i] ?? 1)) }
    if given.regions != nil || given.region_count != 0 {
      guard given.region_count == styles.count else {
        throw .invalidArgument(
          "\(UInt(bitPattern: given.region_count)) regions for \(styles.count) styles; expected one for each")
      }
      for (i, region) in try buffer(given.regions, given.region_count, "regions").enumerated() {
        pictures[i].place = try StylePictures.image(region.place, "a region's place")
        pictures[i].part = try StylePictures.image(region.part, "a region's part")
      }
    }
    self.init(content: content, styles: pictures)
    start = try StylePictures.image(given.start_image, "start_image")
    contentMap = try StylePictures.image(given.content_map, "content_map")
    before = try StylePictures.image(given.before, "before")
    beforeMask = try StylePictures.image(given.before_mask, "before_mask")
  }

  private static func image(_ handle: OpaquePointer?, _ name: StaticString) throws(Failure) -> Image? {
    guard let handle else { return nil }
    return try Handle.object(handle, Image.self, name)
  }
}
