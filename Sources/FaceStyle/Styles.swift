import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

extension StyleTransfer: HandleKind {
  static var kind: StaticString { "fs_styler" }
}

@c @implementation
public func fs_style_options_init(_ options: UnsafeMutablePointer<fs_style_options>?, _ size: Int) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_style_options: SizedStruct {
  static var standard: fs_style_options {
    let standard = StyleOptions()
    var options = fs_style_options()
    options.size = MemoryLayout<fs_style_options>.size
    options.steps = UInt32(standard.steps)
    options.content_weight = standard.contentWeight
    options.style_weight = standard.styleWeight
    options.learning_rate = standard.learningRate
    options.noise_ratio = standard.noiseRatio
    options.seed = standard.seed
    options.pooling = FS_POOLING_AVERAGE
    options.cost = FS_COST_NORMALISED
    return options
  }
}

extension StyleOptions {
  fileprivate init(_ given: fs_style_options) throws(Failure) {
    self.init()
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
    if given.content_layer != nil { contentLayer = try text(given.content_layer, "content_layer", limit: 64) }
    guard given.style_layers != nil || given.style_layer_count != 0 else { return }
    guard given.style_layer_count >= 1, given.style_layer_count <= 16 else {
      throw .invalidArgument("\(UInt(bitPattern: given.style_layer_count)) style layers, wanted 1 to 16")
    }
    styleLayers = []
    for layer in try buffer(given.style_layers, given.style_layer_count, "style_layers") {
      styleLayers.append((try text(layer.name, "the name of a style layer", limit: 64), layer.weight))
    }
  }
}

@c @implementation
public func fs_styler_create(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ vgg: OpaquePointer?) -> fs_status {
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
    let image = try styler.run(content: content, style: style, StyleOptions(given)) { progress in
      guard let callback = given.on_step else { return .continue }
      return report(progress, to: callback, given.user)
    }
    out.pointee = Handle.make(image)
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
    target.pointee = UInt64(
      try styler.memoryNeeded(contentWidth: Int(width), Int(height), StyleOptions(given)))
  }
}

/// Calls the host with a job handle that is valid during the call.
private func report(
  _ progress: StyleTransfer.Progress, to callback: fs_style_callback, _ user: UnsafeMutableRawPointer?
) -> StyleTransfer.Action {
  let job = Handle.make(JobHandle(progress.job))
  defer { Handle.destroy(job, JobHandle.self) }
  var message = fs_style_progress(
    size: MemoryLayout<fs_style_progress>.size, step: UInt32(progress.step), steps: UInt32(progress.steps),
    content: progress.costs.content, style: progress.costs.style, total: progress.costs.total,
    seconds: progress.seconds, job: job)
  switch callback(&message, user) {
  case FS_FINISH: return .finish
  case FS_CANCEL: return .cancel
  default: return .continue
  }
}

private final class JobHandle: HandleKind {
  static var kind: StaticString { "fs_style_job" }
  let job: StyleTransfer.Job
  init(_ job: StyleTransfer.Job) { self.job = job }
}

@c @implementation
public func fs_style_preview(
  _ progress: UnsafePointer<fs_style_progress>?, _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> fs_status {
  boundary { () throws(Failure) in
    let progress = try required(progress, "progress")
    let out = try required(out, "out")
    out.pointee = Handle.make(try Handle.object(progress.pointee.job, JobHandle.self, "progress->job").job.preview())
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
      generated, content: content, style: style, StyleOptions(given), withGradient: room != nil)
    if let room, let values { room.update(from: values.pointer, count: values.count) }
    contentTarget.pointee = costs.content
    styleTarget.pointee = costs.style
    totalTarget.pointee = costs.total
  }
}

@c @implementation
public func fs_styler_destroy(_ styler: OpaquePointer?) { Handle.destroy(styler, StyleTransfer.self) }
