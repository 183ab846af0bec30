import Tensors

/// The marker segments of a JPEG file: FF, marker, length (big-endian, including itself), payload. Metadata
/// precede the first scan.
///
/// Bytes outside of segments are skipped like in libjpeg: phones write segments that begin with 00 instead of
/// FF, and comments that are longer than declared. Source: ITU-T T.81, annex B; libjpeg's `next_marker`.
enum JPEGSegments {
  private enum Marker {
    static var startOfScan: UInt8 { 0xDA }
    /// Baseline, extended, progressive; extended and progressive with arithmetic coding.
    static var frames: [UInt8] { [0xC0, 0xC1, 0xC2, 0xC9, 0xCA] }
    static var progressiveFrames: [UInt8] { [0xC2, 0xCA] }
    static var endOfImage: UInt8 { 0xD9 }
    static var app1: UInt8 { 0xE1 }
    static var app2: UInt8 { 0xE2 }
  }

  /// The orientation of the camera: from EXIF, else from XMP.
  static func orientation(_ bytes: Span<UInt8>) -> Orientation {
    if let exif = payload(bytes, Marker.app1, beginning: "Exif\0\0"),
      let found = Exif.orientation(bytes.extracting(exif))
    {
      return found
    }
    guard let packet = payload(bytes, Marker.app1, beginning: "http://ns.adobe.com/xap/1.0/\0") else {
      return .upright
    }
    return XMP.orientation(bytes.extracting(packet)) ?? .upright
  }

  /// The ICC profile: its pieces, numbered from 1, in order. nil without one, and unless each of the declared
  /// number of pieces is there exactly once. Source: ICC.1:2010, B.4.
  static func profile(_ bytes: Span<UInt8>) throws(Failure) -> Storage<UInt8>? {
    var pieces = [Range<Int>?](repeating: nil, count: 256)
    var (expected, found, byteCount) = (0, 0, 0)
    var isWhole = true
    walk(bytes) { marker, payload in
      guard marker == Marker.app2, let start = end(of: "ICC_PROFILE\0", in: payload, bytes),
        payload.upperBound - start >= 2
      else {
        return marker != Marker.startOfScan
      }
      let number = Int(bytes[start]), count = Int(bytes[start + 1])
      if found == 0 { expected = count }
      isWhole =
        isWhole && count == expected && (1...255).contains(number) && number <= count && pieces[number] == nil
      guard isWhole else { return false }
      pieces[number] = (start + 2)..<payload.upperBound
      found += 1
      byteCount += payload.upperBound - start - 2
      return true
    }
    guard isWhole, found > 0, found == expected else { return nil }
    let profile = try Storage<UInt8>(count: byteCount)
    var place = 0
    for case let piece? in pieces {
      profile.copy(bytes.extracting(piece).bytes, atByte: place)
      place += piece.count
    }
    return profile
  }

  /// The offset after these bytes, with which a payload must begin.
  private static func end(
    of words: StaticString, in payload: Range<Int>, _ bytes: Span<UInt8>
  ) -> Int? {
    let count = words.utf8CodeUnitCount
    guard payload.count >= count, bytes.has(words, at: payload.lowerBound) else { return nil }
    return payload.lowerBound + count
  }

  /// Bytes that a decoder holds besides the picture: all coefficients, 16 bits each, if the components come
  /// in several scans; 0 for a single scan.
  static func coefficientBytes(_ bytes: Span<UInt8>, width: Int, height: Int) -> Int {
    var isProgressive = false, factors: [(across: Int, down: Int)] = [], inScan = 0
    walk(bytes) { marker, payload in
      if Marker.frames.contains(marker), payload.count >= 6 {
        isProgressive = Marker.progressiveFrames.contains(marker)
        let count = min(Int(bytes[payload.lowerBound + 5]), (payload.count - 6) / 3)
        factors = (0..<count).map { component in
          let both = Int(bytes[payload.lowerBound + 7 + 3 * component])
          return (both >> 4, both & 15)
        }
      }
      if marker == Marker.startOfScan, payload.count >= 1 { inScan = Int(bytes[payload.lowerBound]) }
      return marker != Marker.startOfScan
    }
    guard isProgressive || inScan < factors.count else { return 0 }
    let maxima = factors.reduce((across: 1, down: 1)) { (max($0.across, $1.across), max($0.down, $1.down)) }
    return factors.reduce(0) { $0 + 2 * width * height * $1.across * $1.down / (maxima.across * maxima.down) }
  }

  /// Whether an end-of-image marker follows the first scan: the file's own, not that of a thumbnail in a
  /// segment.
  static func hasEnd(_ bytes: Span<UInt8>) -> Bool {
    var (isScanned, isEnded) = (false, false)
    walk(bytes) { marker, _ in
      if marker == Marker.startOfScan { isScanned = true }
      isEnded = isScanned && marker == Marker.endOfImage
      return marker != Marker.endOfImage
    }
    return isEnded
  }

  /// The range after these words in the first segment of a marker that begins with them.
  private static func payload(
    _ bytes: Span<UInt8>, _ sought: UInt8, beginning words: StaticString
  ) -> Range<Int>? {
    var found: Range<Int>?
    walk(bytes) { marker, payload in
      guard marker == sought, let start = end(of: words, in: payload, bytes) else {
        return marker != Marker.startOfScan
      }
      found = start..<payload.upperBound
      return false
    }
    return found
  }

  /// Calls `visit` with each marker and the range of its payload, until it returns false or the file ends. A
  /// scan's compressed data lies between its payload and the next marker.
  private static func walk(_ bytes: Span<UInt8>, _ visit: (UInt8, Range<Int>) -> Bool) {
    var place = 2  // after FF D8
    while let marker = nextMarker(bytes, from: &place) {
      if marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }  // these have no payload
      if marker == Marker.endOfImage {
        guard visit(marker, place..<place) else { return }
        continue
      }
      guard place + 2 <= bytes.count else { return }
      // A length below 2, its own size, counts as 2.
      let end = place + max(2, Int(bytes[place]) << 8 | Int(bytes[place + 1]))
      guard end <= bytes.count, visit(marker, (place + 2)..<end) else { return }
      place = end
    }
  }

  /// The next marker; moves `place` behind it. nil at the end of the file. FF 00 is not a marker: compressed
  /// data encodes FF so.
  private static func nextMarker(_ bytes: Span<UInt8>, from place: inout Int) -> UInt8? {
    while place < bytes.count {
      let isMarked = bytes[place] == 0xFF
      place += 1
      guard isMarked else { continue }
      while place < bytes.count, bytes[place] == 0xFF { place += 1 }  // filling
      guard place < bytes.count else { return nil }
      place += 1
      if bytes[place - 1] != 0 { return bytes[place - 1] }
    }
    return nil
  }
}
