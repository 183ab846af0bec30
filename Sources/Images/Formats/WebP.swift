import CCodecs
import Tensors

/// WebP files, through libwebp, which is loaded with the first of them.
enum WebP {
  static var codec: Codec {
    Codec(
      name: "WebP", endings: [".webp"], isRecognised: { WebPChunks.isRecognised($0) },
      decode: { bytes throws(Failure) in try decode(bytes) })
  }

  /// The picture, or the first frame of an animation.
  /// - Throws: `.badData` for a file that is truncated, corrupt or promises more pixels than an image may
  ///   have; `.io` without libwebp.
  static func decode(_ bytes: Span<UInt8>) throws(Failure) -> Image {
    let chunks = try WebPChunks(bytes), library = try LibWebP.loaded()
    let samples: Samples<UInt8>
    if let frame = chunks.frame {
      samples = try canvas(bytes, chunks, frame, library)
    } else {
      samples = try bytes.extracting(0..<chunks.end).withUnsafeBytes { file throws(Failure) in
        let (pixels, head) = try read(file, library)
        return try Samples(
          width: Int(head.width), height: Int(head.height), interleaved: pixels, hasAlpha: head.hasAlpha != 0)
      }
    }
    if let profile = chunks.profile {
      let colours = try bytes.extracting(profile).withUnsafeBytes { profile throws(Failure) in
        try ColourProfile.toSRGB(profile, of: .rgb)
      }
      try colours?.convert(samples.colours)
    }
    return try samples.image().turned(chunks.orientation(bytes))
  }

  /// R, G, B and perhaps A bytes of a still picture's file.
  private static func read(
    _ file: UnsafeRawBufferPointer, _ library: LibWebP
  ) throws(Failure) -> (Storage<UInt8>, WebPHead) {
    var head = WebPHead()
    let status = library.readHead(file.baseAddress, file.count, &head, webPInterface)
    guard status == 0 else { throw LibWebP.failure(status) }
    let (width, height) = (Int(head.width), Int(head.height))
    if let problem = Image.problem(width: width, height: height) { throw .badData("WebP: \(problem)") }
    let channels = head.hasAlpha != 0 ? 4 : 3
    let pixels = try Storage<UInt8>(count: channels * width * height)
    try Memory.expect(LibWebP.workingBytes * width * height)
    let decode = channels == 4 ? library.decodeRGBA : library.decodeRGB
    let isDone = pixels.withBuffer { pixels in
      decode(file.baseAddress, file.count, pixels.baseAddress, pixels.count, Int32(channels * width)) != nil
    }
    guard isDone else { throw .badData("WebP: truncated or corrupt pixels") }
    return (pixels, head)
  }

  /// The first frame on its canvas, which is transparent elsewhere, as in browsers.
  private static func canvas(
    _ bytes: Span<UInt8>, _ chunks: WebPChunks, _ frame: WebPChunks.Frame, _ library: LibWebP
  ) throws(Failure) -> Samples<UInt8> {
    let region = frame.region
    let (width, height) = chunks.canvas ?? (region.width, region.height)
    if let problem = Image.problem(width: width, height: height) { throw .badData("WebP: \(problem)") }
    guard region.x + region.width <= width, region.y + region.height <= height else {
      throw .badData(
        "WebP: a frame of \(region.width)x\(region.height) at (\(region.x), \(region.y)); expected one inside"
          + " \(width)x\(height)")
    }
    let file = try still(bytes, frame)
    let (pixels, head) = try file.withBytes { file throws(Failure) in try read(file, library) }
    guard Int(head.width) == region.width, Int(head.height) == region.height else {
      throw .badData("WebP: a frame of another size than it says")
    }
    if region.width == width, region.height == height {
      return try Samples(width: width, height: height, interleaved: pixels, hasAlpha: head.hasAlpha != 0)
    }
    let colours = try Storage<UInt8>(repeating: 0, count: 3 * width * height)
    let alpha = try Storage<UInt8>(repeating: 0, count: width * height)
    let channels = head.hasAlpha != 0 ? 4 : 3
    for y in 0..<region.height {
      for x in 0..<region.width {
        let from = channels * (region.width * y + x), to = width * (region.y + y) + region.x + x
        for channel in 0..<3 { colours[3 * to + channel] = pixels[from + channel] }
        alpha[to] = channels == 4 ? pixels[from + 3] : 255
      }
    }
    return Samples(width: width, height: height, colours: colours, alpha: alpha)
  }

  /// A file of its own for a frame.
  private static func still(
    _ bytes: Span<UInt8>, _ frame: WebPChunks.Frame
  ) throws(Failure) -> Storage<UInt8> {
    func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
      (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var head: [UInt8] = []
    if bytes.has("ALPH", at: frame.chunks.lowerBound) {
      head += Array("VP8X".utf8) + number(10, 4) + number(0x10, 4)  // with alpha
      head += number(frame.region.width - 1, 3) + number(frame.region.height - 1, 3)
    }
    let count = head.count + frame.chunks.count
    head = Array("RIFF".utf8) + number(4 + count, 4) + Array("WEBP".utf8) + head
    let file = try Storage<UInt8>(count: 12 + count)
    file.copy(head.span.bytes)
    file.copy(bytes.extracting(frame.chunks).bytes, atByte: head.count)
    return file
  }
}

/// The functions of libwebp that are used.
struct LibWebP {
  /// Bytes that the decoder holds for each pixel, besides the picture: those of a lossless one.
  static var workingBytes: Int { 4 }

  typealias Decode =
    @convention(c) (
      UnsafeRawPointer?, Int, UnsafeMutablePointer<UInt8>?, Int, Int32
    ) -> UnsafeMutablePointer<UInt8>?

  let readHead: @convention(c) (UnsafeRawPointer?, Int, UnsafeMutablePointer<WebPHead>?, Int32) -> Int32
  let decodeRGB, decodeRGBA: Decode

  static var optional: OptionalLibrary {
    OptionalLibrary("libwebp", neededBy: "WebP", files: ["libwebp.so.7"], debianPackage: "libwebp7") {
      () throws(Failure) in
      _ = try loaded()
      let version: @convention(c) () -> Int32 = try LibWebP.optional.load().function("WebPGetDecoderVersion")
      let number = version()  // a byte each
      return "\(number >> 16).\(number >> 8 & 0xFF).\(number & 0xFF)"
    }
  }

  static func loaded() throws(Failure) -> LibWebP {
    let library = try optional.load()
    return LibWebP(
      readHead: try library.function("WebPGetFeaturesInternal"),
      decodeRGB: try library.function("WebPDecodeRGBInto"),
      decodeRGBA: try library.function("WebPDecodeRGBAInto"))
  }

  /// VP8StatusCode.
  static func failure(_ status: Int32) -> Failure {
    switch status {
    case 1: .noMemory("WebP: out of memory")
    case 7: .badData("WebP: truncated, not enough data")
    case 3: .badData("WebP: malformed, bitstream error")
    case 4: .badData("WebP: a feature that this libwebp does not know")
    default: .badData("WebP: error \(status)")
    }
  }
}
