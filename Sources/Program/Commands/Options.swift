import ArgumentParser
import CFaceStyle

/// Options of every command.
struct CommonOptions: ParsableArguments {
  @Option(help: "Number of threads; 0: one per processor.")
  var threads: UInt32 = 0

  @Flag(help: "Print one line of JSON.")
  var json = false

  /// Sets the number of threads. Every command calls this first.
  func apply() throws(Failure) { try check(fs_threads_set(threads), "--threads") }
}

/// Options of commands that find a face and embed it.
struct FaceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The embedder's model.", valueName: "file"))
  var model: String?

  @Option(help: ArgumentHelp("The detector's model.", valueName: "file"))
  var detectorModel: String?

  @Option(
    name: [.customLong("min-size"), .customLong("min-face")],
    help: ArgumentHelp("Side of the smallest face, in pixels.", valueName: "pixels"))
  var minFace: Float?

  /// - Parameter gallery: whose embeddings the embedder must be able to compare with.
  func open(for gallery: Gallery? = nil) throws(Failure) -> FaceReader {
    let (embedder, model) = try openEmbedder(for: gallery)
    let detector = try embedder.isAligning ? openDetector() : nil
    return FaceReader(
      detector: detector, embedder: embedder, name: model.name, architecture: model.architecture,
      fingerprint: model.fingerprint)
  }

  func openDetector() throws(Failure) -> Detector {
    var options = try Detector.defaults()
    if let minFace { options.min_face = minFace }
    return try Detector(try openModel(Role.facesWithPoints, asked: detectorModel), options)
  }

  /// The embedder and its model.
  func openEmbedder(for gallery: Gallery? = nil) throws(Failure) -> (Embedder, Model) {
    let model = try embedderModel(asked: self.model, for: gallery)
    return (try Embedder(model), model)
  }
}

/// The largest distance between two faces of one person.
struct ThresholdOption: ParsableArguments {
  @Option(help: ArgumentHelp("Largest distance between two faces of one person.", valueName: "distance"))
  var threshold: Float?

  var value: Float { threshold ?? Float(FS_DEFAULT_THRESHOLD) }

  func validate() throws {
    if let threshold, !(threshold >= 0) {
      throw ValidationError("--threshold is \(threshold); expected 0 or more.")
    }
  }
}

/// Whether a face that is too bad to be recognised gives an answer.
struct BadFaceOption: ParsableArguments {
  @Flag(help: "Answer for faces that are too bad to be recognised, too.")
  var anyFace = false

  /// Whether no reason speaks against an answer.
  func isSure(_ reasons: UInt32...) -> Bool { anyFace || reasons.allSatisfy { $0 == 0 } }

  /// - Throws: for a bad face, with the reasons; or reports them.
  func check(_ faces: [(path: String, reasons: UInt32)]) throws(Failure) {
    let bad = faces.filter { $0.reasons != 0 }
    guard !bad.isEmpty else { return }
    let told = bad.map { "\($0.path): the face is \(reasonTexts($0.reasons).joined(separator: ", "))" }
    guard anyFace else { throw Failure("\(told.joined(separator: "; ")); no answer without --any-face") }
    for line in told { warn(line) }
  }
}

/// Turns photos into embeddings.
struct FaceReader {
  /// Nil if the embedder sees whole photos.
  let detector: Detector?
  let embedder: Embedder
  /// The embedder's model.
  let name: String
  let architecture: String
  let fingerprint: UInt64

  /// Compares the main faces of two photos.
  func compare(_ first: String, _ second: String, _ threshold: Float) throws(Failure) -> fs_verdict {
    // One at a time, so that an error names its photo.
    let (a, b) = (try Picture(ofFaces: first), try Picture(ofFaces: second))
    do throws(Failure) {
      return try holding(a, b, embedder, detector) { () throws(Failure) in
        var verdict = fs_verdict()
        try check(
          fs_compare_photos(embedder.handle, detector?.handle, a.handle, b.handle, threshold, &verdict))
        return verdict
      }
    } catch {
      guard error.status == FS_NO_FACE else { throw error }
      _ = try embedder.embed(a, first, detector)
      _ = try embedder.embed(b, second, detector)
      throw error
    }
  }

  /// Searches a gallery for the main face of a photo.
  func identify(
    _ photo: Picture, _ path: String, in gallery: Gallery, _ options: fs_identify_options
  ) throws(Failure) -> fs_gallery_identity {
    try holding(photo, gallery, embedder, detector) { () throws(Failure) in
      var options = options, identity = fs_gallery_identity()
      identity.size = MemoryLayout<fs_gallery_identity>.size
      try check(
        fs_gallery_identify_photo(
          gallery.handle, embedder.handle, detector?.handle, photo.handle, &options, &identity), path)
      return identity
    }
  }

  /// The embedding alone; reports a photo that cannot be used on the error stream.
  func embedOrSkip(_ path: String) throws(Failure) -> [Float]? {
    do throws(Failure) {
      return try embedder.embed(try Picture(ofFaces: path), path, detector).1
    } catch {
      guard [FS_NO_FACE, FS_BAD_DATA, FS_IO].contains(error.status) else { throw error }
      warn("skipped \(error.message)")
      return nil
    }
  }
}
