import CFaceStyle
import CSystem
import Faces
import Images
import Tensors

extension Gallery: HandleKind {
  static var kind: StaticString { "fs_gallery" }
}

@c @implementation
public func fs_gallery_create(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ embedder: OpaquePointer?) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Gallery(for: Handle.object(embedder, Embedder.self, "embedder")))
  }
}

@c @implementation
public func fs_gallery_add(
  _ gallery: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ embedding: UnsafePointer<Float>?, _ dimension: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, Gallery.self, "gallery")
    let name = try text(name, "name", limit: Int(FS_NAME_CAPACITY) - 1)
    try gallery.add(name, buffer(required(embedding, "embedding"), dimension, "embedding"))
  }
}

@c @implementation
public func fs_gallery_add_photo(
  _ gallery: OpaquePointer?, _ embedder: OpaquePointer?, _ detector: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ photo: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, Gallery.self, "gallery")
    let name = try text(name, "name", limit: Int(FS_NAME_CAPACITY) - 1)
    let embedding = try embedding(photo, for: gallery, embedder, detector)
    try gallery.add(name, UnsafeBufferPointer(embedding.buffer))
  }
}

@c @implementation
public func fs_gallery_remove(_ gallery: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, Gallery.self, "gallery")
    try gallery.remove(text(name, "name", limit: Int(FS_NAME_CAPACITY) - 1))
  }
}

@c @implementation
public func fs_gallery_people(_ gallery: OpaquePointer?) -> Int { Handle.find(gallery, Gallery.self)?.people ?? 0 }

@c @implementation
public func fs_gallery_photos(_ gallery: OpaquePointer?) -> Int { Handle.find(gallery, Gallery.self)?.photos ?? 0 }

@c @implementation
public func fs_gallery_verify(
  _ gallery: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ embedding: UnsafePointer<Float>?, _ dimension: Int,
  _ threshold: Float, _ verdict: UnsafeMutablePointer<fs_verdict>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, Gallery.self, "gallery")
    let name = try text(name, "name", limit: Int(FS_NAME_CAPACITY) - 1)
    let embedding = try buffer(required(embedding, "embedding"), dimension, "embedding")
    let target = try required(verdict, "verdict")
    target.pointee = fs_verdict(try gallery.verify(name, embedding, threshold))
  }
}

@c @implementation
public func fs_gallery_verify_photo(
  _ gallery: OpaquePointer?, _ embedder: OpaquePointer?, _ detector: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ photo: OpaquePointer?, _ threshold: Float, _ verdict: UnsafeMutablePointer<fs_verdict>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, Gallery.self, "gallery")
    let name = try text(name, "name", limit: Int(FS_NAME_CAPACITY) - 1)
    let target = try required(verdict, "verdict")
    _ = try chosenThreshold(threshold, default: gallery.defaultThreshold)  // before the detector works in vain
    let embedding = try embedding(photo, for: gallery, embedder, detector)
    target.pointee = fs_verdict(try gallery.verify(name, UnsafeBufferPointer(embedding.buffer), threshold))
  }
}

@c @implementation
public func fs_gallery_identify(
  _ gallery: OpaquePointer?, _ embedding: UnsafePointer<Float>?, _ dimension: Int, _ threshold: Float,
  _ match: UnsafeMutablePointer<fs_match>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, Gallery.self, "gallery")
    let embedding = try buffer(required(embedding, "embedding"), dimension, "embedding")
    let target = try required(match, "match")
    target.pointee = fs_match(try gallery.identify(embedding, threshold))
  }
}

@c @implementation
public func fs_gallery_identify_photo(
  _ gallery: OpaquePointer?, _ embedder: OpaquePointer?, _ detector: OpaquePointer?, _ photo: OpaquePointer?,
  _ threshold: Float, _ match: UnsafeMutablePointer<fs_match>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, Gallery.self, "gallery")
    let target = try required(match, "match")
    _ = try chosenThreshold(threshold, default: gallery.defaultThreshold)
    let embedding = try embedding(photo, for: gallery, embedder, detector)
    target.pointee = fs_match(try gallery.identify(UnsafeBufferPointer(embedding.buffer), threshold))
  }
}

@c @implementation
public func fs_gallery_search(
  _ gallery: OpaquePointer?, _ embeddings: UnsafePointer<Float>?, _ count: Int, _ dimension: Int, _ k: Int,
  _ neighbours: UnsafeMutablePointer<fs_neighbour>?, _ capacity: Int, _ found: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try Handle.object(gallery, Gallery.self, "gallery")
    guard dimension == gallery.dimension else {
      throw .invalidArgument("embeddings of \(UInt(bitPattern: dimension)) numbers, the gallery's have \(gallery.dimension)")
    }
    guard k != 0 else { throw .invalidArgument("k is 0, wanted at least 1") }
    let each = min(UInt(bitPattern: k), UInt(gallery.photos))
    if count != 0 {
      let embeddings = try buffer(embeddings, product(count, dimension, name: "embeddings"), "embeddings")
      let target = try output(
        neighbours, capacity: capacity, needed: product(count, k, name: "neighbours"), "neighbours")
      let nearest = try gallery.nearest(k, to: embeddings, count: count)
      for i in 0..<count {
        for j in 0..<k {
          target[i * k + j] = j < each ? fs_neighbour(nearest.pointer[i * Int(each) + j], in: gallery) : .none
        }
      }
      withExtendedLifetime(nearest) {}
    }
    found?.pointee = Int(each)
  }
}

@c @implementation
public func fs_gallery_destroy(_ gallery: OpaquePointer?) { Handle.destroy(gallery, Gallery.self) }

/// The embedding of a photo, by the gallery's own model.
private func embedding(
  _ photo: OpaquePointer?, for gallery: Gallery, _ embedder: OpaquePointer?, _ detector: OpaquePointer?
) throws(Failure) -> Storage<Float> {
  let embedder = try Handle.object(embedder, Embedder.self, "embedder")
  let detector = try Handle.object(detector, Detector.self, "detector")
  let photo = try Handle.object(photo, Image.self, "photo")
  try gallery.check(embedder)
  return try embedding(photo, embedder, detector)
}

extension fs_match {
  init(_ match: Match) {
    self.init()
    known = match.isKnown ? 1 : 0
    distance = match.distance
    threshold = match.threshold
    withUnsafeMutableBytes(of: &name) { copy(match.name, to: $0) }
  }
}

extension fs_neighbour {
  init(_ neighbour: Neighbour, in gallery: Gallery) {
    let (number, owner) = gallery.photo(inRow: neighbour.row)
    self.init()
    photo = UInt64(number)
    distance = neighbour.distance
    withUnsafeMutableBytes(of: &name) { copy(owner, to: $0) }
  }

  /// Where there are no more photos.
  static var none: fs_neighbour {
    var none = fs_neighbour()
    none.photo = .max
    none.distance = .infinity
    return none
  }
}

/// Names in a gallery are shorter than the room, which holds zeros: the last byte stays one.
private func copy(_ name: String, to target: UnsafeMutableRawBufferPointer) {
  target.copyBytes(from: name.utf8.prefix(target.count - 1))
}
