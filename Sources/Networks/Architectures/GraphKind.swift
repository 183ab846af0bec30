import Tensors

/// What a network that its file describes is for, as "kind" of the metadata says. Other kinds than these only
/// name a network: an embedder is one by its output.
package enum GraphKind: CaseIterable {
  case yunet, scrfd, retinaFace, centerFace
  case liveness
  case landmarks
  case fastStyle

  package static var key: String { "kind" }

  package var name: StaticString {
    switch self {
    case .yunet: "yunet"
    case .scrfd: "scrfd"
    case .retinaFace: "retinaface"
    case .centerFace: "centerface"
    case .liveness: "liveness"
    case .landmarks: "landmarks"
    case .fastStyle: "fast-style"
    }
  }

  /// The kind of a weight file; nil for another architecture, and for a kind that is none of these.
  package init?(_ metadata: [String: String]) {
    guard metadata["architecture"] == "\(Architecture.graphName)", let text = metadata[GraphKind.key],
      let kind = GraphKind.allCases.first(where: { "\($0.name)" == text })
    else { return nil }
    self = kind
  }
}

extension Model {
  /// nil unless its file describes a network of one of the kinds.
  package var kind: GraphKind? { GraphKind(weights.metadata) }

  /// - Throws: `.wrongModel` for a model that is none of these.
  package func require(_ kinds: GraphKind..., for user: StaticString) throws(Failure) {
    if let kind, kinds.contains(kind) { return }
    var names = ""
    for (i, kind) in kinds.enumerated() {
      names += "\(i == 0 ? "" : i == kinds.count - 1 ? " or " : ", ")\(kind.name)"
    }
    let found = weights.metadata[GraphKind.key].map { " of kind \"\($0)\"" } ?? ""
    throw .wrongModel(
      "the model is \"\(architectureName)\"\(found); expected a graph of kind \(names) for \(user)")
  }

  /// A number of the metadata; nil if there is none.
  package func metadata(_ key: String, _ range: ClosedRange<Float>) throws(Failure) -> Float? {
    guard let text = weights.metadata[key] else { return nil }
    let number = try numbers(text, count: 1...1, key)[0]
    guard range.contains(number) else {
      throw .badData("model: \(key) \(number); expected \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
