import CCodecs
import Tensors

/// HEIC and AVIF files, both through libheif, which is loaded with the first of them.
///
/// libheif crops, turns and mirrors as the file's properties (clap, irot, imir) say, in the file's order. An
/// EXIF block may repeat that, so its orientation is never applied. (libavif would leave all of it to its
/// caller, and changes blue in limited range, by BT.709's matrix, by up to 16 levels.)
enum HEIF {
  static var heic: Codec {
    Codec(
      name: "HEIC", endings: [".heic", ".heif", ".hif"], isRecognised: { coding(of: $0) == .hevc },
      decode: { bytes throws(Failure) in try decode(bytes, .hevc) })
  }

  static var avif: Codec {
    Codec(
      name: "AVIF", endings: [".avif"], isRecognised: { coding(of: $0) == .av1 },
      decode: { bytes throws(Failure) in try decode(bytes, .av1) })
  }

  /// How pictures are encoded inside.
  enum Coding: Equatable {
    case hevc, av1

    var format: StaticString { self == .hevc ? "HEIC" : "AVIF" }
    var number: UInt32 { UInt32(self == .hevc ? heifHEVC : heifAV1) }
    /// Where decoders are packages of their own, as from Debian 13 on.
    var package: StaticString { self == .hevc ? "libheif-plugin-libde265" : "libheif-plugin-dav1d" }
  }

  /// The coding by the brands of the first box, the main one first; nil for other files, such as films.
  /// Source: ISO/IEC 23008-12, 10; AV1 Image File Format, 6.
  private static func coding(of bytes: Span<UInt8>) -> Coding? {
    guard bytes.has("ftyp", at: 4), let length = bytes.bigEndian(at: 0, byteCount: 4) else { return nil }
    let end = min(length, bytes.count)
    var isPicture = false
    for place in [8] + stride(from: 16, to: end, by: 4) {
      for brand: StaticString in ["heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs"]
      where bytes.has(brand, at: place) {
        return .hevc
      }
      if bytes.has("avif", at: place) || bytes.has("avis", at: place) { return .av1 }
      if bytes.has("mif1", at: place) || bytes.has("msf1", at: place) { isPicture = true }
    }
    return isPicture ? .hevc : nil
  }

  /// The primary picture.
  /// - Throws: `.badData` with libheif's reason, or for more pixels than an image may have; `.io` without
  ///   libheif, or without its decoder.
  private static func decode(_ bytes: Span<UInt8>, _ coding: Coding) throws(Failure) -> Image {
    let library = try LibHeif.loaded(coding)
    let coded: HEIFCodedSize
    do throws(Failure) { coded = try HEIFCodedSize(bytes) } catch {
      throw Failure(error.kind, "\(coding.format): \(error.reason)")
    }
    // Encoders fill sides up to whole blocks, of at most 64 pixels, and crop.
    let atLeast = (max(1, coded.width - 63), max(1, coded.height - 63))
    if let problem = Image.problem(width: atLeast.0, height: atLeast.1) {
      throw .badData("\(coding.format): inside, \(problem)")
    }
    return try bytes.withUnsafeBytes { file throws(Failure) in
      let file = try HEIFFile(library, file, coding)
      let (width, height) = file.size
      if let problem = Image.problem(width: width, height: height) {
        throw .badData("\(coding.format): \(problem)")
      }
      // The samples as they were encoded, and libheif's R, G, B of them.
      let perPixel = file.bits > 8 ? 14 : 8
      try Memory.expect(perPixel * max(width * height, coded.width * coded.height))
      return file.bits > 8
        ? try image(file, UInt16.self, scaledTo: Int(UInt16.max))
        : try image(file, UInt8.self, scaledTo: Int(UInt8.max))
    }
  }

  private static func image<Sample: Level>(
    _ file: HEIFFile, _: Sample.Type, scaledTo white: Int
  ) throws(Failure) -> Image {
    let samples = try file.samples(Sample.self, scaledTo: white)
    if file.isPremultiplied { samples.divideByAlpha() }
    if let data = try file.profile() {
      let profile = try data.withBytes { data throws(Failure) in try ColourProfile.toSRGB(data, of: .rgb) }
      try profile?.convert(samples.colours)
    }
    return try samples.image()
  }
}

