import CCodecs
import Tensors

/// A text chunk: a keyword, a 0, and the text, which may be compressed by zlib.
/// Source: PNG specification (third edition), 11.3.3.2 to 11.3.3.4.
struct PNGText {
  /// tEXt, zTXt and iTXt.
  enum Kind { case plain, compressed, international }

  let kind: Kind
  /// The range of its data in the file.
  let place: Range<Int>

  /// The part of a text that is read: as much as Pillow reads, sixteen times a JPEG segment.
  private static var limit: Int { 1 << 20 }

  func isNamed(_ keyword: StaticString, in file: Span<UInt8>) -> Bool {
    let data = file.extracting(place), count = keyword.utf8CodeUnitCount
    return data.count > count && data[count] == 0 && data.has(keyword, at: 0)
  }

  /// The text, or its beginning; nil for a malformed chunk.
  func text(in file: Span<UInt8>) throws(Failure) -> Storage<UInt8>? {
    let data = file.extracting(place)
    guard let (start, isCompressed) = layout(data) else { return nil }
    let content = data.extracting(start...)
    if !isCompressed {
      return try content.extracting(first: PNGText.limit).withUnsafeBufferPointer {
        text throws(Failure) in
        try Storage(copying: text)
      }
    }
    let room = try Storage<UInt8>(count: PNGText.limit)
    let count = room.withBuffer { room in
      content.withUnsafeBytes { pngInflate($0.baseAddress, $0.count, room.baseAddress, room.count) }
    }
    guard count >= 0 else { throw .noMemory("PNG: no decoder of a compressed text") }
    return try room.first(count)
  }

  /// The offset of the text, and whether it is compressed.
  private func layout(_ data: Span<UInt8>) -> (start: Int, isCompressed: Bool)? {
    guard let keyword = data.firstIndex(of: 0) else { return nil }
    let start = keyword + 1
    switch kind {
    case .plain: return (start, false)
    case .compressed: return data.count > start && data[start] == 0 ? (start + 1, true) : nil
    case .international:
      // Compression flag and method; then a language and the keyword in it, each followed by a 0.
      guard data.count >= start + 2, data[start] == 0 || (data[start] == 1 && data[start + 1] == 0),
        let language = data.firstIndex(of: 0, from: start + 2),
        let translation = data.firstIndex(of: 0, from: language + 1)
      else { return nil }
      return (translation + 1, data[start] == 1)
    }
  }

  /// The bytes of a "Raw profile type ...", as ImageMagick and ExifTool write them: a line feed, a name, the
  /// number of bytes, and the bytes as lines of hexadecimal digits.
  func rawProfile(in file: Span<UInt8>) throws(Failure) -> Storage<UInt8>? {
    guard let text = try text(in: file) else { return nil }
    var place = 0
    func skip(while isSkipped: (UInt8) -> Bool) {
      while place < text.count, isSkipped(text[place]) { place += 1 }
    }
    skip(while: isSpace)
    skip { $0 != 0x0A }  // the name
    skip(while: isSpace)
    skip { !isSpace($0) }  // how many
    let room = try Storage<UInt8>(count: text.count / 2)
    var count = 0
    while true {
      skip(while: isSpace)
      guard place + 1 < text.count, let high = hexadecimal(text[place]),
        let low = hexadecimal(text[place + 1])
      else { break }
      room[count] = high << 4 | low
      count += 1
      place += 2
    }
    return try room.first(count)
  }
}

/// The value of a digit, or nil.
private func hexadecimal(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}
