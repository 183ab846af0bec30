import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

/// Of one painting.
private let mostStyles = 64

extension StyleTransfer: HandleKind {
  static var kind: StaticString { "fs_styler" }
}

/// A job with the function that hears of it.
private final class JobHandle: HandleKind {
  static var kind: StaticString { "fs_style_job" }
  let job: StyleJob
  private let callback: fs_style_callback?
  private let user: UnsafeMutableRawPointer?

  init(_ job: StyleJob, _ options: fs_style_options) {
    (self.job, callback, user) = (job, options.on_step, options.user)
  }

  /// What the host wants after an evaluation; `handle` is this object's.
  func report(_ evaluation: StyleJob.Evaluation, _ handle: OpaquePointer?) -> StyleTransfer.Action {
    guard let callback else { return .continue }
    var progress = fs_style_progress(evaluation, job, handle)
    switch withHostFloats({ callback(&progress, user) }) {
    case FS_FINISH: return .finish
    case FS_CANCEL: return .cancel
    default: return .continue
    }
  }
}

@c @implementation
public func fs_style_options_init(
  _ options: UnsafeMutablePointer<fs_style_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

@c @implementation
public func fs_style_options_preset(
  _ options: UnsafeMutablePointer<fs_style_options>?, _ size: Int, _ preset: fs_style_preset
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size, to: fs_style_options(StylePreset(preset)))
  }
}

@c @implementation
public func fs_style_preset_count() -> Int { StylePreset.allCases.count }

@c @implementation
public func fs_style_preset_name(_ preset: fs_style_preset) -> UnsafePointer<CChar>? {
  guard let known = StylePreset(rawValue: Int(preset.rawValue)) else { return nil }
  return UnsafeRawPointer(known.name.utf8Start).assumingMemoryBound(to: CChar.self)
}

extension StylePreset {
  fileprivate init(_ preset: fs_style_preset) throws(Failure) {
    guard let known = StylePreset(rawValue: Int(preset.rawValue)) else {
      throw .invalidArgument("preset \(preset.rawValue), wanted FS_PRESET_PYRAMID to FS_PRESET_CROWSONKB")
    }
    self = known
  }
}

extension fs_style_options: SizedStruct {
  static var standard: fs_style_options { fs_style_options(.pyramid) }

  fileprivate init(_ preset: StylePreset) {
    let standard = preset.options
    self.init()
    size = MemoryLayout<fs_style_options>.size
    steps = UInt32(clamping: standard.steps)
    content_weight = standard.contentWeight
    style_weight = standard.styleWeight
    learning_rate = standard.learningRate
    noise_ratio = standard.noiseRatio
    seed = standard.seed
    pooling = fs_pooling(rawValue: UInt32(clamping: standard.pooling.rawValue))
    cost = fs_cost_variant(rawValue: UInt32(clamping: standard.cost.rawValue))
    self.preset = fs_style_preset(rawValue: UInt32(clamping: preset.rawValue))
    optimiser = fs_style_optimiser(rawValue: UInt32(clamping: standard.optimiser.rawValue))
    history = UInt32(clamping: standard.history)
    coarsest = UInt32(clamping: standard.coarsest)
    averaging = standard.averaging
    clamp = standard.isClamped ? 1 : 0
    deadline = standard.deadline
    start = fs_style_start(rawValue: UInt32(clamping: standard.start.rawValue))
    style_scale = standard.styleScale
    colours = fs_style_colours(rawValue: UInt32(clamping: standard.colours.rawValue))
    variation = fs_total_variation(rawValue: UInt32(clamping: standard.variation.rawValue))
    variation_weight = standard.variationWeight
    style_loss = fs_style_loss(rawValue: UInt32(clamping: standard.styleLoss.rawValue))
    edges = fs_style_edges(rawValue: UInt32(clamping: standard.edges.rawValue))
    mask_kind = fs_mask_kind(rawValue: UInt32(clamping: standard.maskKind.rawValue))
    content_map_weight = standard.contentMapWeight
    temporal_weight = standard.temporalWeight
    tile = UInt32(clamping: standard.tile)
  }
}

