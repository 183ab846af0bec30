import CSystem
import Tensors

/// People with the embeddings of their photos, which are computed once and compared often. In memory, for a
/// single thread or for several that only read; `SharedGallery` adds threads and a database.
package final class Gallery {
  package let dimension: Int
  package let fingerprint: UInt64
  /// The default of callers: the model's threshold, unless the gallery was given its own.
  package var defaultThreshold: Float

  private struct Person {
    let name: Name
    let created: Int64
    var latestRow: Int?
  }

  private struct Photo {
    /// In order of addition, from 0; never reused.
    let number: Int
    let created: Int64
    let note: String
    var person: Int
    /// The row of the same person's previous photo.
    var earlierRow: Int?
  }

  /// A photo as the gallery lists it.
  package struct PhotoEntry {
    package let number: Int
    package let name: String
    /// Seconds since 1970, UTC.
    package let created: Int64
    package let note: String
  }

  /// A person as the gallery lists it.
  package struct PersonEntry {
    package let name: String
    package let photos: Int
    package let created: Int64
  }

  private var list: [Person] = []
  private var places: [Name: Int] = [:]  // in `list`
  /// All photos in order of their numbers; the embedding of each is in the row of the same index.
  private var album: [Photo] = []
  private let rows: Rows
  /// The number of the next photo.
  package private(set) var nextNumber = 0

  package init(dimension: Int, fingerprint: UInt64, defaultThreshold: Float) throws(Failure) {
    self.dimension = dimension
    self.fingerprint = fingerprint
    self.defaultThreshold = defaultThreshold
    rows = try Rows(dimension: dimension)
  }

  package var people: Int { list.count }
  package var photos: Int { album.count }

  /// Adds a photo of a new or existing person.
  /// - Parameters:
  ///   - number: of the photo, at least `nextNumber`; nil for `nextNumber`.
  ///   - created: seconds since 1970, UTC; nil for now.
  ///   - since: the same for a new person; nil for `created`.
  package func add(
    _ name: String, _ embedding: Span<Float>, number: Int? = nil, created: Int64? = nil, note: String = "",
    since: Int64? = nil
  ) throws(Failure) {
    try check(embedding, count: 1)
    let number = number ?? nextNumber
    guard number >= nextNumber, number < Int.max else {
      throw .internalError("photo \(number) after photo \(nextNumber - 1)")
    }
    // So that nothing of it fails half done.
    try Memory.expectObjects()
    try list.makeRoom(for: 1)
    try places.makeRoom()
    try album.makeRoom(for: 1)
    try rows.append(embedding)
    let created = created ?? Int64(time(nil))
    let name = Name(name)
    let person = places[name] ?? list.count
    if person == list.count {
      list.append(Person(name: name, created: since ?? created))
      places[name] = person
    }
    album.append(Photo(number: number, created: created, note: note, person: person))
    link(album.count - 1)
    nextNumber = number + 1
  }

  /// Allocates memory for that many more photos, so that adding them cannot fail.
  package func reserve(_ more: Int) throws(Failure) {
    try rows.reserve(more)
    try album.makeRoom(for: more)
  }

  /// Removes a person with all photos.
  package func remove(_ name: String) throws(Failure) {
    let gone = try find(name)
    rows.remove { album[$0].person == gone }
    album.removeAll { $0.person == gone }
    vacate(gone)
  }

  /// Removes one photo; the last photo removes the person.
  package func remove(photo number: Int) throws(Failure) {
    let gone = try row(ofPhoto: number), person = album[gone].person
    rows.remove { $0 == gone }
    album.remove(at: gone)
    if album.contains(where: { $0.person == person }) { linkAll() } else { vacate(person) }
  }

  /// Removes a person without photos from the list; the last person moves to the gap.
  private func vacate(_ gone: Int) {
    places[list[gone].name] = nil
    let last = list.removeLast()
    if gone < list.count {
      list[gone] = last
      places[last.name] = gone
      for row in album.indices where album[row].person == list.count { album[row].person = gone }
    }
    linkAll()
  }

  /// Replaces a photo's embedding.
  package func replace(photo number: Int, _ embedding: Span<Float>) throws(Failure) {
    let row = try row(ofPhoto: number)
    try check(embedding, count: 1)
    rows.replace(row, embedding)
  }

  /// Links all photos anew after rows have moved.
  private func linkAll() {
    for person in list.indices { list[person].latestRow = nil }
    for row in album.indices { link(row) }
  }

  /// Makes a row its person's latest photo.
  private func link(_ row: Int) {
    let person = album[row].person
    album[row].earlierRow = list[person].latestRow
    list[person].latestRow = row
  }

  /// All people, ordered by the bytes of their names.
  package func everybody() -> [PersonEntry] {
    let sorted = list.sorted { $0.name.text.utf8.lexicographicallyPrecedes($1.name.text.utf8) }
    return sorted.map { person in
      var photos = 0, next = person.latestRow
      while let row = next {
        photos += 1
        next = album[row].earlierRow
      }
      return PersonEntry(name: person.name.text, photos: photos, created: person.created)
    }
  }

  package func contains(_ name: String) -> Bool { places[Name(name)] != nil }

  /// The number of a person's photos; 0 for an unknown name.
  package func photos(of name: String) -> Int {
    var count = 0
    var next = places[Name(name)].flatMap { list[$0].latestRow }
    while let row = next {
      count += 1
      next = album[row].earlierRow
    }
    return count
  }

  /// The rows of a person's photos, in order of addition.
  package func rows(of name: String) throws(Failure) -> [Int] {
    var found: [Int] = []
    var next = list[try find(name)].latestRow
    while let row = next {
      found.append(row)
      next = album[row].earlierRow
    }
    return found.reversed()
  }

  package func entry(inRow row: Int) -> PhotoEntry {
    let photo = album[row]
    return PhotoEntry(
      number: photo.number, name: list[photo.person].name.text, created: photo.created, note: photo.note)
  }

  /// One photo's embedding, valid inside `body`, which does not change the gallery.
  package func withEmbedding<Result, Refusal: Error>(
    inRow row: Int, _ body: (Span<Float>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try rows.withRow(row, body)
  }

  /// All embeddings, row after row, in the same way.
  func withEmbeddings<Result, Refusal: Error>(
    _ body: (Span<Float>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try rows.withAll(body)
  }

  /// Where the numbers of a row are among those of all.
  func place(ofRow row: Int) -> Range<Int> { (row * dimension)..<((row + 1) * dimension) }

  /// - Throws: `.notFound` for a photo that does not exist or has been removed.
  package func row(ofPhoto number: Int) throws(Failure) -> Int {
    var low = 0, high = album.count
    while low < high {
      let middle = (low + high) / 2
      if album[middle].number < number { low = middle + 1 } else { high = middle }
    }
    guard low < album.count, album[low].number == number else {
      throw .notFound("the gallery has no photo \(number)")
    }
    return low
  }

  /// The distance to the nearest of a person's photos.
  package func distance(to name: String, _ embedding: Span<Float>) throws(Failure) -> Float {
    let person = try find(name)
    try check(embedding, count: 1)
    var nearest = Float.infinity
    var next = list[person].latestRow
    while let row = next {
      nearest = min(nearest, rows.distance(row, to: embedding))
      next = album[row].earlierRow
    }
    return nearest
  }

  /// The `min(k, photos)` photos nearest to each embedding, the nearest first; ties in order of addition.
  /// Embedding after embedding.
  package func nearest(
    _ k: Int, to embeddings: Span<Float>, count: Int = 1
  ) throws(Failure) -> Storage<Neighbour> {
    guard k >= 1 else { throw .invalidArgument("the \(k) nearest photos; expected at least 1") }
    try check(embeddings, count: count)
    return try rows.nearest(k, to: embeddings)
  }

  /// All photos up to a distance from an embedding, the nearest first.
  package func within(_ distance: Float, of embedding: Span<Float>) throws(Failure) -> [Neighbour] {
    guard distance >= 0 else {
      throw .invalidArgument("photos up to a distance of \(distance); expected 0 or more")
    }
    // Requests more of the nearest until they reach beyond the distance: a few passes, the last of which is
    // the longest.
    var k = 64
    while true {
      let nearest = try nearest(k, to: embedding)
      let count = nearest.count
      if count < k || nearest[count - 1].distance > distance {
        return nearest.withBuffer { Array($0.prefix { $0.distance <= distance }) }
      }
      k = min(k, Int.max / 8) * 8
    }
  }

  /// The number and the person of the photo in a row.
  package func photo(inRow row: Int) -> (number: Int, name: String) {
    (album[row].number, list[album[row].person].name.text)
  }

  /// All embeddings, row after row, with the person of each, as an index below `people`.
  func withRows<Result>(
    _ body: (Span<Float>, Span<Int>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let owners = try Storage<Int>(count: album.count)
    owners.withMutableSpan { owners in
      for (row, photo) in album.enumerated() { owners[row] = photo.person }
    }
    return try withEmbeddings { embeddings throws(Failure) in
      try owners.withSpan { owners throws(Failure) in try body(embeddings, owners) }
    }
  }

  private func find(_ name: String) throws(Failure) -> Int {
    guard let person = places[Name(name)] else {
      throw .notFound("nobody in the gallery is called \"\(name)\"")
    }
    return person
  }

  /// - Throws: `.invalidArgument` for the wrong count and for numbers that are not finite.
  package func check(_ embeddings: Span<Float>, count: Int) throws(Failure) {
    let (expected, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow, embeddings.count == expected else {
      throw .invalidArgument(
        "embeddings of \(embeddings.count) numbers; expected \(count) x \(dimension)")
    }
    for i in embeddings.indices where !embeddings[i].isFinite {
      throw .invalidArgument("an embedding with \(embeddings[i]); expected finite numbers")
    }
  }
}
