import CFaceStyle

/// Names faces by a gallery.
struct FaceNames {
  private let gallery: Gallery
  private let embedder: Embedder
  private let options: fs_identify_options
  /// The embedder's model.
  let model: String
  /// Whose number is a person's in every photo.
  private let people: [String]

  init(
    _ gallery: Gallery, _ embedder: Embedder, model: String, _ options: fs_identify_options
  ) throws(Failure) {
    (self.gallery, self.embedder, self.model, self.options) = (gallery, embedder, model, options)
    people = try gallery.listPeople().map { fixedText($0.name) }
  }

  struct Name {
    let match: fs_gallery_identity
    /// Negative for a stranger.
    let number: Int32
    /// nil for a stranger.
    var person: String? { match.person }
  }

  func names(of faces: [fs_face], in picture: Picture) throws(Failure) -> [Name] {
    try embedder.embed(picture, faces).map(name)
  }

  /// For a network that sees whole photos.
  func name(ofAll picture: Picture) throws(Failure) -> Name {
    try name(try embedder.embed([embedder.align(picture, nil)])[0])
  }

  private func name(_ embedding: [Float]) throws(Failure) -> Name {
    let match = try gallery.identify(embedding, options)
    let place = match.person.flatMap { people.firstIndex(of: $0) }
    return Name(match: match, number: place.map { Int32(clamping: $0) } ?? -1)
  }
}
