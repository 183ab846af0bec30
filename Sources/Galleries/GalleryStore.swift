import CSystem
import Tensors

/// A gallery in a database: people, photos and embeddings in three tables, the same in SQLite and in
/// PostgreSQL.
///
/// The single row of `facestyle_gallery` names the model and counts changes: `revision` is the number of the
/// last change, `removals` that of the last change that did more than add. So another process sees at once
/// whether anything is new, and whether reading the new photos suffices.
final class GalleryStore {
  static let version: Int64 = 1
  /// The table with one row.
  static let root = "facestyle_gallery"
  /// Photos are read in ranges of this many numbers: a server sends a range as one message.
  private static let page = 1 << 20

  /// The model of a gallery, and its current revision.
  struct State {
    var model: UInt64
    var dimension: Int
    var threshold: Float
    var revision: Int64 = 0
    var removals: Int64 = 0
    /// The number of the next photo.
    var next = 0
  }

  let database: any Database
  private let cipher: Cipher?
  /// Names that earlier versions stored uncomposed: one person may have several. By the name that is shown.
  private var spellings: [Name: [String]] = [:]
  /// Photos of the current change, to be sent together.
  private var additions: [Addition] = []
  /// By the number of photos.
  private var insertions: [Int: Insertion] = [:]

  private struct Addition {
    let name: String
    let number: Int
    let created: Int64
    let note: String
    let embedding: DatabaseValue
  }

  var isEncrypted: Bool { cipher != nil }

  /// Opens an existing gallery, or creates one.
  ///
  /// - Parameters:
  ///   - cipher: of a gallery whose embeddings are encrypted.
  ///   - new: the state of a new gallery; nil if it must exist.
  /// - Throws: `.badData` for a database with other contents or of another version; `.invalidArgument` for a
  ///   key that is not the gallery's; `.notFound` if there is no gallery and `new` is nil.
  init(_ database: any Database, _ cipher: Cipher?, new: State?) throws(Failure) {
    self.database = database
    self.cipher = cipher
    let statements = GalleryStore.schema(database.types)
    if try transaction(.reading, { () throws(Failure) in try database.isEmpty() }) {
      guard let new else {
        throw .notFound(
          "\(database.name): no gallery is there; expected an embedder and permission to create one")
      }
      // In one transaction with the tables, so that they are never without their row.
      try transaction(.creating) { () throws(Failure) in
        guard try database.isEmpty() else { return }  // another process came first
        for statement in database.preamble + statements { try database.run(statement, []) }
        try describe(new)
      }
    }
    try transaction(.reading) { () throws(Failure) in
      try database.check(statements)
      try checkKey()
    }
  }

  private static func schema(_ types: DatabaseTypes) -> [String] {
    let integer = types.integer, real = types.real, text = types.text, bytes = types.bytes
    return [
      "CREATE TABLE facestyle_gallery (version \(integer) NOT NULL, created \(integer) NOT NULL, model \(integer) NOT NULL, "
        + "dimension \(integer) NOT NULL, threshold \(real) NOT NULL, cipher \(text) NOT NULL, proof \(bytes) NOT NULL, "
        + "revision \(integer) NOT NULL, removals \(integer) NOT NULL, next \(integer) NOT NULL)",
      "CREATE TABLE facestyle_people (id \(integer) PRIMARY KEY, name \(text) NOT NULL, created \(integer) NOT NULL)",
      "CREATE UNIQUE INDEX facestyle_names ON facestyle_people (name)",
      "CREATE TABLE facestyle_photos (number \(integer) PRIMARY KEY, person \(integer) NOT NULL, created \(integer) NOT NULL, "
        + "note \(text) NOT NULL, embedding \(bytes) NOT NULL)",
      "CREATE INDEX facestyle_photos_of_person ON facestyle_photos (person)"
    ]
  }

  private func describe(_ state: State) throws(Failure) {
    let proof = if let cipher { try cipher.proof() } else { try Storage<UInt8>(count: 0) }
    try database.run(
      "INSERT INTO facestyle_gallery (version, created, model, dimension, threshold, cipher, proof, revision, removals, next) "
        + "VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0)",
      [
        .integer(GalleryStore.version), .integer(Int64(time(nil))), .integer(Int64(bitPattern: state.model)),
        .integer(Int64(state.dimension)), .real(Double(state.threshold)),
        .text(cipher == nil ? "none" : Cipher.name),
        .bytes(proof)
      ])
  }

  private func checkKey() throws(Failure) {
    var rows = 0
    try database.run("SELECT version, cipher, proof FROM facestyle_gallery", []) { row throws(Failure) in
      rows += 1
      let version = try row.integer(0), name = try row.text(1)
      guard version == GalleryStore.version else {
        throw .badData("\(database.name): a gallery of version \(version); expected \(GalleryStore.version)")
      }
      guard name == "none" || name == Cipher.name else {
        throw .badData("\(database.name): a gallery encrypted by \(name); expected \(Cipher.name)")
      }
      guard (name == "none") == (cipher == nil) else {
        throw .invalidArgument(
          cipher == nil
            ? "\(database.name): the gallery is encrypted; expected a key"
            : "\(database.name): a key for a gallery that is not encrypted")
      }
      guard let cipher else { return }
      try row.bytes(2) { proof throws(Failure) in
        guard try cipher.proves(proof) else {
          throw .invalidArgument("\(database.name): the key is not the gallery's")
        }
      }
    }
    guard rows == 1 else { throw damaged("\(rows) rows that describe it") }
  }

