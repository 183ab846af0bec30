import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// What Fixtures/reference/colours_reference.py wrote.
struct ColourReference: Decodable {
  struct File: Decodable { let name: String, file: Data, pixels: String, samples: [UInt16]? }
  let files: [File]
  let profiles: [String: Data]

  static func load() throws -> ColourReference {
    try JSONDecoder().decode(ColourReference.self, from: Data(contentsOf: fixtureFile("colours.json")))
  }

  func profile(_ name: String) throws -> [UInt8] { [UInt8](try #require(profiles[name])) }
}

/// The JPEG with a profile after its first marker, in `pieces`, numbered and counted as they are told.
func withProfile(_ jpeg: [UInt8], _ profile: [UInt8], pieces: Int, numbers: [Int], count: Int) -> [UInt8] {
  let size = (profile.count + pieces - 1) / pieces
  var segments: [UInt8] = []
  for number in numbers {
    let start = min((number - 1) * size, profile.count),
      part = profile[start..<min(start + size, profile.count)]
    let length = part.count + 16
    segments +=
      [0xFF, 0xE2, UInt8(length >> 8), UInt8(length & 255)] + Array("ICC_PROFILE\0".utf8)
      + [UInt8(number), UInt8(count)] + part
  }
  return jpeg[..<2] + segments + jpeg[2...]
}

struct ColourTests {
  @Test func `brings colours to sRGB as Pillow and the formulas do`() throws {
    for file in try ColourReference.load().files {
      let image = try Image.decode([UInt8](file.file))
      let difference = largestDifference(image.values, bytes(hexadecimal: file.pixels))
      // One level of Little CMS's 8-bit arithmetic, one of another build of libjpeg-turbo.
      #expect(difference <= (file.name.hasSuffix("jpeg") ? 2 : 1), "\(file.name) differs by \(difference)")
      if file.name == "sRGB png" { #expect(difference == 0) }
      guard let wanted = file.samples else {
        #expect(image.deep == nil)
        continue
      }
      let samples = try #require(image.deepValues)
      #expect(
        zip(samples, wanted).allSatisfy { abs(Int($0) - Int($1)) <= 1 } && samples.count == wanted.count)
    }
  }

  @Test func `puts pieces of a profile together by their numbers`() throws {
    let profile = try ColourReference.load().profile("wide")
    let jpeg = try Image.slope().file(.jpeg)
    let plain = try Image.decode(jpeg).values
    let whole = try Image.decode(withProfile(jpeg, profile, pieces: 1, numbers: [1], count: 1)).values
    #expect(largestDifference(whole, plain) > 5)
    for (pieces, numbers) in [(3, [1, 2, 3]), (3, [3, 1, 2]), (60, Array(1...60))] {
      let file = withProfile(jpeg, profile, pieces: pieces, numbers: numbers, count: pieces)
      #expect(try Image.decode(file).values == whole)
    }
  }

  @Test func `takes pieces that are missing, doubled or miscounted for no profile`() throws {
    let profile = try ColourReference.load().profile("wide")
    let jpeg = try Image.slope().file(.jpeg)
    let plain = try Image.decode(jpeg).values
    for (numbers, count) in [
      ([1, 2], 3), ([1, 3], 3), ([2, 3], 3), ([1, 1, 2, 3], 3), ([1, 2, 3, 3], 3), ([1, 2, 3], 2),
      ([1, 2, 3], 4),
      ([1, 2, 3], 0), ([1, 2, 255], 255), ([3], 3)
    ] {
      let file = withProfile(jpeg, profile, pieces: 3, numbers: numbers, count: count)
      #expect(try Image.decode(file).values == plain, "\(numbers) of \(count)")
    }
    for short in [0, 1, 12, 13] {  // the segment ends within its own head
      let file =
        jpeg[..<2] + [0xFF, 0xE2, 0, UInt8(short + 2)] + Array("ICC_PROFILE\0\u{1}".utf8)[..<short]
        + jpeg[2...]
      #expect(try Image.decode(Array(file)).values == plain)
    }
  }

  @Test func `takes a profile of other colours for none`() throws {
    let reference = try ColourReference.load()
    let jpeg = try Image.slope().file(.jpeg)
    let plain = try Image.decode(jpeg).values
    for name in ["grey", "cmyk"] {
      let file = withProfile(jpeg, try reference.profile(name), pieces: 1, numbers: [1], count: 1)
      #expect(try Image.decode(file).values == plain)
    }
  }

  @Test func `turns what it has converted`() throws {
    let profile = try ColourReference.load().profile("wide")
    let jpeg = try Image.pattern(width: 21, height: 10).file(.jpeg)
    let file = withProfile(jpeg, profile, pieces: 2, numbers: [1, 2], count: 2)
    let upright = try Image.decode(file)
    for orientation in 1...8 {
      let turned = try Image.decode(withExif(file, exifBlock(orientation, littleEndian: false)))
      OrientationTests.check(turned, upright, orientation)
    }
  }
}
