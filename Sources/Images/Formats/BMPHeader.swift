import Tensors

/// The headers of a BMP file: the file's own of 14 bytes, then one of seven, told apart by their sizes.
///
/// Source: Microsoft, "Bitmap Storage" (BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER,
/// BITMAPV4HEADER, BITMAPV5HEADER); those of 52 and 56 bytes are Adobe's, those of 16 and 64 OS/2's.
struct BMPHeader {
  enum Packing { case none, runs, masks }

  let width, height: Int
  let isTopDown: Bool
  /// Per pixel: 1, 2, 4, 8 (indices of colours), 16, 24, 32.
  let bits: Int
  let packing: Packing
  /// Red, green, blue and perhaps alpha, for 16 and 32 bits.
  private(set) var masks: [BMPMask] = []
  /// R, G, B bytes of 2^bits colours.
  private(set) var colours: [UInt8] = []
  /// The offset of the pixels.
  let pixels: Int
  private(set) var profile: Range<Int>?

  private static var fileHeader: Int { 14 }
  private static var sizes: [Int] { [12, 16, 40, 52, 56, 64, 108, 124] }

  /// - Throws: `.badData` for a file that is truncated or that this version cannot read.
  init(_ bytes: Span<UInt8>) throws(Failure) {
    func number(_ place: Int, _ byteCount: Int) throws(Failure) -> Int {
      guard let number = bytes.littleEndian(at: place, byteCount: byteCount) else {
        throw .badData("BMP: truncated, ends at byte \(bytes.count) in its headers")
      }
      return number
    }
    func signed(_ place: Int) throws(Failure) -> Int {
      Int(Int32(truncatingIfNeeded: try number(place, 4)))
    }
    let start = BMPHeader.fileHeader, size = try number(start, 4), isCore = size == 12
    guard BMPHeader.sizes.contains(size) else {
      throw .badData("BMP: header of \(size) bytes; expected 12, 16, 40, 52, 56, 64, 108 or 124")
    }
    let height = try isCore ? number(start + 6, 2) : signed(start + 8)
    width = try isCore ? number(start + 4, 2) : signed(start + 4)
    self.height = abs(height)
    isTopDown = height < 0
    if let problem = Image.problem(width: width, height: self.height) { throw .badData("BMP: \(problem)") }
    bits = try number(start + (isCore ? 10 : 14), 2)
    let compression = size >= 40 ? try number(start + 16, 4) : 0
    packing = try BMPHeader.packing(compression, bits, isOS2: size == 64, isTopDown: isTopDown)
    pixels = try number(10, 4)
    // Masks stand in the header, or after one that is too small for them.
    let isWithAlpha = compression == 6 || size >= 56, behind = packing == .masks && size == 40
    let end = start + size + (behind ? (isWithAlpha ? 16 : 12) : 0)
    guard pixels >= end else {
      throw .badData("BMP: pixels begin at byte \(pixels); expected \(end) or more")
    }
    if bits == 16 || bits == 32 {
      let usual = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]
      for channel in 0..<4 {
        let isThere = packing == .masks && (channel < 3 || isWithAlpha)
        let mask = isThere ? try number(start + 40 + 4 * channel, 4) : channel < 3 ? usual[channel] : 0
        if channel == 3, mask == 0 { break }
        masks.append(try BMPMask(mask, bits))
      }
    } else if bits <= 8 {
      let entry = isCore ? 3 : 4, room = (min(pixels, bytes.count) - end) / entry
      let used = isCore || size == 16 ? 0 : try number(start + 32, 4)
      colours = [UInt8](repeating: 0, count: 3 << bits)
      for index in 0..<max(0, min(used == 0 ? 1 << bits : used, 1 << bits, room)) {
        for channel in 0..<3 { colours[3 * index + channel] = bytes[end + entry * index + 2 - channel] }
      }
    }
    if size == 124, bytes.has("DEBM", at: start + 56) {  // PROFILE_EMBEDDED, "MBED" from its last byte on
      let place = start + (try number(start + 112, 4)), count = try number(start + 116, 4)
      if place <= bytes.count, count <= bytes.count - place { profile = place..<(place + count) }
    }
  }

  private static func packing(
    _ compression: Int, _ bits: Int, isOS2: Bool, isTopDown: Bool
  ) throws(Failure) -> Packing {
    switch (compression, bits) {
    case (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (0, 24), (0, 32): return .none
    case (1, 8), (2, 4):
      guard !isTopDown else { throw .badData("BMP: run lengths from the top; expected them from the bottom") }
      return .runs
    case (3, 16), (3, 32), (6, 16), (6, 32):
      if !isOS2 { return .masks }
    case (4, _), (5, _):
      if !isOS2 { throw .badData("BMP: a \(compression == 4 ? "JPEG" : "PNG") inside; expected pixels") }
    default: break
    }
    throw .badData(
      "BMP: \(bits) bits per pixel with compression \(compression); expected 1, 2, 4, 8, 16, 24 or 32 bits")
  }
}

/// The bits of a pixel that hold one of its samples.
struct BMPMask {
  let shift, highest: Int

  /// - Throws: `.badData` unless they are neighbours, and inside the pixel.
  init(_ mask: Int, _ bits: Int) throws(Failure) {
    shift = mask == 0 ? 0 : mask.trailingZeroBitCount
    highest = mask >> shift
    guard highest & (highest + 1) == 0, mask >> bits == 0 else {
      throw .badData(
        "BMP: mask \(String(mask, radix: 16)) of \(bits) bits; expected bits that are neighbours")
    }
  }

  /// The nearest level to a pixel's sample; 0 without bits.
  @inline(__always)
  func level(_ pixel: Int) -> UInt8 {
    guard highest > 0 else { return 0 }
    return UInt8(truncatingIfNeeded: ((pixel >> shift & highest) * 255 + highest / 2) / highest)
  }
}
