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

  /// The default options.
  static func options() throws(Failure) -> fs_style_options {
    var options = fs_style_options()
    try check(fs_style_options_init(&options, MemoryLayout<fs_style_options>.size))
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

  func paint(
    _ content: Picture, like style: Picture, with vgg: Model, _ options: fs_style_options
  ) throws(Failure) -> Picture {
    let styler = try Painter.styler(vgg)
    defer { fs_styler_destroy(styler) }

    var options = options
    options.user = Unmanaged.passUnretained(self).toOpaque()
    options.on_step = { progress, user in
      guard let progress, let user else { return FS_CANCEL }
      return Unmanaged<Painter>.fromOpaque(user).takeUnretainedValue().stepped(progress)
    }
    var picture: OpaquePointer?
    let status = catchingInterrupts {
      withExtendedLifetime(self) { fs_styler_run(styler, &picture, content.handle, style.handle, &options) }
    }
    if last.step > 0 { bar.end() }
    if let failure { throw failure }
    try check(status)
    guard let picture else { throw Failure("the library made nothing") }
    return Picture(owning: picture)
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
  var picture: OpaquePointer?
  try check(fs_style_preview(progress, &picture))
  guard let picture else { throw Failure("the library made nothing") }
  return Picture(owning: picture)
}
