import CCodecs
import Tensors

/// The chunks of a PNG file: length (big-endian), name, data, CRC-32 of name and data.
///
/// libpng's reader stops after the last row, without checking what follows, so completeness and checksums are
/// checked here. Source: PNG specification (third edition), 5.3 and annex D.
struct PNGChunks {
  /// The range of the first eXIf chunk's data.
  private(set) var exif: Range<Int>?
  /// The range of the first cICP chunk's data, which precedes palette and pixels.
  private(set) var codePoints: Range<Int>?
  /// The first text of each keyword under which converters store a camera's metadata: PNG long had no chunk
  /// for them.
  private(set) var rawExif, rawAPP1, rawXMP, xmp: PNGText?

  /// - Throws: `.badData` if the file ends before its IEND chunk or a critical chunk has a wrong checksum.
  init(_ bytes: Span<UInt8>) throws(Failure) {
    var place = 8  // after the signature
    var isBeforePixels = true
    while true {
      guard bytes.count - place >= 12 else {
        throw .badData("PNG: truncated, ends at byte \(bytes.count) before its IEND chunk")
      }
      let length = PNGChunks.number(bytes, at: place)
      guard length <= bytes.count - place - 12 else {
        throw .badData("PNG: truncated, a chunk of \(length) bytes begins at byte \(place) of \(bytes.count)")
      }
      let name = place + 4, data = (place + 8)..<(place + 8 + length)
      // A capital first letter marks a critical chunk.
      guard bytes[name] & 0x20 != 0 || PNGChunks.isRight(bytes, data) else {
        throw .badData("PNG: wrong check sum of the chunk at byte \(place)")
      }
      if bytes.has("PLTE", at: name) || bytes.has("IDAT", at: name) { isBeforePixels = false }
      note(bytes, data, isBeforePixels)
      if bytes.has("IEND", at: name) { return }
      place = data.upperBound + 4
    }
  }

  // MARK: Metadata

  /// Stores the chunk with this data if it is metadata, the first of its kind, and valid.
  private mutating func note(_ bytes: Span<UInt8>, _ data: Range<Int>, _ isBeforePixels: Bool) {
    let name = data.lowerBound - 4
    func isRight() -> Bool { PNGChunks.isRight(bytes, data) }
    if bytes.has("eXIf", at: name) {
      if exif == nil, isRight() { exif = data }
    } else if bytes.has("cICP", at: name) {
      if codePoints == nil, isBeforePixels, isRight() { codePoints = data }
    } else if let text = PNGChunks.text(bytes, data) {
      func isNamed(_ keyword: StaticString) -> Bool { text.isNamed(keyword, in: bytes) }
      if rawExif == nil, isNamed("Raw profile type exif"), isRight() { rawExif = text }
      if rawAPP1 == nil, isNamed("Raw profile type APP1"), isRight() { rawAPP1 = text }
      if rawXMP == nil, isNamed("Raw profile type xmp"), isRight() { rawXMP = text }
      if xmp == nil, isNamed("XML:com.adobe.xmp"), isRight() { xmp = text }
    }
  }

  private static func text(_ bytes: Span<UInt8>, _ data: Range<Int>) -> PNGText? {
    let name = data.lowerBound - 4
    if bytes.has("tEXt", at: name) { return PNGText(kind: .plain, place: data) }
    if bytes.has("zTXt", at: name) { return PNGText(kind: .compressed, place: data) }
    if bytes.has("iTXt", at: name) { return PNGText(kind: .international, place: data) }
    return nil
  }

  /// The orientation of the camera: from EXIF, wherever it is stored, else from XMP.
  /// - Parameter bytes: the file of these chunks.
  func orientation(_ bytes: Span<UInt8>) throws(Failure) -> Orientation {
    if let exif, let found = Exif.orientation(bytes.extracting(exif)) { return found }
    for text in [rawExif, rawAPP1] {
      if let found = try text?.rawProfile(in: bytes)?.withSpan({ Exif.orientation($0) }) { return found }
    }
    if let found = try xmp?.text(in: bytes)?.withSpan({ XMP.orientation($0) }) { return found }
    for text in [rawXMP, rawAPP1] {  // a JPEG's APP1 holds either
      if let found = try text?.rawProfile(in: bytes)?.withSpan({ XMP.orientation($0) }) { return found }
    }
    return .upright
  }

  // MARK: Bytes

  private static func number(_ bytes: Span<UInt8>, at place: Int) -> Int {
    Int(bytes[place]) << 24 | Int(bytes[place + 1]) << 16 | Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
  }

  /// Whether the CRC-32 of a chunk's name and data equals the stored one.
  private static func isRight(_ bytes: Span<UInt8>, _ data: Range<Int>) -> Bool {
    let chunk = bytes.extracting((data.lowerBound - 4)..<data.upperBound)
    let sum = chunk.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
    return Int(sum) == number(bytes, at: data.upperBound)
  }
}
