import Networks
import TestSupport
import Testing

@Suite struct FingerprintTests {
  /// Of a tensor of bytes; 100 of them fill the four lanes three times and leave a rest.
  private func fingerprint(_ bytes: [UInt8]) throws -> UInt64 {
    var file = TensorFile()
    file.add("x", "U8", [bytes.count], bytes)
    return try file.weightFile().fingerprint
  }

  private var bytes: [UInt8] { (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) } }

  @Test func `every bit of a long tensor counts, in every lane`() throws {
    var seen: Set<UInt64> = [try fingerprint(bytes)]
    for place in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[place] ^= 1 << UInt8(bit)
        #expect(seen.insert(try fingerprint(changed)).inserted)
      }
    }
  }

  @Test func `changes do not cancel`() throws {
    var seen: Set<UInt64> = [try fingerprint(bytes)]
    // The highest bits of two words of one lane, and of two lanes.
    for (a, b) in [(7, 39), (39, 71), (7, 15), (15, 47), (31, 63), (7, 71)] {
      var changed = bytes
      changed[a] ^= 0x80
      changed[b] ^= 0x80
      #expect(seen.insert(try fingerprint(changed)).inserted)
    }
  }

  @Test(arguments: [(0, 8), (0, 32), (8, 40), (24, 56), (64, 96), (0, 1)])
  func `the order counts`(a: Int, b: Int) throws {
    var changed = bytes
    for i in 0..<min(8, b - a, bytes.count - b) { changed.swapAt(a + i, b + i) }
    #expect(try fingerprint(changed) != fingerprint(bytes))
  }

  @Test func `zeros at the end count`() throws {
    let lengths = [1, 7, 8, 31, 32, 33, 64, 65].map { [UInt8](repeating: 0, count: $0) }
    #expect(Set(try lengths.map(fingerprint)).count == lengths.count)
  }
}
