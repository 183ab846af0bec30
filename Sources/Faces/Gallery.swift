import Tensors

/// People with the embeddings of their photos, computed once and compared many times. In memory.
package final class Gallery {
  package let dimension: Int
  package let fingerprint: UInt64
  /// The model's threshold, for callers who name none.
  package let defaultThreshold: Float

  private struct Person {
    let name: Name
    var latestRow: Int?
  }

  private struct Photo {
    /// In order of adding, from 0; never given again.
    let number: Int
    var person: Int
    /// Where the person's photo before this one is.
    var earlierRow: Int?
  }

  private var list: [Person] = []
  private var places: [Name: Int] = [:]  // in `list`
  /// Everybody's photos, and the embedding of each in the row of the same number.
  private var album: [Photo] = []
  private let rows: Rows
  private var nextNumber = 0

  package convenience init(for embedder: Embedder) throws(Failure) {
    try self.init(
      dimension: embedder.dimension, fingerprint: embedder.fingerprint, defaultThreshold: embedder.threshold)
  }

  package init(dimension: Int, fingerprint: UInt64, defaultThreshold: Float) throws(Failure) {
    self.dimension = dimension
    self.fingerprint = fingerprint
    self.defaultThreshold = defaultThreshold
    rows = try Rows(dimension: dimension)
  }

  package var people: Int { list.count }
  package var photos: Int { album.count }

  /// Adds a photo of a person, new or known.
  package func add(_ name: String, _ embedding: UnsafeBufferPointer<Float>) throws(Failure) {
    let embedding = try check(embedding, count: 1)
    try rows.append(embedding)
    let name = Name(text: name)
    let person = places[name] ?? list.count
    if person == list.count {
      list.append(Person(name: name))
      places[name] = person
    }
    album.append(Photo(number: nextNumber, person: person))
    link(album.count - 1)
    nextNumber += 1
  }

  /// Removes a person with all photos.
  package func remove(_ name: String) throws(Failure) {
    let gone = try find(name)
    rows.remove { album[$0].person == gone }
    album.removeAll { $0.person == gone }
    places[list[gone].name] = nil
    // The last person takes the place; rows have moved, so everybody's photos are found anew.
    let last = list.removeLast()
    if gone < list.count {
      list[gone] = last
      places[last.name] = gone
    }
    for person in list.indices { list[person].latestRow = nil }
    for row in album.indices {
      if album[row].person == list.count { album[row].person = gone }
      link(row)
    }
  }

  /// Makes a row its person's latest.
  private func link(_ row: Int) {
    let person = album[row].person
    album[row].earlierRow = list[person].latestRow
    list[person].latestRow = row
  }

  /// The distance to the nearest of a person's photos.
  package func distance(to name: String, _ embedding: UnsafeBufferPointer<Float>) throws(Failure) -> Float {
    let person = try find(name)
    let embedding = try check(embedding, count: 1)
    var nearest = Float.infinity
    var next = list[person].latestRow
    while let row = next {
      nearest = min(nearest, rows.distance(row, to: embedding))
      next = album[row].earlierRow
    }
    return nearest
  }

  /// The `min(k, photos)` photos nearest to each embedding, the nearest first; of equally near ones, the one added
  /// first. Embedding after embedding.
  package func nearest(
    _ k: Int, to embeddings: UnsafeBufferPointer<Float>, count: Int = 1
  ) throws(Failure) -> Storage<Neighbour> {
    guard k >= 1 else { throw .invalidArgument("the \(k) nearest photos, wanted at least 1") }
    return try rows.nearest(k, to: check(embeddings, count: count), queryCount: count)
  }

  /// Whose photo lies in a row, and which it is in the order of adding.
  package func photo(inRow row: Int) -> (number: Int, name: String) {
    (album[row].number, list[album[row].person].name.text)
  }

  private func find(_ name: String) throws(Failure) -> Int {
    guard let person = places[Name(text: name)] else {
      throw .notFound("nobody in the gallery is called \"\(name)\"")
    }
    return person
  }

  private func check(
    _ embeddings: UnsafeBufferPointer<Float>, count: Int
  ) throws(Failure) -> UnsafePointer<Float> {
    let (wanted, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow, embeddings.count == wanted, let start = embeddings.baseAddress else {
      throw .invalidArgument("embeddings of \(embeddings.count) numbers, the gallery wants \(count) x \(dimension)")
    }
    for value in embeddings where !value.isFinite {
      throw .invalidArgument("an embedding with \(value), wanted finite numbers")
    }
    return start
  }
}

/// A name as its bytes: to `String`, "é" is the same whether composed or not.
private struct Name: Hashable {
  let text: String

  static func == (a: Name, b: Name) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
