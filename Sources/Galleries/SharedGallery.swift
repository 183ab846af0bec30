import CSystem
import Tensors

/// A gallery for many threads, in memory only, or with a database that stores it and shares it between
/// processes.
///
/// Queries are answered from memory. Changes go to the database first, then to memory: once a change returns
/// it is durable. Many threads may search during a change: they wait only while memory is updated, not while
/// the disk is written.
package final class SharedGallery: @unchecked Sendable {
  package static let maxNameBytes = 255, maxNoteBytes = 255

  /// The gallery in memory; changed under `gate.write` by the holder of `writing`.
  private var gallery: Gallery
  private let gate = ReadWriteLock()
  private let writing = Lock()
  private let store: GalleryStore?
  /// The database's state in memory; nil if it must be read again. Guarded by `writing`.
  private var shown: GalleryStore.State?

  /// A gallery in memory.
  package init(_ gallery: Gallery) {
    self.gallery = gallery
    store = nil
  }

  package enum Access { case create, write, read }

  /// A gallery in an SQLite file or on a PostgreSQL server.
  ///
  /// - Parameters:
  ///   - place: a path, or an address: "postgresql://...".
  ///   - model: an empty gallery for the required model; nil accepts the gallery's model.
  ///   - key: 32 bytes, for a gallery whose embeddings are encrypted.
  /// - Throws: `.io` for a file or a server that cannot be opened; `.badData` if it is not a gallery, or is
  ///   damaged; `.wrongModel` for a gallery of another model; `.invalidArgument` for a key that is not the
  ///   gallery's.
  package convenience init(
    at place: String, _ access: Access, model: Gallery?, key: RawSpan? = nil
  ) throws(Failure) {
    // Without a model no gallery can be created.
    let access = access == .create && model == nil ? .write : access
    // Before a file is made: without libsodium there is none.
    let cipher: Cipher? = if let key { try Cipher(key: key) } else { nil }
    try self.init(GalleryPlace(place).database(access), canCreate: access == .create, model, cipher)
  }

  private init(
    _ database: any Database, canCreate: Bool, _ model: Gallery?, _ cipher: Cipher?
  ) throws(Failure) {
    let new = model.map {
      GalleryStore.State(model: $0.fingerprint, dimension: $0.dimension, threshold: $0.defaultThreshold)
    }
    let store = try GalleryStore(database, cipher, new: canCreate ? new : nil)
    self.store = store
    let (state, gallery) = try SharedGallery.load(store)
    if let model, model.fingerprint != state.model || model.dimension != state.dimension {
      throw .wrongModel(
        "\(database.name): embeddings of model \(hexadecimal(state.model)), the embedder's model is \(hexadecimal(model.fingerprint))"
      )
    }
    self.gallery = gallery
    shown = state
  }

  private static func load(_ store: GalleryStore) throws(Failure) -> (GalleryStore.State, Gallery) {
    try store.transaction(.reading) { () throws(Failure) in
      let state = try store.state()
      let gallery = try Gallery(
        dimension: state.dimension, fingerprint: state.model, defaultThreshold: state.threshold)
      try store.load(from: 0, into: gallery)
      return (state, gallery)
    }
  }

  // MARK: Queries

  /// Queries the gallery in its current state. `body` must not use this object.
  package func read<Result>(_ body: (Gallery) throws(Failure) -> Result) throws(Failure) -> Result {
    try gate.read { () throws(Failure) in try body(gallery) }
  }

  /// - Throws: `.wrongModel` for the fingerprint of another model.
  package func check(model: UInt64) throws(Failure) {
    try gate.read { () throws(Failure) in try gallery.check(model: model) }
  }

  /// Reads the photos of a file that `GalleryFile` wrote and that matches this gallery.
  package func photos(in path: String) throws(Failure) -> Gallery {
    let file = try GalleryFile(of: path)
    let empty = try read { gallery throws(Failure) in
      try Gallery(
        dimension: gallery.dimension, fingerprint: gallery.fingerprint,
        defaultThreshold: gallery.defaultThreshold)
    }
    return try file.read(path, like: empty)
  }

  package var people: Int { gate.read { gallery.people } }
  package var photos: Int { gate.read { gallery.photos } }
  package var fingerprint: UInt64 { gate.read { gallery.fingerprint } }
  package var isStored: Bool { store != nil }
  package var isEncrypted: Bool { store?.isEncrypted ?? false }
  package var isReadOnly: Bool { writing.hold { store?.database.isReadOnly ?? false } }

  /// Reads the changes of other processes.
  /// - Returns: whether there were any.
  package func reload() throws(Failure) -> Bool {
    guard let store else { return false }
    return try writing.hold { () throws(Failure) in
      // Published only once it has been read completely.
      guard let news = try store.transaction(.reading, { () throws(Failure) in try news(store) }) else {
        return false
      }
      try show(news)
      return true
    }
  }

  /// What the database has and memory lacks.
  private struct News {
    let state: GalleryStore.State
    let photos: Gallery
    /// Whether `photos` are all photos, instead of those that follow the ones in memory.
    let isWhole: Bool
  }

  private func news(_ store: GalleryStore) throws(Failure) -> News? {
    let state = try store.state()
    if let shown, shown.revision == state.revision { return nil }
    guard state.model == gallery.fingerprint, state.dimension == gallery.dimension else {
      throw .wrongModel(
        "\(store.database.name): another gallery lies there now, of model \(hexadecimal(state.model))")
    }
    let photos = try Gallery(
      dimension: state.dimension, fingerprint: state.model, defaultThreshold: state.threshold)
    if let shown, state.removals <= shown.revision, state.revision > shown.revision {
      try store.load(from: shown.next, into: photos)
      return News(state: state, photos: photos, isWhole: false)
    }
    try store.load(from: 0, into: photos)
    return News(state: state, photos: photos, isWhole: true)
  }

  private func show(_ news: News) throws(Failure) {
    try gate.write { () throws(Failure) in
      if news.isWhole {
        gallery = news.photos
        return
      }
      gallery.defaultThreshold = news.state.threshold
      try gallery.reserve(news.photos.photos)
      try news.photos.withEmbeddings { embeddings throws(Failure) in
        for row in 0..<news.photos.photos {
          let photo = news.photos.entry(inRow: row)
          try gallery.add(
            photo.name, embeddings.extracting(news.photos.place(ofRow: row)), number: photo.number,
            created: photo.created, note: photo.note)
        }
      }
    }
    shown = news.state
  }

  // MARK: Changing

  /// Makes one change, all or nothing: `body` records its steps.
  /// - Parameter embeddings: those of all photos that it adds or replaces.
  func change<Result>(
    _ embeddings: Span<Float>, _ body: (GalleryChange) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try writing.hold { () throws(Failure) in
      guard let store else {
        let change = GalleryChange(gallery, nil, next: gallery.nextNumber)
        let result = try body(change)
        try gate.write { () throws(Failure) in
          try gallery.reserve(change.additions)
          try change.apply(to: gallery, embeddings)
        }
        return result
      }
      var state: GalleryStore.State?
      var edits: GalleryChange?
      let result = try store.transaction(.writing) { () throws(Failure) in
        if let news = try news(store) { try show(news) }
        guard var now = shown else { throw .internalError("\(store.database.name): read, and not shown") }
        let change = GalleryChange(gallery, store, next: now.next)
        let result = try body(change)
        if change.isEmpty { return result }
        now.revision += 1
        if change.hasRemovals { now.removals = now.revision }
        now.next = change.next
        now.threshold = change.threshold ?? now.threshold
        try store.write(now)
        try gate.write { () throws(Failure) in try gallery.reserve(change.additions) }
        (state, edits) = (now, change)
        return result
      }
      guard let state, let edits else { return result }
      // It is committed: memory follows, or is read again if that fails.
      do throws(Failure) {
        try gate.write { () throws(Failure) in try edits.apply(to: gallery, embeddings) }
        shown = state
      } catch {
        shown = nil
        log(.warning, "\(store.database.name): written, but memory does not show it before the next reload")
      }
      if edits.hasRemovals { store.database.wipe() }
      return result
    }
  }
}

/// As sixteen digits.
func hexadecimal(_ number: UInt64) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: (0..<16).map { digits[Int(number >> UInt64(60 - 4 * $0) & 15)] }, as: UTF8.self)
}
