/// Access to bytes for readers of files and texts. Every position is checked.
extension Span where Element == UInt8 {
  package func starts(with bytes: [UInt8]) -> Bool {
    guard count >= bytes.count else { return false }
    for place in bytes.indices where self[place] != bytes[place] { return false }
    return true
  }

  /// Whether these words are at `place`; false if they would extend past the end.
  package func has(_ words: StaticString, at place: Int) -> Bool {
    guard place >= 0, place <= count - words.utf8CodeUnitCount else { return false }
    for index in 0..<words.utf8CodeUnitCount where self[place + index] != words.utf8Start[index] {
      return false
    }
    return true
  }

  package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    for place in start..<max(start, count) where self[place] == byte { return place }
    return nil
  }

  package var array: [UInt8] { withUnsafeBufferPointer { Array($0) } }
}

/// Whether a byte separates words of a line: a space, a tab, or the return before a line feed.
package func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

/// Whether it separates words of a text: blanks, and what ends lines and pages, as C's `isspace`.
package func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
