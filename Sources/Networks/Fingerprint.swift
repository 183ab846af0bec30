/// A number that depends on every byte of what is added to it, and on the order.
///
/// Texts and lengths are stirred in one by one as SplitMix64 stirs its state. Bytes go eight at a time through four lanes,
/// `lane = rotate(lane ^ word, 29) * odd`, each a one-to-one map of its word: a change is never lost on the way.
struct Fingerprint {
  private(set) var value: UInt64 = 0

  mutating func add(_ word: UInt64) {
    var z = (value ^ word) &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    value = z ^ (z >> 31)
  }

  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    for byte in text.utf8 { add(UInt64(byte)) }
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    // Odd numbers without a pattern: the fractions of the square roots of 2, 3, 5 and 7.
    let odd = SIMD4<UInt64>(0x6A09_E667_F3BC_C909, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1)
    var (a, b, c, d) = (odd[0], odd[1], odd[2], odd[3])
    func stirred(_ lane: UInt64, _ word: UInt64, _ odd: UInt64) -> UInt64 {
      let x = lane ^ word
      return (x << 29 | x >> 35) &* odd
    }
    func word(_ offset: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    let whole = bytes.count / 32 * 32
    for offset in stride(from: 0, to: whole, by: 32) {
      a = stirred(a, word(offset), odd[0])
      b = stirred(b, word(offset + 8), odd[1])
      c = stirred(c, word(offset + 16), odd[2])
      d = stirred(d, word(offset + 24), odd[3])
    }
    for lane in [a, b, c, d] { add(lane) }
    for offset in whole..<bytes.count { add(UInt64(bytes[offset])) }
  }
}
