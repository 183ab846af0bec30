import ArgumentParser
import CFaceStyle

/// Options of every command.
struct CommonOptions: ParsableArguments {
  @Option(help: "Number of threads; 0: one per processor.")
  var threads: UInt32 = 0

  @Option(
    help: ArgumentHelp(
      "Refuse what needs more memory; 0: as machine and container allow.", valueName: "megabytes"))
  var memoryLimit: UInt32 = 0

  @Flag(help: "Print one line of JSON.")
  var json = false

  /// Sets the number of threads and the limit. Every command calls this first.
  func apply() throws(Failure) {
    try check(fs_threads_set(threads), "--threads")
    try check(fs_memory_limit_set(UInt64(memoryLimit) << 20), "--memory-limit")
  }
}

/// Options of commands that find a face and embed it.
struct FaceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The embedder's model.", valueName: "model"))
  var model: String?

  @Option(help: ArgumentHelp("The detector's model.", valueName: "model"))
  var detectorModel: String?

  @Option(
    name: [.customLong("min-size"), .customLong("min-face")],
    help: ArgumentHelp("Side of the smallest face, in pixels.", valueName: "pixels"))
  var minFace: Float?

  /// - Parameter gallery: whose embeddings the embedder must be able to compare with.
  func open(for gallery: Gallery? = nil) throws(Failure) -> FaceReader {
    let (embedder, model) = try openEmbedder(asked: self.model, for: gallery)
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

  func check(_ photo: IdentifiedPhoto) throws(Failure) {
    try check(photo.reasonsAgainst.map { (photo.path, $0) })
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

  /// The embedding of the only person in a photo, or of its main face, and the reasons against recognising it,
  /// bits of fs_quality_reason. Reports a photo that cannot be used on the error stream.
  func portrait(_ path: String, ofMain isMain: Bool = false) throws(Failure) -> ([Float], UInt32)? {
    do throws(Failure) {
      let photo = try Picture(ofFaces: path)
      guard let detector else { return (try embedder.embed(photo, path, nil).1, 0) }
      if !isMain {
        let faces = try detector.find(in: photo)
        let reasons = try faces.map { face throws(Failure) in try photo.quality(of: face).reasons }
        let good = zip(faces, reasons).filter { $0.1 == 0 }.map(\.0)
        if good.count == 1 { return (try embedder.embed(photo, good)[0], 0) }
        guard faces.count < 2 else {
          let seen = "\(faces.count) faces, \(good.count) of them good enough to be recognised"
          throw Failure("\(path): \(seen); expected one, or --main-face", FS_NO_FACE)
        }
      }
      let (face, embedding) = try embedder.embed(photo, path, detector)
      return (embedding, try face.map { face throws(Failure) in try photo.quality(of: face).reasons } ?? 0)
    } catch {
      guard [FS_NO_FACE, FS_BAD_DATA, FS_IO].contains(error.status) else { throw error }
      warn("skipped \(error.message)")
      return nil
    }
  }
}
