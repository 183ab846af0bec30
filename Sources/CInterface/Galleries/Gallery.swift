import CFaceStyle
import CSystem
import Faces
import Galleries
import Images
import Tensors

extension SharedGallery: HandleKind {
  static var kind: StaticString { "fs_gallery" }
}

func shared(
  _ pointer: OpaquePointer?, _ name: StaticString = "gallery"
) throws(Failure) -> SharedGallery {
  try Handle.object(pointer, SharedGallery.self, name)
}

func personName(_ pointer: UnsafePointer<CChar>?) throws(Failure) -> String {
  try text(pointer, "name", limit: SharedGallery.maxNameBytes)
}

@c @implementation
public func fs_gallery_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ embedder: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let empty = try Gallery(for: Handle.object(embedder, Embedder.self, "embedder"))
    out.pointee = Handle.make(SharedGallery(empty))
  }
}

@c @implementation
public func fs_gallery_add(
  _ gallery: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ embedding: UnsafePointer<Float>?,
  _ dimension: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let name = try personName(name)
    let embedding = try buffer(required(embedding, "embedding"), dimension, "embedding")
    try gallery.add(name, embedding.span)
  }
}

@c @implementation
public func fs_gallery_add_photo(
  _ gallery: OpaquePointer?, _ embedder: OpaquePointer?, _ detector: OpaquePointer?,
  _ name: UnsafePointer<CChar>?,
  _ photo: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let name = try personName(name)
    let found = try judged(photo, for: gallery, embedder, detector)
    try found.embedding.withSpan { embedding throws(Failure) in try gallery.add(name, embedding) }
    if !found.reasons.isEmpty {
      log(.warning, "\(name): the face in the photo is \(text(of: found.reasons))")
    }
  }
}

@c @implementation
public func fs_gallery_remove(_ gallery: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    try gallery.remove(personName(name))
  }
}

@c @implementation
public func fs_gallery_person_count(_ gallery: OpaquePointer?) -> Int {
  Handle.find(gallery, SharedGallery.self)?.people ?? 0
}

@c @implementation
public func fs_gallery_photo_count(_ gallery: OpaquePointer?) -> Int {
  Handle.find(gallery, SharedGallery.self)?.photos ?? 0
}

@c @implementation
public func fs_gallery_verify(
  _ gallery: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ embedding: UnsafePointer<Float>?,
  _ dimension: Int,
  _ threshold: Float, _ verdict: UnsafeMutablePointer<fs_verdict>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let name = try personName(name)
    let embedding = try buffer(required(embedding, "embedding"), dimension, "embedding")
    let target = try required(verdict, "verdict")
    target.pointee = fs_verdict(
      try gallery.read { gallery throws(Failure) in
        try gallery.verify(name, embedding.span, chosen(threshold))
      })
  }
}

@c @implementation
public func fs_gallery_verify_photo(
  _ gallery: OpaquePointer?, _ embedder: OpaquePointer?, _ detector: OpaquePointer?,
  _ name: UnsafePointer<CChar>?,
  _ photo: OpaquePointer?, _ threshold: Float, _ verdict: UnsafeMutablePointer<fs_verdict>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let name = try personName(name)
    let target = try required(verdict, "verdict")
    _ = try chosenThreshold(chosen(threshold), default: 0)  // checked before the detector's work
    let found = try judged(photo, for: gallery, embedder, detector)
    let verdict = try gallery.read { gallery throws(Failure) in
      try found.embedding.withSpan { embedding throws(Failure) in
        try gallery.verify(name, embedding, chosen(threshold))
      }
    }
    target.pointee = fs_verdict(verdict, found.reasons)
  }
}

@c @implementation
public func fs_gallery_search(
  _ gallery: OpaquePointer?, _ embeddings: UnsafePointer<Float>?, _ count: Int, _ dimension: Int, _ k: Int,
  _ neighbours: UnsafeMutablePointer<fs_neighbour>?, _ capacity: Int, _ found: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    try gallery.read { gallery throws(Failure) in
      guard dimension == gallery.dimension else {
        throw .invalidArgument(
          "embeddings of \(UInt(bitPattern: dimension)) numbers, the gallery's have \(gallery.dimension)")
      }
      guard k != 0 else { throw .invalidArgument("k is 0; expected at least 1") }
      let each = min(UInt(bitPattern: k), UInt(gallery.photos))
      if count != 0 {
        let embeddings = try buffer(embeddings, product(count, dimension, name: "embeddings"), "embeddings")
        let target = try output(
          neighbours, capacity: capacity, needed: product(count, k, name: "neighbours"), "neighbours")
        let nearest = try gallery.nearest(k, to: embeddings.span, count: count)
        nearest.withSpan { nearest in
          for i in 0..<count {
            for j in 0..<k {
              target[i * k + j] = j < each ? fs_neighbour(nearest[i * Int(each) + j], in: gallery) : .none
            }
          }
        }
      }
      found?.pointee = Int(each)
    }
  }
}

