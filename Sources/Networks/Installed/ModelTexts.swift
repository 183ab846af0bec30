/// What a model says of itself to people, in the metadata of its file. It changes no result.
package struct ModelTexts {
  package var licence: String?
  package var accuracy: String?
  package var note: String?
  /// Where the weights are from.
  package var source: String?

  package init() {}

  static var licenceKey: String { "licence" }
  static var accuracyKey: String { "accuracy" }
  static var noteKey: String { "note" }
  static var sourceKey: String { "source" }

  package var metadata: [String: String] {
    var metadata: [String: String] = [:]
    metadata[ModelTexts.licenceKey] = licence
    metadata[ModelTexts.accuracyKey] = accuracy
    metadata[ModelTexts.noteKey] = note
    metadata[ModelTexts.sourceKey] = source
    return metadata
  }

  /// Whether a key of the metadata is one of these texts, or the model's name.
  static func isDescription(_ key: String) -> Bool {
    [licenceKey, accuracyKey, noteKey, sourceKey, "name"].contains(key)
  }
}
