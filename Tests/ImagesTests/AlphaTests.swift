import Images
import Tensors
import TestSupport
import Testing

extension Image {
  var deepValues: [UInt16]? { deep.map { Array(UnsafeBufferPointer($0.buffer)) } }
  var alphaValues: [UInt8]? { alpha.map { Array(UnsafeBufferPointer($0.buffer)) } }

  static func from16(_ samples: [UInt16], width: Int, height: Int, _ format: PixelFormat) throws -> Image {
    try samples.withUnsafeBytes { try Image.copying($0, width: width, height: height, format: format) }
  }

  static func fromRGBA(_ pixels: [UInt8], width: Int, height: Int) throws -> Image {
    try pixels.withUnsafeBytes { try Image.copying($0, width: width, height: height, format: .rgba) }
  }

  /// Every colour under every alpha.
  static func veiled(width: Int = 13, height: Int = 9) throws -> Image {
    let pixels = (0..<4 * width * height).map { (place: Int) -> UInt8 in
      UInt8((37 * place + place / 7 * 11) % 256)
    }
    return try fromRGBA(pixels, width: width, height: height)
  }

  static func deepPattern(width: Int = 13, height: Int = 9) throws -> Image {
    let samples = (0..<3 * width * height).map { (place: Int) -> UInt16 in
      UInt16((7919 * place + place / 5 * 31) % 65536)
    }
    return try from16(samples, width: width, height: height, .rgb16)
  }
}

struct AlphaTests {
  @Test func `blends over white and keeps what was there`() throws {
    // 10 * 51 / 255 + 255 * 204 / 255 = 2 + 204
    let image = try Image.fromRGBA([10, 20, 30, 51, 1, 2, 3, 255, 9, 9, 9, 0], width: 3, height: 1)
    #expect(image.values == [206, 208, 210, 1, 2, 3, 255, 255, 255])
    #expect(image.alphaValues == [51, 255, 0])
    #expect(image.unblended.values == [10, 20, 30, 1, 2, 3, 9, 9, 9])
    #expect(image.unblended.alpha == nil && image.deep == nil)
  }

  @Test func `what is opaque has no alpha`() throws {
    let image = try Image.fromRGBA([10, 20, 30, 255, 1, 2, 3, 255], width: 2, height: 1)
    #expect(image.alpha == nil && image.values == [10, 20, 30, 1, 2, 3])
    #expect(image.unblended === image)
    let part = try Image.fromRGBA([10, 20, 30, 255, 1, 2, 3, 0], width: 2, height: 1).cropped(
      x: 0, y: 0, width: 1, height: 1)
    #expect(part.alpha == nil && part.values == [10, 20, 30])
  }

  @Test func `a PNG keeps colours and alpha`() throws {
    for (width, height) in [(1, 1), (13, 9), (3, 200), (257, 2)] {
      let image = try Image.veiled(width: width, height: height)
      let again = try Image.decode(image.file(.png))
      #expect(again.values == image.values && again.alphaValues == image.alphaValues)
      #expect(again.unblended.values == image.unblended.values)
    }
    #expect(try Image.decode(Image.veiled().file(.jpeg)).alpha == nil)
  }

  @Test(arguments: 1...8)
  func `turns and cuts colours and alpha alike`(orientation: Int) throws {
    let image = try Image.veiled()
    let turned = try image.turned(#require(Orientation(rawValue: orientation)))
    OrientationTests.check(turned, image, orientation)
    OrientationTests.check(turned.unblended, image.unblended, orientation)
    let alpha = try #require(turned.alphaValues), before = try #require(image.alphaValues)
    for y in 0..<turned.height {
      for x in 0..<turned.width {
        let (fromX, fromY) = OrientationTests.source(orientation, x, y, image.width, image.height)
        #expect(alpha[y * turned.width + x] == before[fromY * image.width + fromX])
      }
    }
    let part = try turned.cropped(x: 2, y: 1, width: 5, height: 4)
    let wanted = (0..<20).map { (place: Int) -> UInt8 in alpha[(place / 5 + 1) * turned.width + place % 5 + 2]
    }
    #expect(part.alphaValues == wanted)
    #expect(part.unblended.values == (try turned.unblended.cropped(x: 2, y: 1, width: 5, height: 4).values))
  }

  @Test func `a clear pixel lends no colour to its neighbours`() throws {
    // Two pixels of which one is clear: the other's colour at half the cover.
    let image = try Image.fromRGBA([200, 100, 50, 255, 0, 0, 0, 0], width: 2, height: 1)
    for filter in ResizeFilter.allCases {
      let one = try image.resized(width: 1, height: 1, filter: filter)
      #expect(one.unblended.values == [200, 100, 50])
      #expect(one.alphaValues == [128])
    }
    let clear = try Image.fromRGBA([0, 0, 0, 0, 9, 9, 9, 0], width: 2, height: 1).resized(
      width: 1, height: 1, filter: .area)
    #expect(clear.alphaValues == [0] && clear.values == [255, 255, 255])
  }

  @Test func `a cover that does not change leaves sizes as they were`() throws {
    let colours = try Image.slope()
    let veil = try Image.fromRGBA([0, 0, 0, 100], width: 1, height: 1)
    let image = try colours.withAlpha(of: veil)
    for filter in ResizeFilter.allCases {
      let small = try image.resized(width: 6, height: 11, filter: filter)
      #expect(small.alphaValues == [UInt8](repeating: 100, count: 66))
      let wanted = try colours.resized(width: 6, height: 11, filter: filter)
      #expect(largestDifference(small.unblended.values, wanted.values) <= 1)
    }
  }

  @Test func `puts the alpha of one picture on another`() throws {
    let (colours, source) = (try Image.slope(), try Image.veiled())
    let both = try colours.withAlpha(of: source)
    #expect(both.unblended === colours && both.alphaValues == source.alphaValues)
    #expect(try both.withAlpha(of: colours) === colours)
    let larger = try Image.slope(width: 26, height: 5).withAlpha(of: source)
    #expect(larger.alpha?.count == 130 && larger.width == 26)
    let deep = try Image.deepPattern().withAlpha(of: source)
    #expect(deep.unblended.deep != nil && deep.deep != nil && deep.alphaValues == source.alphaValues)
  }
}

struct DeepTests {
  @Test func `pixels are the nearest levels`() throws {
    let samples: [UInt16] = [0, 128, 129, 257, 385, 386, 65535, 65406, 65407]
    let image = try Image.from16(samples, width: 3, height: 1, .rgb16)
    #expect(image.deepValues == samples)
    #expect(image.values == samples.map { UInt8((Double($0) / 257).rounded()) })
  }

