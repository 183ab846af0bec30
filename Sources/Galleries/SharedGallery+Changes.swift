import Tensors

/// The result of adding one photo.
package struct Enrolment {
  /// The photo's number; nil if it was not added.
  package let photo: Int?
  /// The nearest photo of another person, if near enough to be the same person.
  package let conflict: Conflict?

  package struct Conflict {
    package let name: String
    package let distance: Float
  }
}

/// The result of adding many photos.
package struct GalleryReport {
  /// Photos added.
  package var added = 0
  /// Photos that already existed, bit for bit, under the same name: they are not added again.
  package var present = 0
  /// Photos added that are near enough to another person's to be the same person.
  package var conflicts = 0

  package init() {}
}

extension SharedGallery {
  /// Adds a photo, and checks whether the same face exists under another name.
  ///
  /// - Parameters:
  ///   - threshold: the largest distance to another person's photo that is a conflict; nil for the model's.
  ///   - isRefused: whether to reject a photo with a conflict.
  package func enrol(
    _ name: String, _ embedding: Span<Float>, note: String = "", threshold: Float? = nil,
    isRefused: Bool = false
  ) throws(Failure) -> Enrolment {
    try change(embedding) { change throws(Failure) in
      let threshold = try chosenThreshold(threshold, default: change.before.defaultThreshold)
      try change.before.check(embedding, count: 1)
      let conflict = try change.before.conflict(of: name, embedding, threshold)
      if let conflict { warn(name, conflict) }
      if conflict != nil, isRefused { return Enrolment(photo: nil, conflict: conflict) }
      return Enrolment(photo: try change.add(name, embedding, note: note), conflict: conflict)
    }
  }

  /// Adds a photo; compares it with others only if the result is logged.
  package func add(_ name: String, _ embedding: Span<Float>) throws(Failure) {
    if isLogged(.warning) {
      _ = try enrol(name, embedding)
    } else {
      try change(embedding) { change throws(Failure) in
        try change.before.check(embedding, count: 1)
        try change.add(name, embedding)
      }
    }
  }

  /// Adds a photo for each name, all or none.
  /// - Parameter isCompared: whether to search for each under the names that existed before.
  package func add(
    _ names: [String], _ embeddings: Span<Float>, isCompared: Bool
  ) throws(Failure) -> GalleryReport {
    try change(embeddings) { change throws(Failure) in
      try change.before.check(embeddings, count: names.count)
      var report = GalleryReport()
      if isCompared { report.conflicts = try conflicts(change.before, names, embeddings) }
      for (row, name) in names.enumerated() { try change.add(name, embeddings, row: row) }
      report.added = names.count
      return report
    }
  }

  /// Removes a person with all photos. No trace of them is left in a file.
  package func remove(_ name: String) throws(Failure) {
    try change(Span()) { change throws(Failure) in try change.remove(name) }
  }

  /// Removes one photo; the last photo removes the person.
  package func remove(photo number: Int) throws(Failure) {
    try change(Span()) { change throws(Failure) in try change.remove(photo: number) }
  }

  /// Replaces a photo's embedding.
  package func replace(photo number: Int, _ embedding: Span<Float>) throws(Failure) {
    try change(embedding) { change throws(Failure) in try change.replace(photo: number, embedding) }
  }

  /// Replaces a person's photos by others, at least one.
  package func replace(_ name: String, _ embeddings: Span<Float>, count: Int) throws(Failure) {
    guard count >= 1 else { throw .invalidArgument("\(count) photos for a person; expected at least 1") }
    try change(embeddings) { change throws(Failure) in
      try change.before.check(embeddings, count: count)
      try change.remove(name)
      for row in 0..<count { try change.add(name, embeddings, row: row) }
    }
  }

  /// Sets the distance up to which two photos show one person unless callers say another.
  package func setThreshold(_ threshold: Float) throws(Failure) {
    guard threshold >= 0, threshold.isFinite else {
      throw .invalidArgument("threshold \(threshold); expected a number of 0 or more")
    }
    try change(Span()) { change throws(Failure) in change.setThreshold(threshold) }
  }

  /// Adds the photos of another gallery that are missing here.
  package func merge(_ other: SharedGallery, isCompared: Bool) throws(Failure) -> GalleryReport {
    guard other !== self else { throw .invalidArgument("a gallery merged with itself") }
    // A copy, so that two galleries can be merged into each other concurrently.
    let copy = try other.read { other throws(Failure) in
      let copy = try Gallery(
        dimension: other.dimension, fingerprint: other.fingerprint, defaultThreshold: other.defaultThreshold)
      try copy.reserve(other.photos)
      try other.withEmbeddings { embeddings throws(Failure) in
        for row in 0..<other.photos {
          let photo = other.entry(inRow: row)
          try copy.add(
            photo.name, embeddings.extracting(other.place(ofRow: row)), created: photo.created,
            note: photo.note)
        }
      }
      return copy
    }
    return try merge(copy, isCompared: isCompared)
  }

