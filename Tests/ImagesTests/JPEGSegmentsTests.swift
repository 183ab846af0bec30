import Images
import TestSupport
import Testing

struct JPEGSegmentsTests {
  /// What phones, and programs that patch files, leave between segments.
  static let stray: [[UInt8]] = [
    [], [10, 10, 10, 10, 10, 10, 10], [0, 0xE1, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0], [0xFF, 0xFF, 0xFF],
    [0xFF, 0, 0xFF, 0],
    [0xFF, 0xFE, 0, 5] + Array("note of a phone".utf8), [0xFF, 0xFE, 0, 0], [0xFF, 0xFE, 0, 1], [0xFF, 1]
  ]

  private static func exif(_ orientation: Int) -> [UInt8] {
    segment(0xE1, Array("Exif\0\0".utf8) + exifBlock(orientation, littleEndian: false))
  }

  /// Ours, and the fixture's progressive one, which has a turn of its own behind its first segment.
  private static func samples() throws -> [[UInt8]] {
    let progressive = try #require(Reference.load().files.first { $0.name == "progressive turned jpeg" })
    return [try Image.pattern(width: 61, height: 47).file(.jpeg), [UInt8](progressive.file)]
  }

  @Test(arguments: stray)
  func `heeds what stands behind stray bytes`(stray: [UInt8]) throws {
    let profile = try ColourReference.load().profile("wide")
    for file in try Self.samples() {
      let upright = try Image.decode(behindFirstSegment(file, Self.exif(1)))
      for orientation in 1...8 {
        let turned = try Image.decode(behindFirstSegment(file, stray + Self.exif(orientation) + stray))
        OrientationTests.check(turned, upright, orientation)
      }
      let whole = withProfile(file, profile, pieces: 2, numbers: [1, 2], count: 2)
      let pieces = whole[2..<(2 + profile.count + 36)]  // two heads of 18 bytes
      let wanted = try Image.decode(whole)
      #expect(largestDifference(wanted.values, try Image.decode(file).values) > 5)
      let halves = pieces.startIndex + (profile.count + 1) / 2 + 18
      let split = stray + pieces[..<halves] + stray + pieces[halves...] + stray
      #expect(try Image.decode(behindFirstSegment(file, split)).values == wanted.values)
    }
  }

  @Test(arguments: stray)
  func `takes no thumbnail's end for the picture's`(stray: [UInt8]) throws {
    for file in try Self.samples() {
      let thumbnail = segment(
        0xE1, Array("Exif\0\0".utf8) + exifBlock(1, littleEndian: true) + [0xFF, 0xD8, 0xFF, 0xD9])
      let whole = behindFirstSegment(file, stray + thumbnail)
      #expect(
        try Image.decode(whole).values == (try Image.decode(behindFirstSegment(file, Self.exif(1))).values))
      for count in [whole.count - 1, whole.count - 2, whole.count - 40] {
        #expect(outcome { _ = try Image.decode(Array(whole[..<count])) }.hasPrefix("badData"))
      }
    }
  }

  @Test func `looks at nothing behind the end`() throws {
    for file in try Self.samples() {
      let plain = try Image.decode(file).values
      let stray = behindFirstSegment(file, [10])
      for film: [UInt8] in [[0, 0, 0, 24] + Array("ftypmp42".utf8), file, Self.exif(3), [0xFF, 0xD8, 0xFF]] {
        #expect(try Image.decode(file + film).values == plain)
        #expect(try Image.decode(stray + film).values == plain)
      }
      // A comment behind the scans holds an end that is none.
      let noted = Array(stray.dropLast(2)) + segment(0xFE, [0xFF, 0xD9])
      #expect(try Image.decode(noted + [0xFF, 0xD9]).values == plain)
      #expect(outcome { _ = try Image.decode(noted) } == "badData: JPEG: truncated, no end of image")
    }
  }
}
