import Tensors

/// The orientation recorded by a camera: tag 274 in the first directory of an EXIF block.
///
/// An EXIF block is a small TIFF file: "II" or "MM" for the byte order, 42, the offset of the first
/// directory; a directory is a count followed by entries of 12 bytes: tag, type, count, value. A picture is
/// never rejected for its metadata. Source: TIFF 6.0, section 2.
struct Exif {
  private let isLittleEndian: Bool

  /// nil for a block that is malformed or has no such tag; upright for a number other than the eight.
  static func orientation(_ bytes: Span<UInt8>) -> Orientation? {
    var bytes = bytes
    // The header of a JPEG segment, which converters also write where only the block belongs; some write it
    // twice.
    while bytes.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]) {
      bytes = bytes.extracting(6...)
    }
    guard let exif = Exif(bytes), let value = exif.shortValue(tag: 274, in: bytes) else { return nil }
    return Orientation(rawValue: value) ?? .upright
  }

  private init?(_ bytes: Span<UInt8>) {
    guard bytes.count >= 8, bytes[0] == bytes[1] else { return nil }
    switch bytes[0] {
    case UInt8(ascii: "I"): isLittleEndian = true
    case UInt8(ascii: "M"): isLittleEndian = false
    default: return nil
    }
    guard number(bytes, at: 2, size: 2) == 42 else { return nil }
  }

  private func shortValue(tag: Int, in bytes: Span<UInt8>) -> Int? {
    guard let directory = number(bytes, at: 4, size: 4),
      let entries = number(bytes, at: directory, size: 2)
    else { return nil }
    for entry in 0..<entries {
      let place = directory + 2 + 12 * entry
      guard let found = number(bytes, at: place, size: 2) else { return nil }
      guard found == tag else { continue }
      guard number(bytes, at: place + 4, size: 4) == 1 else { return nil }
      switch number(bytes, at: place + 2, size: 2) {
      case 3: return number(bytes, at: place + 8, size: 2)  // SHORT, as the standard says
      case 4: return number(bytes, at: place + 8, size: 4)  // LONG, as some programs write
      default: return nil
      }
    }
    return nil
  }

  /// The number of 2 or 4 bytes at an offset below 2^33; nil if it extends past the end.
  private func number(_ bytes: Span<UInt8>, at offset: Int, size: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - size else { return nil }
    var value = 0
    for index in 0..<size {
      value = value << 8 | Int(bytes[offset + (isLittleEndian ? size - 1 - index : index)])
    }
    return value
  }
}