/// An open file and its primary picture.
private final class HEIFFile {
  let size: (width: Int, height: Int)
  /// Per sample.
  let bits: Int
  let hasAlpha, isPremultiplied: Bool

  private let library: LibHeif
  private let coding: HEIF.Coding
  private let context: OpaquePointer
  private let picture: OpaquePointer

  /// - Parameter file: must outlive the instance.
  init(_ library: LibHeif, _ file: UnsafeRawBufferPointer, _ coding: HEIF.Coding) throws(Failure) {
    guard let context = library.makeContext() else { throw .noMemory("\(coding.format): no decoder") }
    library.setThreads(context, ThreadPool.shared.threads > 1 ? Int32(ThreadPool.shared.threads) : 0)
    var picture: OpaquePointer?
    do throws(Failure) {
      try LibHeif.check(library.read(context, file.baseAddress, file.count, nil), coding)
      try LibHeif.check(library.primary(context, &picture), coding)
      guard picture != nil else { throw .badData("\(coding.format): no picture") }
    } catch {
      library.freeContext(context)
      throw error
    }
    guard let picture else { throw .internalError("\(coding.format): no picture") }
    (self.library, self.coding, self.context, self.picture) = (library, coding, context, picture)
    size = (Int(library.width(picture)), Int(library.height(picture)))
    bits = Int(library.bits(picture))
    hasAlpha = library.hasAlpha(picture) != 0
    isPremultiplied = hasAlpha && library.isPremultiplied(picture) != 0
  }

  deinit {
    library.release(picture)
    library.freeContext(context)
  }

  /// Decodes; samples of fewer bits than `Sample` has are scaled to `white`.
  func samples<Sample: Level>(_: Sample.Type, scaledTo white: Int) throws(Failure) -> Samples<Sample> {
    let kind =
      MemoryLayout<Sample>.size == 2
      ? (hasAlpha ? heifRGBA16 : heifRGB16) : (hasAlpha ? heifRGBA8 : heifRGB8)
    var decoded: OpaquePointer?
    try LibHeif.check(
      library.decode(picture, &decoded, UInt32(heifRGB), UInt32(kind), nil), coding)
    guard let decoded else { throw .badData("\(coding.format): no pixels") }
    defer { library.releasePixels(decoded) }
    let channel = UInt32(heifInterleaved)
    let (width, height) = size
    guard Int(library.pixelWidth(decoded, channel)) == width,
      Int(library.pixelHeight(decoded, channel)) == height
    else {
      throw .badData("\(coding.format): a picture of another size than the \(width)x\(height) it says")
    }
    var stride: Int32 = 0
    guard let rows = library.rows(decoded, channel, &stride) else {
      throw .badData("\(coding.format): no pixels")
    }
    let channels = hasAlpha ? 4 : 3, count = channels * width
    guard Int(stride) >= count * MemoryLayout<Sample>.size else {
      throw .badData("\(coding.format): rows of \(stride) bytes; expected \(count)")
    }
    let highest = 1 << Int(library.pixelBits(decoded, channel)) - 1
    let interleaved = try Storage<Sample>(count: count * height)
    interleaved.withPointer { target in
      for y in 0..<height {
        let row = UnsafeRawPointer(rows + y * Int(stride)), to = target + y * count
        for place in 0..<count {
          let sample = row.loadUnaligned(fromByteOffset: place * MemoryLayout<Sample>.size, as: Sample.self)
          to[place] =
            highest >= white || highest < 1
            ? sample : Sample(clamping: (Int(sample) * white + highest / 2) / highest)
        }
      }
    }
    return try Samples(width: width, height: height, interleaved: interleaved, hasAlpha: hasAlpha)
  }

  /// The ICC profile, if there is one.
  func profile() throws(Failure) -> Storage<UInt8>? {
    let kind = library.profileKind(picture)
    guard Int(kind) == heifICC || Int(kind) == heifICCOld else { return nil }
    let count = library.profileSize(picture)
    guard count > 0 else { return nil }
    let profile = try Storage<UInt8>(count: count)
    let error = profile.withPointer { library.profile(picture, $0) }
    return error.code == 0 ? profile : nil
  }
}

