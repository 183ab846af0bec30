import Tensors
import Testing

/// Text from bytes, as a path comes from the system.
private func text(_ bytes: [UInt8]) -> String {
  (bytes + [0]).withUnsafeBytes { bytes in
    bytes.baseAddress.map { pathText($0.assumingMemoryBound(to: CChar.self)) } ?? "no bytes"
  }
}

private func bytes(_ text: String) -> [UInt8] {
  withPath(text) { path in
    (0..<Int.max).lazy.map { UInt8(bitPattern: path[$0]) }.prefix { $0 != 0 }.map { $0 }
  }
}

@Suite struct PathsTests {
  @Test func `what is UTF-8 is the same text`() {
    for path in ["", "a/b.jpg", "Zo\u{eb}", "\u{65e5}\u{672c}", "\u{1f600}", "\u{10ffff}"] {
      #expect(
        text(Array(path.utf8)).utf8.elementsEqual(path.utf8) && bytes(path) == Array(path.utf8)
          && shown(path) == path)
    }
  }

  @Test func `every byte comes back, and no two paths have one text`() {
    // Latin-1; what is cut off; overlong; a surrogate; beyond Unicode; the scalars that stand for bytes here.
    let paths: [[UInt8]] = [
      [0x41, 0xE9, 0x42], [0xC3], [0x41, 0xF0, 0x9F, 0x98], [0xC0, 0xAF], [0xED, 0xA0, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0x80, 0xFF],
      [0xF4, 0x8F, 0xBA, 0x80], [0xF4, 0x8F, 0xBB, 0xBF, 0xE9], [0xF4], [0xF4, 0x8F, 0xBA],
      [0xC3, 0xA9, 0xE9, 0xC3, 0xA9]
    ]
    for path in paths { #expect(bytes(text(path)) == path, "\(path)") }
    #expect(Set(paths.map { Array(text($0).utf8) }).count == paths.count)
    for first in UInt8(1)...255 {
      for second in UInt8(1)...255 { #expect(bytes(text([first, second])) == [first, second]) }
    }
  }

  @Test func `people see it repaired`() {
    #expect(
      shown("cannot open " + text(Array("Andr".utf8) + [0xE9] + Array(".jpg".utf8)) + ": no")
        == "cannot open Andr\u{fffd}.jpg: no")
    #expect(shown(text([0xF4, 0x8F, 0xBA, 0x80])) == "\u{10fe80}")
  }

  @Test func `endings count in capitals, too`() {
    #expect(ends("a.CSV", in: ".csv") && ends("\u{e9}.Csv", in: ".csv") && ends(".csv", in: ".csv"))
    #expect(!ends("a.csv2", in: ".csv") && !ends("csv", in: ".csv") && !ends("", in: ".csv"))
  }
}
