import CCodecs
import CSystem
import Tensors

/// JPEG files, through the TurboJPEG API of libjpeg-turbo 2.1, which catches its own errors.
enum JPEG {
  static var codec: Codec {
    Codec(
      name: "JPEG", endings: [".jpg", ".jpeg"],
      isRecognised: { $0.starts(with: [0xFF, 0xD8, 0xFF]) },  // FF D8, then the FF of the next marker
      decode: { bytes throws(Failure) in try decode(bytes, maxPixels: .max).image },
      decodeReduced: { bytes, maxPixels throws(Failure) in try decode(bytes, maxPixels: maxPixels) },
      encode: { image, quality throws(Failure) in try encode(image, quality: quality) })
  }

  /// - Parameter maxPixels: of more, the picture is decoded at 1/2, 1/4 or 1/8 of its size, rounded up: from
  ///   the lower frequencies of its blocks of 8x8, without decoding all first.
  /// - Throws: `.badData` with TurboJPEG's reason, or for a header that promises more pixels than an image
  ///   may have; nothing is allocated before the header has been checked.
  static func decode(
    _ bytes: Span<UInt8>, maxPixels: Int
  ) throws(Failure) -> (image: Image, reduction: Int) {
    try bytes.withUnsafeBufferPointer { file throws(Failure) in
      guard let decoder = Decoder(file) else { throw .noMemory("JPEG: no decoder") }
      return try decode(bytes, decoder, maxPixels)
    }
  }

  private static func decode(
    _ bytes: Span<UInt8>, _ decoder: Decoder, _ maxPixels: Int
  ) throws(Failure) -> (image: Image, reduction: Int) {
    let (fullWidth, fullHeight, model) = try decoder.header()
    if let problem = Image.problem(width: fullWidth, height: fullHeight) {
      throw .badData("JPEG: \(problem)")
    }
    let reduction = Image.reduction(width: fullWidth, height: fullHeight, maxPixels: maxPixels)
    let (width, height) = Image.reduced(width: fullWidth, height: fullHeight, by: reduction)
    let image = try Image(width: width, height: height)
    try Memory.expect(JPEGSegments.coefficientBytes(bytes, width: fullWidth, height: fullHeight))
    let file = try JPEGSegments.profile(bytes)
    let profile = try file.flatMap { file throws(Failure) in
      try file.withBytes { bytes throws(Failure) in try ColourProfile.toSRGB(bytes, of: model) }
    }
    if model == .cmyk {
      let inks = try Storage<UInt8>(count: 4 * width * height)
      try decoder.pixels(
        into: inks, width: width, height: height, format: Int32(TJPF_CMYK.rawValue), bytes)
      // Files store 255 - ink, with and without Adobe's marker: Pillow, OpenCV, ffmpeg, libvips and djpeg
      // read them so.
      if try profile?.convert(inks: inks, into: image.pixels) != true { Inks.mix(inks, into: image.pixels) }
    } else {
      try decoder.pixels(
        into: image.pixels, width: width, height: height, format: Int32(TJPF_RGB.rawValue), bytes)
      try profile?.convert(image.pixels)
    }
    return (try image.turned(JPEGSegments.orientation(bytes)), reduction)
  }

  /// - Parameter quality: 1 to 100. From 90 on chroma is kept at full resolution, below at half.
  /// - Throws: `.invalidArgument` for another quality.
  static func encode(_ image: Image, quality: Int) throws(Failure) -> Storage<UInt8> {
    guard (1...100).contains(quality) else {
      throw .invalidArgument("JPEG quality \(quality); expected 1 to 100")
    }
    // TurboJPEG grows the file by doubling; two bytes per pixel is typical.
    try Memory.expect(2 * image.width * image.height)
    guard let handle = tjInitCompress() else { throw .noMemory("JPEG: no encoder") }
    defer { tjDestroy(handle) }
    var file: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    defer { tjFree(file) }
    let sampling = quality >= 90 ? TJSAMP_444 : TJSAMP_420
    let status = image.withPixels { pixels in
      tjCompress2(
        handle, pixels, Int32(image.width), Int32(image.stride), Int32(image.height),
        Int32(TJPF_RGB.rawValue), &file, &size, Int32(sampling.rawValue), Int32(quality), TJFLAG_ACCURATEDCT)
    }
    guard status == 0, let file else { throw reason(handle) }
    return try Storage(copying: UnsafeBufferPointer(start: file, count: Int(size)))
  }

