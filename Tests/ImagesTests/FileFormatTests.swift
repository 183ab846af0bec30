import Images
import TestSupport
import Testing

@Suite struct FileFormatTests {
  @Test func `a name's ending says which format, in capitals or not`() throws {
    for (name, format) in [
      ("a.png", FileFormat.png), ("b.c/D.PNG", .png), ("x.jpg", .jpeg), ("X.JpEg", .jpeg)
    ] {
      #expect(FileFormat(ending: name) == format)
      #expect(try FileFormat(path: name) == format)
    }
    for name in ["a.gif", "png", "a.png.txt", "", ".jp"] {
      #expect(FileFormat(ending: name) == nil)
      #expect(
        outcome { try FileFormat(path: name) }
          == "invalidArgument: \(name): expected a name that ends in .png, .jpg or .jpeg")
    }
  }

  @Test(arguments: FileFormat.allCases)
  func `what is written as a format is read by its first bytes`(format: FileFormat) throws {
    let image = try Image.slope()
    let again = try Image.decode(image.file(format))
    #expect(again.width == image.width && largestDifference(again.values, image.values) <= 5)
  }
}