  /// Runs `body` in a transaction: reads see one moment, changes are all or nothing.
  func transaction<Result>(
    _ purpose: DatabasePurpose, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    additions = []  // of a change that failed
    return try Galleries.transaction(of: database, for: purpose, body)
  }

  func state() throws(Failure) -> State {
    var found: State?
    try database.run(
      "SELECT model, dimension, threshold, revision, removals, next FROM facestyle_gallery", []
    ) {
      row throws(Failure) in
      let dimension = try row.integer(1), next = try row.integer(5), threshold = Float(try row.real(2))
      guard dimension >= 1, dimension <= 1 << 20 else { throw damaged("embeddings of \(dimension) numbers") }
      guard next >= 0, next < 1 << 62 else { throw damaged("\(next) for the next photo") }
      guard threshold >= 0, threshold.isFinite else { throw damaged("a threshold of \(threshold)") }
      found = State(
        model: UInt64(bitPattern: try row.integer(0)), dimension: Int(dimension), threshold: threshold,
        revision: try row.integer(3), removals: try row.integer(4), next: Int(next))
    }
    guard let found else { throw damaged("no row that describes it") }
    return found
  }

  // MARK: Reading

  /// Adds photos from a number on to a gallery that has all earlier ones.
  func load(from first: Int, into gallery: Gallery) throws(Failure) {
    var people: [Int64: (name: String, created: Int64)] = [:]
    if first == 0 { spellings = [:] }
    // A few new photos have few people.
    let choice = first == 0 ? "" : " WHERE id IN (SELECT person FROM facestyle_photos WHERE number >= $1)"
    try database.run(
      "SELECT id, name, created FROM facestyle_people\(choice) ORDER BY id",
      first == 0 ? [] : [.integer(Int64(first))]
    ) { row throws(Failure) in
      let id = try row.integer(0), name = try row.text(1), created = try row.integer(2)
      guard name.utf8.count >= 1, name.utf8.count <= SharedGallery.maxNameBytes else {
        throw damaged("a name of \(name.utf8.count) bytes")
      }
      note(name)
      // Pages that lead back to themselves would be read for ever.
      guard people.updateValue((name, created), forKey: id) == nil else {
        throw damaged("two people with number \(id)")
      }
    }
    try loadPhotos(from: first, of: people, into: gallery)
  }

  private func loadPhotos(
    from first: Int, of people: [Int64: (name: String, created: Int64)], into gallery: Gallery
  ) throws(Failure) {
    let page = max(1, GalleryStore.page / gallery.dimension)
    let embedding = try Storage<Float>(count: gallery.dimension)
    var next = first == 0 ? Int64.min : Int64(first), isMore = true
    while isMore {
      var count = 0
      try database.run(
        "SELECT number, person, created, note, embedding FROM facestyle_photos WHERE number >= $1 ORDER BY number LIMIT $2",
        [.integer(next), .integer(Int64(page))]
      ) { row throws(Failure) in
        let number = try row.integer(0), note = try row.text(3)
        guard number >= max(next, 0), number < 1 << 62 else {
          throw damaged("photo \(number); expected \(max(next, 0)) or later")
        }
        guard note.utf8.count <= SharedGallery.maxNoteBytes else {
          throw damaged("a note of \(note.utf8.count) bytes")
        }
        let person = try row.integer(1)
        guard let owner = people[person] else { throw damaged("photo \(number) of nobody") }
        try row.bytes(4) { bytes throws(Failure) in try read(bytes, Int(number), into: embedding) }
        let created = try row.integer(2)
        try embedding.withSpan { embedding throws(Failure) in
          for i in embedding.indices where !embedding[i].isFinite {
            throw damaged("\(embedding[i]) in photo \(number)")
          }
          try gallery.add(
            owner.name, embedding, number: Int(number), created: created, note: note, since: owner.created)
        }
        next = number + 1
        count += 1
      }
      isMore = count == page
    }
  }

  private func note(_ spelling: String) {
    let name = Name(spelling)
    guard !name.text.utf8.elementsEqual(spelling.utf8) else { return }
    let known = spellings[name] ?? []
    guard !known.contains(where: { $0.utf8.elementsEqual(spelling.utf8) }) else { return }
    spellings[name] = known + [spelling]
  }

  private func read(
    _ bytes: RawSpan, _ number: Int, into embedding: Storage<Float>
  ) throws(Failure) {
    if let cipher {
      guard cipher.open(bytes, number: number, into: embedding) else {
        throw damaged("photo \(number), which the key does not open")
      }
    } else {
      let wanted = embedding.count * MemoryLayout<Float>.stride
      guard bytes.byteCount == wanted else {
        throw damaged("photo \(number) with \(bytes.byteCount) bytes; expected \(wanted)")
      }
      embedding.copy(bytes)
    }
  }

