import CCodecs
import Tensors

/// JPEG XL files, through libjxl, which is loaded with the first of them.
///
/// libjxl turns as the header says; an EXIF block may repeat that, so its orientation is never applied. A
/// JPEG that is kept inside is decoded like all others, not written out first.
enum JPEGXL {
  static var codec: Codec {
    Codec(
      name: "JPEG XL", endings: [".jxl"], isRecognised: { isRecognised($0) },
      decode: { bytes throws(Failure) in try decode(bytes) })
  }

  /// A bare stream, or one in boxes.
  private static func isRecognised(_ bytes: Span<UInt8>) -> Bool {
    bytes.starts(with: [0xFF, 0x0A])
      || bytes.starts(with: [0, 0, 0, 0xC, 0x4A, 0x58, 0x4C, 0x20, 0xD, 0xA, 0x87, 0xA])
  }

  /// The picture, or the first frame of an animation.
  /// - Throws: `.badData` for a file that is truncated, corrupt or promises more pixels than an image may
  ///   have; `.io` without libjxl.
  private static func decode(_ bytes: Span<UInt8>) throws(Failure) -> Image {
    let library = try LibJXL.loaded()
    return try bytes.withUnsafeBytes { file throws(Failure) in
      let decoder = try JXLDecoder(library, file)
      let head = try decoder.head()
      let (width, height) = (Int(head.width), Int(head.height))
      if let problem = Image.problem(width: width, height: height) { throw .badData("JPEG XL: \(problem)") }
      let isDeep = head.bits > 8 || head.exponentBits > 0
      let pixels = width * height
      try Memory.expect(workingBytes * pixels)
      return isDeep ? try image(decoder, head, UInt16.self) : try image(decoder, head, UInt8.self)
    }
  }

  /// Bytes that libjxl 0.7 holds for each pixel, besides the picture: of a lossless and progressive one,
  /// which takes most.
  private static var workingBytes: Int { 28 }

  private static func image<Sample: Level>(
    _ decoder: JXLDecoder, _ head: JXLHead, _: Sample.Type
  ) throws(Failure) -> Image {
    let hasAlpha = head.alphaBits > 0
    let profile = try decoder.profile(isGrey: head.colourChannels == 1)
    let samples = try Samples(
      width: Int(head.width), height: Int(head.height),
      interleaved: decoder.pixels(head, channels: hasAlpha ? 4 : 3, Sample.self), hasAlpha: hasAlpha)
    if head.isPremultiplied != 0 { samples.divideByAlpha() }
    try profile?.convert(samples.colours)
    return try samples.image()
  }
}

/// A file being read.
private final class JXLDecoder {
  private let library: LibJXL
  private let decoder: OpaquePointer

  /// - Parameter file: must outlive the instance.
  init(_ library: LibJXL, _ file: UnsafeRawBufferPointer) throws(Failure) {
    guard let decoder = library.make(nil) else { throw .noMemory("JPEG XL: no decoder") }
    (self.library, self.decoder) = (library, decoder)
    let events = jxlHead | jxlColours | jxlFullImage
    guard library.subscribe(decoder, Int32(events)) == LibJXL.done,
      library.setInput(decoder, file.baseAddress, file.count) == LibJXL.done
    else { throw .internalError("JPEG XL: the decoder refuses its input") }
    library.closeInput(decoder)
  }

  deinit { library.destroy(decoder) }

  /// Goes on until this event.
  private func advance(to event: Int) throws(Failure) {
    switch Int(library.process(decoder)) {
    case event: return
    case jxlNeedsInput: throw .badData("JPEG XL: truncated")
    case jxlSuccess: throw .badData("JPEG XL: no picture")
    default: throw .badData("JPEG XL: malformed or corrupt")
    }
  }

  func head() throws(Failure) -> JXLHead {
    try advance(to: jxlHead)
    var head = JXLHead()
    guard library.head(decoder, &head) == LibJXL.done else {
      throw .badData("JPEG XL: malformed header")
    }
    return head
  }

  /// The profile of the pixels to come; nil if there is none, and for light of high dynamic range (PQ, HLG),
  /// whose numbers are kept.
  func profile(isGrey: Bool) throws(Failure) -> ColourProfile? {
    try advance(to: jxlColours)
    var colours = JXLColours()
    if try library.colours(decoder, &colours) == LibJXL.done,
      [jxlPQ, jxlHLG].contains(Int(colours.transfer))
    {
      return nil
    }
    guard let count = try library.profileSize(decoder), count > 0 else { return nil }
    let data = try Storage<UInt8>(count: count)
    let status = try data.withPointer { target throws(Failure) in try library.profile(decoder, target, count)
    }
    guard status == LibJXL.done else { return nil }
    return try data.withBytes { data throws(Failure) in
      try ColourProfile.toSRGB(data, of: isGrey ? .grey : .rgb)
    }
  }

  /// R, G, B and perhaps A samples, of all that `Sample` has levels.
  func pixels<Sample: Level>(
    _ head: JXLHead, channels: Int, _: Sample.Type
  ) throws(Failure) -> Storage<Sample> {
    try advance(to: jxlNeedsRoom)
    let type = MemoryLayout<Sample>.size == 2 ? jxlUInt16 : jxlUInt8
    var format = JXLPixels(
      channels: UInt32(channels), type: Int32(type), order: 0, alignment: 0)
    let pixels = try Storage<Sample>(count: channels * Int(head.width) * Int(head.height))
    let byteCount = pixels.count * MemoryLayout<Sample>.size
    var needed = 0
    guard library.roomNeeded(decoder, &format, &needed) == LibJXL.done, needed == byteCount,
      pixels.withPointer({ library.setRoom(decoder, &format, $0, byteCount) }) == LibJXL.done
    else { throw .badData("JPEG XL: pixels that this libjxl does not convert") }
    try pixels.withPointer { _ throws(Failure) in try advance(to: jxlFullImage) }
    return pixels
  }
}

