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
    #expect(
      outcome { try read("1 2\nAnne 1 2\nBeth 1 2\nAnne 1 Beth 2\n") }
        == "badData: pairs: ends at line 4 with 3 pairs; expected 4, as line 1 promises")
  }
}
