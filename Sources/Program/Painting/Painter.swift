import CFaceStyle

/// Style transfer with a progress bar. Ctrl-C and failures finish early and keep the picture.
final class Painter {
  /// The last step's report.
  private(set) var last = fs_style_progress()
  private let bar = ProgressBar()
  private var isBarOpen = false
  private let onStep: (UnsafePointer<fs_style_progress>) throws(Failure) -> Void
  /// Failures of checkpoints, of `onStep`, and of steps.
  let troubles = Troubles()

  /// Where and how often a painting is stored while it runs.
  struct Checkpointing {
    let path: String
    /// Evaluations between checkpoints.
    let every: UInt32
  }

  /// `onStep` may read the picture so far; its failures are recorded in `troubles`.
  init(onStep: @escaping (UnsafePointer<fs_style_progress>) throws(Failure) -> Void = { _ in }) {
    self.onStep = onStep
  }

  static func options(_ preset: fs_style_preset = FS_PRESET_PYRAMID) throws(Failure) -> fs_style_options {
    var options = fs_style_options()
    try check(fs_style_options_preset(&options, MemoryLayout<fs_style_options>.size, preset))
    return options
  }

  /// Peak memory of a painting, in bytes.
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
  ///   - weights: one per style; empty: equal weights.
  ///   - checkpoint: a file to resume from if it exists, written from time to time and at the end.
  /// - Returns: the picture, complete or so far: `last.ending` and `troubles` have the reason.
  func paint(
    _ content: Picture, like styles: [Picture], weights: [Float] = [], with vgg: Model,
    _ options: fs_style_options,
    checkpoint: Checkpointing? = nil
  ) throws(Failure) -> Picture {
    let styler = try Painter.styler(vgg)
    defer { fs_styler_destroy(styler) }

    var options = options
    let held = Unmanaged.passRetained(self)
    defer { held.release() }
    options.user = held.toOpaque()
    options.on_step = { progress, user in
      guard let progress, let user else { return FS_CANCEL }
      return Unmanaged<Painter>.fromOpaque(user).takeUnretainedValue().stepped(progress)
    }
    var job: OpaquePointer?
    try styles.withHandles { handles throws(Failure) in
      try check(
        fs_style_job_create(
          &job, styler, content.handle, handles, weights.isEmpty ? nil : weights, handles.count, &options))
    }
    defer { fs_style_job_destroy(job) }
    if let checkpoint, kind(of: checkpoint.path) == .file {
      try check(fs_style_job_load(job, checkpoint.path), checkpoint.path)
    }

    catchInterrupts()
    var progress = fs_style_progress()
    progress.size = MemoryLayout<fs_style_progress>.size
    repeat {
      do throws(Failure) {
        try check(fs_style_job_step(job, checkpoint?.every ?? 50, &progress))
      } catch {
        // Before the first step there is nothing to keep.
        guard last.step > 0 else { throw error }
        endBar()
        troubles.add(error, to: "painting")
      }
      if let checkpoint { keep(job, in: checkpoint.path) }
    } while progress.ending == FS_ENDING_NONE && !isInterrupted && !troubles.has("painting")
    if !troubles.has("painting") { last = progress }
    last.job = nil
    endBar()
    return Picture(owning: try made("") { fs_style_job_result(job, &$0) })
  }

  private func keep(_ job: OpaquePointer?, in checkpoint: String) {
    do throws(Failure) {
      try check(fs_style_job_save(job, checkpoint), checkpoint)
      troubles.clear("checkpoint")
    } catch {
      endBar()
      troubles.add(error, to: "checkpoint")
    }
  }

  private func endBar() {
    if isBarOpen { bar.end() }
    isBarOpen = false
  }

  private func stepped(_ progress: UnsafePointer<fs_style_progress>) -> fs_action {
    last = progress.pointee
    last.job = nil  // invalid after the callback
    isBarOpen = true
    bar.show(step: Int(last.step), of: Int(last.steps), "J \(scientific(last.total))", seconds: last.seconds)
    do throws(Failure) {
      try onStep(progress)
    } catch {
      endBar()
      troubles.add(error, to: "on the way")
    }
    return isInterrupted ? FS_FINISH : FS_CONTINUE
  }
}

/// The picture so far, inside `onStep`.
func preview(_ progress: UnsafePointer<fs_style_progress>) throws(Failure) -> Picture {
  Picture(owning: try made("") { fs_style_preview(progress, &$0) })
}
