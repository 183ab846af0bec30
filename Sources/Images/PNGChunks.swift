import CSystem
import Tensors

/// The chunks of a PNG file: length (big-endian), name, data, CRC-32 of name and data.
///
/// libpng's reader stops after the last row, without checking what follows, so completeness and checksums are
/// checked here. Source: PNG specification (third edition), 5.3 and annex D.
struct PNGChunks {
  let bytes: UnsafeRawBufferPointer
  /// The data of the first eXIf chunk.
  private(set) var exif: UnsafeRawBufferPointer?
  /// The data of the first cICP chunk, which precedes palette and pixels.
  private(set) var codePoints: UnsafeRawBufferPointer?
  /// The first text of each keyword under which converters store a camera's metadata: PNG long had no chunk
  /// for them.
  private(set) var rawExif, rawAPP1, rawXMP, xmp: PNGText?

  /// - Throws: `.badData` if the file ends before its IEND chunk or a critical chunk has a wrong checksum.
  init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    self.bytes = bytes
    let table = try PNGChunks.remainders()
    var place = 8  // after the signature
    var isBeforePixels = true
    while true {
      guard bytes.count - place >= 12 else {
        throw .badData("PNG: truncated, ends at byte \(bytes.count) before its IEND chunk")
      }
      let length = number(at: place)
      guard length <= bytes.count - place - 12 else {
        throw .badData("PNG: truncated, a chunk of \(length) bytes begins at byte \(place) of \(bytes.count)")
      }
      let data = (place + 8)..<(place + 8 + length)
      // A capital first letter marks a critical chunk.
      if bytes[place + 4] & 0x20 == 0 {
        let sum = checkSum((place + 4)..<data.upperBound, table)
        guard sum == number(at: data.upperBound) else {
          throw .badData("PNG: wrong check sum of the chunk at byte \(place)")
        }
      }
      if isNamed("PLTE", at: place + 4) || isNamed("IDAT", at: place + 4) { isBeforePixels = false }
      note(data, isBeforePixels, table)
      if isNamed("IEND", at: place + 4) { return }
      place = data.upperBound + 4
    }
  }

  // MARK: Metadata

  /// Stores the chunk with this data if it is metadata, the first of its kind, and valid.
  private mutating func note(_ data: Range<Int>, _ isBeforePixels: Bool, _ table: Storage<UInt32>) {
    let name = data.lowerBound - 4
    let content = UnsafeRawBufferPointer(rebasing: bytes[data])
    func isRight() -> Bool { checkSum(name..<data.upperBound, table) == number(at: data.upperBound) }
    if isNamed("eXIf", at: name) {
      if exif == nil, isRight() { exif = content }
    } else if isNamed("cICP", at: name) {
      if codePoints == nil, isBeforePixels, isRight() { codePoints = content }
    } else if let text = text(name, content) {
      if rawExif == nil, text.isNamed("Raw profile type exif"), isRight() { rawExif = text }
      if rawAPP1 == nil, text.isNamed("Raw profile type APP1"), isRight() { rawAPP1 = text }
      if rawXMP == nil, text.isNamed("Raw profile type xmp"), isRight() { rawXMP = text }
      if xmp == nil, text.isNamed("XML:com.adobe.xmp"), isRight() { xmp = text }
    }
  }

  private func text(_ name: Int, _ content: UnsafeRawBufferPointer) -> PNGText? {
    if isNamed("tEXt", at: name) { return PNGText(kind: .plain, data: content) }
    if isNamed("zTXt", at: name) { return PNGText(kind: .compressed, data: content) }
    if isNamed("iTXt", at: name) { return PNGText(kind: .international, data: content) }
    return nil
  }

  /// The orientation of the camera: from EXIF, wherever it is stored, else from XMP.
  func orientation() throws(Failure) -> Orientation {
    if let exif, let found = Exif.orientation(exif) { return found }
    for text in [rawExif, rawAPP1] {
      if let found = try orientation(text?.rawProfile(), Exif.orientation) { return found }
    }
    if let found = try orientation(xmp?.text(), XMP.orientation) { return found }
    for text in [rawXMP, rawAPP1] {  // a JPEG's APP1 holds either
      if let found = try orientation(text?.rawProfile(), XMP.orientation) { return found }
    }
    return .upright
  }

  private func orientation(
    _ bytes: Storage<UInt8>?, _ read: (UnsafeRawBufferPointer) -> Orientation?
  ) -> Orientation? {
    bytes?.withBytes { read($0) } ?? nil
  }

  // MARK: Bytes

  private func number(at place: Int) -> Int {
    Int(bytes[place]) << 24 | Int(bytes[place + 1]) << 16 | Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
  }

  private func isNamed(_ name: StaticString, at place: Int) -> Bool {
    guard let start = bytes.baseAddress else { return false }
    return memcmp(start + place, name.utf8Start, 4) == 0
  }

  /// CRC-32 with the polynomial 0xEDB88320, four bytes per step (Kounavis and Berry 2005, "slicing-by-4").
  private func checkSum(_ range: Range<Int>, _ table: Storage<UInt32>) -> Int {
    table.withPointer { checkSum(range, UnsafePointer($0)) }
  }

  private func checkSum(_ range: Range<Int>, _ table: UnsafePointer<UInt32>) -> Int {
    var sum: UInt32 = 0xFFFF_FFFF
    var place = range.lowerBound
    while place + 4 <= range.upperBound {
      sum ^= UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
      sum =
        table[768 + Int(sum & 255)] ^ table[512 + Int(sum >> 8 & 255)] ^ table[256 + Int(sum >> 16 & 255)]
        ^ table[Int(sum >> 24)]
      place += 4
    }
    while place < range.upperBound {
      sum = sum >> 8 ^ table[Int((sum ^ UInt32(bytes[place])) & 255)]
      place += 1
    }
    return Int(~sum)
  }

  /// Row k, of 256: the remainder of each byte followed by k zero bytes.
  private static func remainders() throws(Failure) -> Storage<UInt32> {
    let table = try Storage<UInt32>(count: 1024)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 0 ? 0 : 0xEDB8_8320) }
      table[byte] = remainder
    }
    for index in 256..<1024 {
      let shorter = table[index - 256]
      table[index] = shorter >> 8 ^ table[Int(shorter & 255)]
    }
    return table
  }
}
