import CFaceStyle

/// Style transfer with a progress bar; Ctrl-C finishes early and keeps the picture.
final class Painter {
  /// What the last step told.
  private(set) var last = fs_style_progress()
  private let bar = ProgressBar()
  private let onStep: (UnsafePointer<fs_style_progress>) throws(Failure) -> Void
  private var failure: Failure?

  /// `onStep` may look at the picture so far; a failure in it ends the painting.
  init(onStep: @escaping (UnsafePointer<fs_style_progress>) throws(Failure) -> Void = { _ in }) {
    self.onStep = onStep
  }

  /// The options of a preset.
  static func options(_ preset: fs_style_preset = FS_PRESET_PYRAMID) throws(Failure) -> fs_style_options {
    var options = fs_style_options()
    try check(fs_style_options_preset(&options, MemoryLayout<fs_style_options>.size, preset))
    return options
  }

  /// Bytes that painting would take at its peak.
  static func memoryNeeded(
    _ content: Picture, with vgg: Model, _ options: fs_style_options
  ) throws(Failure) -> Int {
    let styler = try styler(vgg)
    defer { fs_styler_destroy(styler) }
    var (options, bytes) = (options, UInt64(0))
    try check(
      fs_styler_memory_needed(styler, UInt32(content.width), UInt32(content.height), &options, &bytes))
    return Int(bytes)
  }

  private static func styler(_ vgg: Model) throws(Failure) -> OpaquePointer? {
    var styler: OpaquePointer?
    try check(fs_styler_create(&styler, vgg.handle), vgg.path)
    return styler
  }

  /// - Parameters:
  ///   - weights: of the styles; empty: the same for all.
  ///   - checkpoint: a file to go on from if it is there, written now and then and at the end.
  func paint(
    _ content: Picture, like styles: [Picture], weights: [Float] = [], with vgg: Model, _ options: fs_style_options,
    checkpoint: String? = nil
  ) throws(Failure) -> Picture {
    let styler = try Painter.styler(vgg)
    defer { fs_styler_destroy(styler) }

    var options = options
    options.user = Unmanaged.passUnretained(self).toOpaque()
    options.on_step = { progress, user in
      guard let progress, let user else { return FS_CANCEL }
      return Unmanaged<Painter>.fromOpaque(user).takeUnretainedValue().stepped(progress)
    }
    var job: OpaquePointer?
    let handles = styles.map { Optional($0.handle) }
    try check(
      fs_style_job_create(
        &job, styler, content.handle, handles, weights.isEmpty ? nil : weights, handles.count, &options))
    defer { fs_style_job_destroy(job) }
    if let checkpoint, kind(of: checkpoint) == .file { try check(fs_style_job_load(job, checkpoint), checkpoint) }

    var status = FS_OK
    catchingInterrupts {
      withExtendedLifetime(self) {
        var progress = fs_style_progress()
        progress.size = MemoryLayout<fs_style_progress>.size
        repeat {
          status = fs_style_job_step(job, 50, &progress)
          if status == FS_OK, let checkpoint { status = fs_style_job_save(job, checkpoint) }
        } while status == FS_OK && progress.ending == FS_ENDING_NONE && !isInterrupted
        if status == FS_OK { last.ending = progress.ending }
      }
    }
    if last.step > 0 { bar.end() }
    if let failure { throw failure }
    try check(status)
    return Picture(owning: try made("") { fs_style_job_result(job, &$0) })
  }

  private func stepped(_ progress: UnsafePointer<fs_style_progress>) -> fs_action {
    last = progress.pointee
    last.job = nil  // gone after the callback
    bar.show(step: Int(last.step), of: Int(last.steps), "J \(scientific(last.total))", seconds: last.seconds)
    do throws(Failure) {
      try onStep(progress)
    } catch {
      failure = error
      return FS_CANCEL
    }
    return isInterrupted ? FS_FINISH : FS_CONTINUE
  }
}

/// The picture so far, inside `onStep`.
func preview(_ progress: UnsafePointer<fs_style_progress>) throws(Failure) -> Picture {
  Picture(owning: try made("") { fs_style_preview(progress, &$0) })
}
