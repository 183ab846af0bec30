import CFaceStyle
import Glibc

// The library's handles as Swift objects, destroyed with their last reference.

final class Picture {
  let handle: OpaquePointer
  /// How many times as large the photo is from which it was read.
  let reduction: Int

  init(owning handle: OpaquePointer, reduction: Int = 1) {
    (self.handle, self.reduction) = (handle, reduction)
  }

  /// - Parameter path: a file, or `standardInput`.
  convenience init(opening path: String) throws(Failure) {
    guard path != standardInput else {
      let bytes = try readStandardInput()
      self.init(owning: try made("standard input") { fs_image_decode(&$0, bytes, bytes.count) })
      return
    }
    self.init(owning: try made(path) { fs_image_open(&$0, path) })
  }

  /// A photo of which only the faces count, not their pixels: one of more than 2^26 pixels, as phones of 108
  /// and 200 megapixels take them, is read at a half or a quarter of its size.
  convenience init(ofFaces path: String) throws(Failure) {
    var reduction: UInt32 = 1
    let isInput = path == standardInput, bytes = isInput ? try readStandardInput() : []
    let handle = try made(isInput ? "standard input" : path) {
      isInput
        ? fs_image_decode_reduced(&$0, bytes, bytes.count, 1 << 26, &reduction)
        : fs_image_open_reduced(&$0, path, 1 << 26, &reduction)
    }
    self.init(owning: handle, reduction: Int(reduction))
  }

  /// - Parameter rgb: R, G, B bytes, row by row.
  convenience init(rgb: [UInt8], width: Int, height: Int) throws(Failure) {
    self.init(
      owning: try rgb.withUnsafeBufferPointer { bytes throws(Failure) in
        var given = fs_pixels()
        given.size = MemoryLayout<fs_pixels>.size
        (given.data, given.byte_count) = (bytes.baseAddress, bytes.count)
        (given.width, given.height, given.format) = (UInt32(width), UInt32(height), FS_RGB)
        return try made("") { fs_image_from_pixels(&$0, &given) }
      })
  }

  deinit { fs_image_destroy(handle) }

  var width: Int { Int(fs_image_width(handle)) }
  var height: Int { Int(fs_image_height(handle)) }

  func write(to path: String) throws(Failure) { try check(fs_image_write(handle, path), path) }

  /// A copy with boxes, points and labels.
  /// - Parameter people: the number of each face's person, which chooses its colour; nil: by the labels.
  func marked(_ faces: [fs_face], _ labels: [String], people: [Int32]?) throws(Failure) -> Picture {
    var options = fs_mark_options()
    try check(fs_mark_options_init(&options, MemoryLayout<fs_mark_options>.size))
    let texts = labels.map { UnsafePointer<CChar>(strdup($0)) }
    defer { for text in texts { free(UnsafeMutablePointer(mutating: text)) } }
    return Picture(
      owning: try made("") { out in
        texts.withUnsafeBufferPointer { texts in
          (people ?? []).withUnsafeBufferPointer { numbers in
            options.labels = texts.baseAddress
            options.people = people == nil ? nil : numbers.baseAddress
            return fs_image_mark_faces(&out, handle, faces, faces.count, &options)
          }
        }
      })
  }

  /// A copy with a dot at each point.
  func dotted(_ points: [fs_point]) throws(Failure) -> Picture {
    Picture(owning: try made("") { fs_image_mark_points(&$0, handle, points, points.count, 0) })
  }

  func part(_ x: Int, _ y: Int, _ width: Int, _ height: Int) throws(Failure) -> Picture {
    Picture(
      owning: try made("") {
        fs_image_crop(
          &$0, handle, UInt32(clamping: x), UInt32(clamping: y), UInt32(clamping: width),
          UInt32(clamping: height))
      })
  }

  func resized(_ width: Int, _ height: Int) throws(Failure) -> Picture {
    Picture(
      owning: try made("") {
        fs_image_resize(&$0, handle, UInt32(clamping: width), UInt32(clamping: height), FS_BICUBIC)
      })
  }

  /// Mirrors left and right.
  func mirrored() throws(Failure) -> Picture {
    let matrix: [Float] = [-1, 0, Float(width - 1), 0, 1, 0]
    return Picture(owning: try made("") { fs_image_warp(&$0, handle, matrix, UInt32(width), UInt32(height)) })
  }
}

final class Model {
  let handle: OpaquePointer
  /// Its file.
  let path: String
  let name: String
  /// That a fast style has learned; 0 for another use.
  let styles: Int
  /// Of its file.
  let byteCount: Int

  /// - Parameter name: a model's name, or its file's path.
  init(opening name: String) throws(Failure) {
    handle = try made(name) { fs_model_open(&$0, name) }
    var info = fs_model_info()
    info.size = MemoryLayout<fs_model_info>.size
    try check(fs_model_info_get(handle, &info), name)
    let known = ModelDescription(info)
    (path, self.name, styles) = (known.path ?? name, known.name, known.styles)
    byteCount = Int(clamping: known.byteCount)
  }