  /// The same for a gallery that is not shared.
  package func merge(_ other: Gallery, isCompared: Bool) throws(Failure) -> GalleryReport {
    try other.withEmbeddings { embeddings throws(Failure) in
      try change(embeddings) { change throws(Failure) in
        try merge(other, embeddings, change, isCompared: isCompared)
      }
    }
  }

  private func merge(
    _ other: Gallery, _ embeddings: Span<Float>, _ change: GalleryChange, isCompared: Bool
  ) throws(Failure) -> GalleryReport {
    let before = change.before
    guard other.fingerprint == before.fingerprint, other.dimension == before.dimension else {
      throw .wrongModel(
        "photos of model \(hexadecimal(other.fingerprint)), the gallery's model is \(hexadecimal(before.fingerprint))"
      )
    }
    var report = GalleryReport()
    var known = Set<Print>()
    before.withEmbeddings { embeddings in
      for row in 0..<before.photos { known.insert(Print(before, row, embeddings)) }
    }
    var names: [String] = [], rows: [Int] = []
    for row in 0..<other.photos {
      // A collision of two prints would lose a photo; with 128 bits there are none.
      guard known.insert(Print(other, row, embeddings)).inserted else {
        report.present += 1
        continue
      }
      names.append(other.entry(inRow: row).name)
      rows.append(row)
    }
    if isCompared {
      let new = try Storage<Float>(count: rows.count * other.dimension)
      new.withMutableSpan { new in
        for (i, row) in rows.enumerated() {
          for (place, source) in zip(other.place(ofRow: i), other.place(ofRow: row)) {
            new[place] = embeddings[source]
          }
        }
      }
      report.conflicts = try new.withSpan { new throws(Failure) in try conflicts(before, names, new) }
    }
    for row in rows {
      let photo = other.entry(inRow: row)
      try change.add(photo.name, embeddings, row: row, created: photo.created, note: photo.note)
    }
    report.added = rows.count
    return report
  }

  /// The number of photos that are near another person's.
  private func conflicts(
    _ gallery: Gallery, _ names: [String], _ embeddings: Span<Float>
  ) throws(Failure) -> Int {
    guard gallery.photos > 0 else { return 0 }
    let dimension = gallery.dimension
    var count = 0
    for first in stride(from: 0, to: names.count, by: 64) {
      let some = names[first..<min(first + 64, names.count)]
      // After all photos of the same name comes one of another.
      var k = 1
      for name in some { k = max(k, gallery.photos(of: name) + 1) }
      let queries = embeddings.extracting((first * dimension)..<((first + some.count) * dimension))
      let nearest = try gallery.nearest(k, to: queries, count: some.count)
      let each = nearest.count / some.count
      nearest.withSpan { nearest in
        for (i, name) in some.enumerated() {
          let row = nearest.extracting((i * each)..<((i + 1) * each))
          guard let conflict = gallery.conflict(of: name, row, gallery.defaultThreshold) else { continue }
          warn(name, conflict)
          count += 1
        }
      }
    }
    return count
  }

  private func warn(_ name: String, _ conflict: Enrolment.Conflict) {
    log(
      .warning,
      "a photo of \"\(name)\" lies \(conflict.distance) from one of \"\(conflict.name)\": perhaps the same person"
    )
  }
}

extension Gallery {
  /// The nearest photo of a person other than `name`, up to a distance.
  fileprivate func conflict(
    of name: String, _ embedding: Span<Float>, _ threshold: Float
  ) throws(Failure) -> Enrolment.Conflict? {
    guard photos > 0 else { return nil }
    let nearest = try nearest(photos(of: name) + 1, to: embedding)
    return nearest.withSpan { conflict(of: name, $0, threshold) }
  }

  fileprivate func conflict(
    of name: String, _ nearest: Span<Neighbour>, _ threshold: Float
  ) -> Enrolment.Conflict? {
    let name = Name(name)
    for i in nearest.indices where nearest[i].distance <= threshold {
      let other = photo(inRow: nearest[i].row).name
      if Name(other) != name { return Enrolment.Conflict(name: other, distance: nearest[i].distance) }
    }
    return nil
  }
}

/// A hash of a photo's name and embedding in 128 bits.
private struct Print: Hashable {
  private let first: UInt64, second: UInt64

  /// - Parameter embeddings: all of the gallery's.
  init(_ gallery: Gallery, _ row: Int, _ embeddings: Span<Float>) {
    var a: UInt64 = 0xcbf2_9ce4_8422_2325, b: UInt64 = 0x9e37_79b9_7f4a_7c15
    func mix(_ value: UInt64) {
      a = (a ^ value) &* 0xff51_afd7_ed55_8ccd
      a ^= a >> 32
      b = (b &+ value) &* 0xc4ce_b9fe_1a85_ec53
      b ^= b >> 29
    }
    for byte in gallery.photo(inRow: row).name.utf8 { mix(UInt64(byte)) }
    for place in gallery.place(ofRow: row) { mix(UInt64(embeddings[place].bitPattern) + 0x100) }
    (first, second) = (a, b)
  }
}
