import Statistics
import Tensors
import TestSupport
import Testing

private func read(_ text: String) throws -> PairList {
  try PairList(parsing: text.utf8.span)
}

@Suite struct PairListTests {
  @Test func `reads folds of pairs, each photo once`() throws {
    let list = try read("2 1\nAda 1 2\nAda 2 Bob 10\nBob 10 3\nAda 1 Eve 4\n")
    let bytes = list.paths.values
    let paths = list.starts.map { String(decoding: bytes[$0...].prefix { $0 != 0 }, as: UTF8.self) }
    #expect(
      paths == [
        "Ada/Ada_0001.jpg", "Ada/Ada_0002.jpg", "Bob/Bob_0010.jpg", "Bob/Bob_0003.jpg", "Eve/Eve_0004.jpg"
      ])
    #expect(list.folds == 2)
    #expect(list.pairs.map(\.first) == [0, 1, 2, 0] && list.pairs.map(\.second) == [1, 2, 3, 4])
    #expect(list.pairs.map(\.isSame) == [true, false, true, false] && list.pairs.map(\.fold) == [0, 0, 1, 1])
  }

  @Test func `one number on the first line is one fold`() throws {
    let list = try read("2\nA 1 2\nB 1 2\nA 1 B 1\nA 2 B 2")
    #expect(
      list.folds == 1 && list.pairs.map(\.isSame) == [true, true, false, false]
        && list.pairs.allSatisfy { $0.fold == 0 })
  }

  @Test func `names are bytes, composed or not`() throws {
    let list = try read("1\nZo\u{eb} 1 2\nZo\u{eb} 1 Zoe\u{308} 1\n")
    #expect(list.photos == 3)
  }

  @Test func `a byte-order mark is no part of the first line`() throws {
    #expect(try read("\u{feff}1\r\nA 1 2\r\nA 1 B 1\r\n\r\n").pairs.count == 2)
  }

  @Test func `says which line is wrong, and how`() {
    #expect(
      outcome { try read("1 9\nA 1 2\nB 1 C 2\n") }
        == "badData: pairs: line 1 promises 18 pairs; expected no more than 18 bytes can hold")
    #expect(
      outcome { try read("1 2\nA 1 2\nBob 1 Carol 2\nA 1 C 2\nA 1 D 2\n") }
        == "badData: pairs: line 3 has 4 fields; expected 3: each fold has 2 pairs of one person, then 2 of two"
    )
    #expect(
      outcome { try read("1 1\nA 1 1234567\nA 1 B 1\n") }
        == "badData: pairs: line 2 has \"1234567\"; expected a number from 1 to 999999")
    #expect(outcome { try read("\n \n") } == "badData: pairs: no line 1; expected pairs of photos")
    #expect(
      outcome { try read("1 2\nAnne 1 2\nBeth 1 2\nAnne 1 Beth 2\n") }
        == "badData: pairs: ends at line 4 with 3 pairs; expected 4, as line 1 promises")
  }
}

@Suite struct ListedPairsTests {
  private func paths(_ list: PairList) -> [String] {
    let bytes = list.paths.values
    return list.starts.map { String(decoding: bytes[$0...].prefix { $0 != 0 }, as: UTF8.self) }
  }

  @Test(arguments: [
    "a.jpg b/c.png 1\n\nb/c.png\td.jpg  0\n", "a.jpg,b/c.png,true\r\nb/c.png, d.jpg ,False\r\n",
    "first,second,same\na.jpg,b/c.png,SAME\n\"b/c.png\",d.jpg,different", "first second same\na.jpg b/c.png 1\nb/c.png d.jpg 0"
  ])
  func `reads photos and whether they are one person's`(text: String) throws {
    let list = try read(text)
    #expect(paths(list) == ["a.jpg", "b/c.png", "d.jpg"] && list.folds == 1)
    #expect(list.pairs.map(\.first) == [0, 1] && list.pairs.map(\.second) == [1, 2])
    #expect(list.pairs.map(\.isSame) == [true, false])
  }

  @Test func `quotes protect commas, blanks and quotes in a name`() throws {
    let list = try read("\"smith, ann.jpg\",\"the \"\"boss\"\".jpg\",1\n")
    #expect(paths(list) == ["smith, ann.jpg", "the \"boss\".jpg"])
  }

  @Test func `either kind of pairs is cut into ten folds in the order given`() throws {
    let lines = (0..<40).map { "a\($0).jpg b\($0).jpg \($0 < 20 ? 1 : 0)" }
    let list = try read(lines.joined(separator: "\n"))
    #expect(list.folds == 10)
    #expect(list.pairs.map(\.fold) == (0..<40).map { $0 % 20 / 2 })
    #expect(try read(lines[..<23].joined(separator: "\n")).folds == 3)
  }

  @Test func `folds are those of the list where it has them`() throws {
    let list = try read("a.jpg,b.jpg,1,2\na.jpg,c.jpg,0,0\n")
    #expect(list.folds == 3 && list.pairs.map(\.fold) == [2, 0])
  }

  @Test func `says which line is wrong, and how`() {
    let wrong = [
      ("a.jpg b.jpg\n", "line 1 has 2 fields; expected PHOTO PHOTO 1, or 0 for two people, and a fold if any"),
      ("a.jpg b.jpg 1\na.jpg c.jpg maybe\n", "line 2 has \"maybe\"; expected 1 for one person or 0 for two"),
      ("a.jpg a.jpg 1\n", "line 1 has \"a.jpg\" twice; expected two photos"),
      ("a.jpg ../b.jpg 1\n", "line 1 has \"../b.jpg\"; expected a path below the folder of images"),
      ("/a.jpg b.jpg 1\n", "line 1 has \"/a.jpg\"; expected a path below the folder of images"),
      (",b.jpg,1\n", "line 1 has a path of 0 bytes; expected 1 to 4095, none a control character"),
      ("\"a.jpg,b.jpg,1\n", "line 1 ends inside quotes; expected them closed"),
      ("a.jpg,b.jpg,1,x\n", "line 1 has fold \"x\"; expected 0 to 65535"),
      ("a.jpg,b.jpg,1,0\na.jpg,c.jpg,0\n", "line 2 differs; expected a fold on each line, or on none"),
      (
        "first second same\n",
        "line 1 is a heading, and no pair follows; expected PHOTO PHOTO 1, or 0 for two people"
      )
    ]
    for (text, reason) in wrong { #expect(outcome { try read(text) } == "badData: pairs: \(reason)") }
  }
}
