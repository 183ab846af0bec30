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
      let again = try Storage<UInt8>(ifRoom: size).map { UInt(bitPattern: $0.pointer) }
      try #require(again == first, "what is only quicker takes what is kept, too")
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

  // (The tests' Swift runtime is a library of its own, whose arrays are not counted; that of the library is
  // counted: Tests/CTests/memory_test.c, Tests/Faults/limit_test.c.)
  @Test func `what is held is counted, storage and other blocks, and is given back to the byte`() async throws
  {
    await #expect(processExitsWith: .success) {
      let before = Memory.held
      do {
        let storage = try Storage<UInt8>(count: 3 << 20), block = try #require(reserveMalloc(1 << 20))
        let held = Memory.held - before
        try #require(held >= 4 << 20 && held < 4 << 20 + 8192)
        try #require(Memory.mostHeld >= Memory.held)
        withExtendedLifetime(storage) {}
        reserveFree(block)
      }
      try #require(Memory.held == before)
      try #require(Memory.mostHeld - before >= 4 << 20)
      Memory.forgetMostHeld()
      try #require(Memory.mostHeld == before)
    }
  }

  @Test func `the host's own limit refuses, with what was asked and the limit`() async throws {
    await #expect(processExitsWith: .success) {
      let limit = Memory.held + 64 << 20
      try Memory.setLimit(limit)
      try #require(Memory.current.limit == limit && "\(Memory.current.source)" == "the program's")
      // A megabyte stays free for what is not asked for.
      let block = try Storage<UInt8>(count: 60 << 20)
      let refusal = outcome { try Storage<UInt8>(count: 4 << 20) }
      try #require(refusal.hasPrefix("noMemory: 4096 KB more requested; the library holds "))
      try #require(refusal.hasSuffix(" and may hold \(limit >> 20) MB, by the program's limit"))
      try #require(outcome { try Memory.expect(4 << 20) } == refusal)
      try Memory.expect(2 << 20)
      try #require(
        outcome { try Memory.setLimit(60 << 20) }.hasPrefix("noMemory: a limit of 62914560 bytes; "))
      try #require(Memory.current.limit == limit)
      withExtendedLifetime(block) {}
      try Memory.setLimit(nil)
      _ = try Storage<UInt8>(count: 65 << 20)
    }
  }

  @Test func `beyond the host's own limit calls are refused until something is given back`() async throws {
    await #expect(processExitsWith: .success) {
      try Memory.setLimit(Memory.held + 8 << 20)
      try Memory.check()
      let block = try #require(reserveMalloc(9 << 20))
      try #require(outcome { try Memory.check() }.hasSuffix(", by the program's limit"))
      reserveFree(block)
      try Memory.check()
    }
  }

  @Test func `what is kept for the next call goes before a request is refused, and only then`() async throws {
    await #expect(processExitsWith: .success) {
      let spares = Spares<Storage<UInt8>>(most: 2), others = Spares<Storage<UInt8>>(most: 2)
      spares.give(try Storage(count: 20 << 20))
      spares.give(try Storage(count: 21 << 20))
      spares.give(try Storage(count: 22 << 20))
      others.give(try Storage(count: 10 << 20))
      try #require(spares.peek { $0?.count } == 21 << 20, "the third is not kept")
      try Memory.setLimit(Memory.held + 10 << 20)
      _ = try Storage<UInt8>(count: 8 << 20)
      try #require(spares.take()?.count == 21 << 20)
      try #require(spares.peek { $0?.count } == 20 << 20)
      let block = try Storage<UInt8>(count: 40 << 20)
      try #require(spares.take() == nil && others.take() == nil)
      withExtendedLifetime(block) {}
    }
  }
}