  private func damaged(_ what: String) -> Failure {
    .badData("\(database.name): the gallery is damaged: \(what)")
  }

  // MARK: Writing, in a transaction for it

  func add(
    _ name: String, _ embedding: Span<Float>, number: Int, created: Int64, note: String
  ) throws(Failure) {
    additions.append(
      Addition(
        name: spellings[Name(name)]?.first ?? name, number: number, created: created, note: note,
        embedding: try value(of: embedding, number)))
    if additions.count >= database.rowsAtOnce { try sendAdditions() }
  }

  /// Sends the pending photos in as few statements as possible; with few different lengths, because databases
  /// cache prepared statements.
  private func sendAdditions() throws(Failure) {
    var rest = additions[...]
    additions = []
    while !rest.isEmpty {
      let count = [64, 8].first { $0 <= min(rest.count, database.rowsAtOnce) } ?? 1
      try insert(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
  }

  private func insert(_ photos: ArraySlice<Addition>) throws(Failure) {
    let insertion = insertions[photos.count] ?? Insertion(of: photos.count)
    insertions[photos.count] = insertion
    var people: [DatabaseValue] = [], rows: [DatabaseValue] = []
    for photo in photos {
      people += [.text(photo.name), .integer(photo.created)]
      rows += [
        .integer(Int64(photo.number)), .text(photo.name), .integer(photo.created), .text(photo.note),
        photo.embedding
      ]
    }
    try database.run(insertion.people, people)
    try database.run(insertion.photos, rows)
  }

  func remove(_ name: String) throws(Failure) {
    try sendAdditions()
    var people: [Int64] = []
    for spelling in [name] + (spellings[Name(name)] ?? []) {
      let known = people.count + 1
      try database.run("SELECT id FROM facestyle_people WHERE name = $1", [.text(spelling)]) {
        row throws(Failure) in
        guard people.count < known else { throw damaged("two people of one name") }
        people.append(try row.integer(0))
      }
    }
    guard !people.isEmpty else { throw .notFound("nobody in the gallery is called \"\(name)\"") }
    for person in people {
      try database.run("DELETE FROM facestyle_photos WHERE person = $1", [.integer(person)])
      try database.run("DELETE FROM facestyle_people WHERE id = $1", [.integer(person)])
    }
  }

  func remove(photo number: Int) throws(Failure) {
    try sendAdditions()
    try database.run("DELETE FROM facestyle_photos WHERE number = $1", [.integer(Int64(number))])
  }

  func replace(photo number: Int, _ embedding: Span<Float>) throws(Failure) {
    try sendAdditions()
    // $1 comes first in the text: SQLite numbers parameters in order of appearance.
    try database.run(
      "UPDATE facestyle_photos SET embedding = $1 WHERE number = $2",
      [try value(of: embedding, number), .integer(Int64(number))])
  }

  func write(_ state: State) throws(Failure) {
    try sendAdditions()
    try database.run(
      "UPDATE facestyle_gallery SET revision = $1, removals = $2, next = $3, threshold = $4",
      [
        .integer(state.revision), .integer(state.removals), .integer(Int64(state.next)),
        .real(Double(state.threshold))
      ])
  }

  /// An embedding as stored in the database: encrypted if there is a key.
  private func value(of embedding: Span<Float>, _ number: Int) throws(Failure) -> DatabaseValue {
    let bytes = embedding.bytes
    guard let cipher else { return .bytes(try Storage(copying: bytes)) }
    return .bytes(try cipher.seal(bytes, number: number))
  }
}

/// The statements that add a number of photos, and their people if they are new.
private struct Insertion {
  /// A name and a time per photo.
  let people: String
  /// Number, name, time, note and embedding per photo.
  let photos: String

  init(of count: Int) {
    // "($1, $2, 1), ($3, $4, 2)": the last number, added to the largest id, makes a person's.
    let newPeople = (0..<count).map { "($\(2 * $0 + 1), $\(2 * $0 + 2), \($0 + 1))" }.joined(separator: ", ")
    let newPhotos = (0..<count).map { row in
      "(" + (1...5).map { "$\(5 * row + $0)" }.joined(separator: ", ") + ")"
    }.joined(separator: ", ")
    people =
      "WITH new (name, created, place) AS (VALUES \(newPeople)) "
      + "INSERT INTO facestyle_people (id, name, created) "
      + "SELECT (SELECT coalesce(max(id), 0) FROM facestyle_people) + new.place, new.name, new.created FROM new WHERE true "
      + "ON CONFLICT (name) DO NOTHING"
    photos =
      "WITH new (number, name, created, note, embedding) AS (VALUES \(newPhotos)) "
      + "INSERT INTO facestyle_photos (number, person, created, note, embedding) "
      + "SELECT new.number, person.id, new.created, new.note, new.embedding "
      + "FROM new JOIN facestyle_people person ON person.name = new.name"
  }
}
