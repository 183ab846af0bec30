import CFaceStyle

/// People and the embeddings of their photos.
final class Gallery {
  let handle: OpaquePointer
  /// In messages.
  let name: String

  init(_ embedder: Embedder) throws(Failure) {
    handle = try made("") { fs_gallery_create(&$0, embedder.handle) }
    name = "the gallery"
  }

  enum Access { case create, change, read }

  /// Opens a gallery in a file or on a server; `embedder` may be nil if it exists.
  init(opening place: String, _ embedder: Embedder?, key: [UInt8]?, _ access: Access) throws(Failure) {
    var options = fs_gallery_options()
    try check(fs_gallery_options_init(&options, MemoryLayout<fs_gallery_options>.size))
    options.read_only = access == .read ? 1 : 0
    options.create = access == .create ? 1 : 0
    handle = try made(nameOfGallery(place)) { handle in
      guard let key else { return fs_gallery_open(&handle, place, embedder?.handle, &options) }
      return key.withUnsafeBufferPointer { key in
        options.key = key.baseAddress
        return fs_gallery_open(&handle, place, embedder?.handle, &options)
      }
    }
    name = nameOfGallery(place)
  }

  deinit { fs_gallery_destroy(handle) }

  var people: Int { fs_gallery_person_count(handle) }
  var photos: Int { fs_gallery_photo_count(handle) }

  var info: fs_gallery_info {
    get throws(Failure) {
      var info = fs_gallery_info()
      info.size = MemoryLayout<fs_gallery_info>.size
      try check(fs_gallery_info_get(handle, &info))
      return info
    }
  }

  func add(_ name: String, _ embedding: [Float]) throws(Failure) {
    try check(fs_gallery_add(handle, name, embedding, embedding.count), name)
  }

  func enrol(
    _ name: String, _ embedding: [Float], note: String, isRefused: Bool
  ) throws(Failure) -> fs_enrolment {
    var options = fs_enrolment_options(), enrolment = fs_enrolment()
    try check(fs_enrolment_options_init(&options, MemoryLayout<fs_enrolment_options>.size))
    enrolment.size = MemoryLayout<fs_enrolment>.size
    options.refuse = isRefused ? 1 : 0
    let status = withPath(note) { note in
      options.note = note
      return fs_gallery_enrol(handle, name, embedding, embedding.count, &options, &enrolment)
    }
    try check(status, name)
    return enrolment
  }

  func remove(_ name: String) throws(Failure) { try check(fs_gallery_remove(handle, name), name) }
  func remove(photo: UInt64) throws(Failure) { try check(fs_gallery_remove_photo(handle, photo)) }

  func listPeople() throws(Failure) -> [fs_gallery_person] {
    var count = people, list = [fs_gallery_person](repeating: fs_gallery_person(), count: people + 1)
    try check(fs_gallery_list_people(handle, &list, list.count, &count))
    return Array(list.prefix(count))
  }

  /// - Parameter name: nil for the photos of all.
  func listPhotos(of name: String?) throws(Failure) -> [fs_gallery_photo] {
    var count = photos, list = [fs_gallery_photo](repeating: fs_gallery_photo(), count: photos + 1)
    try check(fs_gallery_list_photos(handle, name, &list, list.count, &count), name ?? "")
    return Array(list.prefix(count))
  }

  /// The embeddings of photos by their numbers.
  func embeddings(of photos: [UInt64]) throws(Failure) -> [[Float]] {
    let dimension = Int(try info.dimension)
    var numbers = [Float](repeating: 0, count: photos.count * dimension)
    guard !photos.isEmpty else { return [] }
    try check(fs_gallery_embeddings(handle, photos, photos.count, &numbers, numbers.count))
    return stride(from: 0, to: numbers.count, by: dimension).map { Array(numbers[$0..<$0 + dimension]) }
  }

  func setThreshold(_ threshold: Float) throws(Failure) {
    try check(fs_gallery_threshold_set(handle, threshold))
  }

  func export(to path: String) throws(Failure) { try check(fs_gallery_export(handle, path), path) }

  func add(from path: String) throws(Failure) -> fs_gallery_report {
    var report = fs_gallery_report()
    report.size = MemoryLayout<fs_gallery_report>.size
    try check(fs_gallery_import(handle, path, &report), path)
    return report
  }

  func merge(_ other: Gallery, _ place: String) throws(Failure) -> fs_gallery_report {
    var report = fs_gallery_report()
    report.size = MemoryLayout<fs_gallery_report>.size
    try check(fs_gallery_merge(handle, other.handle, &report), nameOfGallery(place))
    return report
  }

  static func identifyDefaults() throws(Failure) -> fs_identify_options {
    var options = fs_identify_options()
    try check(fs_identify_options_init(&options, MemoryLayout<fs_identify_options>.size))
    return options
  }

  func identify(_ embedding: [Float], _ options: fs_identify_options) throws(Failure) -> fs_gallery_identity {
    var options = options, identity = fs_gallery_identity()
    identity.size = MemoryLayout<fs_gallery_identity>.size
    try check(fs_gallery_identify(handle, embedding, embedding.count, &options, &identity))
    return identity
  }
}

/// A string in a fixed-size array of a C struct.
func fixedText<Room>(_ room: Room) -> String {
  withUnsafeBytes(of: room) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

extension fs_gallery_identity {
  /// nil for a stranger.
  var person: String? { known != 0 ? fixedText(name) : nil }
  /// nil if there is no other person.
  var next: String? { runner_up_distance.isFinite ? fixedText(runner_up) : nil }

  /// "obama, distance 0.38 (threshold 0.60, dlib-resnet)"
  func summary(by model: String) -> String { "\(answer) (threshold \(fixed(threshold, 2)), \(model))" }

  /// "obama, distance 0.38", or "uncertain: ann 0.34 or ben 0.38"
  var answer: String {
    let distance = fixed(distance, 2), nearest = fixedText(nearest)
    if let person { return "\(person), distance \(distance)" }
    if nearest.isEmpty { return "a stranger, as the gallery is empty" }
    if ambiguous != 0, let next {
      return "uncertain: \(nearest) \(distance) or \(next) \(fixed(runner_up_distance, 2))"
    }
    return "a stranger, the nearest is \(nearest), distance \(distance)"
  }
}
