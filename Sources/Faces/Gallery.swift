import Tensors

/// People with the embeddings of their photos, computed once and compared many times. In memory.
package final class Gallery {
  package let dimension: Int
  package let fingerprint: UInt64
  /// The model's threshold, for callers who name none.
  package let defaultThreshold: Float

  /// Everybody's photos, row after row, and whose each is.
  private var rows: Storage<Float>
  private var owners: [Int] = []
  private var names: [String] = []

  package convenience init(for embedder: Embedder) throws(Failure) {
    try self.init(
      dimension: embedder.dimension, fingerprint: embedder.fingerprint, defaultThreshold: embedder.threshold)
  }

  package init(dimension: Int, fingerprint: UInt64, defaultThreshold: Float) throws(Failure) {
    self.dimension = dimension
    self.fingerprint = fingerprint
    self.defaultThreshold = defaultThreshold
    rows = try Storage(count: 16 * dimension)
  }

  package var people: Int { names.count }
  package var photos: Int { owners.count }

  /// Adds a photo of a person, new or known.
  package func add(_ name: String, _ embedding: UnsafeBufferPointer<Float>) throws(Failure) {
    try check(embedding)
    let capacity = rows.count / dimension
    if owners.count == capacity {
      let larger = try Storage<Float>(count: 2 * capacity * dimension)
      larger.pointer.update(from: rows.pointer, count: owners.count * dimension)
      rows = larger
    }
    guard let source = embedding.baseAddress else { return }
    (rows.pointer + owners.count * dimension).update(from: source, count: dimension)
    if let person = names.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) {
      owners.append(person)
    } else {
      names.append(name)
      owners.append(names.count - 1)
    }
  }

  /// Removes a person with all photos.
  package func remove(_ name: String) throws(Failure) {
    let person = try find(name)
    var kept = 0
    for row in owners.indices where owners[row] != person {
      if kept != row { (rows.pointer + kept * dimension).update(from: rows.pointer + row * dimension, count: dimension) }
      owners[kept] = owners[row] > person ? owners[row] - 1 : owners[row]
      kept += 1
    }
    owners.removeLast(owners.count - kept)
    names.remove(at: person)
  }

  /// The distance to the nearest of a person's photos.
  package func distance(to name: String, _ embedding: UnsafeBufferPointer<Float>) throws(Failure) -> Float {
    let person = try find(name)
    try check(embedding)
    var nearest = Float.infinity
    for row in owners.indices where owners[row] == person { nearest = min(nearest, distance(row, embedding)) }
    return nearest
  }

  /// The nearest person, or nil if the gallery is empty. Of equally near ones, the one added first.
  package func nearest(
    to embedding: UnsafeBufferPointer<Float>
  ) throws(Failure) -> (name: String, distance: Float)? {
    try check(embedding)
    var best: (row: Int, distance: Float)?
    for row in owners.indices {
      let distance = distance(row, embedding)
      if distance < best?.distance ?? .infinity { best = (row, distance) }
    }
    return best.map { (names[owners[$0.row]], $0.distance) }
  }

  private func find(_ name: String) throws(Failure) -> Int {
    guard let person = names.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) else {
      throw .notFound("nobody in the gallery is called \"\(name)\"")
    }
    return person
  }

  private func check(_ embedding: UnsafeBufferPointer<Float>) throws(Failure) {
    guard embedding.count == dimension else {
      throw .invalidArgument("an embedding of \(embedding.count) numbers, the gallery's have \(dimension)")
    }
    for value in embedding where !value.isFinite {
      throw .invalidArgument("an embedding with \(value), wanted finite numbers")
    }
  }

  private func distance(_ row: Int, _ embedding: UnsafeBufferPointer<Float>) -> Float {
    guard let other = embedding.baseAddress else { return .infinity }
    return euclideanDistance(rows.pointer + row * dimension, other, dimension)
  }
}

/// `sqrt(sum of (a - b)^2)`
package func euclideanDistance(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ dimension: Int) -> Float {
  var sums = SIMD8<Float>.zero
  var i = 0
  while i + 8 <= dimension {
    let difference =
      UnsafeRawPointer(a + i).loadUnaligned(as: SIMD8<Float>.self)
      - UnsafeRawPointer(b + i).loadUnaligned(as: SIMD8<Float>.self)
    sums += difference * difference
    i += 8
  }
  var sum = sums.sum()
  while i < dimension {
    sum += (a[i] - b[i]) * (a[i] - b[i])
    i += 1
  }
  return sum.squareRoot()
}