  @Test func `every level narrows to the nearest`() throws {
    let samples = (0..<65536).map { UInt16($0) } + [0, 0]
    let image = try Image.from16(samples, width: samples.count / 3, height: 1, .rgb16)
    #expect(image.values == samples.map { UInt8((Double($0) / 257).rounded()) })
  }

  @Test func `memory need not be aligned`() throws {
    let bytes: [UInt8] =
      [99] + [1, 2, 3].flatMap { (value: UInt16) in withUnsafeBytes(of: value) { Array($0) } }
    let image = try bytes.withUnsafeBytes {
      try Image.copying(UnsafeRawBufferPointer(rebasing: $0[1...]), width: 1, height: 1, format: .rgb16)
    }
    #expect(image.deepValues == [1, 2, 3])
  }

  @Test func `a PNG keeps every bit`() throws {
    for (width, height) in [(1, 1), (13, 9), (3, 200), (257, 2)] {
      let image = try Image.deepPattern(width: width, height: height)
      let again = try Image.decode(image.file(.png))
      #expect(again.deepValues == image.deepValues && again.values == image.values)
    }
    #expect(try Image.decode(Image.deepPattern().file(.jpeg)).deep == nil)
    let samples = (0..<48).map { (place: Int) -> UInt16 in UInt16((5881 * place + 77) % 65536) }
    let veiled = try Image.from16(samples, width: 4, height: 3, .rgba16)
    let again = try Image.decode(veiled.file(.png))
    let colours = (0..<36).map { (place: Int) -> UInt16 in samples[place / 3 * 4 + place % 3] }
    #expect(again.unblended.deepValues == colours)
    #expect(again.alphaValues == veiled.alphaValues && again.deepValues == veiled.deepValues)
  }

  @Test func `noise, which cannot be compressed, fits its file`() throws {
    var random = Seeded(state: 5)
    for (width, height) in [(1, 1), (1, 300), (301, 203)] {
      let samples = (0..<4 * width * height).map { _ in UInt16.random(in: 0...65535, using: &random) }
      let image = try Image.from16(samples, width: width, height: height, .rgba16)
      #expect(try Image.decode(image.file(.png)).deepValues == image.deepValues)
    }
  }

  @Test(arguments: 1...8)
  func `turns and cuts 16 bits`(orientation: Int) throws {
    let image = try Image.deepPattern()
    let turned = try image.turned(#require(Orientation(rawValue: orientation)))
    OrientationTests.check(turned, image, orientation)
    let seen = try #require(turned.deepValues), before = try #require(image.deepValues)
    let (fromX, fromY) = OrientationTests.source(orientation, 3, 2, image.width, image.height)
    #expect(seen[3 * (2 * turned.width + 3)] == before[3 * (fromY * image.width + fromX)])
    let part = try turned.cropped(x: 3, y: 2, width: 2, height: 2)
    #expect(try #require(part.deepValues).prefix(6) == seen[(3 * (2 * turned.width + 3))...].prefix(6))
  }

  /// 257 times what 8 bits give, but for the roundings of those.
  @Test(arguments: ResizeFilter.allCases)
  func `resizes as 8 bits do`(filter: ResizeFilter) throws {
    let shallow = try Image.slope()
    let deep = try Image.from16(shallow.values.map { UInt16($0) * 257 }, width: 13, height: 9, .rgb16)
    for (width, height) in [(5, 4), (29, 17), (1, 1), (7, 17), (13, 4), (5, 9)] {
      let few = try shallow.resized(width: width, height: height, filter: filter)
      let many = try deep.resized(width: width, height: height, filter: filter)
      let samples = try #require(many.deepValues)
      let worst = zip(few.values, samples).map { abs(Double($0) - Double($1) / 257) }.max() ?? 99
      #expect(worst <= 1.2, "\(width)x\(height)")  // half a level between rows and columns, and half a level
      #expect(largestDifference(few.values, many.values) <= 1)
    }
  }

  @Test func `black and white stay so at any size`() throws {
    for level: UInt16 in [0, 1, 65535] {
      let image = try Image.from16(
        [UInt16](repeating: level, count: 3 * 70 * 50), width: 70, height: 50, .rgb16)
      for filter in ResizeFilter.allCases {
        let other = try #require(try image.resized(width: 33, height: 91, filter: filter).deepValues)
        #expect(other.allSatisfy { $0 == level })
      }
    }
  }

  @Test func `a long thin picture's mean does not overflow`() throws {
    let image = try Image.from16(
      [UInt16](repeating: 65535, count: 3 * 65500), width: 1, height: 65500, .rgb16)
    #expect(try image.resized(width: 1, height: 1, filter: .area).deepValues == [65535, 65535, 65535])
  }
}
