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

  func open() throws(Failure) -> FaceReader {
    let (embedder, model) = try openEmbedder()
    let detector = try embedder.isAligning ? openDetector() : nil
    return FaceReader(detector: detector, embedder: embedder, model: model)
  }

  func openDetector() throws(Failure) -> Detector {
    var options = try Detector.defaults()
    if let minFace { options.min_face = minFace }
    return try Detector(try openDetectorModel(asked: detectorModel), options)
  }

  /// The embedder and its architecture.
  func openEmbedder() throws(Failure) -> (Embedder, String) {
    let model = try openModel("faces-nn4", "dlib-resnet", asked: self.model)
    return (try Embedder(model), model.architecture)
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

/// Turns photos into embeddings.
struct FaceReader {
  /// Nil if the embedder sees whole photos.
  let detector: Detector?
  let embedder: Embedder
  /// The embedder's architecture.
  let model: String

  func embed(_ path: String) throws(Failure) -> [Float] {
    try embedder.embed(try Picture(opening: path), path, detector).1
  }

  /// The same, but reports a photo that cannot be used on the error stream.
  func embedOrSkip(_ path: String) throws(Failure) -> [Float]? {
    do throws(Failure) {
      return try embed(path)
    } catch {
      guard [FS_NO_FACE, FS_BAD_DATA, FS_IO].contains(error.status) else { throw error }
      warn("skipped \(error.message)")
      return nil
    }
  }
}
