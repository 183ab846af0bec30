import Tensors

/// What a model says of itself, in the metadata of its file: texts for people, which change no result, and
/// settings.
package struct ModelTexts {
  package var licence: String?
  package var accuracy: String?
  package var note: String?
  /// Where the weights are from.
  package var source: String?
  /// Of an embedder or detector, instead of its file's.
  package var threshold: Float?
  /// Of an embedder: whether it embeds a picture together with its mirror image. nil: as its file says.
  package var isMirrored: Bool?

  package init() {}

  static var licenceKey: String { "licence" }
  static var accuracyKey: String { "accuracy" }
  static var noteKey: String { "note" }
  static var sourceKey: String { "source" }
  private static var mirroredKey: String { "mirrored" }

  /// - Throws: `.wrongModel` for a setting that a model of that use does not have.
  package func check(_ use: ModelInformation.Use) throws(Failure) {
    guard threshold == nil || use == .embedder || use == .detector else {
      throw .wrongModel("a threshold for a model that is neither an embedder nor a detector")
    }
    guard isMirrored != true || use == .embedder else {
      throw .wrongModel("mirrored for a model that is no embedder")
    }
  }

  package var metadata: [String: String] {
    var metadata: [String: String] = [:]
    metadata[ModelTexts.licenceKey] = licence
    metadata[ModelTexts.accuracyKey] = accuracy
    metadata[ModelTexts.noteKey] = note
    metadata[ModelTexts.sourceKey] = source
    metadata["threshold"] = threshold.map { "\($0)" }
    metadata[ModelTexts.mirroredKey] = isMirrored.map { $0 ? "mean" : "no" }
    return metadata
  }

  /// Whether a model's embeddings are means over pictures and their mirror images.
  package static func isMirrored(_ metadata: [String: String]) throws(Failure) -> Bool {
    switch metadata[mirroredKey] {
    case nil, "no": return false
    case "mean": return true
    case let text?: throw .badData("model: mirrored \"\(text)\"; expected mean or no")
    }
  }

  /// Whether a key of the metadata is one of these texts, or the model's name.
  static func isDescription(_ key: String) -> Bool {
    [licenceKey, accuracyKey, noteKey, sourceKey, "name"].contains(key)
  }
}
