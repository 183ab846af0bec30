import Images
import Testing

/// A TIFF block with one entry, as cameras write it.
func exifBlock(_ orientation: Int, littleEndian: Bool, type: Int = 3) -> [UInt8] {
  func number(_ value: Int, _ size: Int) -> [UInt8] {
    let bytes = (0..<size).map { UInt8(value >> (8 * $0) & 255) }
    return littleEndian ? bytes : bytes.reversed()
  }
  return (littleEndian ? [0x49, 0x49] : [0x4D, 0x4D]) + number(42, 2) + number(8, 4) + number(2, 2)
    + number(271, 2) + number(2, 2) + number(4, 4) + number(0, 4)
    + number(274, 2) + number(type, 2) + number(1, 4) + number(orientation, type == 3 ? 2 : 4)
    + (type == 3 ? [0, 0] : []) + number(0, 4)
}

/// The JPEG with an EXIF segment after its first marker.
func withExif(_ jpeg: [UInt8], _ block: [UInt8]) -> [UInt8] {
  let payload = Array("Exif\0\0".utf8) + block
  let length = payload.count + 2
  return jpeg[..<2] + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + payload + jpeg[2...]
}

struct OrientationTests {
  /// Where the upright picture's pixel (x, y) comes from in one of w x h, by the standard's words.
  static func source(_ orientation: Int, _ x: Int, _ y: Int, _ w: Int, _ h: Int) -> (Int, Int) {
    switch orientation {
    case 2: (w - 1 - x, y)
    case 3: (w - 1 - x, h - 1 - y)
    case 4: (x, h - 1 - y)
    case 5: (y, x)
    case 6: (y, h - 1 - x)
    case 7: (w - 1 - y, h - 1 - x)
    case 8: (w - 1 - y, x)
    default: (x, y)
    }
  }

  static func check(_ turned: Image, _ image: Image, _ orientation: Int) {
    let swaps = orientation >= 5
    #expect(turned.width == (swaps ? image.height : image.width))
    #expect(turned.height == (swaps ? image.width : image.height))
    var same = true
    for y in 0..<turned.height {
      for x in 0..<turned.width {
        let (fromX, fromY) = source(orientation, x, y, image.width, image.height)
        for c in 0..<3 { same = same && turned.row(y)[3 * x + c] == image.row(fromY)[3 * fromX + c] }
      }
    }
    #expect(same)
  }

  @Test(arguments: 1...8)
  func `turns each of the eight`(orientation: Int) throws {
    let image = try Image.pattern(width: 131, height: 67)
    Self.check(try image.turned(#require(Orientation(rawValue: orientation))), image, orientation)
  }

  @Test(arguments: 1...8, [true, false])
  func `heeds a JPEG's EXIF block`(orientation: Int, littleEndian: Bool) throws {
    let jpeg = try Image.pattern(width: 21, height: 10).file(.jpeg)
    let plain = try Image.decode(jpeg)
    for type in [3, 4] {
      let block = exifBlock(orientation, littleEndian: littleEndian, type: type)
      Self.check(try Image.decode(withExif(jpeg, block)), plain, orientation)
    }
  }

  @Test func `takes a malformed EXIF block for none`() throws {
    let jpeg = try Image.pattern(width: 21, height: 10).file(.jpeg)
    let plain = try Image.decode(jpeg).values
    let good = exifBlock(6, littleEndian: true)
    for count in 0..<(good.count - 6) {  // the value lies before the last 6 bytes
      #expect(try Image.decode(withExif(jpeg, Array(good[..<count]))).values == plain)
    }
    for orientation in [0, 9, 65535] {
      #expect(try Image.decode(withExif(jpeg, exifBlock(orientation, littleEndian: true))).values == plain)
    }
    var random = Seeded(state: 7)
    for _ in 0..<300 {
      var block = good
      block[Int.random(in: 0..<block.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      #expect(try Image.decode(withExif(jpeg, block)).pixels.count == plain.count)
    }
  }

  @Test(arguments: 1...8)
  func `heeds a JPEG's XMP where EXIF says nothing`(orientation: Int) throws {
    let jpeg = try Image.pattern(width: 21, height: 10).file(.jpeg)
    let plain = try Image.decode(jpeg)
    let namespace = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
    func xmp(_ text: String) -> [UInt8] { segment(0xE1, namespace + Array(text.utf8)) }
    let attribute = xmp("<rdf:Description tiff:Orientation=\"\(orientation)\"/>")
    let element = xmp("<tiff:Orientation>\(orientation)</tiff:Orientation>")
    let exif = segment(0xE1, Array("Exif\0\0".utf8) + exifBlock(orientation, littleEndian: true))
    let other = xmp("<rdf:Description tiff:Orientation='\(9 - orientation)'/>")
    let silent = segment(0xE1, Array("Exif\0\0MM".utf8))
    for notes in [attribute, element, silent + attribute, exif + other, other + exif] {
      Self.check(try Image.decode(behindFirstSegment(jpeg, notes)), plain, orientation)
    }
  }

  @Test func `takes XMP that names none of the eight for none`() throws {
    let jpeg = try Image.pattern(width: 21, height: 10).file(.jpeg)
    let plain = try Image.decode(jpeg).values
    for text in ["=\"0\"", "=\"9\"", "=\"66\"", "=\"\"", "=\"6'", "=\"6", "=6", "=", "", ">6", ">", "s=\"6\""]
    {
      let packet = Array("http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation".utf8) + Array(text.utf8)
      #expect(try Image.decode(behindFirstSegment(jpeg, segment(0xE1, packet))).values == plain, "\(text)")
    }
  }
}
