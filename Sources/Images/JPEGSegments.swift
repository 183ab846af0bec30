import CSystem
import Tensors

/// The marker segments of a JPEG file up to its first scan: FF, marker, length (big-endian, itself included), payload.
/// Source: ITU-T T.81, annex B.
struct JPEGSegments {
  let bytes: UnsafeRawBufferPointer

  enum Marker {
    static var startOfScan: UInt8 { 0xDA }
    /// Baseline, extended, progressive; with arithmetic coding extended and progressive.
    static var frames: [UInt8] { [0xC0, 0xC1, 0xC2, 0xC9, 0xCA] }
    static var progressiveFrames: [UInt8] { [0xC2, 0xCA] }
    static var endOfImage: UInt8 { 0xD9 }
    static var app1: UInt8 { 0xE1 }
    static var app2: UInt8 { 0xE2 }
    static var app14: UInt8 { 0xEE }
  }

  /// How the camera was held.
  var orientation: Orientation {
    guard let payload = payload(Marker.app1, beginning: "Exif\0\0") else { return .upright }
    return Exif.orientation(UnsafeRawBufferPointer(rebasing: bytes[payload.dropFirst(6)]))
  }

  /// The ICC profile: its pieces, numbered from 1, in the order of their numbers. nil without one, and unless each of as many
  /// pieces as they say is there once.
  /// Source: ICC.1:2010, B.4.
  func profile() throws(Failure) -> Storage<UInt8>? {
    var pieces = [Range<Int>?](repeating: nil, count: 256)
    var (wanted, found, byteCount) = (0, 0, 0)
    var isWhole = true
    walk { marker, payload in
      guard marker == Marker.app2, let start = beginning(of: payload, "ICC_PROFILE\0"), payload.upperBound - start >= 2 else {
        return marker != Marker.startOfScan
      }
      let number = Int(bytes[start]), count = Int(bytes[start + 1])
      if found == 0 { wanted = count }
      isWhole = isWhole && count == wanted && (1...255).contains(number) && number <= count && pieces[number] == nil
      guard isWhole else { return false }
      pieces[number] = (start + 2)..<payload.upperBound
      found += 1
      byteCount += payload.upperBound - start - 2
      return true
    }
    guard isWhole, found > 0, found == wanted, let start = bytes.baseAddress else { return nil }
    let profile = try Storage<UInt8>(count: byteCount)
    var place = 0
    for case let piece? in pieces {
      memcpy(profile.pointer + place, start + piece.lowerBound, piece.count)
      place += piece.count
    }
    return profile
  }

  /// Where a payload goes on after these bytes, with which it must begin.
  private func beginning(of payload: Range<Int>, _ words: StaticString) -> Int? {
    let count = words.utf8CodeUnitCount
    guard payload.count >= count, let start = bytes.baseAddress,
      memcmp(start + payload.lowerBound, words.utf8Start, count) == 0
    else { return nil }
    return payload.lowerBound + count
  }

  /// Whether Adobe's marker is there: its programs write the four colours of CMYK inverted.
  var isAdobe: Bool { payload(Marker.app14, beginning: "Adobe") != nil }

  /// Bytes that a decoder holds besides the picture: where its components come in several scans all their coefficients, 16 bits
  /// each. 0 where one scan has it all.
  func coefficientBytes(width: Int, height: Int) -> Int {
    var isProgressive = false, factors: [(across: Int, down: Int)] = [], inScan = 0
    walk { marker, payload in
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
    let most = factors.reduce((across: 1, down: 1)) { (max($0.across, $1.across), max($0.down, $1.down)) }
    return factors.reduce(0) { $0 + 2 * width * height * $1.across * $1.down / (most.across * most.down) }
  }

  /// Whether an end-of-image marker follows the first scan. Compressed data never contains it: there a 0 follows FF.
  var hasEnd: Bool {
    var place = bytes.count
    walk { marker, payload in
      place = payload.upperBound
      return marker != Marker.startOfScan
    }
    while place + 1 < bytes.count {
      if bytes[place] == 0xFF, bytes[place + 1] == Marker.endOfImage { return true }
      place += 1
    }
    return false
  }

  private func payload(_ wanted: UInt8, beginning: StaticString) -> Range<Int>? {
    var found: Range<Int>?
    walk { marker, payload in
      guard marker == wanted, self.beginning(of: payload, beginning) != nil else {
        return marker != Marker.startOfScan
      }
      found = payload
      return false
    }
    return found
  }

  /// Calls `visit` with each marker and the place of its payload, until it returns false or the file makes no sense.
  private func walk(_ visit: (UInt8, Range<Int>) -> Bool) {
    var place = 2  // after FF D8
    while place + 1 < bytes.count, bytes[place] == 0xFF {
      let marker = bytes[place + 1]
      if marker == 0xFF {  // filling
        place += 1
        continue
      }
      place += 2
      if marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }  // these stand alone
      guard marker != Marker.endOfImage, place + 2 <= bytes.count else { return }
      let end = place + (Int(bytes[place]) << 8 | Int(bytes[place + 1]))
      guard end >= place + 2, end <= bytes.count, visit(marker, (place + 2)..<end) else { return }
      place = end
    }
  }
}
