/// Random numbers that depend only on a seed: xoshiro256++ by Blackman and Vigna (2019), its state filled by
/// SplitMix64 from the seed.
package struct Generator {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var seed = seed
    func splitMix() -> UInt64 {
      seed &+= 0x9E37_79B9_7F4A_7C15
      var z = seed
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    state = (splitMix(), splitMix(), splitMix(), splitMix())
  }

  package mutating func next() -> UInt64 {
    func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { x << k | x >> (64 - k) }
    let result = rotated(state.0 &+ state.3, 23) &+ state.0
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotated(state.3, 45)
    return result
  }

  /// Uniform in 0..<1: the upper 24 bits.
  package mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }
}

extension Generator {
  /// A generator for each combination of numbers; each number is mixed in by SplitMix64's finaliser.
  package init(seed: UInt64, _ first: UInt64, _ second: UInt64) {
    func mixed(_ x: UInt64) -> UInt64 {
      var z = x &+ 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    self.init(seed: mixed(mixed(mixed(seed) ^ first) ^ second))
  }

  /// Uniform in 0..<count; the bias of the multiplication is below count / 2^64.
  package mutating func below(_ count: Int) -> Int {
    count < 1 ? 0 : Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// Shuffles: Fisher and Yates, as Durstenfeld gave it in 1964.
  package mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var elements = elements
    for i in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(i, below(i + 1)) }
    return elements
  }
}
