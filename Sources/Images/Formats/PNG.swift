import CCodecs
import Tensors

/// PNG files, through libpng 1.6.
enum PNG {
  static var codec: Codec {
    Codec(
      name: "PNG", endings: [".png"],
      isRecognised: { $0.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) },
      decode: { bytes throws(Failure) in try decode(bytes) },
      encode: { image, _ throws(Failure) in try encode(image) })
  }

  /// - Throws: `.badData` with libpng's reason, or for a header that promises more pixels than an image may
  ///   have; nothing is allocated before the header has been checked. libpng's warnings are not failures: it
  ///   drops an invalid profile, and so do we.
  static func decode(_ bytes: Span<UInt8>) throws(Failure) -> Image {
    let chunks = try PNGChunks(bytes)
    return try bytes.withUnsafeBytes { file throws(Failure) in
      guard let steps = pngOpen(file.baseAddress, file.count, 0) else { throw .noMemory("PNG: no decoder") }
      defer { pngClose(steps) }
      return try decode(bytes, chunks, steps)
    }
  }

  private static func decode(
    _ bytes: Span<UInt8>, _ chunks: PNGChunks, _ steps: UnsafeMutablePointer<PNGSteps>
  ) throws(Failure) -> Image {
    guard pngReadHead(steps) != 0 else { throw reason(steps) }
    let (png, info) = (steps.pointee.png, steps.pointee.info)
    let (width, height) = (Int(png_get_image_width(png, info)), Int(png_get_image_height(png, info)))
    if let problem = Image.problem(width: width, height: height) { throw .badData("PNG: \(problem)") }
    let source = Source(
      steps: steps, width: width, height: height, channels: pngHasAlpha(steps) != 0 ? 4 : 3,
      meaning: try meaning(bytes, chunks, steps))
    let image =
      png_get_bit_depth(png, info) == 16
      ? try image(source, UInt16.self) : try image(source, UInt8.self)
    return try image.turned(chunks.orientation(bytes))
  }

  /// The meaning of the numbers: the first of these that the file has and that is usable.
  /// Source: PNG specification (third edition), 4.3, table 1.
  private enum Meaning {
    case codePoints(CodePoints)
    case profile(ColourProfile)
    case gamma  // sRGB, or gAMA: libpng's work

    func convert<Sample: Level>(_ pixels: Storage<Sample>) throws(Failure) {
      switch self {
      case .codePoints(let points): try points.convert(pixels)
      case .profile(let profile): try profile.convert(pixels)
      case .gamma: break
      }
    }
  }

  private static func meaning(
    _ bytes: Span<UInt8>, _ chunks: PNGChunks, _ steps: UnsafeMutablePointer<PNGSteps>
  ) throws(Failure) -> Meaning {
    if let data = chunks.codePoints, let points = CodePoints(bytes.extracting(data)) {
      return .codePoints(points)
    }
    if let profile = try profile(steps) { return .profile(profile) }
    return .gamma
  }

  /// A file whose header has been read.
  private struct Source {
    let steps: UnsafeMutablePointer<PNGSteps>
    let width, height, channels: Int
    let meaning: Meaning

    func rows<Sample: Level>(_: Sample.Type) throws(Failure) -> Storage<Sample> {
      let samples = try Storage<Sample>(count: channels * width * height)
      let stride = channels * width * MemoryLayout<Sample>.stride
      var isRaw = true
      if case .gamma = meaning { isRaw = false }
      let isRead = samples.withPointer { pngReadRows(steps, $0, stride, isRaw ? 1 : 0) != 0 }
      guard isRead else { throw reason(steps) }
      return samples
    }
  }

  private static func image<Sample: Level>(_ source: Source, _: Sample.Type) throws(Failure) -> Image {
    let samples = try Samples(
      width: source.width, height: source.height, interleaved: source.rows(Sample.self),
      hasAlpha: source.channels == 4)
    try source.meaning.convert(samples.colours)
    return try samples.image()
  }

  /// The embedded profile, if usable. libpng drops profiles larger than 8 MB, grey ones for colours and
  /// colour ones for grey.
  private static func profile(_ steps: UnsafeMutablePointer<PNGSteps>) throws(Failure) -> ColourProfile? {
    let (png, info) = (steps.pointee.png, steps.pointee.info)
    var name: png_charp?
    var method: Int32 = 0
    var start: png_bytep?
    var count: png_uint_32 = 0
    guard png_get_iCCP(png, info, &name, &method, &start, &count) != 0, let start else { return nil }
    let isGrey = Int32(png_get_color_type(png, info)) & PNG_COLOR_MASK_COLOR == 0
    return try .toSRGB(UnsafeRawBufferPointer(start: start, count: Int(count)), of: isGrey ? .grey : .rgb)
  }

  /// With 16 bits per sample, and with alpha, if the picture has them.
  static func encode(_ image: Image) throws(Failure) -> Storage<UInt8> {
    let channels = image.alpha == nil ? 3 : 4, bits = image.unblended.deep == nil ? 8 : 16
    // More than zlib makes of incompressible bytes, so that one compression suffices. Pages are only used as
    // they are written.
    let raw = (channels * image.width * bits / 8 + 1) * image.height
    let room = try Storage<UInt8>(count: raw + raw / 4 + 4096)
    return try room.first(
      room.withBuffer { room throws(Failure) in try write(image, bits: bits, into: room) })
  }

  /// - Returns: the bytes of the file.
  private static func write(
    _ image: Image, bits: Int, into room: UnsafeMutableBufferPointer<UInt8>
  ) throws(Failure) -> Int {
    guard let steps = pngOpen(room.baseAddress, room.count, 1) else { throw .noMemory("PNG: no encoder") }
    defer { pngClose(steps) }
    let colours = image.unblended
    let (width, height) = (UInt32(image.width), UInt32(image.height))
    guard pngWriteHead(steps, width, height, Int32(bits), image.alpha == nil ? 0 : 1) != 0 else {
      throw reason(steps)
    }
    if let deep = colours.deep {
      try write(steps, deep, image.alpha, width: image.width) { UInt16($0) * 257 }
    } else {
      try write(steps, colours.pixels, image.alpha, width: image.width) { $0 }
    }
    guard pngWriteEnd(steps) != 0 else { throw reason(steps) }
    return steps.pointee.place
  }

  private static func write<Sample>(
    _ steps: UnsafeMutablePointer<PNGSteps>, _ colours: Storage<Sample>, _ alpha: Storage<UInt8>?, width: Int,
    _ widened: (UInt8) -> Sample
  ) throws(Failure) {
    let row = try Storage<Sample>(count: alpha == nil ? 0 : 4 * width), count = colours.count / 3
    let isWritten = withPointers(colours, row) { colours, row in
      for first in stride(from: 0, to: count, by: width) {
        var start = colours + 3 * first
        if let alpha {
          alpha.withPointer { alpha in
            for x in 0..<width {
              let to = row + 4 * x, from = start + 3 * x
              to[0] = from[0]
              to[1] = from[1]
              to[2] = from[2]
              to[3] = widened(alpha[first + x])
            }
          }
          start = row
        }
        guard pngWriteRow(steps, start) != 0 else { return false }
      }
      return true
    }
    guard isWritten else { throw reason(steps) }
  }

  /// libpng's reason as a failure.
  fileprivate static func reason(_ steps: UnsafeMutablePointer<PNGSteps>) -> Failure {
    let text = withUnsafeBytes(of: &steps.pointee.reason) { bytes -> String in
      let end = bytes.firstIndex(of: 0) ?? bytes.count
      return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<end]), as: UTF8.self)
    }
    return steps.pointee.isShort != 0 ? .noMemory("PNG: \(text)") : .badData("PNG: \(text)")
  }
}
