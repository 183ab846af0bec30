import Images
import TestSupport
import Testing

/// A "Raw profile type" as ImageMagick writes it: 36 bytes a line.
func rawProfile(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
  var text = "\n\(name)\n      \(bytes.count)"
  for (place, byte) in bytes.enumerated() {
    text += (place % 36 == 0 ? "\n" : "") + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
  return Array((text + "\n").utf8)
}

struct PNGChunksTests {
  private static let head = Array("Exif\0\0".utf8)

  /// Each way in which converters keep a camera's orientation.
  private static func notes(_ orientation: Int) -> [(String, [UInt8])] {
    let block = exifBlock(orientation, littleEndian: false)
    let packet = Array("<rdf:Description tiff:Orientation=\"\(orientation)\"/>".utf8)
    let exif = Array("Raw profile type exif\0".utf8), app1 = Array("Raw profile type APP1\0".utf8)
    let xmp = Array("XML:com.adobe.xmp\0".utf8)
    return [
      ("eXIf", block), ("eXIf", head + block), ("eXIf", head + head + block),
      ("tEXt", exif + rawProfile("exif", head + block)), ("tEXt", exif + rawProfile("exif", block)),
      ("zTXt", exif + [0] + stored(rawProfile("exif", head + block))),
      ("iTXt", exif + [0, 0, 0, 0] + rawProfile("exif", block)),
      ("zTXt", app1 + [0] + stored(rawProfile("APP1", head + block))),
      ("tEXt", app1 + rawProfile("APP1", Array("http://ns.adobe.com/xap/1.0/\0".utf8) + packet)),
      ("tEXt", Array("Raw profile type xmp\0".utf8) + rawProfile("xmp", packet)),
      ("iTXt", xmp + [0, 0, 0, 0] + packet),
      ("iTXt", xmp + [1, 0, 0x65, 0x6E, 0, 0x78, 0] + stored(packet))
    ]
  }

  @Test(arguments: 1...8, [false, true])
  func `turns by a note wherever it is kept`(orientation: Int, atEnd: Bool) throws {
    let upright = try Image.pattern(width: 21, height: 10)
    let png = try upright.file(.png)
    for (name, data) in Self.notes(orientation) {
      let turned = try Image.decode(withChunks(png, chunk(name, data), atEnd: atEnd))
      OrientationTests.check(turned, upright, orientation)
    }
  }

  @Test func `heeds EXIF before XMP, and a chunk before texts`() throws {
    let upright = try Image.pattern(width: 21, height: 10)
    let png = try upright.file(.png)
    let (six, others) = (Self.notes(6), Self.notes(3))
    func note(_ note: (String, [UInt8])) -> [UInt8] { chunk(note.0, note.1) }
    for (first, second) in [(0, 3), (0, 7), (0, 10), (3, 7), (3, 10), (7, 10), (10, 9)] {
      for file in [note(six[first]) + note(others[second]), note(others[second]) + note(six[first])] {
        OrientationTests.check(try Image.decode(withChunks(png, file)), upright, 6)
      }
    }
    // What says nothing leaves it to the next.
    let silent = chunk("eXIf", Self.head + [0x49, 0x49])
    OrientationTests.check(try Image.decode(withChunks(png, silent + note(six[7]))), upright, 6)
  }

  @Test func `passes over a note with a wrong check sum`() throws {
    let upright = try Image.pattern(width: 21, height: 10)
    for (name, data) in Self.notes(6) + [("cICP", [9, 16, 0, 1])] {
      var wrong = chunk(name, data)
      wrong[wrong.count - 1] ^= 1
      #expect(try Image.decode(withChunks(upright.file(.png), wrong)).values == upright.values)
    }
  }
}
