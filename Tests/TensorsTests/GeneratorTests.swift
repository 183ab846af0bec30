import Tensors
import Testing

@Suite struct GeneratorTests {
  /// Origin: a C program with SplitMix64 and xoshiro256++ as their authors publish them, seed 1.
  @Test func `gives the published sequence`() {
    var generator = Generator(seed: 1)
    #expect(
      (0..<4).map { _ in generator.next() } == [
        0xcfc5_d07f_6f03_c29b, 0xbf42_4132_963f_e08d, 0x19a3_7d57_57aa_f520, 0xbf08_119f_05cd_56d6
      ])
  }

  @Test func `is uniform in 0 to 1`() {
    var generator = Generator(seed: 42)
    var sum = 0.0, smallest: Float = 1, largest: Float = 0
    for _ in 0..<100_000 {
      let x = generator.uniform()
      sum += Double(x)
      smallest = min(smallest, x)
      largest = max(largest, x)
    }
    // The mean of 100,000 has a standard deviation of 0.0009.
    #expect(abs(sum / 100_000 - 0.5) < 0.005)
    #expect(smallest >= 0 && smallest < 0.001 && largest < 1 && largest > 0.999)
  }
}
