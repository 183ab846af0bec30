import CSystem
import Tensors
import Testing

/// A struct of a later version, whose first had only `count`.
private struct Grown: SizedStruct, Equatable {
  var size = 0
  var count: Int32 = 0
  var kind: Int32 = 0
  var threshold = 0.0

  static var standard: Grown { Grown(size: MemoryLayout<Grown>.size, count: 1, kind: 2, threshold: 0.5) }
  static var minSize: Int { 12 }
}

/// Structs that have grown: a program of an earlier version knows less of them, one of a later version more.
/// (Those of the header have all their first size yet: this holds the door to one that has not.)
@Suite struct SizedStructTests {
  /// Memory of a program, with bytes behind the struct that nobody may write.
  private func inRoom(of size: Int, _ body: (UnsafeMutablePointer<Grown>) throws -> Void) throws -> [UInt8] {
    let room = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    defer { room.deallocate() }
    room.initializeMemory(as: UInt8.self, repeating: 0xA5, count: 64)
    room.storeBytes(of: size, as: Int.self)
    try body(room.assumingMemoryBound(to: Grown.self))
    return Array(UnsafeRawBufferPointer(start: room, count: 64))
  }

  private let untouched = [UInt8](repeating: 0xA5, count: 64)

  @Test func `options of an earlier program have the defaults of what it does not know`() throws {
    _ = try inRoom(of: 12) { c in
      c.pointee.count = 7
      let read = try known(c)
      #expect(read == Grown(size: 12, count: 7, kind: 2, threshold: 0.5))
    }
    _ = try inRoom(of: 16) { c in
      c.pointee.count = 7
      c.pointee.kind = 3
      let read = try known(c)
      #expect(read == Grown(size: 16, count: 7, kind: 3, threshold: 0.5))
    }
  }

  @Test func `options of a later program are read as far as they are known`() throws {
    _ = try inRoom(of: 48) { c in
      (c.pointee.count, c.pointee.kind, c.pointee.threshold) = (7, 3, 0.25)
      let read = try known(c)
      #expect(read == Grown(size: 48, count: 7, kind: 3, threshold: 0.25))
    }
  }

  @Test func `defaults are written as far as the program's struct goes`() throws {
    for (size, end) in [(12, 12), (16, 16), (24, 24), (48, 24)] {
      let bytes = try inRoom(of: 0) { c in try initialise(c, size) }
      #expect(bytes[..<8].elementsEqual([UInt8(end), 0, 0, 0, 0, 0, 0, 0]), "\(size) bytes")
      #expect(bytes[8..<12].elementsEqual([1, 0, 0, 0]), "\(size) bytes")
      #expect(bytes[end...].elementsEqual(untouched[end...]), "\(size) bytes")
    }
  }

  @Test func `an answer is written as far as the program's struct goes, and says how far`() throws {
    let answer = Grown(size: 24, count: 7, kind: 3, threshold: 0.25)
    for (size, end) in [(12, 12), (16, 16), (24, 24), (48, 24)] {
      let bytes = try inRoom(of: size) { c in try fill(c, with: answer, "answer") }
      #expect(bytes[..<8].elementsEqual([UInt8(end), 0, 0, 0, 0, 0, 0, 0]), "\(size) bytes")
      #expect(bytes[8..<12].elementsEqual([7, 0, 0, 0]), "\(size) bytes")
      #expect(bytes[end...].elementsEqual(untouched[end...]), "\(size) bytes")
    }
  }

  @Test func `a struct shorter than its first version is refused, and nothing written`() throws {
    for size in [0, 8, 11, -1, 1 << 20] {
      let bytes = try inRoom(of: size) { c in
        #expect(throws: Failure.self) { try known(c) }
        #expect(throws: Failure.self) { try fill(c, with: Grown.standard, "answer") }
        #expect(throws: Failure.self) { try checkRoom(c, "answer") }
        #expect(throws: Failure.self) { try initialise(c, size) }
      }
      #expect(bytes[8...].elementsEqual(untouched[8...]), "\(size) bytes")
    }
  }
}
