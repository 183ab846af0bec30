import Networks
import Tensors

// Loading from and saving to a model.

extension Trainer {
  /// The default architecture.
  package static var usualArchitecture: String { "nn4.small2" }

  /// - Parameters:
  ///   - name: the network's; nil: the default one.
  ///   - start: a model of the same network, with the initial weights.
  /// - Throws: `.badData` for a start of another network, `.invalidArgument` for an unknown network, and for
  ///   one that accepts pictures of any size.
  package convenience init(_ name: String?, _ settings: TrainingSettings, start: Model?) throws(Failure) {
    let name = name ?? Trainer.usualArchitecture
    try start?.requireStart(of: name)
    guard let architecture = try start?.architecture() ?? Architecture.named(name) else {
      throw .invalidArgument("architecture \"\(name)\", which this version does not know")
    }
    guard architecture.frame != nil || settings.loss.wanted == .faces else {
      throw .invalidArgument(
        "architecture \"\(name)\" takes pictures of any size: it is no network for faces")
    }
    try self.init(architecture, settings, weights: start?.weights)
  }

  /// The longer side of a face that a detector sees best, as measured on those that it was trained with.
  private static var secondLook: Int { 76 }

  /// Writes the network as a model. An embedding model specifies the framing of its training or, if it was
  /// not trained from photos, the framing to use: faces aligned to the mean face, or whole photos if its
  /// pictures are not square.
  ///
  /// - Parameter threshold: the largest distance between two faces of one person, 0 or more; of a detector,
  ///   the score of a face.
  package func saveModel(
    path: String, _ numbers: WeightFileWriter.Numbers, threshold: Float, texts words: ModelTexts = .init()
  ) throws(Failure) {
    if let fault = Setting("threshold", threshold, .atLeast(0)).fault { throw .invalidArgument(fault) }
    try words.check(architecture.hasEmbedding ? .embedder : .detector)
    var metadata = words.metadata
    metadata["threshold"] = "\(threshold)"
    if architecture.hasEmbedding {
      metadata[Framing.key] = texts[Framing.key] ?? Framing.trained(architecture).text
    }
    // Of a detector: a finder looks at larger pictures at several sizes.
    if settings.loss.wanted == .faces, let side = texts["side"].flatMap({ Int($0) }) {
      metadata["max_side"] = "\(max(side, 128))"
      metadata["second_look"] = "\(Trainer.secondLook)"
    }
    try export(path: path, numbers, metadata: metadata)
  }
}
