import CCodecs
import Tensors

/// TIFF files, through libtiff, which is loaded with the first of them: of several pictures the first that is
/// no reduced one.
///
/// Samples are read as they are stored, not by libtiff's conversion to R, G, B, A, which has 8 bits,
/// multiplies by alpha, and does not turn.
enum TIFF {
  static var codec: Codec {
    Codec(
      name: "TIFF", endings: [".tif", ".tiff"], isRecognised: { isRecognised($0) },
      decode: { bytes throws(Failure) in try decode(bytes) })
  }

  /// The order of bytes, and 42, or 43 for files of more than 4 GB.
  private static func isRecognised(_ bytes: Span<UInt8>) -> Bool {
    bytes.has("II*\0", at: 0) || bytes.has("MM\0*", at: 0) || bytes.has("II+\0", at: 0)
      || bytes.has("MM\0+", at: 0)
  }

  /// - Throws: `.badData` with libtiff's reason, for samples that are not read, and for more pixels than an
  ///   image may have; `.io` without libtiff.
  private static func decode(_ bytes: Span<UInt8>) throws(Failure) -> Image {
    var library = try TIFFLibrary.loaded()
    return try bytes.withUnsafeBytes { file throws(Failure) in
      guard let steps = tiffOpen(&library, file.baseAddress, file.count, largestBlock) else {
        throw .noMemory("TIFF: no decoder")
      }
      defer { tiffClose(steps) }
      guard steps.pointee.file != nil, tiffReadHead(steps) != 0 else { throw reason(steps) }
      let (width, height) = (Int(steps.pointee.width), Int(steps.pointee.height))
      if let problem = Image.problem(width: width, height: height) { throw .badData("TIFF: \(problem)") }
      try checkKind(steps.pointee)
      let orientation = Orientation(rawValue: Int(steps.pointee.orientation)) ?? .upright
      return try image(steps).turned(orientation)
    }
  }

  /// No block that libtiff asks for, such as a strip of all rows, needs to be larger.
  private static var largestBlock: Int { 9 * Image.maxPixels }

  /// - Throws: `.badData`, by name, for what is not read.
  private static func checkKind(_ file: TIFFSteps) throws(Failure) {
    switch file.sampleFormat {
    case 1, 4: break  // unsigned, undefined
    case 2: throw .badData("TIFF: signed samples; expected unsigned ones")
    case 3: throw .badData("TIFF: floating-point samples; expected whole numbers of 1 to 16 bits")
    default: throw .badData("TIFF: complex samples; expected unsigned ones")
    }
    guard file.bits >= 1, file.bits <= 16 else {
      throw .badData("TIFF: \(file.bits) bits per sample; expected 1 to 16")
    }
    let colours: Int
    switch Int(file.photometric) {
    case tiffMinIsWhite, tiffMinIsBlack: colours = 1
    case tiffRGB: colours = 3
    case tiffYCbCr: colours = 1  // libtiff looks itself
    case tiffPalette:
      guard file.red != nil else { throw .badData("TIFF: no palette of \(file.bits) bits; expected one") }
      colours = 1
    case tiffInks:
      guard file.inks == 1 else { throw .badData("TIFF: inks other than cyan, magenta, yellow and black") }
      colours = 4
    default:
      throw .badData("TIFF: \(name(of: file.photometric)); expected grey, RGB, a palette, CMYK or YCbCr")
    }
    guard file.samples >= colours else {
      throw .badData("TIFF: \(file.samples) samples per pixel; expected \(colours) or more")
    }
  }

  private static func name(of photometric: UInt16) -> String {
    switch photometric {
    case 4: "a mask"
    case 8, 9, 10: "Lab colours"
    case 32803: "a camera's raw samples"
    case 32844, 32845: "logarithmic light"
    case 34892: "a camera's linear samples"
    default: "photometric \(photometric)"
    }
  }

  // MARK: Pixels

  private static func image(_ steps: UnsafeMutablePointer<TIFFSteps>) throws(Failure) -> Image {
    switch Int(steps.pointee.photometric) {
    case tiffYCbCr: return try converted(steps)
    case tiffInks: return try mixed(steps)
    default:
      return steps.pointee.bits > 8 ? try stored(steps, UInt16.self) : try stored(steps, UInt8.self)
    }
  }

  /// Grey, R, G, B, or indices of a palette.
  private static func stored<Sample: Level>(
    _ steps: UnsafeMutablePointer<TIFFSteps>, _: Sample.Type
  ) throws(Failure) -> Image {
    let file = steps.pointee, samples = try TIFFReader<Sample>(steps, channels: 3).samples()
    if Int(file.alphaKind) == tiffAssociated { samples.divideByAlpha() }
    let isGrey = [tiffMinIsWhite, tiffMinIsBlack].contains(Int(file.photometric))
    try profile(steps, of: isGrey ? .grey : .rgb)?.convert(samples.colours)
    return try samples.image()
  }

  /// Cyan, magenta, yellow and black, in 8 bits; files store ink, of which 0 is none.
  private static func mixed(_ steps: UnsafeMutablePointer<TIFFSteps>) throws(Failure) -> Image {
    let inks = try TIFFReader<UInt8>(steps, channels: 4).samples()
    let colours = try Storage<UInt8>(count: 3 * inks.width * inks.height)
    if try profile(steps, of: .cmyk)?.convert(inks: inks.colours, into: colours) != true {
      Inks.mix(inks.colours, into: colours)
    }
    return try Samples(width: inks.width, height: inks.height, colours: colours, alpha: inks.alpha).image()
  }

  /// Luma and chroma that are no JPEG, or an old one: by libtiff's conversion, to 8 bits without alpha.
  private static func converted(_ steps: UnsafeMutablePointer<TIFFSteps>) throws(Failure) -> Image {
    let (width, height) = (Int(steps.pointee.width), Int(steps.pointee.height))
    let pixels = try Storage<UInt32>(count: width * height)
    guard pixels.withPointer({ tiffReadConverted(steps, $0) }) != 0 else { throw reason(steps) }
    let image = try Image(width: width, height: height) { y, row in
      for x in 0..<width {
        let pixel = pixels[width * y + x]
        for channel in 0..<3 { row[3 * x + channel] = UInt8(truncatingIfNeeded: pixel >> (8 * channel)) }
      }
    }
    try profile(steps, of: .rgb)?.convert(image.pixels)
    return image
  }

  private static func profile(
    _ steps: UnsafeMutablePointer<TIFFSteps>, of model: ColourProfile.Model
  ) throws(Failure) -> ColourProfile? {
    guard let start = steps.pointee.profile else { return nil }
    return try .toSRGB(
      UnsafeRawBufferPointer(start: start, count: Int(steps.pointee.profileBytes)), of: model)
  }

  /// libtiff's reason as a failure.
  static func reason(_ steps: UnsafeMutablePointer<TIFFSteps>) -> Failure {
    let text = withUnsafeBytes(of: &steps.pointee.reason) { bytes -> String in
      let end = bytes.firstIndex(of: 0) ?? bytes.count
      return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<end]), as: UTF8.self)
    }
    return .badData("TIFF: \(text.isEmpty ? "malformed" : oneLine(text))")
  }
}