  /// TurboJPEG's reason as a failure.
  fileprivate static func reason(_ handle: tjhandle) -> Failure {
    guard let text = tjGetErrorStr2(handle) else { return .badData("JPEG: unknown error") }
    if strstr(text, "nsufficient memory") != nil || strstr(text, "emory allocation") != nil {
      return .noMemory("JPEG: \(String(cString: text))")
    }
    return .badData("JPEG: \(String(cString: text))")
  }
}

/// A file being read.
private final class Decoder {
  private let handle: tjhandle
  private let file: UnsafeBufferPointer<UInt8>

  init?(_ file: UnsafeBufferPointer<UInt8>) {
    guard let handle = tjInitDecompress() else { return nil }
    self.handle = handle
    self.file = file
  }

  deinit { tjDestroy(handle) }

  func header() throws(Failure) -> (width: Int, height: Int, model: ColourProfile.Model) {
    var width: Int32 = 0
    var height: Int32 = 0
    var sampling: Int32 = 0
    var colours: Int32 = 0
    let status = tjDecompressHeader3(
      handle, file.baseAddress, UInt(file.count), &width, &height, &sampling, &colours)
    // A sampling unknown to TurboJPEG does not prevent decoding.
    guard status == 0 || (width > 0 && height > 0 && (isHarmless || isSaid("subsampling"))) else {
      throw JPEG.reason(handle)
    }
    guard width > 0, height > 0 else {  // what TurboJPEG answers, without an error
      throw .badData("JPEG: no header of a picture; expected one: the file is cut off or has tables only")
    }
    let model: ColourProfile.Model
    switch colours {
    case Int32(TJCS_GRAY.rawValue): model = .grey
    case Int32(TJCS_CMYK.rawValue), Int32(TJCS_YCCK.rawValue): model = .cmyk
    default: model = .rgb
    }
    return (Int(width), Int(height), model)
  }

  /// The first pass stops at the first warning, so that a small file that promises a huge picture costs
  /// little. A second pass follows only if that warning is harmless; it reports no further reasons, so the
  /// end is checked for.
  func pixels(
    into target: Storage<UInt8>, width: Int, height: Int, format: Int32, _ bytes: Span<UInt8>
  ) throws(Failure) {
    // More than 500 scans are a denial-of-service attack.
    for flags in [TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING, TJFLAG_LIMITSCANS] {
      let status = target.withPointer {
        tjDecompress2(
          handle, file.baseAddress, UInt(file.count), $0, Int32(width), 0, Int32(height), format, flags)
      }
      if status == 0 { return }
      guard isHarmless else { throw JPEG.reason(handle) }
    }
    guard JPEGSegments.hasEnd(bytes) else { throw .badData("JPEG: truncated, no end of image") }
  }

  /// Warnings that leave the picture intact: stray bytes that cameras write, odd versions and profiles.
  private var isHarmless: Bool {
    guard tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue) else { return false }
    return isSaid("extraneous bytes") || isSaid("JFIF revision") || isSaid("Adobe color transform")
      || isSaid("ICC profile") || isSaid("Invalid SOS parameters")
  }

  private func isSaid(_ words: StaticString) -> Bool {
    guard let text = tjGetErrorStr2(handle) else { return false }
    return words.utf8Start.withMemoryRebound(to: CChar.self, capacity: words.utf8CodeUnitCount + 1) {
      strstr(text, $0) != nil
    }
  }
}
