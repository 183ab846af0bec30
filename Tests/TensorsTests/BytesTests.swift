import Tensors
import Testing

@Suite struct BytesTests {
  private let text = Array("FACE\0face".utf8)

  private func begins(_ bytes: [UInt8], with other: [UInt8]) -> Bool { bytes.span.starts(with: other) }
  private func has(_ words: StaticString, at place: Int) -> Bool { text.span.has(words, at: place) }
  private func first(_ byte: UInt8, from place: Int = 0) -> Int? {
    text.span.firstIndex(of: byte, from: place)
  }
  private func mark(_ bytes: [UInt8]) -> Int { markLength(bytes.span) }

  @Test func `says what bytes begin with`() {
    #expect(begins(text, with: [0x46, 0x41]) && begins(text, with: text) && begins(text, with: []))
    #expect(!begins(text, with: [0x41]) && !begins(text, with: text + [0]) && !begins([], with: [0]))
  }

  @Test func `finds words at a place, and none that reach past the end or before the beginning`() {
    #expect(has("FACE", at: 0) && has("face", at: 5) && has("FACE\0", at: 0) && has("", at: 9))
    for place in [4, 6, 9, 10, -1, Int.max, Int.min] { #expect(!has("face", at: place)) }
  }

  @Test func `finds the first of a byte from a place on`() {
    #expect(first(0) == 4 && first(0, from: 4) == 4 && first(0, from: 5) == nil)
    #expect(first(0x66, from: 9) == nil && first(0x66, from: 99) == nil)
  }

  @Test func `copies a part, and sees the mark before UTF-8`() {
    let part = text.span.extracting(5...).array
    #expect(part == Array("face".utf8))
    #expect(mark(text) == 0 && mark([0xEF, 0xBB]) == 0 && mark([0xEF, 0xBB, 0xBF, 1]) == 3 && mark([]) == 0)
  }

  @Test func `a blank is within a line, a space also between lines and pages`() {
    let all = UInt8.min...UInt8.max
    #expect(all.filter(isBlank) == Array("\t\r ".utf8))
    #expect(all.filter(isSpace) == Array("\t\n\u{B}\u{C}\r ".utf8))
  }
}
