import Foundation
import Images
import Tensors
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
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: here.appendingPathComponent("Fixtures/images.json")))
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
  static func decode(_ file: [UInt8]) throws -> Image { try file.withUnsafeBytes { try Image.decode($0) } }
  func file(_ format: FileFormat, quality: Int = 95) throws -> [UInt8] {
    let storage = try encode(as: format, quality: quality)
    return Array(UnsafeBufferPointer(storage.buffer))
  }
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