  deinit { fs_model_destroy(handle) }

  func save(
    to path: String, _ precision: fs_precision, _ settings: fs_model_texts, accuracy: String?, note: String?
  ) throws(Failure) {
    try check(fs_model_save(handle, path, precision, settings, accuracy: accuracy, note: note), path)
  }

  var architecture: String { String(cString: fs_model_architecture(handle)) }
  var fingerprint: UInt64 { fs_model_fingerprint(handle) }
}

final class Detector {
  let handle: OpaquePointer

  static func defaults() throws(Failure) -> fs_detector_options {
    var options = fs_detector_options()
    try check(fs_detector_options_init(&options, MemoryLayout<fs_detector_options>.size))
    return options
  }

  init(_ model: Model, _ options: fs_detector_options) throws(Failure) {
    var options = options
    handle = try made(model.path) { fs_detector_create(&$0, model.handle, &options) }
  }

  deinit { fs_detector_destroy(handle) }

  /// Whether its faces have landmarks.
  var findsPoints: Bool { fs_detector_finds_points(handle) != 0 }

  /// The faces that its options select, in order.
  func find(in picture: Picture) throws(Failure) -> [fs_face] {
    var (count, room) = (0, 64)
    while true {
      var faces = [fs_face](repeating: fs_face(), count: room)
      try check(fs_detector_find(handle, picture.handle, &faces, room, &count))
      if count <= room { return Array(faces.prefix(count)) }
      room = count  // a crowd: once more, with room for all
    }
  }
}

final class Embedder {
  let handle: OpaquePointer

  init(_ model: Model) throws(Failure) {
    handle = try made(model.path) { fs_embedder_create(&$0, model.handle) }
  }

  deinit { fs_embedder_destroy(handle) }

  var dimension: Int { fs_embedder_dimension(handle) }
  var threshold: Float { fs_embedder_threshold(handle) }
  /// Whether it requires aligned faces; else it sees whole photos, without detection.
  var isAligning: Bool { fs_embedder_aligns(handle) != 0 }

  /// The main face of the photo at `path`, nil if the whole photo is seen, and its embedding.
  func embed(_ photo: Picture, _ path: String, _ detector: Detector?) throws(Failure) -> (fs_face?, [Float]) {
    var face = fs_face()
    var embedding = [Float](repeating: 0, count: dimension)
    try check(
      fs_embedder_embed_photo(handle, detector?.handle, photo.handle, &face, &embedding, embedding.count),
      path)
    return (isAligning ? face : nil, embedding)
  }

  /// The embeddings of faces of one picture.
  func embed(_ picture: Picture, _ faces: [fs_face]) throws(Failure) -> [[Float]] {
    var numbers = [Float](repeating: 0, count: faces.count * dimension)
    if !faces.isEmpty {
      try check(fs_embedder_embed(handle, picture.handle, faces, faces.count, &numbers, numbers.count))
    }
    return rows(of: numbers)
  }

  /// The embeddings of aligned pictures.
  func embed(_ chips: [Picture]) throws(Failure) -> [[Float]] {
    var numbers = [Float](repeating: 0, count: chips.count * dimension)
    try chips.withHandles { handles throws(Failure) in
      try check(fs_embedder_embed_chips(handle, handles, chips.count, &numbers, numbers.count))
    }
    return rows(of: numbers)
  }

  private func rows(of numbers: [Float]) -> [[Float]] {
    stride(from: 0, to: numbers.count, by: dimension).map { Array(numbers[$0..<$0 + dimension]) }
  }

  /// The network's input for a photo: a face, or all of it.
  func align(_ photo: Picture, _ face: fs_face?) throws(Failure) -> Picture {
    Picture(
      owning: try made("") { out in
        guard var face else { return fs_embedder_align(handle, &out, photo.handle, nil) }
        return fs_embedder_align(handle, &out, photo.handle, &face)
      })
  }
}

/// Tells living faces from pictures of faces.
final class Liveness {
  let handle: OpaquePointer

  /// - Parameter models: empty: those that the library chooses.
  init(_ models: [Model]) throws(Failure) {
    handle = try models.withHandles { models throws(Failure) in
      try made("") { handle in
        models.isEmpty
          ? fs_liveness_create(&handle, nil, 0) : fs_liveness_create(&handle, models, models.count)
      }
    }
  }

  deinit { fs_liveness_destroy(handle) }

  func verdict(of face: fs_face, in picture: Picture) throws(Failure) -> fs_liveness_verdict {
    var face = face, verdict = fs_liveness_verdict()
    verdict.size = MemoryLayout<fs_liveness_verdict>.size
    try check(fs_liveness_check(handle, picture.handle, &face, &verdict))
    return verdict
  }
}

/// Finds many points of a face.
final class DenseLandmarks {
  let handle: OpaquePointer

