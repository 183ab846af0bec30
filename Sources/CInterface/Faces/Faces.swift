import CFaceStyle
import CSystem
import Faces
import Galleries
import Images
import Networks
import Tensors

extension Detector: HandleKind {
  static var kind: StaticString { "fs_detector" }
}

extension Embedder: HandleKind {
  static var kind: StaticString { "fs_embedder" }
}

// MARK: Detector

@c @implementation
public func fs_detector_options_init(
  _ options: UnsafeMutablePointer<fs_detector_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_detector_options: SizedStruct {
  static var standard: fs_detector_options { DetectorOptions().inC }
}

extension DetectorOptions: Exchanged {
  mutating func exchange(_ c: inout fs_detector_options, _ way: inout Exchange) {
    way.number(&c.min_face, &minFace)
    way.number(&c.thresholds.0, &thresholds.0, none: FS_DEFAULT_THRESHOLD)
    way.number(&c.thresholds.1, &thresholds.1, none: FS_DEFAULT_THRESHOLD)
    way.number(&c.thresholds.2, &thresholds.2, none: FS_DEFAULT_THRESHOLD)
    way.number(&c.scale_step, &scaleStep)
    way.number(&c.max_faces, &maxFaces, none: 0)
    way.choice(&c.order, &order)
    way.region(&c.region, &region)
    way.truth(&c.close_ups, &findsCloseUps)
  }
}

@c @implementation
public func fs_detector_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?,
  _ options: UnsafePointer<fs_detector_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Detector(model(handle), DetectorOptions(known(options))))
  }
}

@c @implementation
public func fs_detector_find(
  _ detector: OpaquePointer?, _ image: OpaquePointer?, _ faces: UnsafeMutablePointer<fs_face>?,
  _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let detector = try Handle.object(detector, Detector.self, "detector")
    let image = try Handle.object(image, Image.self, "image")
    try report(faces, capacity, count) { () throws(Failure) in try detector.faces(in: image) }
  }
}

@c @implementation
public func fs_detector_find_frame(
  _ detector: OpaquePointer?, _ frame: UnsafePointer<fs_frame>?, _ region: UnsafePointer<fs_region>?,
  _ faces: UnsafeMutablePointer<fs_face>?, _ capacity: Int, _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let detector = try Handle.object(detector, Detector.self, "detector")
    let frame = try Frame(frame)
    let region = region.map { $0.pointee.isEmpty ? frame.whole : Region($0.pointee) }
    try report(faces, capacity, count) { () throws(Failure) in try detector.faces(in: frame, region: region) }
  }
}

/// Writes the faces that `find` returns, up to the capacity, and their total number.
private func report(
  _ faces: UnsafeMutablePointer<fs_face>?, _ capacity: Int, _ count: UnsafeMutablePointer<Int>?,
  _ find: () throws(Failure) -> [Face]
) throws(Failure) {
  let count = try required(count, "count")
  let room = try capacity == 0 ? nil : output(faces, capacity: capacity, needed: 0, "faces")
  let found = try find()
  if let room { for (i, face) in found.prefix(capacity).enumerated() { room[i] = fs_face(face) } }
  count.pointee = found.count
}

@c @implementation
public func fs_detector_finds_points(_ detector: OpaquePointer?) -> Int32 {
  Handle.find(detector, Detector.self)?.findsPoints == true ? 1 : 0
}

@c @implementation
public func fs_detector_model_info(
  _ detector: OpaquePointer?, _ info: UnsafeMutablePointer<fs_model_info>?
) -> fs_status {
  boundary { () throws(Failure) in
    let detector = try Handle.object(detector, Detector.self, "detector")
    try fill(info, with: fs_model_info(detector.model), "info")
  }
}

@c @implementation
public func fs_detector_destroy(_ detector: OpaquePointer?) { Handle.destroy(detector, Detector.self) }

// MARK: Embedder

@c @implementation
public func fs_embedder_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Embedder(model(handle)))
  }
}

@c @implementation
public func fs_embedder_dimension(_ embedder: OpaquePointer?) -> Int {
  Handle.find(embedder, Embedder.self)?.dimension ?? 0
}

