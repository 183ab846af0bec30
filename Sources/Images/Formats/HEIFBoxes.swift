import Tensors

/// The boxes of a HEIC or AVIF file: length (big-endian, including itself), name, content.
/// Source: ISO/IEC 14496-12, 4.2.
enum HEIFBoxes {
  /// Calls `visit` with the place of each box's name and the range of its content.
  static func forEach(
    in range: Range<Int>, _ bytes: Span<UInt8>, _ visit: (_ name: Int, _ content: Range<Int>) -> Void
  ) {
    var place = range.lowerBound
    while place + 8 <= range.upperBound {
      guard var length = bytes.bigEndian(at: place, byteCount: 4) else { return }
      var head = 8
      if length == 1 {
        guard let high = bytes.bigEndian(at: place + 8, byteCount: 4),
          let low = bytes.bigEndian(at: place + 12, byteCount: 4)
        else { return }
        (length, head) = (high << 32 | low, 16)
      } else if length == 0 {
        length = range.upperBound - place
      }
      guard length >= head, length <= range.upperBound - place else { return }
      visit(place + 4, (place + head)..<(place + length))
      place += length
    }
  }

  static func first(_ name: StaticString, in range: Range<Int>, _ bytes: Span<UInt8>) -> Range<Int>? {
    var found: Range<Int>?
    forEach(in: range, bytes) { place, content in
      if found == nil, bytes.has(name, at: place) { found = content }
    }
    return found
  }
}

/// A picture of such a file, and where its bytes are.
struct HEIFItem {
  /// Encoded ones, and those that are put together of others.
  enum Kind { case hevc, av1, grid, overlay }

  let number: Int
  private(set) var kind: Kind?
  private(set) var extents: [Range<Int>] = []

  /// The items of a "meta" box; those of other kinds have none.
  static func items(in meta: Range<Int>, _ bytes: Span<UInt8>) -> [HEIFItem] {
    guard let places = HEIFBoxes.first("iloc", in: meta, bytes) else { return [] }
    let inner = HEIFBoxes.first("idat", in: meta, bytes)
    guard let list = HEIFBoxes.first("iinf", in: meta, bytes), !list.isEmpty else { return [] }
    let entries = list.lowerBound + (bytes[list.lowerBound] == 0 ? 6 : 8)
    guard entries <= list.upperBound else { return [] }
    var kinds: [Int: Kind] = [:]
    HEIFBoxes.forEach(in: entries..<list.upperBound, bytes) { name, content in
      guard bytes.has("infe", at: name), content.count >= 12 else { return }
      let start = content.lowerBound, isShort = bytes[start] < 3
      guard let number = bytes.bigEndian(at: start + 4, byteCount: isShort ? 2 : 4) else { return }
      kinds[number] = kind(bytes, at: start + (isShort ? 8 : 10))
    }
    return located(places, inner, bytes).map { item in
      var item = item
      item.kind = kinds[item.number]
      return item
    }
  }

  private static func kind(_ bytes: Span<UInt8>, at place: Int) -> Kind? {
    if bytes.has("hvc1", at: place) { return .hevc }
    if bytes.has("av01", at: place) { return .av1 }
    if bytes.has("grid", at: place) { return .grid }
    return bytes.has("iovl", at: place) ? .overlay : nil
  }

  private static func located(
    _ box: Range<Int>, _ inner: Range<Int>?, _ bytes: Span<UInt8>
  ) -> [HEIFItem] {
    var place = box.lowerBound
    func next(_ byteCount: Int) -> Int? {
      guard place + byteCount <= box.upperBound else { return nil }
      defer { place += byteCount }
      return bytes.bigEndian(at: place, byteCount: byteCount)
    }
    guard let version = next(1), next(3) != nil, let sizes = next(2) else { return [] }
    let offsetSize = sizes >> 12, lengthSize = sizes >> 8 & 15, baseSize = sizes >> 4 & 15
    let indexSize = version == 0 ? 0 : sizes & 15
    guard [offsetSize, lengthSize, baseSize, indexSize].allSatisfy({ $0 == 0 || $0 == 4 || $0 == 8 }),
      let count = next(version < 2 ? 2 : 4)
    else { return [] }
    var items: [HEIFItem] = []
    for _ in 0..<count {
      guard let number = next(version < 2 ? 2 : 4), let way = version == 0 ? 0 : next(2), next(2) != nil,
        let base = next(baseSize), let extentCount = next(2)
      else { break }
      var item = HEIFItem(number: number)
      for _ in 0..<extentCount where offsetSize + lengthSize > 0 {
        guard next(indexSize) != nil, let offset = next(offsetSize), let length = next(lengthSize) else {
          break
        }
        let within = way & 15 == 1 ? inner : 0..<bytes.count
        guard let within, let start = sum(within.lowerBound, base, offset), let end = sum(start, length, 0),
          end <= within.upperBound
        else { continue }
        item.extents.append(start..<end)
      }
      items.append(item)
    }
    return items
  }

  /// nil for numbers of 8 bytes that are none of a file.
  private static func sum(_ a: Int, _ b: Int, _ c: Int) -> Int? {
    let most = 1 << 40
    return (0...most).contains(a) && (0...most).contains(b) && (0...most).contains(c) ? a + b + c : nil
  }
}
