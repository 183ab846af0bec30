import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// What Fixtures/reference/images_reference.py wrote.
struct Reference: Decodable {
  struct Resized: Decodable { let width, height: Int, bilinear, bicubic, area: String }
  struct Warped: Decodable { let matrix: [Double], pixels: String }
  struct File: Decodable { let name: String, file: Data, width, height: Int, pixels: String }
  let resized: [Resized]
  let areaFloats: [Float]
  let warped: [Warped]
  let files: [File]

  static func load() throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: fixtureFile("images.json")))
  }
}

func bytes(hexadecimal text: String) -> [UInt8] {
  let digits = Array(text.utf8).map { $0 < 58 ? $0 - 48 : $0 - 87 }
  return (0..<digits.count / 2).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
}

extension Image {
  static func from(_ pixels: [UInt8], width: Int, height: Int) throws -> Image {
    try pixels.withUnsafeBytes { try Image.copying($0, width: width, height: height, format: .rgb) }
  }

  /// The picture of images_reference.py, at any size.
  static func pattern(width: Int = 13, height: Int = 9) throws -> Image {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 { pixels.append(UInt8((37 * x + 59 * y + 83 * c + 11 * x * y) % 256)) }
      }
    }
    return try from(pixels, width: width, height: height)
  }

  /// Its second one, a slope without wrapping.
  static func slope(width: Int = 13, height: Int = 9) throws -> Image {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width { for c in 0..<3 { pixels.append(UInt8((40 + 12 * x + 6 * y + 10 * c) % 256)) } }
    }
    return try from(pixels, width: width, height: height)
  }

  var values: [UInt8] { Array(UnsafeBufferPointer(pixels.buffer)) }
  static func decode(_ file: [UInt8]) throws -> Image { try decode(file.span) }
  func file(_ format: FileFormat, quality: Int = 95) throws -> [UInt8] {
    let storage = try encode(as: format, quality: quality)
    return Array(UnsafeBufferPointer(storage.buffer))
  }
}

extension FileFormat {
  static let written = allCases.filter(\.isWritten)
}

extension PixelFormat {
  var bytesOfPixel: Int {
    switch self {
    case .rgb, .bgr: 3
    case .rgba, .bgra: 4
    case .grey: 1
    case .rgb16: 6
    case .rgba16: 8
    }
  }
}

func largestDifference(_ a: [UInt8], _ b: [UInt8]) -> Int {
  a.count == b.count ? zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0 : 999
}

// MARK: Files by hand

/// A PNG's chunk.
func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
  func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * UInt32($0)) & 255) } }
  let content = Array(name.utf8) + data
  var sum: UInt32 = 0xFFFF_FFFF
  for byte in content {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 0 ? 0 : 0xEDB8_8320) }
  }
  return number(UInt32(data.count)) + content + number(~sum)
}

/// The PNG with chunks behind its header, or before its end.
func withChunks(_ png: [UInt8], _ chunks: [UInt8], atEnd: Bool = false) -> [UInt8] {
  let place = atEnd ? png.count - 12 : 33
  return png[..<place] + chunks + png[place...]
}

/// What zlib inflates to these bytes, at most 65535: stored as they are.
func stored(_ bytes: [UInt8]) -> [UInt8] {
  var (a, b) = (1, 0)
  for byte in bytes { (a, b) = ((a + Int(byte)) % 65521, (b + a + Int(byte)) % 65521) }
  let count = bytes.count
  return [0x78, 1, 1, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8 & 255)]
    + bytes
    + [UInt8(b >> 8), UInt8(b & 255), UInt8(a >> 8), UInt8(a & 255)]
}

/// A JPEG's segment.
func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
  [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
}

/// The JPEG with bytes behind its first segment, JFIF's.
func behindFirstSegment(_ jpeg: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
  let end = 4 + Int(jpeg[4]) << 8 + Int(jpeg[5])
  return jpeg[..<end] + bytes + jpeg[end...]
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