@c @implementation
public func fs_gallery_within(
  _ gallery: OpaquePointer?, _ embedding: UnsafePointer<Float>?, _ dimension: Int, _ distance: Float,
  _ neighbours: UnsafeMutablePointer<fs_neighbour>?, _ capacity: Int, _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let embedding = try buffer(required(embedding, "embedding"), dimension, "embedding")
    let count = try required(count, "count")
    let room = try capacity == 0 ? nil : output(neighbours, capacity: capacity, needed: 0, "neighbours")
    try gallery.read { gallery throws(Failure) in
      let found = try gallery.within(distance, of: embedding.span)
      if let room {
        for (i, neighbour) in found.prefix(capacity).enumerated() {
          room[i] = fs_neighbour(neighbour, in: gallery)
        }
      }
      count.pointee = found.count
    }
  }
}

// MARK: Lists

@c @implementation
public func fs_gallery_list_people(
  _ gallery: OpaquePointer?, _ people: UnsafeMutablePointer<fs_gallery_person>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let count = try required(count, "count")
    let room = try capacity == 0 ? nil : output(people, capacity: capacity, needed: 0, "people")
    try gallery.read { gallery throws(Failure) in
      if let room {
        for (i, person) in gallery.everybody().prefix(capacity).enumerated() {
          room[i] = fs_gallery_person(person)
        }
      }
      count.pointee = gallery.people
    }
  }
}

@c @implementation
public func fs_gallery_list_photos(
  _ gallery: OpaquePointer?, _ person: UnsafePointer<CChar>?,
  _ photos: UnsafeMutablePointer<fs_gallery_photo>?,
  _ capacity: Int, _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    var name: String?
    if person != nil { name = try personName(person) }
    let count = try required(count, "count")
    let room = try capacity == 0 ? nil : output(photos, capacity: capacity, needed: 0, "photos")
    try gallery.read { gallery throws(Failure) in
      let rows =
        try name.map { name throws(Failure) in try gallery.rows(of: name) } ?? Array(0..<gallery.photos)
      if let room {
        for (i, row) in rows.prefix(capacity).enumerated() {
          room[i] = fs_gallery_photo(gallery.entry(inRow: row))
        }
      }
      count.pointee = rows.count
    }
  }
}

@c @implementation
public func fs_gallery_embeddings(
  _ gallery: OpaquePointer?, _ photos: UnsafePointer<UInt64>?, _ count: Int,
  _ embeddings: UnsafeMutablePointer<Float>?,
  _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let photos = try buffer(photos, count, "photos")
    if count == 0 { return }
    try gallery.read { gallery throws(Failure) in
      let dimension = gallery.dimension
      let target = try output(
        embeddings, capacity: capacity, needed: product(count, dimension, name: "embeddings"), "embeddings")
      var rows: [Int] = []
      for photo in photos { rows.append(try gallery.row(ofPhoto: number(photo))) }
      for (i, row) in rows.enumerated() {
        let place = UnsafeMutableBufferPointer(start: target + i * dimension, count: dimension)
        gallery.withEmbedding(inRow: row) { embedding in
          embedding.withUnsafeBufferPointer { _ = place.update(fromContentsOf: $0) }
        }
      }
    }
  }
}

@c @implementation
public func fs_gallery_destroy(_ gallery: OpaquePointer?) { Handle.destroy(gallery, SharedGallery.self) }

/// The embedding of a photo's main face, by the gallery's own model, and the reasons against relying on it.
func judged(
  _ photo: OpaquePointer?, for gallery: SharedGallery, _ embedder: OpaquePointer?, _ detector: OpaquePointer?
) throws(Failure) -> (embedding: Storage<Float>, reasons: FaceQuality.Reasons) {
  let embedder = try Handle.object(embedder, Embedder.self, "embedder")
  let detector = try embedder.detector(detector)
  let photo = try Handle.object(photo, Image.self, "photo")
  try gallery.check(model: embedder.fingerprint)
  return try embedder.judged(photo: photo, detector)
}

extension fs_gallery_person {
  init(_ person: Gallery.PersonEntry) {
    self.init()
    photos = UInt64(clamping: person.photos)
    created = person.created
    withUnsafeMutableBytes(of: &name) { copyName(person.name, to: $0) }
  }
}

extension fs_gallery_photo {
  init(_ entry: Gallery.PhotoEntry) {
    self.init()
    photo = UInt64(clamping: entry.number)
    created = entry.created
    withUnsafeMutableBytes(of: &name) { copyName(entry.name, to: $0) }
    withUnsafeMutableBytes(of: &note) { copyName(entry.note, to: $0) }
  }
}

extension fs_neighbour {
  init(_ neighbour: Neighbour, in gallery: Gallery) {
    let (number, owner) = gallery.photo(inRow: neighbour.row)
    self.init()
    photo = UInt64(clamping: number)
    distance = neighbour.distance
    withUnsafeMutableBytes(of: &name) { copyName(owner, to: $0) }
  }

  /// If there are no more photos.
  static var none: fs_neighbour {
    var none = fs_neighbour()
    none.photo = .max
    none.distance = .infinity
    return none
  }
}

/// Names in a gallery are shorter than the room, which is zeroed, so they stay terminated.
func copyName(_ name: String, to target: UnsafeMutableRawBufferPointer) {
  target.copyBytes(from: name.utf8.prefix(target.count - 1))
}

extension Gallery {
  convenience init(for embedder: Embedder) throws(Failure) {
    try self.init(
      dimension: embedder.dimension, fingerprint: embedder.fingerprint, defaultThreshold: embedder.threshold)
  }
}
