import CFaceStyle
import CSystem
import Faces
import Galleries
import Images
import Tensors

@c @implementation
public func fs_enrolment_options_init(
  _ options: UnsafeMutablePointer<fs_enrolment_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_enrolment_options: SizedStruct {
  static var standard: fs_enrolment_options {
    fs_enrolment_options(
      size: MemoryLayout<fs_enrolment_options>.size, note: nil, threshold: Float(threshold: nil), refuse: 0)
  }
}

@c @implementation
public func fs_gallery_enrol(
  _ gallery: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ embedding: UnsafePointer<Float>?,
  _ dimension: Int,
  _ options: UnsafePointer<fs_enrolment_options>?, _ enrolment: UnsafeMutablePointer<fs_enrolment>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let name = try personName(name)
    let embedding = try buffer(required(embedding, "embedding"), dimension, "embedding")
    let options = try known(options)
    try checkRoom(enrolment, "enrolment")
    var note = ""
    if let given = options.note, given.pointee != 0 {
      note = try text(given, "note", limit: SharedGallery.maxNoteBytes)
    }
    let result = try gallery.enrol(
      name, embedding.span, note: note, threshold: chosen(options.threshold), isRefused: options.refuse != 0)
    if let enrolment { try fill(enrolment, with: fs_enrolment(result), "enrolment") }
  }
}

@c @implementation
public func fs_gallery_add_many(
  _ gallery: OpaquePointer?, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ embeddings: UnsafePointer<Float>?, _ count: Int,
  _ dimension: Int, _ report: UnsafeMutablePointer<fs_gallery_report>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    try checkRoom(report, "report")
    var result = GalleryReport()
    if count != 0 {
      let pointers = try buffer(names, count, "names")
      let embeddings = try buffer(embeddings, product(count, dimension, name: "embeddings"), "embeddings")
      var names: [String] = []
      for pointer in pointers { names.append(try personName(pointer)) }
      result = try gallery.add(names, embeddings.span, isCompared: report != nil)
    }
    if let report { try fill(report, with: fs_gallery_report(result), "report") }
  }
}

@c @implementation
public func fs_gallery_remove_photo(_ gallery: OpaquePointer?, _ photo: UInt64) -> fs_status {
  boundary { () throws(Failure) in try shared(gallery).remove(photo: number(photo)) }
}

@c @implementation
public func fs_gallery_replace_photo(
  _ gallery: OpaquePointer?, _ photo: UInt64, _ embedding: UnsafePointer<Float>?, _ dimension: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let photo = try number(photo)
    let embedding = try buffer(required(embedding, "embedding"), dimension, "embedding")
    try gallery.replace(photo: photo, embedding.span)
  }
}

@c @implementation
public func fs_gallery_replace_person(
  _ gallery: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ embeddings: UnsafePointer<Float>?, _ count: Int,
  _ dimension: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let name = try personName(name)
    let embeddings = try buffer(
      required(embeddings, "embeddings"), product(count, dimension, name: "embeddings"), "embeddings")
    try gallery.replace(name, embeddings.span, count: count)
  }
}

@c @implementation
public func fs_gallery_threshold_set(_ gallery: OpaquePointer?, _ threshold: Float) -> fs_status {
  boundary { () throws(Failure) in try shared(gallery).setThreshold(threshold) }
}

/// A photo's number in Swift; one out of range stands for a photo that does not exist.
func number(_ photo: UInt64) throws(Failure) -> Int {
  guard let number = Int(exactly: photo) else { throw .notFound("the gallery has no photo \(photo)") }
  return number
}

extension fs_enrolment: SizedStruct {
  static var standard: fs_enrolment { fs_enrolment() }

  init(_ enrolment: Enrolment) {
    self.init()
    photo = enrolment.photo.map { UInt64(clamping: $0) } ?? .max
    added = enrolment.photo == nil ? 0 : 1
    conflict = enrolment.conflict == nil ? 0 : 1
    distance = enrolment.conflict?.distance ?? .infinity
    withUnsafeMutableBytes(of: &other) { copyName(enrolment.conflict?.name ?? "", to: $0) }
  }
}

extension fs_gallery_report: SizedStruct {
  static var standard: fs_gallery_report { fs_gallery_report() }

  init(_ report: GalleryReport) {
    self.init(
      size: MemoryLayout<fs_gallery_report>.size, added: UInt64(clamping: report.added),
      present: UInt64(clamping: report.present),
      conflicts: UInt64(clamping: report.conflicts))
  }
}
