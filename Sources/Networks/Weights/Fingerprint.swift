/// A hash of every byte added to it, and of their order: each word is mixed in like SplitMix64 mixes its
/// state; bytes use four such states in turn, which are independent of one another.
package struct Fingerprint {
  package private(set) var value: UInt64 = 0

  package init() {}

  package mutating func add(_ word: UInt64) { value = stirred(value, word) }

  package mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    for byte in text.utf8 { add(UInt64(byte)) }
  }

  package mutating func add(_ bytes: RawSpan) { add(Run(bytes)) }

  mutating func add(_ run: Run) { for word in run.words { add(word) } }

  /// What bytes add, whatever was added before: several threads may read a run each.
  struct Run {
    fileprivate let words: [UInt64]

    init(_ bytes: RawSpan) {
      words = bytes.withUnsafeBytes { bytes in
        func word(_ offset: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
        let whole = bytes.count / 32 * 32
        for offset in stride(from: 0, to: whole, by: 32) {
          a = stirred(a, word(offset))
          b = stirred(b, word(offset + 8))
          c = stirred(c, word(offset + 16))
          d = stirred(d, word(offset + 24))
        }
        return [a, b, c, d] + (whole..<bytes.count).map { UInt64(bytes[$0]) }
      }
    }
  }
}

private func stirred(_ state: UInt64, _ word: UInt64) -> UInt64 {
  var z = (state ^ word) &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
