import CFaceStyle

/// Names faces by a gallery.
struct FaceNames {
  private let gallery: Gallery
  private let embedder: Embedder
  /// Whose number is a person's in every photo.
  private let people: [String]

  init(_ gallery: Gallery, _ embedder: Embedder) throws(Failure) {
    (self.gallery, self.embedder) = (gallery, embedder)
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
    let embeddings = try embedder.embed(picture, faces)
    var names: [Name] = []
    for embedding in embeddings {
      let match = try gallery.identify(embedding, Gallery.identifyDefaults())
      let place = match.person.flatMap { people.firstIndex(of: $0) }
      names.append(Name(match: match, number: place.map { Int32(clamping: $0) } ?? -1))
    }
    return names
  }
}
