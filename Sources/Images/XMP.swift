import Tensors

/// The orientation in an XMP packet: a property "tiff:Orientation", an attribute or an element of RDF.
///
/// Searched by its usual name, like Pillow does; the surrounding XML is not parsed.
/// Source: XMP specification, part 2 (2016), 3.2; ISO 16684-1.
enum XMP {
  /// nil unless it is one of the eight.
  static func orientation(_ packet: Span<UInt8>) -> Orientation? {
    let name: StaticString = "tiff:Orientation"
    let count = name.utf8CodeUnitCount
    var place = 0
    while place + count < packet.count {
      guard packet.has(name, at: place) else {
        place += 1
        continue
      }
      place += count
      if let found = value(packet, from: place) { return found }
    }
    return nil
  }

  /// The number in `="6"`, `='6'` or `>6<`, with spaces wherever XML allows them.
  private static func value(_ packet: Span<UInt8>, from start: Int) -> Orientation? {
    var place = start
    func next() -> UInt8? {
      while place < packet.count, isSpace(packet[place]) { place += 1 }
      guard place < packet.count else { return nil }
      defer { place += 1 }
      return packet[place]
    }
    let end: UInt8
    switch next() {
    case UInt8(ascii: ">"): end = UInt8(ascii: "<")
    case UInt8(ascii: "="):
      guard let quote = next(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
      end = quote
    default: return nil
    }
    guard let digit = next(), next() == end else { return nil }
    return Orientation(rawValue: Int(digit) - Int(UInt8(ascii: "0")))
  }
}
