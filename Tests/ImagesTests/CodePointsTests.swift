import Images
import TestSupport
import Testing

struct CodePointsTests {
  private static func decoded(_ image: Image, _ codes: [UInt8]) throws -> Image {
    try Image.decode(withChunks(image.file(.png), chunk("cICP", codes)))
  }

  /// A row of greys.
  private static func greys(_ levels: [UInt16]) throws -> Image {
    try Image.from16(levels.flatMap { [$0, $0, $0] }, width: levels.count, height: 1, .rgb16)
  }

  @Test func `leaves the numbers of sRGB and of videos alone`() throws {
    let image = try Image.pattern(), deep = try Image.deepPattern()
    for transfer: UInt8 in [1, 6, 11, 13, 14, 15] {
      for primaries: UInt8 in [1, 2] {
        #expect(try Self.decoded(image, [primaries, transfer, 0, 1]).values == image.values)
        #expect(try Self.decoded(deep, [primaries, transfer, 0, 1]).deepValues == deep.deepValues)
      }
    }
  }

  @Test func `takes what it does not know for none`() throws {
    let image = try Image.pattern()
    let strange: [[UInt8]] = [
      [], [12, 13, 0], [12, 13, 0, 1, 0], [0, 13, 0, 1], [3, 13, 0, 1], [10, 13, 0, 1], [255, 13, 0, 1],
      [12, 0, 0, 1],
      [12, 2, 0, 1], [12, 7, 0, 1], [12, 12, 0, 1], [12, 17, 0, 1], [12, 255, 0, 1], [12, 13, 1, 1],
      [12, 13, 0, 2]
    ]
    for codes in strange { #expect(try Self.decoded(image, codes).values == image.values, "\(codes)") }
    #expect(try Self.decoded(image, [12, 13, 0, 1]).values != image.values)
  }

  /// Green of Display P3 lies outside of sRGB: -0.2249, 1.0421, -0.0786 of its light; nearer to grey it lies
  /// inside: 119.26, 161.17, 125.03 by `encoded(inverse(M709) M3 light(...))`, with M from the
  /// chromaticities, in NumPy.
  @Test func `brings colours to sRGB`() throws {
    let colours: [UInt8] = [0, 255, 0, 128, 160, 128, 255, 255, 255, 0, 0, 0]
    let image = try Image.from(colours, width: 4, height: 1)
    let seen = try Self.decoded(image, [12, 13, 0, 1]).values
    #expect(seen == [0, 255, 0, 119, 161, 125, 255, 255, 255, 0, 0, 0])
  }

  /// BT.2100's formulas: PQ 0.25, 0.5 and 0.58 are 5.154, 92.25 and 201.7 cd/m2; HLG 0.25, 0.5, 0.58 and 0.75
  /// are 9.606, 50.70, 76.15 and 203.1 on a display of 1000. Of 203 they are parts of white: 65535 (1.055
  /// part^(1 / 2.4) - 0.055).
  @Test func `makes 203 candelas of PQ and HLG white`() throws {
    let image = try Self.greys([0, 16384, 32768, 38010, 49151, 65535])
    for (transfer, wanted): (UInt8, [Int]) in [
      (16, [0, 11358, 46171, 65344, 65535, 65535]), (18, [0, 15789, 35182, 42346, 65535, 65535])
    ] {
      let seen = try #require(try Self.decoded(image, [9, transfer, 0, 1]).deepValues)
      for (place, level) in wanted.enumerated() {
        for channel in 0..<3 {
          #expect(abs(Int(seen[3 * place + channel]) - level) <= 1, "\(transfer), \(place)")
        }
      }
    }
  }

  /// 16 and 235 of 255; of 65535 256 times as much. Source: ITU-T H.273, 8.3.
  @Test func `widens a narrow range`() throws {
    let levels: [UInt8] = [0, 16, 17, 125, 126, 235, 255]
    let image = try Image.from(levels.flatMap { [$0, $0, $0] }, width: 7, height: 1)
    let seen = try Self.decoded(image, [1, 13, 0, 0]).values
    #expect((0..<7).map { seen[3 * $0] } == [0, 0, 1, 127, 128, 255, 255])
    let deep = try #require(try Self.decoded(Self.greys([0, 4096, 60160, 65535]), [1, 13, 0, 0]).deepValues)
    #expect((0..<4).map { deep[3 * $0] } == [0, 0, 65535, 65535])
  }

  @Test func `goes before a profile, and leaves alpha alone`() throws {
    let image = try Image.veiled()
    let wide = chunk("iCCP", Array("name\0\0".utf8) + stored(try ColourReference.load().profile("wide")))
    let png = try image.file(.png)
    let code = chunk("cICP", [9, 16, 0, 1])
    let seen = try Image.decode(withChunks(png, code + wide))
    #expect(seen.alphaValues == image.alphaValues)
    #expect(seen.unblended.values == (try Self.decoded(image.unblended, [9, 16, 0, 1]).values))
    #expect(try Image.decode(withChunks(png, wide + code)).values == seen.values)
    #expect(try Image.decode(withChunks(png, wide)).values != seen.values)
    #expect(try Image.decode(withChunks(png, code, atEnd: true)).values == image.values)  // too late
  }
}
