import CFaceStyle
import CSystem
import Faces
import Galleries
import Images
import Tensors

@c @implementation
public func fs_gallery_options_init(
  _ options: UnsafeMutablePointer<fs_gallery_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_gallery_options: SizedStruct {
  static var standard: fs_gallery_options {
    fs_gallery_options(size: MemoryLayout<fs_gallery_options>.size, key: nil, read_only: 0, create: 1)
  }
}

@c @implementation
public func fs_gallery_open(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?, _ embedder: OpaquePointer?,
  _ options: UnsafePointer<fs_gallery_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let path = try pathText(path, "path")
    var model: Gallery?
    if embedder != nil { model = try Gallery(for: Handle.object(embedder, Embedder.self, "embedder")) }
    let options = try known(options)
    let access: SharedGallery.Access = options.read_only != 0 ? .read : options.create != 0 ? .create : .write
    let key = options.key.map { UnsafeRawBufferPointer(start: $0, count: Int(FS_GALLERY_KEY_LENGTH)) }
    out.pointee = Handle.make(try SharedGallery(at: path, access, model: model, key: key?.bytes))
  }
}

@c @implementation
public func fs_gallery_info_get(
  _ gallery: OpaquePointer?, _ info: UnsafeMutablePointer<fs_gallery_info>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    var result = fs_gallery_info()
    result.is_stored = gallery.isStored ? 1 : 0
    result.is_encrypted = gallery.isEncrypted ? 1 : 0
    result.is_read_only = gallery.isReadOnly ? 1 : 0
    try gallery.read { gallery throws(Failure) in
      result.model = gallery.fingerprint
      result.dimension = UInt32(clamping: gallery.dimension)
      result.threshold = gallery.defaultThreshold
      result.people = UInt64(clamping: gallery.people)
      result.photos = UInt64(clamping: gallery.photos)
    }
    try fill(info, with: result, "info")
  }
}

extension fs_gallery_info: SizedStruct {}

@c @implementation
public func fs_gallery_reload(_ gallery: OpaquePointer?, _ changed: UnsafeMutablePointer<Int32>?) -> fs_status
{
  boundary { () throws(Failure) in
    let isChanged = try shared(gallery).reload()
    changed?.pointee = isChanged ? 1 : 0
  }
}

@c @implementation
public func fs_gallery_export(_ gallery: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let path = try pathText(path, "path")
    let file = try GalleryFile(of: path)
    try gallery.read { gallery throws(Failure) in try file.write(gallery, to: path) }
  }
}

@c @implementation
public func fs_gallery_import(
  _ gallery: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ report: UnsafeMutablePointer<fs_gallery_report>?
) -> fs_status {
  boundary { () throws(Failure) in
    let gallery = try shared(gallery)
    let path = try pathText(path, "path")
    try checkRoom(report, "report")
    let photos = try gallery.photos(in: path)
    let result = try gallery.merge(photos, isCompared: report != nil)
    if let report { try fill(report, with: fs_gallery_report(result), "report") }
  }
}

@c @implementation
public func fs_gallery_merge(
  _ gallery: OpaquePointer?, _ other: OpaquePointer?, _ report: UnsafeMutablePointer<fs_gallery_report>?
) -> fs_status {
  boundary { () throws(Failure) in
    try checkRoom(report, "report")
    let result = try shared(gallery).merge(shared(other, "other"), isCompared: report != nil)
    if let report { try fill(report, with: fs_gallery_report(result), "report") }
  }
}
