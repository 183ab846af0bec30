import CSystem
import TestSupport
import Tensors
import Testing

/// In processes of their own: what other tests take and give back would be in the way.
@Suite struct MemoryTests {
  @Test func `keeps large blocks for the next of their size while something recycles`() async throws {
    await #expect(processExitsWith: .success) {
      let size = 3 << 20
      func place(_ byteCount: Int) throws -> UInt {
        UInt(bitPattern: try Storage<UInt8>(count: byteCount).pointer)
      }
      /// Whether the address is memory of this process.
      func isMapped(_ address: UInt) -> Bool {
        var page: UInt8 = 0
        return mincore(UnsafeMutableRawPointer(bitPattern: address), 1, &page) == 0
      }
      try #require(try !isMapped(place(size)))

      var one: Memory.Recycling? = Memory.Recycling(), other: Memory.Recycling? = Memory.Recycling()
      let first = try place(size)
      try #require(isMapped(first))
      try #require(try place(size + 64) != first && place(size) == first)
      func isOneOfTwo() throws -> Bool {
        let one = try Storage<UInt8>(count: size), other = try Storage<UInt8>(count: size)
        return withExtendedLifetime((one, other)) {
          one.pointer != other.pointer && UInt(bitPattern: one.pointer) == first
        }
      }
      try #require(try isOneOfTwo())

      withExtendedLifetime(one) {}
      one = nil
      try #require(isMapped(first), "another still recycles")
      withExtendedLifetime(other) {}
      other = nil
      try #require(!isMapped(first))
      try #require(try !isMapped(place(size)))
    }
  }

  @Test func `blocks that are kept make room where memory runs short`() async throws {
    await #expect(processExitsWith: .success) {
      // The library may hold three quarters of the machine's memory, here of 4 GB: of two blocks of more than
      // half of that each, the kept one has to go. All but a page of it is never touched.
      try describe([("/proc/meminfo", "MemTotal: 4194304 kB\nMemAvailable: 4194304 kB\n")])
      let half = (4 << 30) / 4 * 3 / 5 * 3
      let recycling = Memory.Recycling()
      for extra in [0, 4096, 0] {
        let block = try Storage<UInt8>(count: half + extra)
        block.pointer[half - 1] = 1
      }
      let block = try Storage<UInt8>(count: half)
      try #require(outcome { try Storage<UInt8>(count: half) }.hasPrefix("noMemory"))
      withExtendedLifetime((recycling, block)) {}
    }
  }
}
