import CFaceStyle
import Faces
import Galleries
import Images
import Tensors

// Identification in a gallery, with a rule for several photos of a person.

@c @implementation
public func fs_gallery_identify(
  _ gallery: OpaquePointer?, _ embedding: UnsafePointer<Float>?, _ dimension: Int,
  _ options: UnsafePointer<fs_identify_options>?, _ identity: UnsafeMutablePointer<fs_gallery_identity>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, SharedGallery.self, "gallery")
    let embedding = try buffer(required(embedding, "embedding"), dimension, "embedding")
    let target = try required(identity, "identity")
    try checkRoom(target, "identity")
    let options = try known(options)
    let found = try gallery.read { gallery throws(Failure) in
      try identified(embedding.span, in: gallery, options)
    }
    try fill(target, with: found, "identity")
  }
}

@c @implementation
public func fs_gallery_identify_photo(
  _ gallery: OpaquePointer?, _ embedder: OpaquePointer?, _ detector: OpaquePointer?, _ photo: OpaquePointer?,
  _ options: UnsafePointer<fs_identify_options>?, _ identity: UnsafeMutablePointer<fs_gallery_identity>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, SharedGallery.self, "gallery")
    let target = try required(identity, "identity")
    try checkRoom(target, "identity")
    let options = try known(options)
    _ = try chosenThreshold(chosen(options.threshold), default: 0)  // checked before the detector's work
    let face = try judged(photo, for: gallery, embedder, detector)
    var found = try gallery.read { gallery throws(Failure) in
      try face.embedding.withSpan { embedding throws(Failure) in
        try identified(embedding, in: gallery, options)
      }
    }
    found.reasons = face.reasons.rawValue
    try fill(target, with: found, "identity")
  }
}

private func identified(
  _ embedding: Span<Float>, in gallery: Gallery, _ options: fs_identify_options
) throws(Failure) -> fs_gallery_identity {
  let metric = try Metric(options.kind, options.head, gallery.dimension)
  return fs_gallery_identity(try gallery.identify(embedding, metric, .init(options)), in: gallery)
}

extension fs_gallery_identity: SizedStruct {
  static var standard: fs_gallery_identity { fs_gallery_identity() }

  fileprivate init(_ found: Identification, in gallery: Gallery) {
    self.init()
    known = found.isKnown ? 1 : 0
    ambiguous = found.isNear && !found.isClear ? 1 : 0
    distance = found.nearest?.distance ?? .infinity
    runner_up_distance = found.runnerUp?.distance ?? .infinity
    margin = found.margin
    threshold = found.threshold
    votes = UInt32(clamping: found.nearest?.votes ?? 0)
    photo = .max
    if let candidate = found.nearest {
      let (number, person) = gallery.photo(inRow: candidate.row)
      photo = UInt64(clamping: number)
      withUnsafeMutableBytes(of: &nearest) { copyName(person, to: $0) }
      if found.isKnown { withUnsafeMutableBytes(of: &name) { copyName(person, to: $0) } }
    }
    if let next = found.runnerUp {
      withUnsafeMutableBytes(of: &runner_up) { copyName(gallery.photo(inRow: next.row).name, to: $0) }
    }
  }
}
