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

  @Test func `copies a caller's numbers, and its own first ones`() throws {
    let storage = try Storage(copying: [3, 1, 2] as [Float])
    #expect(storage.values == [3, 1, 2])
    let first = try storage.first(2)
    first[0] = 7
    #expect(first.values == [7, 1] && storage[0] == 3)
    #expect(try storage.first(0).values == [] && Storage(copying: [] as [UInt8]).values == [])
    let part = try ([1, 2, 3, 4] as [Int]).withUnsafeBufferPointer { numbers throws(Failure) in
      try Storage(copying: UnsafeBufferPointer(rebasing: numbers[1..<3]))
    }
    #expect(part.values == [2, 3])
  }

  @Test func `several are reached at once, and hold what was written`() throws {
    let a = try Storage(copying: [1, 2] as [Int]), b = try Storage<Double>(count: 2),
      c = try Storage<UInt8>(count: 2)
    withPointers(a, b, c) { a, b, c in
      for i in 0..<2 { (b[i], c[i]) = (Double(a[i]) / 2, UInt8(a[i])) }
    }
    #expect(b.values == [0.5, 1] && c.values == [1, 2])
    #expect(withPointers([a, a]) { $0.count } == 2)
    #expect(c.withBytes { $0.count } == 2)
  }

  @Test func `takes bytes at a place, and lends its numbers with every place checked`() throws {
    let words = try Storage<UInt16>(repeating: 0xFFFF, count: 3)
    words.copy(([1, 2] as [UInt8]).span.bytes, atByte: 3)
    #expect(words.values == [0xFFFF, 0x01FF, 0xFF02])
    words.copy(([7, 8, 9] as [UInt16]).span.bytes)
    words.copy([UInt8]().span.bytes, atByte: 6)
    #expect(words.values == [7, 8, 9] && words.withSpan { $0.count == 3 && $0[2] == 9 })
    #expect(try Storage<Float>(count: 0).withSpan { $0.isEmpty })
  }
}