@c @implementation
public func fs_embedder_threshold(_ embedder: OpaquePointer?) -> Float {
  Handle.find(embedder, Embedder.self)?.threshold ?? 0
}

@c @implementation
public func fs_embedder_chip_width(_ embedder: OpaquePointer?) -> UInt32 {
  UInt32(clamping: Handle.find(embedder, Embedder.self)?.width ?? 0)
}

@c @implementation
public func fs_embedder_chip_height(_ embedder: OpaquePointer?) -> UInt32 {
  UInt32(clamping: Handle.find(embedder, Embedder.self)?.height ?? 0)
}

@c @implementation
public func fs_embedder_aligns(_ embedder: OpaquePointer?) -> Int32 {
  Handle.find(embedder, Embedder.self)?.isAligning == true ? 1 : 0
}

@c @implementation
public func fs_embedder_align(
  _ embedder: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?,
  _ face: UnsafePointer<fs_face>?
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let out = try required(out, "out")
    let image = try Handle.object(image, Image.self, "image")
    out.pointee = Handle.make(try embedder.chip(image, face.map { Face($0.pointee) }))
  }
}

@c @implementation
public func fs_embedder_align_frame(
  _ embedder: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ frame: UnsafePointer<fs_frame>?,
  _ face: UnsafePointer<fs_face>?
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let out = try required(out, "out")
    let frame = try Frame(frame)
    out.pointee = Handle.make(try embedder.chip(frame, face.map { Face($0.pointee) }))
  }
}

@c @implementation
public func fs_embedder_template(
  _ embedder: OpaquePointer?, _ points: UnsafeMutablePointer<fs_point>?
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let points = try required(points, "points")
    guard case .aligned(let template) = embedder.framing else {
      throw .wrongModel("the embedder sees whole pictures: no five points have places in them")
    }
    write(template.points(width: embedder.width, height: embedder.height), to: points)
  }
}

@c @implementation
public func fs_architecture_template(
  _ name: UnsafePointer<CChar>?, _ points: UnsafeMutablePointer<fs_point>?
) -> fs_status {
  boundary { () throws(Failure) in
    let name = try text(name, "name", limit: 64)
    let points = try required(points, "points")
    guard let architecture = Architecture.named(name) else {
      throw .notFound("there is no architecture \"\(name)\"")
    }
    guard architecture.hasEmbedding, let side = architecture.side else {
      throw .wrongModel("\(name) embeds no square picture of a face")
    }
    write(AlignmentTemplate.published(for: name, side: side).points, to: points)
  }
}

private func write(_ places: [Point], to points: UnsafeMutablePointer<fs_point>) {
  for (i, point) in places.enumerated() { points[i] = fs_point(x: point.x, y: point.y) }
}

@c @implementation
public func fs_embedder_embed(
  _ embedder: OpaquePointer?, _ image: OpaquePointer?, _ faces: UnsafePointer<fs_face>?, _ count: Int,
  _ embeddings: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let image = try Handle.object(image, Image.self, "image")
    try embed(embedder, faces, count, embeddings, capacity) { face throws(Failure) in
      try embedder.chip(image, face)
    }
  }
}

@c @implementation
public func fs_embedder_embed_frame(
  _ embedder: OpaquePointer?, _ frame: UnsafePointer<fs_frame>?, _ faces: UnsafePointer<fs_face>?,
  _ count: Int,
  _ embeddings: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let frame = try Frame(frame)
    try embed(embedder, faces, count, embeddings, capacity) { face throws(Failure) in
      try embedder.chip(frame, face)
    }
  }
}

/// Embeds faces, whose aligned pictures `chip` returns. NULL stands for the one whole picture that a network
/// without alignment sees.
private func embed(
  _ embedder: Embedder, _ faces: UnsafePointer<fs_face>?, _ count: Int,
  _ embeddings: UnsafeMutablePointer<Float>?,
  _ capacity: Int, _ chip: (Face?) throws(Failure) -> Image
) throws(Failure) {
  let isWhole = faces == nil && count == 1 && !embedder.isAligning
  let given = try isWhole ? nil : buffer(faces, count, "faces")
  if count == 0 { return }
  let target = try room(embeddings, capacity, count, embedder)
  let found = try embedder.embed(count: count) { i throws(Failure) in try chip(given.map { Face($0[i]) }) }
  found.withPointer { target.update(from: $0, count: found.count) }
}