extension StyleOptions {
  fileprivate init(_ given: fs_style_options) throws(Failure) {
    self = try StylePreset(given.preset).options
    width = Int(given.width)
    height = Int(given.height)
    steps = Int(given.steps)
    contentWeight = given.content_weight
    styleWeight = given.style_weight
    learningRate = given.learning_rate
    noiseRatio = given.noise_ratio
    seed = given.seed
    pooling = try Pooling(given.pooling)
    cost = try CostVariant(given.cost)
    optimiser = try choice(given.optimiser.rawValue, "optimiser")
    history = Int(given.history)
    coarsest = Int(given.coarsest)
    averaging = given.averaging
    isClamped = given.clamp != 0
    deadline = given.deadline
    start = try choice(given.start.rawValue, "start")
    styleScale = given.style_scale
    colours = try choice(given.colours.rawValue, "colours")
    variation = try choice(given.variation.rawValue, "total variation")
    variationWeight = given.variation_weight
    styleLoss = try choice(given.style_loss.rawValue, "style loss")
    edges = try choice(given.edges.rawValue, "edges")
    maskKind = try choice(given.mask_kind.rawValue, "mask kind")
    contentMapWeight = given.content_map_weight
    temporalWeight = given.temporal_weight
    tile = Int(given.tile)
    depth = Int(given.depth)
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
      throw .invalidArgument("\(UInt(bitPattern: count)) \(kind) layers, wanted 1 to 16")
    }
    var layers: [(name: String, weight: Float)] = []
    for layer in try buffer(given, count, kind) {
      layers.append((try text(layer.name, "the name of a layer", limit: 64), layer.weight))
    }
    return layers
  }
}

extension StylePictures {
  /// - Parameter weights: of the styles; nil: the same for all.
  fileprivate init(
    _ content: Image, _ styles: [Image], _ weights: UnsafeBufferPointer<Float>?, _ given: fs_style_options
  ) throws(Failure) {
    var pictures: [StylePicture] = []
    for (i, style) in styles.enumerated() { pictures.append(StylePicture(style, weight: weights?[i] ?? 1)) }
    if given.regions != nil || given.region_count != 0 {
      guard given.region_count == styles.count else {
        throw .invalidArgument(
          "\(UInt(bitPattern: given.region_count)) regions for \(styles.count) styles, wanted one for each")
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

/// The case of this number.
private func choice<Choice: RawRepresentable & CaseIterable>(
  _ number: UInt32, _ name: StaticString
) throws(Failure) -> Choice where Choice.RawValue == Int32 {
  guard let found = Choice(rawValue: Int32(bitPattern: number)) else {
    throw .invalidArgument("\(name) \(number), wanted 0 to \(Choice.allCases.count - 1)")
  }
  return found
}

@c @implementation
public func fs_styler_create(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ vgg: OpaquePointer?) -> fs_status
{
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try StyleTransfer(model(vgg, "vgg")))
  }
}

@c @implementation
public func fs_styler_run(
  _ styler: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ content: OpaquePointer?,
  _ style: OpaquePointer?, _ options: UnsafePointer<fs_style_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let styler = try Handle.object(styler, StyleTransfer.self, "styler")
    let out = try required(out, "out")
    let content = try Handle.object(content, Image.self, "content")
    let style = try Handle.object(style, Image.self, "style")
    let given = try known(options)
    let job = JobHandle(
      try styler.job(StylePictures(content, [style], nil, given), StyleOptions(given)), given)
    let handle = Handle.make(job)
    defer { Handle.destroy(handle, JobHandle.self) }
    try job.job.run(evaluations: .max) { job.report($0, handle) }
    out.pointee = Handle.make(try job.job.result())
  }
}

@c @implementation
public func fs_styler_memory_needed(
  _ styler: OpaquePointer?, _ width: UInt32, _ height: UInt32, _ options: UnsafePointer<fs_style_options>?,
  _ bytes: UnsafeMutablePointer<UInt64>?
) -> fs_status {
  boundary { () throws(Failure) in
    let styler = try Handle.object(styler, StyleTransfer.self, "styler")
    let given = try known(options)
    let target = try required(bytes, "bytes")
    let masks = try maskCount(given)
    target.pointee = UInt64(
      clamping: try styler.memoryNeeded(
        contentWidth: Int(width), Int(height), masks: masks, StyleOptions(given)))
  }
}

/// Masks of the regions, for a painting whose styles are not named.
private func maskCount(_ given: fs_style_options) throws(Failure) -> Int {
  guard given.regions != nil || given.region_count != 0 else { return 0 }
  guard given.region_count >= 1, given.region_count <= mostStyles else {
    throw .invalidArgument(
      "\(UInt(bitPattern: given.region_count)) regions, wanted one for each of 1 to \(mostStyles) styles")
  }
  return try buffer(given.regions, given.region_count, "regions").count
}

extension fs_style_progress: SizedStruct {
  static var standard: fs_style_progress { fs_style_progress() }

