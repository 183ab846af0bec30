import Images
import TestSupport
import Testing

struct CodecTests {
  @Test func `a PNG keeps every bit`() throws {
    for (width, height) in [(1, 1), (13, 9), (3, 200), (257, 2)] {
      let image = try Image.pattern(width: width, height: height)
      let again = try Image.decode(image.file(.png))
      #expect(again.width == width && again.height == height)
      #expect(again.values == image.values)
    }
  }

  @Test func `noise, which cannot be compressed, fits its file`() throws {
    var random = Seeded(state: 3)
    for (width, height) in [(1, 1), (1, 300), (301, 203)] {
      let pixels = (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &random) }
      let image = try Image.from(pixels, width: width, height: height)
      #expect(try Image.decode(image.file(.png)).values == pixels)
    }
  }

  @Test func `a JPEG comes near, the nearer the better its quality`() throws {
    let image = try Image.slope()
    #expect(largestDifference(try Image.decode(image.file(.jpeg, quality: 100)).values, image.values) <= 2)
    #expect(largestDifference(try Image.decode(image.file(.jpeg, quality: 95)).values, image.values) <= 5)
    #expect(try image.file(.jpeg, quality: 20).count < image.file(.jpeg, quality: 95).count)
    for quality in [0, -1, 101, Int.max] {
      #expect(
        outcome { _ = try image.encode(as: .jpeg, quality: quality) }.hasPrefix(
          "invalidArgument: JPEG quality"))
    }
  }

  @Test func `reads what others wrote as they read it`() throws {
    for file in try Reference.load().files {
      let image = try Image.decode([UInt8](file.file))
      #expect(image.width == file.width && image.height == file.height, "\(file.name)")
      // Pillow may have another build of libjpeg-turbo, and rounds the blend of alpha in floating point.
      let difference = largestDifference(image.values, bytes(hexadecimal: file.pixels))
      print(file.name, "differs by", difference)
      #expect(difference <= 1, "\(file.name)")
    }
  }

  @Test func `says what it saw instead of a picture`() {
    #expect(
      outcome { _ = try Image.decode([]) }
        == "badData: picture of 0 bytes; expected a PNG, JPEG, WebP, HEIC, AVIF, TIFF, JPEG XL or BMP file")
    #expect(
      outcome { _ = try Image.decode(Array("GIF89a...".utf8)) }
        == "badData: a GIF file, which is not read; "
        + "expected a PNG, JPEG, WebP, HEIC, AVIF, TIFF, JPEG XL or BMP file")
    for short: [UInt8] in [
      [0x0A], [0xFF, 0xD8], [0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    ] {
      #expect(outcome { _ = try Image.decode(short) }.hasPrefix("badData"))
    }
    #expect(
      outcome { _ = try Image.decode([0xFF, 0xD8, 0xFF, 0xE0]) }
        == "badData: JPEG: no header of a picture; expected one: the file is cut off or has tables only")
    #expect(
      outcome { _ = try Image.decode([UInt8]().span) }.hasPrefix("badData"))
  }
}
