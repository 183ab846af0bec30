import Tensors

/// What is known of a model without its weights.
package struct ModelInformation: Sendable {
  /// The file's name without its ending; of bytes in memory, the metadata's or the architecture.
  package let name: CText
  package let path: CText?
  /// The name by which it was opened, or is chosen, as the best installed one.
  package let role: CText?
  package let architecture: CText?
  package let licence: CText?
  package let accuracy: CText?
  package let note: CText?
  /// Why it cannot be opened.
  package let fault: CText?
  package let use: Use
  /// Of the file.
  package let byteCount: Int
  package let parameterCount: Int
  /// Whether another file of its name comes first.
  package let isHidden: Bool
  /// That a fast style mixes; 0 for another use.
  package let styles: Int
  /// Whether its embeddings are means over pictures and their mirror images.
  package let isMirrored: Bool

  /// The raw values are those of `fs_model_use`.
  package enum Use: Int32, CaseIterable {
    case other = 0, embedder = 1, detector = 2, styler = 3, fastStyle = 4, universalStyle = 5, liveness = 6,
      landmarks = 7, enlarger = 8
  }

  /// Of an opened model.
  /// - Throws: `.badData` for metadata that describe no network.
  package init(_ model: Model) throws(Failure) {
    let texts = model.weights.metadata
    let name = model.path.map { ModelInformation.name(of: $0) } ?? texts["name"] ?? model.architectureName
    let (use, styles) = try model.registered.use(texts)
    self.init(
      name, path: model.path, role: model.role, texts, use: use, styles: styles, fault: nil,
      byteCount: model.weights.byteCount, parameterCount: model.weights.parameterCount, isHidden: false)
  }

  /// Of a file, from its header.
  /// - Throws: `.noMemory`, which is no fault of the file's.
  init(ofFile path: String, _ name: String, role: ModelRole?, isHidden: Bool) throws(Failure) {
    var header: WeightHeader?, use = Use.other, styles = 0, fault: String?
    do throws(Failure) {
      let read = try WeightHeader(path: path)
      header = read
      (use, styles) = try RegisteredArchitecture.of(read.metadata).use(read.metadata)
    } catch {
      if error.kind == .noMemory { throw error }
      fault = error.reason
    }
    self.init(
      name, path: path, role: role, header?.metadata ?? [:], use: use, styles: styles, fault: fault,
      byteCount: header?.byteCount ?? 0, parameterCount: header?.parameterCount ?? 0, isHidden: isHidden)
  }

  private init(
    _ name: String, path: String?, role: ModelRole?, _ texts: [String: String], use: Use, styles: Int,
    fault: String?, byteCount: Int, parameterCount: Int, isHidden: Bool
  ) {
    self.name = CText(name)
    self.path = path.map { CText($0) }
    self.role = role.map { CText($0.name) }
    architecture = texts["architecture"].map { CText($0) }
    licence = texts[ModelTexts.licenceKey].map { CText($0) }
    accuracy = texts[ModelTexts.accuracyKey].map { CText($0) }
    note = texts[ModelTexts.noteKey].map { CText($0) }
    self.fault = fault.map { CText($0) }
    self.use = use
    self.byteCount = byteCount
    self.parameterCount = parameterCount
    self.isHidden = isHidden
    self.styles = styles
    isMirrored = use == .embedder && (try? ModelTexts.isMirrored(texts)) == true
  }

  /// "faces" of "models/faces.safetensors".
  private static func name(of path: String) -> String {
    let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
    let file = path[(start ?? path.startIndex)...]
    guard ends(path, in: ModelFinder.ending) else { return String(file) }
    return String(decoding: file.utf8.dropLast(ModelFinder.ending.utf8CodeUnitCount), as: UTF8.self)
  }
}

extension RegisteredArchitecture {
  /// The use, and the styles of a fast style.
  /// - Throws: `.badData` for metadata that describe no network.
  fileprivate func use(
    _ metadata: [String: String]
  ) throws(Failure) -> (use: ModelInformation.Use, styles: Int) {
    var network: Architecture?
    do throws(Failure) {
      network = try self.network(metadata)
    } catch {
      guard error.kind == .wrongModel else { throw error }  // a model of several networks
    }
    switch use {
    case .any:
      switch GraphKind(metadata) {
      case .yunet, .scrfd, .retinaFace, .centerFace: return (.detector, 0)
      case .liveness: return (.liveness, 0)
      case .landmarks: return (.landmarks, 0)
      case .fastStyle: return (.fastStyle, network?.styles ?? 1)
      case nil: return (network?.hasEmbedding == true ? .embedder : .other, 0)
      }
    case .styleTransfer: return (.styler, 0)
    case .fastStyle: return (.fastStyle, network?.styles ?? 1)
    case .universalStyle: return (.universalStyle, 0)
    case .enlarger: return (.enlarger, 0)
    default: return (.detector, 0)
    }
  }
}