/// The functions of libjxl that are used.
struct LibJXL {
  /// JxlDecoderStatus.
  typealias Status = UInt32
  static var done: Status { UInt32(jxlSuccess) }

  let make: @convention(c) (OpaquePointer?) -> OpaquePointer?
  let destroy, closeInput: @convention(c) (OpaquePointer?) -> Void
  let subscribe: @convention(c) (OpaquePointer?, Int32) -> Status
  let setInput: @convention(c) (OpaquePointer?, UnsafeRawPointer?, Int) -> Status
  let process: @convention(c) (OpaquePointer?) -> Status
  let head: @convention(c) (OpaquePointer?, UnsafeMutablePointer<JXLHead>?) -> Status
  let roomNeeded:
    @convention(c) (OpaquePointer?, UnsafePointer<JXLPixels>?, UnsafeMutablePointer<Int>?) -> Status
  let setRoom:
    @convention(c) (OpaquePointer?, UnsafePointer<JXLPixels>?, UnsafeMutableRawPointer?, Int) -> Status

  private let library: LoadedLibrary
  /// Before version 0.9 functions of colours took a format, which they did not use.
  private let takesFormat: Bool

  private init(_ library: LoadedLibrary) throws(Failure) {
    self.library = library
    make = try library.function("JxlDecoderCreate")
    destroy = try library.function("JxlDecoderDestroy")
    closeInput = try library.function("JxlDecoderCloseInput")
    subscribe = try library.function("JxlDecoderSubscribeEvents")
    setInput = try library.function("JxlDecoderSetInput")
    process = try library.function("JxlDecoderProcessInput")
    head = try library.function("JxlDecoderGetBasicInfo")
    roomNeeded = try library.function("JxlDecoderImageOutBufferSize")
    setRoom = try library.function("JxlDecoderSetImageOutBuffer")
    takesFormat = try LibJXL.version(library) < 9000
  }

  static var optional: OptionalLibrary {
    OptionalLibrary(
      "libjxl", neededBy: "JPEG XL",
      files: ["libjxl.so.0.7", "libjxl.so.0.8", "libjxl.so.0.9", "libjxl.so.0.10", "libjxl.so.0.11"],
      debianPackage: "libjxl0.7, libjxl0.11 or the like"
    ) { () throws(Failure) in
      _ = try loaded()
      let number = try version(LibJXL.optional.load())
      return "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
  }

  /// Thousands apart: 7000 for 0.7.0.
  private static func version(_ library: LoadedLibrary) throws(Failure) -> UInt32 {
    let version: @convention(c) () -> UInt32 = try library.function("JxlDecoderVersion")
    return version()
  }

  static func loaded() throws(Failure) -> LibJXL { try LibJXL(optional.load()) }

  // MARK: Colours

  func colours(_ decoder: OpaquePointer, _ colours: inout JXLColours) throws(Failure) -> Status {
    let name = "JxlDecoderGetColorAsEncodedProfile"
    if takesFormat {
      let get:
        @convention(c) (
          OpaquePointer?, OpaquePointer?, UInt32, UnsafeMutablePointer<JXLColours>?
        ) -> Status = try library.function(name)
      return get(decoder, nil, UInt32(jxlOfPixels), &colours)
    }
    let get: @convention(c) (OpaquePointer?, UInt32, UnsafeMutablePointer<JXLColours>?) -> Status =
      try library.function(name)
    return get(decoder, UInt32(jxlOfPixels), &colours)
  }

  func profileSize(_ decoder: OpaquePointer) throws(Failure) -> Int? {
    let name = "JxlDecoderGetICCProfileSize"
    var count = 0
    let status: Status
    if takesFormat {
      let get: @convention(c) (OpaquePointer?, OpaquePointer?, UInt32, UnsafeMutablePointer<Int>?) -> Status =
        try library.function(name)
      status = get(decoder, nil, UInt32(jxlOfPixels), &count)
    } else {
      let get: @convention(c) (OpaquePointer?, UInt32, UnsafeMutablePointer<Int>?) -> Status =
        try library.function(name)
      status = get(decoder, UInt32(jxlOfPixels), &count)
    }
    return status == LibJXL.done ? count : nil
  }

  func profile(
    _ decoder: OpaquePointer, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) throws(Failure) -> Status {
    let name = "JxlDecoderGetColorAsICCProfile"
    if takesFormat {
      let get:
        @convention(c) (
          OpaquePointer?, OpaquePointer?, UInt32, UnsafeMutablePointer<UInt8>?, Int
        ) -> Status = try library.function(name)
      return get(decoder, nil, UInt32(jxlOfPixels), target, count)
    }
    let get: @convention(c) (OpaquePointer?, UInt32, UnsafeMutablePointer<UInt8>?, Int) -> Status =
      try library.function(name)
    return get(decoder, UInt32(jxlOfPixels), target, count)
  }
}