  fileprivate init(_ evaluation: StyleJob.Evaluation, _ job: StyleJob, _ handle: OpaquePointer?) {
    self.init(
      size: MemoryLayout<fs_style_progress>.size, step: UInt32(clamping: evaluation.number),
      steps: UInt32(clamping: evaluation.steps),
      content: evaluation.costs.content, style: evaluation.costs.style, total: evaluation.costs.total,
      seconds: evaluation.seconds, job: handle, variation: evaluation.costs.variation,
      width: UInt32(clamping: evaluation.width),
      height: UInt32(clamping: evaluation.height),
      ending: fs_style_ending(rawValue: UInt32(clamping: job.ending.rawValue)),
      temporal: evaluation.costs.temporal)
  }
}

@c @implementation
public func fs_style_preview(
  _ progress: UnsafePointer<fs_style_progress>?, _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> fs_status {
  boundary { () throws(Failure) in
    let progress = try known(required(progress, "progress"), "progress")
    let out = try required(out, "out")
    out.pointee = Handle.make(try Handle.object(progress.job, JobHandle.self, "progress->job").job.preview())
  }
}

@c @implementation
public func fs_styler_evaluate(
  _ styler: OpaquePointer?, _ generated: OpaquePointer?, _ content: OpaquePointer?, _ style: OpaquePointer?,
  _ options: UnsafePointer<fs_style_options>?, _ content_cost: UnsafeMutablePointer<Double>?,
  _ style_cost: UnsafeMutablePointer<Double>?, _ total_cost: UnsafeMutablePointer<Double>?,
  _ gradient: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let styler = try Handle.object(styler, StyleTransfer.self, "styler")
    let generated = try Handle.object(generated, Image.self, "generated")
    let content = try Handle.object(content, Image.self, "content")
    let style = try Handle.object(style, Image.self, "style")
    let given = try known(options)
    let contentTarget = try required(content_cost, "content_cost")
    let styleTarget = try required(style_cost, "style_cost")
    let totalTarget = try required(total_cost, "total_cost")
    let room = try gradient.map { pointer throws(Failure) in
      try output(pointer, capacity: capacity, needed: 3 * generated.width * generated.height, "gradient")
    }
    let (costs, values) = try styler.evaluate(
      generated, StylePictures(content, [style], nil, given), StyleOptions(given), withGradient: room != nil)
    if let room, let values { room.update(from: values.pointer, count: values.count) }
    contentTarget.pointee = costs.content
    styleTarget.pointee = costs.style
    totalTarget.pointee = costs.total
  }
}

@c @implementation
public func fs_styler_destroy(_ styler: OpaquePointer?) { Handle.destroy(styler, StyleTransfer.self) }

@c @implementation
public func fs_style_match_colours(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ style: OpaquePointer?, _ content: OpaquePointer?,
  _ colours: fs_style_colours
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let style = try Handle.object(style, Image.self, "style")
    let content = try Handle.object(content, Image.self, "content")
    let way: Colours = try choice(colours.rawValue, "colours")
    // Handles own their objects: where nothing is changed it is a second handle of the same picture.
    out.pointee = Handle.make(try way.prepared(style: style, for: content))
  }
}

// MARK: Jobs

@c @implementation
public func fs_style_job_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ styler: OpaquePointer?, _ content: OpaquePointer?,
  _ styles: UnsafePointer<OpaquePointer?>?, _ weights: UnsafePointer<Float>?, _ count: Int,
  _ options: UnsafePointer<fs_style_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let styler = try Handle.object(styler, StyleTransfer.self, "styler")
    let content = try Handle.object(content, Image.self, "content")
    guard count >= 1, count <= mostStyles else {
      throw .invalidArgument("\(UInt(bitPattern: count)) styles, wanted 1 to \(mostStyles)")
    }
    let shares = try weights.map { weights throws(Failure) in try buffer(weights, count, "weights") }
    var images: [Image] = []
    for style in try buffer(styles, count, "styles") {
      images.append(try Handle.object(style, Image.self, "a style"))
    }
    let given = try known(options), pictures = try StylePictures(content, images, shares, given)
    out.pointee = Handle.make(JobHandle(try styler.job(pictures, StyleOptions(given)), given))
  }
}

@c @implementation
public func fs_style_job_step(
  _ job: OpaquePointer?, _ evaluations: UInt32, _ progress: UnsafeMutablePointer<fs_style_progress>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = job
    let object = try Handle.object(handle, JobHandle.self, "job"), job = object.job
    // A struct too small is refused before the work, and nothing is written when the callback cancels.
    try checkRoom(required(progress, "progress"), "progress")
    try job.run(evaluations: Int(evaluations)) { object.report($0, handle) }
    try fill(progress, with: fs_style_progress(job.last, job, handle), "progress")
  }
}

@c @implementation
public func fs_style_job_preview(
  _ job: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Handle.object(job, JobHandle.self, "job").job.preview())
  }
}

@c @implementation
public func fs_style_job_result(
  _ job: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Handle.object(job, JobHandle.self, "job").job.result())
  }
}

@c @implementation
public func fs_style_job_save(_ job: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    try Handle.object(job, JobHandle.self, "job").job.save(path: pathText(path, "path"))
  }
}

@c @implementation
public func fs_style_job_load(_ job: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    try Handle.object(job, JobHandle.self, "job").job.load(path: pathText(path, "path"))
  }
}

@c @implementation
public func fs_style_job_destroy(_ job: OpaquePointer?) { Handle.destroy(job, JobHandle.self) }
