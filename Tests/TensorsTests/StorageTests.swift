import TestSupport
import Tensors
import Testing

@Suite struct StorageTests {
  @Test(arguments: [0, 1, 3, 64, 1000])
  func `is aligned for the widest vector`(count: Int) throws {
    #expect(Int(bitPattern: try Storage<Float>(count: count).pointer) % 64 == 0)
    #expect(Int(bitPattern: try Storage<UInt8>(count: count).pointer) % 64 == 0)
  }

  @Test func `holds what it is filled with`() throws {
    let storage = try Storage<Double>(repeating: 1.5, count: 7)
    #expect(storage.values == [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5])
    #expect(storage.buffer.count == 7)
  }

  @Test(arguments: [Int.max, Int.max / 4, Int.max / 4 + 1, Int.max / 8 + 1])
  func `answers with no memory to a size beyond the address space`(count: Int) {
    #expect(outcome { try Storage<Float>(count: count) }.hasPrefix("noMemory"))
    #expect(outcome { try Storage<Double>(count: count) }.hasPrefix("noMemory"))
  }

  @Test func `takes a negative count for a mistake of the library`() {
    #expect(outcome { try Storage<Float>(count: -1) }.hasPrefix("internalError"))
  }
}
