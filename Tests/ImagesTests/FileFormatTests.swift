import Images
import TestSupport
import Testing

@Suite struct FileFormatTests {
  @Test func `a name's ending says which format, in capitals or not`() throws {
    for (name, format) in [
      ("a.png", FileFormat.png), ("b.c/D.PNG", .png), ("x.jpg", .jpeg), ("X.JpEg", .jpeg)
    ] {
      #expect(FileFormat(ending: name) == format)
      #expect(try FileFormat(path: name) == format && format.isWritten)
    }
    for (name, format) in [
      ("a.webp", FileFormat.webP), ("IMG_1.HEIC", .heic), ("a.heif", .heic), ("a.hif", .heic),
      ("b.AVIF", .avif),
      ("a.tif", .tiff), ("a.tiff", .tiff), ("a.jxl", .jpegXL), ("a.bmp", .bmp), ("a.dib", .bmp)
    ] {
      #expect(FileFormat(ending: name) == format && !format.isWritten)
    }
    for name in ["a.gif", "png", "a.png.txt", "", ".jp"] {
      #expect(FileFormat(ending: name) == nil)
    }
    for name in ["a.gif", "png", "a.png.txt", "", ".jp", "a.webp", "a.heic", "a.tiff", "a.jxl", "a.bmp"] {
      #expect(
        outcome { try FileFormat(path: name) }
          == "invalidArgument: \(name): expected a name that ends in .png, .jpg or .jpeg")
    }
  }

  @Test(arguments: FileFormat.written)
  func `what is written as a format is read by its first bytes`(format: FileFormat) throws {
    let image = try Image.slope()
    let again = try Image.decode(image.file(format))
    #expect(again.width == image.width && largestDifference(again.values, image.values) <= 5)
  }

  @Test func `photos may have any ending that is read`() {
    #expect(
      FileFormat.endingExpected
        == "expected a name that ends in .png, .jpg, .jpeg, .webp, .heic, .heif, .hif, .avif, .tif, .tiff, .jxl, .bmp or .dib"
    )
  }

  @Test(
    arguments: [
      ("", nil), ("BM", FileFormat.bmp), ("II*\0", .tiff), ("MM\0+", .tiff), ("WEBP", nil),
      ("RIFF....WEBP", .webP), ("RIFF....WAVE", nil), ("\0\0\0\u{18}ftypheic", .heic),
      ("\0\0\0\u{18}ftypavif", .avif), ("\0\0\0\u{18}ftypmif1\0\0\0\0avif....", .avif),
      ("\0\0\0\u{18}ftypmif1\0\0\0\0miafheix", .heic), ("\0\0\0\u{18}ftypmif1\0\0\0\0miaf....", .heic),
      ("\0\0\0\u{10}ftypmp42\0\0\0\0heic", nil), ("\0\0\0\u{18}ftypmp42\0\0\0\0isommp42", nil),
      ("\0\0\0\u{0C}JXL \r\n", nil)
    ] as [(String, FileFormat?)])
  func `content is recognised by more than its first bytes`(bytes: String, format: FileFormat?) throws {
    let text = outcome { _ = try Image.decode(Array(bytes.utf8)) }
    if let format {
      // Of a file so short, or of a library that is not installed, the format's own reason.
      #expect(text.contains("\(format.name): ") || text.contains("\(format.name) needs"), "\(text)")
    } else {
      #expect(text.hasPrefix("badData: picture ") || text.hasPrefix("badData: a movie file, "), "\(text)")
    }
  }
}
