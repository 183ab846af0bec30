import CFaceStyle
import CSystem
import Images
import Tensors

extension Image: HandleKind {
  static var kind: StaticString { "fs_image" }
}

@c @implementation
public func fs_image_decode(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ data: UnsafeRawPointer?, _ byte_count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(
      try withBytes(data, byte_count) { bytes throws(Failure) in try Image.decode(bytes) })
  }
}

@c @implementation
public func fs_image_open(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Image.open(pathText(path, "path")))
  }
}

@c @implementation
public func fs_image_open_reduced(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?, _ max_pixels: UInt64,
  _ reduction: UnsafeMutablePointer<UInt32>?
) -> fs_status {
  reduced(out, max_pixels, reduction) { maxPixels throws(Failure) in
    try Image.open(pathText(path, "path"), maxPixels: maxPixels)
  }
}

@c @implementation
public func fs_image_decode_reduced(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ data: UnsafeRawPointer?, _ byte_count: Int,
  _ max_pixels: UInt64, _ reduction: UnsafeMutablePointer<UInt32>?
) -> fs_status {
  reduced(out, max_pixels, reduction) { maxPixels throws(Failure) in
    try withBytes(data, byte_count) { bytes throws(Failure) in
      try Image.decode(bytes, maxPixels: maxPixels)
    }
  }
}

private func reduced(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ max_pixels: UInt64,
  _ reduction: UnsafeMutablePointer<UInt32>?,
  _ read: (Int) throws(Failure) -> (image: Image, reduction: Int)
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let reduction = try required(reduction, "reduction")
    guard max_pixels >= 1 else { throw .invalidArgument("max_pixels is 0; expected 1 or more") }
    let found = try read(Int(clamping: max_pixels))
    out.pointee = Handle.make(found.image)
    reduction.pointee = UInt32(clamping: found.reduction)
  }
}

@c @implementation
public func fs_image_from_pixels(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ pixels: UnsafePointer<fs_pixels>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let pixels = try known(required(pixels, "pixels"), "pixels")
    let image = try Image.copying(
      bytes(pixels.data, pixels.byte_count, "pixels->data"), width: Int(pixels.width),
      height: Int(pixels.height),
      stride: pixels.stride, format: PixelFormat(pixels.format), rotation: Int(pixels.rotation))
    out.pointee = Handle.make(image)
  }
}

extension fs_pixels: SizedStruct {}

@c @implementation
public func fs_image_width(_ image: OpaquePointer?) -> UInt32 {
  UInt32(clamping: Handle.find(image, Image.self)?.width ?? 0)
}

@c @implementation
public func fs_image_height(_ image: OpaquePointer?) -> UInt32 {
  UInt32(clamping: Handle.find(image, Image.self)?.height ?? 0)
}

@c @implementation
public func fs_image_data(_ image: OpaquePointer?) -> UnsafePointer<UInt8>? {
  Handle.find(image, Image.self).map { UnsafePointer($0.pixels.pointer) }
}

@c @implementation
public func fs_image_data16(_ image: OpaquePointer?) -> UnsafePointer<UInt16>? {
  Handle.find(image, Image.self)?.deep.map { UnsafePointer($0.pointer) }
}

@c @implementation
public func fs_image_alpha(_ image: OpaquePointer?) -> UnsafePointer<UInt8>? {
  Handle.find(image, Image.self)?.alpha.map { UnsafePointer($0.pointer) }
}

@c @implementation
public func fs_image_unblended(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Handle.object(image, Image.self, "image").unblended)
  }
}

@c @implementation
public func fs_image_with_alpha(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?, _ alpha_source: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let image = try Handle.object(image, Image.self, "image")
    out.pointee = Handle.make(
      try image.withAlpha(of: Handle.object(alpha_source, Image.self, "alpha_source")))
  }
}

@c @implementation
public func fs_image_resize(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?, _ width: UInt32, _ height: UInt32,
  _ filter: fs_filter
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let image = try Handle.object(image, Image.self, "image")
    out.pointee = Handle.make(
      try image.resized(width: Int(width), height: Int(height), filter: .init(filter)))
  }
}

@c @implementation
public func fs_image_crop(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?, _ x: UInt32, _ y: UInt32,
  _ width: UInt32,
  _ height: UInt32
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let image = try Handle.object(image, Image.self, "image")
    out.pointee = Handle.make(try image.cropped(x: Int(x), y: Int(y), width: Int(width), height: Int(height)))
  }
}

@c @implementation
public func fs_image_warp(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?, _ matrix: UnsafePointer<Float>?,
  _ width: UInt32, _ height: UInt32
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let image = try Handle.object(image, Image.self, "image")
    let m = try required(matrix, "matrix")
    let map = Affine(Double(m[0]), Double(m[1]), Double(m[2]), Double(m[3]), Double(m[4]), Double(m[5]))
    out.pointee = Handle.make(try image.warped(by: map, width: Int(width), height: Int(height)))
  }
}

@c @implementation
public func fs_file_format_name(_ format: fs_file_format) -> UnsafePointer<CChar>? {
  FileFormat(rawValue: Int32(bitPattern: format.rawValue)).map { staticText($0.name) }
}

@c @implementation
public func fs_file_format_ending(_ format: fs_file_format, _ index: Int) -> UnsafePointer<CChar>? {
  guard let endings = FileFormat(rawValue: Int32(bitPattern: format.rawValue))?.endings,
    endings.indices.contains(index)
  else { return nil }
  return staticText(endings[index])
}

@c @implementation
public func fs_file_format_is_written(_ format: fs_file_format) -> Int32 {
  FileFormat(rawValue: Int32(bitPattern: format.rawValue))?.isWritten == true ? 1 : 0
}

@c @implementation
public func fs_image_encode(
  _ image: OpaquePointer?, _ format: fs_file_format, _ quality: UInt32, _ buffer: UnsafeMutableRawPointer?,
  _ capacity: Int, _ byte_count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let image = try Handle.object(image, Image.self, "image")
    let count = try required(byte_count, "byte_count")
    let format = try FileFormat(format)
    guard capacity >= 0, capacity == 0 || buffer != nil else {
      throw .invalidArgument("buffer is NULL with a capacity of \(UInt(bitPattern: capacity))")
    }
    let file = try image.encode(as: format, quality: Int(quality))
    count.pointee = file.count
    guard let buffer, capacity > 0 else { return }
    guard capacity >= file.count else {
      throw .invalidArgument("buffer has room for \(capacity) bytes; expected \(file.count)")
    }
    buffer.copyMemory(from: file.pointer, byteCount: file.count)
  }
}

@c @implementation
public func fs_image_write(_ image: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  boundary { () throws(Failure) in
    try Handle.object(image, Image.self, "image").write(pathText(path, "path"))
  }
}

@c @implementation
public func fs_image_destroy(_ image: OpaquePointer?) { Handle.destroy(image, Image.self) }
