// Lists and dictionaries that grow with what a caller gives. Swift ends the process that is refused memory
// for their next, larger block, and knows no limits: that block is asked for first.

extension Array {
  /// Makes room for that many more elements, so that appending them cannot fail.
  /// - Throws: `.noMemory`.
  package mutating func makeRoom(for more: Int) throws(Failure) {
    guard count > capacity - more else { return }
    let larger = Swift.max(2 * capacity, count + more)
    try expect(larger * MemoryLayout<Element>.stride)
    reserveCapacity(larger)
  }

  /// Appends an element.
  /// - Throws: `.noMemory`.
  package mutating func add(_ element: Element) throws(Failure) {
    try makeRoom(for: 1)
    append(element)
  }
}

extension Dictionary {
  /// Makes room for one more key.
  /// - Throws: `.noMemory`.
  package mutating func makeRoom() throws(Failure) {
    guard count == capacity else { return }
    // Three quarters of the places are taken at most, and there are a power of two of them.
    try expect(4 * (count + 1) * (MemoryLayout<Key>.stride + MemoryLayout<Value>.stride))
    reserveCapacity(2 * count + 1)
  }
}

/// Small blocks are not asked for.
private func expect(_ byteCount: Int) throws(Failure) {
  if byteCount >= 1 << 16 { try Memory.expect(byteCount) }
}
