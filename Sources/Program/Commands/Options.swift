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
      detector: detector, embedder: embedder, model: model.architecture, name: model.name,
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

  /// - Throws: for a bad face, with the reasons; or reports them.
  func check(_ faces: [(path: String, reading: FaceReader.Reading)]) throws(Failure) {
    let bad = faces.filter { !$0.reading.reasons.isEmpty }
    guard !bad.isEmpty else { return }
    let told = bad.map { "\($0.path): the face is \($0.reading.reasons.joined(separator: ", "))" }
    guard anyFace else { throw Failure("\(told.joined(separator: "; ")); no answer without --any-face") }
    for line in told { warn(line) }
  }
}

/// Turns photos into embeddings.
struct FaceReader {
  /// Nil if the embedder sees whole photos.
  let detector: Detector?
  let embedder: Embedder
  /// The embedder's architecture.
  let model: String
  /// The embedder's model.
  let name: String
  let fingerprint: UInt64

  /// A photo's main face, or all of it.
  struct Reading {
    let embedding: [Float]
    /// Why the face is too bad to be recognised.
    let reasons: [String]
  }

  func read(_ path: String) throws(Failure) -> Reading {
    let photo = try Picture(opening: path)
    let (face, embedding) = try embedder.embed(photo, path, detector)
    guard let face else { return Reading(embedding: embedding, reasons: []) }
    return Reading(embedding: embedding, reasons: reasonTexts(try photo.quality(of: face).reasons))
  }

  /// The embedding alone; reports a photo that cannot be used on the error stream.
  func embedOrSkip(_ path: String) throws(Failure) -> [Float]? {
    do throws(Failure) {
      return try embedder.embed(try Picture(opening: path), path, detector).1
    } catch {
      guard [FS_NO_FACE, FS_BAD_DATA, FS_IO].contains(error.status) else { throw error }
      warn("skipped \(error.message)")
      return nil
    }
  }
}
