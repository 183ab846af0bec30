import Images
import TestSupport
import Testing

/// JPEGs as cameras send them.
struct MotionJPEGTests {
  /// The file with "AVI1" in place of "JFIF", and without the standard's Huffman tables, which all share.
  private static func asCamerasSendIt(_ jpeg: [UInt8]) -> [UInt8] {
    var frame: [UInt8] =
      [0xFF, 0xD8] + segment(0xE0, Array("AVI1\0\0".utf8) + [UInt8](repeating: 0, count: 8))
    var place = 2, tables = 0
    while jpeg[place + 1] != 0xDA {  // up to the scan
      let marker = jpeg[place + 1], end = place + 2 + Int(jpeg[place + 2]) << 8 + Int(jpeg[place + 3])
      if marker == 0xC4 { tables += 1 }
      if marker != 0xC4, marker != 0xE0 { frame += jpeg[place..<end] }
      place = end
    }
    #expect(tables > 0)
    return frame + jpeg[place...]
  }

  private static func frames() throws -> [(whole: [UInt8], frame: [UInt8])] {
    try [75, 95].map { quality in  // 4:2:0 and 4:4:4
      let whole = try Image.pattern(width: 61, height: 47).file(.jpeg, quality: quality)
      return (whole, asCamerasSendIt(whole))
    }
  }

  @Test func `a frame without Huffman tables has the standard's`() throws {
    for (whole, frame) in try Self.frames() {
      #expect(try Image.decode(frame).values == Image.decode(whole).values)
      for maxPixels in [61 * 47 - 1, 31 * 24 - 1, 1] {
        let small = try Image.decode(frame.span, maxPixels: maxPixels)
        let wanted = try Image.decode(whole.span, maxPixels: maxPixels)
        #expect(small.reduction == wanted.reduction && small.image.values == wanted.image.values)
      }
    }
  }

  @Test func `what a camera leaves behind the end changes nothing`() throws {
    for (whole, frame) in try Self.frames() {
      let plain = try Image.decode(whole).values
      for rest: [UInt8] in [[0], [0, 0, 0], [0xFF], [0xFF, 0xFF, 0xFF], [0x0D, 0x0A], Array(frame[..<40])] {
        #expect(try Image.decode(frame + rest).values == plain)
      }
    }
  }

  @Test func `a frame that is cut off is bad data at every size`() throws {
    for (_, frame) in try Self.frames() {
      for count in stride(from: 3, to: frame.count, by: 41) {
        for maxPixels in [61 * 47, 61 * 47 - 1, 1] {
          let text = outcome { _ = try Image.decode(Array(frame[..<count]).span, maxPixels: maxPixels) }
          #expect(text.hasPrefix("badData: JPEG: "), "\(count) of \(frame.count) bytes")
        }
      }
    }
  }

  @Test func `a frame of which bytes are wrong is a picture of its size, or bad data`() throws {
    var random = Seeded(state: 7), pictures = 0
    for (_, frame) in try Self.frames() {
      for _ in 0..<300 {
        var broken = frame
        for _ in 0..<3 {
          broken[Int.random(in: 20..<frame.count, using: &random)] = .random(in: 0...255, using: &random)
        }
        let text = outcome {
          let image = try Image.decode(broken.span, maxPixels: 31 * 24).image
          #expect(image.width * image.height > 0 && image.pixels.count == 3 * image.width * image.height)
          pictures += 1
        }
        #expect(text == "" || text.hasPrefix("badData") || text.hasPrefix("noMemory"), "\(text)")
      }
    }
    print("changed frames: \(pictures) of 600 are pictures")
    #expect(pictures > 10 && pictures < 590)
  }
}