  init(_ model: Model) throws(Failure) {
    handle = try made(model.path) { fs_dense_landmarks_create(&$0, model.handle) }
  }

  deinit { fs_dense_landmarks_destroy(handle) }

  func points(of face: fs_face, in picture: Picture) throws(Failure) -> [fs_point] {
    var face = face, points = [fs_point](repeating: fs_point(), count: fs_dense_landmarks_count(handle))
    try check(fs_dense_landmarks_find(handle, picture.handle, &face, &points, points.count))
    return points
  }
}

/// Labelled pairs of photos, as in LFW's pairs.txt.
final class PairList {
  let handle: OpaquePointer

  init(opening path: String) throws(Failure) {
    handle = try made(path) { fs_pairs_open(&$0, path) }
  }

  deinit { fs_pairs_destroy(handle) }

  var pairs: [fs_pair] {
    get throws(Failure) {
      var pairs = [fs_pair](repeating: fs_pair(), count: fs_pairs_count(handle))
      for i in pairs.indices { try check(fs_pairs_get(handle, i, &pairs[i])) }
      return pairs
    }
  }

  /// Paths relative to the folder of images.
  var photos: [String] {
    (0..<fs_pairs_photo_count(handle)).map { fs_pairs_photo(handle, $0).map { pathText($0) } ?? "" }
  }
}

final class Landmarks {
  let handle: OpaquePointer

  init(opening path: String) throws(Failure) {
    handle = try made(path) { fs_landmarks_open(&$0, path) }
  }

  deinit { fs_landmarks_destroy(handle) }

  func face(in photo: String) throws(Failure) -> fs_face? {
    var face = fs_face()
    let status = fs_landmarks_find(handle, photo, &face)
    if status == FS_NOT_FOUND { return nil }
    try check(status, photo)
    return face
  }
}

/// Training photos.
final class Photos {
  let handle: OpaquePointer

  init() throws(Failure) {
    handle = try made("") { fs_photos_create(&$0) }
  }

  deinit { fs_photos_destroy(handle) }

  func add(people source: PhotoSource) throws(Failure) {
    try check(fs_photos_add_people(handle, source.folder, source.landmarks, source.points), source.folder)
  }

  func add(photos source: PhotoSource) throws(Failure) {
    try check(fs_photos_add_folder(handle, source.folder, source.landmarks, source.points), source.folder)
  }

  func add(strangers source: PhotoSource) throws(Failure) {
    try check(
      fs_photos_add_strangers(handle, source.folder, source.landmarks, source.points), source.folder)
  }

  func keep(people: ClosedRange<Int>) throws(Failure) {
    try check(fs_photos_keep_people(handle, people.lowerBound, people.count))
  }

  var count: (photos: Int, people: Int) { (fs_photos_count(handle), fs_photos_person_count(handle)) }

  /// The number of photos that were left out, and the first of them, each with its reason.
  func leftOut(first limit: Int) throws(Failure) -> (count: Int, reasons: [String]) {
    let count = fs_photos_left_out_count(handle)
    var reasons: [String] = []
    for i in 0..<min(count, limit) {
      var path = [CChar](repeating: 0, count: 4096), reason = [CChar](repeating: 0, count: 1024)
      try check(fs_photos_left_out(handle, i, &path, path.count, &reason, reason.count))
      reasons.append("\(pathText(path)): \(pathText(reason))")
    }
    return (count, reasons)
  }
}

/// Trains a network.
final class Trainer {
  let handle: OpaquePointer

  /// - Parameter start: the model with the initial weights.
  init(
    _ options: fs_trainer_options, architecture: String, loss: fs_loss_options, start: Model?
  ) throws(Failure) {
    var options = options
    handle = try made(start?.path ?? "") { handle in
      architecture.withCString { name in
        withUnsafePointer(to: loss) { loss in
          options.architecture = name
          options.loss = loss
          return fs_trainer_create(&handle, &options, start?.handle)
        }
      }
    }
  }

  deinit { fs_trainer_destroy(handle) }

  var info: fs_trainer_info {
    get throws(Failure) {
      var info = fs_trainer_info()
      info.size = MemoryLayout<fs_trainer_info>.size
      try check(fs_trainer_info_get(handle, &info))
      return info
    }
  }

  func resume(from checkpoint: String) throws(Failure) {
    try check(fs_trainer_resume(handle, checkpoint), checkpoint)
  }

  func saveModel(to path: String, _ precision: fs_precision, threshold: Float, note: String?) throws(Failure)
  {
    try check(fs_trainer_save_model(handle, path, precision, threshold, note), path)
  }
}

/// The handle that `create` writes.
func made(
  _ subject: String, _ create: (inout OpaquePointer?) -> fs_status
) throws(Failure) -> OpaquePointer {
  var handle: OpaquePointer?
  try check(create(&handle), subject)
  guard let handle else { throw Failure("the library made nothing") }
  return handle
}