/// The functions of libheif that are used.
struct LibHeif {
  typealias Number = @convention(c) (OpaquePointer?) -> Int32
  typealias Release = @convention(c) (OpaquePointer?) -> Void
  typealias Side = @convention(c) (OpaquePointer?, UInt32) -> Int32

  let canDecode: @convention(c) (UInt32) -> Int32
  let makeContext: @convention(c) () -> OpaquePointer?
  let setThreads: @convention(c) (OpaquePointer?, Int32) -> Void
  let read: @convention(c) (OpaquePointer?, UnsafeRawPointer?, Int, OpaquePointer?) -> HEIFError
  let primary: @convention(c) (OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?) -> HEIFError
  let freeContext, release, releasePixels: Release
  let width, height, bits, hasAlpha, isPremultiplied: Number
  let decode:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, UInt32, UInt32, OpaquePointer?
    ) -> HEIFError
  let pixelWidth, pixelHeight, pixelBits: Side
  let rows: @convention(c) (OpaquePointer?, UInt32, UnsafeMutablePointer<Int32>?) -> UnsafePointer<UInt8>?
  let profileKind: @convention(c) (OpaquePointer?) -> UInt32
  let profileSize: @convention(c) (OpaquePointer?) -> Int
  let profile: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> HEIFError

  private init(_ library: LoadedLibrary) throws(Failure) {
    canDecode = try library.function("heif_have_decoder_for_format")
    makeContext = try library.function("heif_context_alloc")
    setThreads = try library.function("heif_context_set_max_decoding_threads")
    read = try library.function("heif_context_read_from_memory_without_copy")
    primary = try library.function("heif_context_get_primary_image_handle")
    freeContext = try library.function("heif_context_free")
    release = try library.function("heif_image_handle_release")
    releasePixels = try library.function("heif_image_release")
    width = try library.function("heif_image_handle_get_width")
    height = try library.function("heif_image_handle_get_height")
    bits = try library.function("heif_image_handle_get_luma_bits_per_pixel")
    hasAlpha = try library.function("heif_image_handle_has_alpha_channel")
    isPremultiplied = try library.function("heif_image_handle_is_premultiplied_alpha")  // since 1.12
    decode = try library.function("heif_decode_image")
    pixelWidth = try library.function("heif_image_get_width")
    pixelHeight = try library.function("heif_image_get_height")
    pixelBits = try library.function("heif_image_get_bits_per_pixel_range")
    rows = try library.function("heif_image_get_plane_readonly")
    profileKind = try library.function("heif_image_handle_get_color_profile_type")
    profileSize = try library.function("heif_image_handle_get_raw_color_profile_size")
    profile = try library.function("heif_image_handle_get_raw_color_profile")
    let start: @convention(c) (OpaquePointer?) -> HEIFError = try library.function("heif_init")  // since 1.13
    _ = start(nil)  // loads its plug-ins, where decoders are some; counted, and never undone
  }

  static func optional(_ coding: HEIF.Coding) -> OptionalLibrary {
    OptionalLibrary("libheif", neededBy: coding.format, files: ["libheif.so.1"], debianPackage: "libheif1") {
      () throws(Failure) in
      _ = try loaded(coding)
      let version: @convention(c) () -> UnsafePointer<CChar>? =
        try optional(coding).load().function("heif_get_version")
      return version().map { String(cString: $0) } ?? ""
    }
  }

  /// - Throws: `.io` without libheif, or without a decoder. (A file opens without one, too, and has a size.)
  static func loaded(_ coding: HEIF.Coding) throws(Failure) -> LibHeif {
    let library = try LibHeif(optional(coding).load())
    guard library.canDecode(coding.number) != 0 else {
      throw .io("\(coding.format) needs a decoder, which this libheif has not; install \(coding.package)")
    }
    return library
  }

  static func check(_ error: HEIFError, _ coding: HEIF.Coding) throws(Failure) {
    guard error.code != 0 else { return }
    let words = error.message.map { oneLine(String(cString: $0)) } ?? "error \(error.code)"
    let isShortage = Int(error.code) == heifMemoryError && Int(error.subcode) != heifTooLarge
    throw Failure(isShortage ? .noMemory : .badData, "\(coding.format): \(words)")
  }
}

/// A library's message, in which lines, and what is not text, become blanks.
func oneLine(_ message: String) -> String {
  String(decoding: message.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
}
