import Tensors

/// The sizes of the pictures inside a HEIC or AVIF file, as their own headers say them. The file's boxes may
/// promise less; a decoder goes by these.
///
/// Source: ISO/IEC 23008-12, 6.6.2 (grid, overlay); ITU-T H.265, 7.3.2.2 (SPS); AV1 Bitstream Specification,
/// 5.5.
struct HEIFCodedSize {
  /// The one with the most pixels.
  private(set) var width = 0, height = 0

  /// - Throws: `.badData` for a file whose pictures share their bytes, which could take long to read.
  init(_ bytes: Span<UInt8>) throws(Failure) {
    var metas: [Range<Int>] = [], left = 16 * bytes.count
    HEIFBoxes.forEach(in: 0..<bytes.count, bytes) { name, content in
      // Of several a decoder may take any.
      if bytes.has("meta", at: name), content.count > 4 { metas.append(content) }
    }
    for meta in metas { try note((meta.lowerBound + 4)..<meta.upperBound, bytes, &left) }
  }

  /// - Parameter left: how many bytes of items may still be read.
  private mutating func note(
    _ parts: Range<Int>, _ bytes: Span<UInt8>, _ left: inout Int
  ) throws(Failure) {
    if let properties = HEIFBoxes.first("iprp", in: parts, bytes),
      let list = HEIFBoxes.first("ipco", in: properties, bytes)
    {
      HEIFBoxes.forEach(in: list, bytes) { name, content in
        if bytes.has("hvcC", at: name) { noteConfiguration(bytes.extracting(content)) }
        if bytes.has("av1C", at: name), content.count > 4 {
          noteOBUs(bytes.extracting((content.lowerBound + 4)..<content.upperBound))
        }
      }
    }
    for item in HEIFItem.items(in: parts, bytes) {
      guard let kind = item.kind else { continue }
      let count = item.extents.reduce(0) { $0 + $1.count }
      left -= count
      guard left >= 0 else { throw .badData("pictures that share bytes; expected bytes of their own") }
      if item.extents.count == 1 {
        note(kind, bytes.extracting(item.extents[0]))
        continue
      }
      let data = try Storage<UInt8>(count: count)
      var place = 0
      for extent in item.extents {
        data.copy(bytes.extracting(extent).bytes, atByte: place)
        place += extent.count
      }
      data.withSpan { data in note(kind, data) }
    }
  }

  private mutating func note(_ kind: HEIFItem.Kind, _ data: Span<UInt8>) {
    switch kind {
    case .hevc: noteUnits(data)
    case .av1: noteOBUs(data)
    case .grid: noteCanvas(data, behind: 4)  // version, flags, rows, columns
    case .overlay: noteCanvas(data, behind: 10)  // version, flags, a colour
    }
  }

  /// The size of a picture that is put together of others, in numbers of 16 or 32 bits.
  private mutating func noteCanvas(_ data: Span<UInt8>, behind place: Int) {
    guard let flags = data.bigEndian(at: 1, byteCount: 1) else { return }
    let size = flags & 1 == 0 ? 2 : 4
    if let width = data.bigEndian(at: place, byteCount: size),
      let height = data.bigEndian(at: place + size, byteCount: size)
    {
      note(width, height)
    }
  }

  private mutating func note(_ width: Int, _ height: Int) {
    let (width, height) = (min(width, 1 << 30), min(height, 1 << 30))  // so that no product overflows
    if width * height > self.width * self.height { (self.width, self.height) = (width, height) }
  }

  // MARK: HEVC

  /// Arrays of units, of which some may be sequence parameter sets.
  private mutating func noteConfiguration(_ bytes: Span<UInt8>) {
    guard let arrays = bytes.bigEndian(at: 22, byteCount: 1) else { return }
    var place = 23
    for _ in 0..<arrays {
      guard let count = bytes.bigEndian(at: place + 1, byteCount: 2) else { return }
      place += 3
      for _ in 0..<count {
        guard let length = bytes.bigEndian(at: place, byteCount: 2), length <= bytes.count - place - 2
        else { return }
        noteUnit(bytes.extracting((place + 2)..<(place + 2 + length)))
        place += 2 + length
      }
    }
  }

