import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

/// Per painting.
private let maxStyles = 64

extension StyleTransfer: HandleKind {
  static var kind: StaticString { "fs_styler" }
}

/// A job with the function that it reports to.
private final class JobHandle: HandleKind {
  static var kind: StaticString { "fs_style_job" }
  let job: StyleJob
  private let callback: fs_style_callback?
  private let user: UnsafeMutableRawPointer?

  init(_ job: StyleJob, _ options: fs_style_options) {
    (self.job, callback, user) = (job, options.on_step, options.user)
  }

  /// The host's answer to an evaluation; `handle` is this object's.
  func report(_ report: StyleJob.Report, _ handle: OpaquePointer?) throws(Failure) -> Action {
    guard let callback else { return .goOn }
    var progress = fs_style_progress(report, job, handle)
    return try Action(withHostFloats { callback(&progress, user) }, of: "on_step")
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
    try initialise(options, size, to: fs_style_options(preset))
  }
}

@c @implementation
public func fs_style_preset_count() -> Int { StylePreset.all.count }

@c @implementation
public func fs_style_preset_name(_ preset: fs_style_preset) -> UnsafePointer<CChar>? {
  StylePreset.numbered(preset).map { staticText($0.name) }
}

@c @implementation
public func fs_style_preset_summary(_ preset: fs_style_preset) -> UnsafePointer<CChar>? {
  StylePreset.numbered(preset).map { staticText($0.summary) }
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
    try job.job.run(evaluations: .max) { evaluation throws(Failure) in try job.report(evaluation, handle) }
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

/// The number of regions' masks, for a painting whose styles are not given.
private func maskCount(_ given: fs_style_options) throws(Failure) -> Int {
  guard given.regions != nil || given.region_count != 0 else { return 0 }
  guard given.region_count >= 1, given.region_count <= maxStyles else {
    throw .invalidArgument(
      "\(UInt(bitPattern: given.region_count)) regions; expected one for each of 1 to \(maxStyles) styles")
  }
  return try buffer(given.regions, given.region_count, "regions").count
}

extension fs_style_progress: SizedStruct {
  static var standard: fs_style_progress { fs_style_progress() }

  fileprivate init(_ report: StyleJob.Report, _ job: StyleJob, _ handle: OpaquePointer?) {
    self.init(
      size: MemoryLayout<fs_style_progress>.size, step: UInt32(clamping: report.number),
      steps: UInt32(clamping: report.steps),
      content: report.costs.content, style: report.costs.style, total: report.costs.total,
      seconds: report.seconds, job: handle, variation: report.costs.variation,
      width: UInt32(clamping: report.width),
      height: UInt32(clamping: report.height),
      ending: job.ending?.inC ?? FS_ENDING_NONE,
      temporal: report.costs.temporal)
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
    if let room {
      values?.withPointer { room.update(from: $0, count: 3 * generated.width * generated.height) }
    }
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
    let way = try Colours(colours)
    // Handles own their objects: an unchanged picture gets a second handle.
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
    guard count >= 1, count <= maxStyles else {
      throw .invalidArgument("\(UInt(bitPattern: count)) styles; expected 1 to \(maxStyles)")
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
    // Rejects a struct that is too small before the work; writes nothing if the callback cancels.
    try checkRoom(required(progress, "progress"), "progress")
    try job.run(evaluations: Int(evaluations)) { evaluation throws(Failure) in
      try object.report(evaluation, handle)
    }
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
