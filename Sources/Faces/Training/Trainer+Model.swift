import Networks
import Tensors

// From a model, and to one.

extension Trainer {
  /// What is trained where nobody says.
  package static var usualArchitecture: String { "nn4.small2" }

  /// - Parameters:
  ///   - name: the network's; nil: the usual one.
  ///   - start: a model of the same network, whose weights are the first ones.
  /// - Throws: `.badData` for a start of another network, `.invalidArgument` for a network that takes
  ///   pictures of any size, or that nobody knows.
  package convenience init(_ name: String?, _ settings: TrainingSettings, start: Model?) throws(Failure) {
    let name = name ?? Trainer.usualArchitecture
    if let start, start.architectureName != name {
      throw .badData("the start is a \(start.architectureName); expected \(name)")
    }
    guard let architecture = try start?.architecture() ?? Architecture.named(name) else {
      throw .invalidArgument("architecture \"\(name)\", which this version does not know")
    }
    guard architecture.frame != nil else {
      throw .invalidArgument(
        "architecture \"\(name)\" takes pictures of any size: it is no network for faces")
    }
    try self.init(architecture, settings, weights: start?.weights)
  }

  /// Writes the network as a model. One that embeds says what it saw of photos in its training, or, where it
  /// was not trained from photos, what it is to see: a face where the mean face has it, and all of a photo
  /// where its pictures are no squares.
  ///
  /// - Parameter threshold: distance up to which two faces are one person's, 0 or more.
  package func saveModel(
    path: String, _ numbers: WeightFileWriter.Numbers, threshold: Float, note: String?
  ) throws(Failure) {
    if let fault = Setting("threshold", threshold, .atLeast(0)).fault { throw .invalidArgument(fault) }
    var metadata = ["threshold": "\(threshold)"]
    if let note { metadata["note"] = note }
    if architecture.hasEmbedding {
      metadata[Framing.key] = texts[Framing.key] ?? Framing.trained(architecture).text
    }
    try export(path: path, numbers, metadata: metadata)
  }
}
