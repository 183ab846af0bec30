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
public func fs_gallery_destroy(_ gallery: OpaquePointer?) { Handle.destroy(gallery, Gallery.self) }

/// The embedding of a photo, by the gallery's own model.
private func embedding(
  _ photo: OpaquePointer?, for gallery: Gallery, _ embedder: OpaquePointer?, _ detector: OpaquePointer?
) throws(Failure) -> Storage<Float> {
  let embedder = try Handle.object(embedder, Embedder.self, "embedder")
  let detector = try Handle.object(detector, MTCNNDetector.self, "detector")
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
    withUnsafeMutableBytes(of: &name) { target in
      // Names in a gallery are shorter than the room; the last byte stays zero.
      for (i, byte) in match.name.utf8.prefix(target.count - 1).enumerated() { target[i] = byte }
    }
  }
}
