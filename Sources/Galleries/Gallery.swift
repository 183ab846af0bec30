import CSystem
import Tensors

/// People with the embeddings of their photos, computed once and compared many times. In memory, for one
/// thread at a time or many that only read; `SharedGallery` adds threads and a file.
package final class Gallery {
  package let dimension: Int
  package let fingerprint: UInt64
  /// The model's threshold, for callers who name none.
  package let defaultThreshold: Float

  private struct Person {
    let name: Name
    let created: Int64
    var latestRow: Int?
  }

  private struct Photo {
    /// In order of adding, from 0; never given again.
    let number: Int
    let created: Int64
    let note: String
    var person: Int
    /// Where the person's photo before this one is.
    var earlierRow: Int?
  }

  /// What the gallery tells of a photo.
  package struct PhotoEntry {
    package let number: Int
    package let name: String
    /// Seconds since 1970, UTC.
    package let created: Int64
    package let note: String
  }

  /// What it tells of a person.
  package struct PersonEntry {
    package let name: String
    package let photos: Int
    package let created: Int64
  }

  private var list: [Person] = []
  private var places: [Name: Int] = [:]  // in `list`
  /// Everybody's photos in the order of their numbers, and the embedding of each in the row of the same
  /// number.
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

  /// Adds a photo of a person, new or known.
  /// - Parameters:
  ///   - number: of the photo, at least `nextNumber`; nil for `nextNumber`.
  ///   - created: seconds since 1970, UTC; nil for now.
  ///   - since: the same for a person who is new; nil for `created`.
  package func add(
    _ name: String, _ embedding: Span<Float>, number: Int? = nil, created: Int64? = nil, note: String = "",
    since: Int64? = nil
  ) throws(Failure) {
    try check(embedding, count: 1)
    let number = number ?? nextNumber
    guard number >= nextNumber, number < Int.max else {
      throw .internalError("photo \(number) after photo \(nextNumber - 1)")
    }
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

  /// Takes the memory for so many photos more, so that adding them cannot fail.
  package func reserve(_ more: Int) throws(Failure) {
    try rows.reserve(more)
    album.reserveCapacity(album.count + more)
  }

  /// Removes a person with all photos.
  package func remove(_ name: String) throws(Failure) {
    let gone = try find(name)
    rows.remove { album[$0].person == gone }
    album.removeAll { $0.person == gone }
    vacate(gone)
  }

  /// Removes one photo; a person goes with the last one.
  package func remove(photo number: Int) throws(Failure) {
    let gone = try row(ofPhoto: number), person = album[gone].person
    rows.remove { $0 == gone }
    album.remove(at: gone)
    if album.contains(where: { $0.person == person }) { linkAll() } else { vacate(person) }
  }

  /// Takes a person without photos from the list. The last one takes the place.
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

  /// Gives a photo another embedding.
  package func replace(photo number: Int, _ embedding: Span<Float>) throws(Failure) {
    let row = try row(ofPhoto: number)
    try check(embedding, count: 1)
    rows.replace(row, embedding)
  }

  /// Rows have moved: everybody's photos are found anew.
  private func linkAll() {
    for person in list.indices { list[person].latestRow = nil }
    for row in album.indices { link(row) }
  }

  /// Makes a row its person's latest.
  private func link(_ row: Int) {
    let person = album[row].person
    album[row].earlierRow = list[person].latestRow
    list[person].latestRow = row
  }

  /// Everybody, by the bytes of their names.
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

  /// How many photos of a person there are; 0 for a stranger.
  package func photos(of name: String) -> Int {
    var count = 0
    var next = places[Name(name)].flatMap { list[$0].latestRow }
    while let row = next {
      count += 1
      next = album[row].earlierRow
    }
    return count
  }

  /// The rows of a person's photos, in the order of adding.
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

  /// - Throws: `.notFound` for a photo that was removed, or never there.
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

  /// The `min(k, photos)` photos nearest to each embedding, the nearest first; of equally near ones, the one
  /// added first. Embedding after embedding.
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
    // As many of the nearest as reach beyond the distance: a few passes, of which the last is the longest.
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

  /// Whose photo lies in a row, and which it is in the order of adding.
  package func photo(inRow row: Int) -> (number: Int, name: String) {
    (album[row].number, list[album[row].person].name.text)
  }

  /// All embeddings, row after row, and whose each is, by a number below `people`.
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

  /// - Throws: `.invalidArgument` for another number of numbers and for what is no finite number.
  package func check(_ embeddings: Span<Float>, count: Int) throws(Failure) {
    let (wanted, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow, embeddings.count == wanted else {
      throw .invalidArgument(
        "embeddings of \(embeddings.count) numbers; expected \(count) x \(dimension)")
    }
    for i in embeddings.indices where !embeddings[i].isFinite {
      throw .invalidArgument("an embedding with \(embeddings[i]); expected finite numbers")
    }
  }
}