private func room(
  _ embeddings: UnsafeMutablePointer<Float>?, _ capacity: Int, _ count: Int, _ embedder: Embedder
) throws(Failure) -> UnsafeMutablePointer<Float> {
  try output(
    embeddings, capacity: capacity, needed: product(count, embedder.dimension, name: "embeddings"),
    "embeddings")
}

@c @implementation
public func fs_embedder_embed_chips(
  _ embedder: OpaquePointer?, _ chips: UnsafePointer<OpaquePointer?>?, _ count: Int,
  _ embeddings: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let chips = try buffer(chips, count, "chips")
    if count == 0 { return }
    let target = try room(embeddings, capacity, count, embedder)
    var images: [Image] = []
    for chip in chips { images.append(try Handle.object(chip, Image.self, "a chip")) }
    let found = try embedder.embed(count: count) { i in images[i] }
    found.withPointer { target.update(from: $0, count: found.count) }
  }
}

@c @implementation
public func fs_embedder_embed_photo(
  _ embedder: OpaquePointer?, _ detector: OpaquePointer?, _ photo: OpaquePointer?,
  _ face: UnsafeMutablePointer<fs_face>?, _ embedding: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let detector = try embedder.detector(detector)
    let photo = try Handle.object(photo, Image.self, "photo")
    let target = try output(embedding, capacity: capacity, needed: embedder.dimension, "embedding")
    let found = try embedder.embed(photo: photo, detector)
    found.embedding.withPointer { target.update(from: $0, count: embedder.dimension) }
    face?.pointee = fs_face(found.face)
  }
}

@c @implementation
public func fs_embedder_memory_needed(
  _ embedder: OpaquePointer?, _ count: Int, _ bytes: UnsafeMutablePointer<UInt64>?
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let target = try required(bytes, "bytes")
    // All large numbers need the same memory, even size_t's largest.
    target.pointee = UInt64(clamping: try embedder.memoryNeeded(count: count < 0 ? .max : count))
  }
}

@c @implementation
public func fs_embedder_model_info(
  _ embedder: OpaquePointer?, _ info: UnsafeMutablePointer<fs_model_info>?
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    try fill(info, with: fs_model_info(embedder.model), "info")
  }
}

@c @implementation
public func fs_embedder_destroy(_ embedder: OpaquePointer?) { Handle.destroy(embedder, Embedder.self) }

// MARK: Between C and Swift

/// A caller's threshold; nil for the model's own.
func chosen(_ threshold: Float) -> Float? { threshold == FS_DEFAULT_THRESHOLD ? nil : threshold }

extension Float {
  /// In the caller's form.
  init(threshold: Float?) { self = threshold ?? FS_DEFAULT_THRESHOLD }
}

extension Embedder {
  /// A caller's detector, for photos in which it must find a face; not needed by a network that sees whole
  /// pictures.
  func detector(_ handle: OpaquePointer?) throws(Failure) -> Detector? {
    try isAligning ? Handle.object(handle, Detector.self, "detector") : nil
  }
}

extension fs_face {
  init(_ face: Face) {
    func point(_ i: Int) -> fs_point {
      face.landmarks.indices.contains(i)
        ? fs_point(x: face.landmarks[i].x, y: face.landmarks[i].y) : fs_point(x: .nan, y: .nan)
    }
    self.init(
      x: face.box.left, y: face.box.top, width: face.box.width, height: face.box.height, score: face.score,
      landmarks: (point(0), point(1), point(2), point(3), point(4)))
  }
}

extension Face {
  init(_ face: fs_face) {
    self.init(
      box: Box(left: face.x, top: face.y, right: face.x + face.width, bottom: face.y + face.height),
      score: face.score,
      landmarks: points(of: face))
  }
}

/// Empty if any is NaN: the face has no landmarks.
private func points(of face: fs_face) -> [Point] {
  let (a, b, c, d, e) = face.landmarks
  let points = [a, b, c, d, e].map { Point($0.x, $0.y) }
  return points.contains { $0.x.isNaN || $0.y.isNaN } ? [] : points
}