  /// Units behind their lengths.
  private mutating func noteUnits(_ bytes: Span<UInt8>) {
    var place = 0
    while let length = bytes.bigEndian(at: place, byteCount: 4), length <= bytes.count - place - 4 {
      noteUnit(bytes.extracting((place + 4)..<(place + 4 + length)))
      place += 4 + length
    }
  }

  private mutating func noteUnit(_ bytes: Span<UInt8>) {
    guard bytes.count > 2, bytes[0] >> 1 & 63 == 33 else { return }  // SPS_NUT
    var bits = BitReader(bytes.extracting(2...).extracting(first: 256), withoutEmulation: true)
    bits.skip(4)
    let layers = bits.read(3)
    bits.skip(1 + 88 + 8)
    let flags = (0..<layers).map { _ in (profile: bits.read(1), level: bits.read(1)) }
    if layers > 0 { bits.skip(2 * (8 - layers)) }
    for flag in flags { bits.skip(88 * flag.profile + 8 * flag.level) }
    _ = bits.readExponential()
    if bits.readExponential() == 3 { bits.skip(1) }
    note(bits.readExponential(), bits.readExponential())
  }

  // MARK: AV1

  private mutating func noteOBUs(_ bytes: Span<UInt8>) {
    var place = 0
    while place < bytes.count {
      let head = bytes[place]
      place += head & 4 != 0 ? 2 : 1
      var length = 0, shift = 0
      if head & 2 != 0 {
        while true {
          guard let byte = bytes.bigEndian(at: place, byteCount: 1), shift < 56 else { return }
          length |= (byte & 127) << shift
          (place, shift) = (place + 1, shift + 7)
          if byte < 128 { break }
        }
      } else {
        length = max(0, bytes.count - place)
      }
      guard length <= bytes.count - place else { return }
      if head >> 3 & 15 == 1 { noteSequence(bytes.extracting(place..<(place + length))) }
      place += length
    }
  }

  private mutating func noteSequence(_ bytes: Span<UInt8>) {
    var bits = BitReader(bytes.extracting(first: 256), withoutEmulation: false)
    bits.skip(4)
    if bits.read(1) == 1 {  // a still picture's short header
      bits.skip(5)
    } else {
      var delayLength = 0
      if bits.read(1) == 1 {
        bits.skip(64)
        if bits.read(1) == 1 { _ = bits.readExponential() }
        if bits.read(1) == 1 {
          delayLength = bits.read(5) + 1
          bits.skip(42)
        }
      }
      let hasDelay = bits.read(1) == 1
      for _ in 0...bits.read(5) {
        bits.skip(12)
        if bits.read(5) > 7 { bits.skip(1) }
        if delayLength > 0, bits.read(1) == 1 { bits.skip(2 * delayLength + 1) }
        if hasDelay, bits.read(1) == 1 { bits.skip(4) }
      }
    }
    let (widthBits, heightBits) = (bits.read(4) + 1, bits.read(4) + 1)
    note(bits.read(widthBits) + 1, bits.read(heightBits) + 1)
  }
}

/// Bits from the highest on; zeros beyond the end.
private struct BitReader {
  private var bytes: [UInt8] = []
  private var place = 0

  /// - Parameter withoutEmulation: leaves out the 3 that HEVC puts behind two zeros.
  init(_ source: Span<UInt8>, withoutEmulation: Bool) {
    var zeros = 0
    for index in 0..<source.count {
      let byte = source[index]
      if withoutEmulation, zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      bytes.append(byte)
    }
  }

  mutating func skip(_ count: Int) { place += count }

  mutating func read(_ count: Int) -> Int {
    var value = 0
    for _ in 0..<count {
      let bit = place / 8 < bytes.count ? bytes[place / 8] >> (7 - place % 8) & 1 : 0
      value = value << 1 | Int(bit)
      place += 1
    }
    return value
  }

  /// Zeros, a one, and as many bits.
  mutating func readExponential() -> Int {
    var count = 0
    while count < 32, read(1) == 0 { count += 1 }
    return count == 32 ? 0 : (1 << count | read(count)) - 1
  }
}
