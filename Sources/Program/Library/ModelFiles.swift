import CFaceStyle

/// Opens the requested model, by its name or its file; otherwise the library's choice for a role, or a model
/// of that name. The header says where names are looked for.
func openModel(_ name: String, asked: String? = nil) throws(Failure) -> Model {
  try Model(opening: asked ?? name)
}

/// The embedder that was requested, and its model; otherwise the best one, or, for a gallery, the one that
/// made its embeddings.
/// - Throws: if the gallery has embeddings of another model, or of one that is not installed.
func openEmbedder(asked: String?, for gallery: Gallery?) throws(Failure) -> (Embedder, Model) {
  var model = try openModel(Role.faces, asked: asked)
  if let gallery, try gallery.info.model != model.fingerprint {
    let theirs = try installedEmbedder(gallery.info.model)
    guard asked == nil, let theirs else {
      let whose = theirs?.name ?? "a model that is not installed"
      throw Failure("\(gallery.name): embeddings of \(whose); \(model.name) cannot compare with them")
    }
    model = theirs
  }
  return (try Embedder(model), model)
}

/// nil if it is not installed.
func installedEmbedder(_ fingerprint: UInt64) throws(Failure) -> Model? {
  for found in try ModelDescription.all()
  where found.use == FS_MODEL_EMBEDDER && found.fault == nil && !found.isHidden {
    let model = try openModel(found.name)
    if model.fingerprint == fingerprint { return model }
  }
  return nil
}

/// The names of the models that the library chooses by itself.
enum Role {
  static let faces = "faces"
  static let facesWithPoints = "faces-points"
}

/// What is known of a model without its weights, as `facestyle models` lists it.
struct ModelDescription {
  let name: String
  let path: String?
  let role, architecture, licence, accuracy, note, fault: String?
  let use: fs_model_use
  let byteCount, parameterCount: UInt64
  let isHidden: Bool
  /// That a fast style has learned; 0 for another use.
  let styles: Int
  /// Whether it embeds a picture together with its mirror image.
  let isMirrored: Bool

  init(_ info: fs_model_info) {
    func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { pathText($0) } }
    (name, path) = (text(info.name) ?? "", text(info.path))
    (role, architecture, licence) = (text(info.role), text(info.architecture), text(info.licence))
    (accuracy, note, fault) = (text(info.accuracy), text(info.note), text(info.fault))
    (use, byteCount, parameterCount) = (info.use, info.byte_count, info.parameters)
    isHidden = info.hidden != 0
    styles = Int(info.styles)
    isMirrored = info.mirrored != 0
  }

  /// All that can be opened by name, in the order in which they are found.
  static func all() throws(Failure) -> [ModelDescription] {
    let list = try made("") { fs_models_list(&$0) }
    defer { fs_models_destroy(list) }
    var models: [ModelDescription] = []
    for i in 0..<fs_models_count(list) {
      var info = fs_model_info()
      info.size = MemoryLayout<fs_model_info>.size
      try check(fs_models_get(list, i, &info))
      models.append(ModelDescription(info))
    }
    return models
  }

  /// "embeds faces"
  var useText: String {
    switch use {
    case FS_MODEL_EMBEDDER: "embeds faces"
    case FS_MODEL_DETECTOR: "finds faces"
    case FS_MODEL_LIVENESS: "tells live faces"
    case FS_MODEL_LANDMARKS: "finds many points"
    case FS_MODEL_STYLER: "paints, slowly"
    case FS_MODEL_FAST_STYLE: styles > 1 ? "paints \(styles) styles" : "paints a style"
    case FS_MODEL_UNIVERSAL_STYLE: "paints any style"
    case FS_MODEL_ENLARGER: "enlarges"
    default: "other"
    }
  }
}
