import CCodecs
import Tensors

/// PNG files, through the simplified interface of libpng 1.6, which catches its own errors.
enum PNG {
  static func isBeginning(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let signature: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (
      0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A
    )
    guard bytes.count >= 8 else { return false }
    return withUnsafeBytes(of: signature) { signature in
      for index in 0..<8 where signature[index] != bytes[index] { return false }
      return true
    }
  }

  // Macros that Swift does not see, png.h 1.6.
  private static var version: UInt32 { 1 }  // PNG_IMAGE_VERSION
  private static var alphaFlag: UInt32 { 0x01 }  // PNG_FORMAT_FLAG_ALPHA
  private static var rgb: UInt32 { 0x02 }  // PNG_FORMAT_RGB
  private static var rgba: UInt32 { 0x03 }  // PNG_FORMAT_RGBA
  private static var deepIsSRGB: UInt32 { 0x04 }  // PNG_IMAGE_FLAG_16BIT_sRGB

  /// - Throws: `.badData` with libpng's reason, or for a header that promises more pixels than an image may have;
  ///   nothing is allocated before the header has been judged. libpng's warnings are no failures.
  static func decode(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Image {
    let chunks = try PNGChunks(bytes)
    var reader = png_image()
    reader.version = version
    defer { pngFree(&reader) }
    guard png_image_begin_read_from_memory(&reader, bytes.baseAddress, bytes.count) != 0 else { throw reason(&reader) }
    let (width, height) = (Int(reader.width), Int(reader.height))
    if let problem = Image.problem(width: width, height: height) { throw .badData("PNG: \(problem)") }
    // Else libpng takes 16-bit samples for linear light.
    reader.flags |= deepIsSRGB
    let image = try Image(width: width, height: height)
    if reader.format & alphaFlag == 0 {
      reader.format = rgb
      guard png_image_finish_read(&reader, nil, image.pixels.pointer, 0, nil) != 0 else { throw reason(&reader) }
    } else {
      reader.format = rgba
      let layers = try Storage<UInt8>(count: 4 * width * height)
      guard png_image_finish_read(&reader, nil, layers.pointer, 0, nil) != 0 else { throw reason(&reader) }
      blend(layers, into: image.pixels)
    }
    guard let exif = chunks.exif else { return image }
    return try image.turned(Exif.orientation(exif))
  }

  /// Alpha over white: `c alpha + 255 (1 - alpha)`, on the stored values as browsers do. (libpng's own blending works
  /// in linear light, which shows half-transparent black as 188 instead of 127.)
  private static func blend(_ layers: Storage<UInt8>, into pixels: Storage<UInt8>) {
    for pixel in 0..<(layers.count / 4) {
      let alpha = Int(layers.pointer[4 * pixel + 3])
      for channel in 0..<3 {
        let colour = Int(layers.pointer[4 * pixel + channel])
        let sum = colour * alpha + 255 * (255 - alpha)
        pixels.pointer[3 * pixel + channel] = UInt8(truncatingIfNeeded: (sum + 127) / 255)
      }
    }
  }

  static func encode(_ image: Image) throws(Failure) -> Storage<UInt8> {
    var writer = png_image()
    writer.version = version
    writer.width = UInt32(image.width)
    writer.height = UInt32(image.height)
    writer.format = rgb
    defer { pngFree(&writer) }
    // Above libpng's PNG_IMAGE_PNG_SIZE_MAX, so that one compression is enough. Memory is used only as it is written.
    let raw = image.pixels.count + image.height
    let room = try Storage<UInt8>(count: raw + raw / 4 + 4096)
    var size = png_alloc_size_t(room.count)
    guard png_image_write_to_memory(&writer, room.pointer, &size, 0, image.pixels.pointer, 0, nil) != 0 else {
      throw reason(&writer)
    }
    let out = try Storage<UInt8>(count: Int(size))
    out.pointer.update(from: room.pointer, count: out.count)
    return out
  }

  /// What libpng says, as a failure.
  private static func reason(_ image: inout png_image) -> Failure {
    let text = withUnsafeBytes(of: &image.message) { bytes -> String in
      let end = bytes.firstIndex(of: 0) ?? bytes.count
      return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<end]), as: UTF8.self)
    }
    return text == "out of memory" || text == "Out of memory" ? .noMemory("PNG: \(text)") : .badData("PNG: \(text)")
  }
}
