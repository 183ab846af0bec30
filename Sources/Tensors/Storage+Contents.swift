/// Operations on the numbers of a whole storage, without a pointer that outlives them.
extension Storage {
  /// A copy of a caller's numbers.
  package convenience init(copying numbers: UnsafeBufferPointer<Element>) throws(Failure) {
    try self.init(count: numbers.count)
    if let start = numbers.baseAddress { pointer.update(from: start, count: numbers.count) }
  }

  package convenience init(copying numbers: [Element]) throws(Failure) {
    try self.init(count: numbers.count)
    pointer.update(from: numbers, count: numbers.count)
  }

  package convenience init(copying bytes: RawSpan) throws(Failure) where Element == UInt8 {
    try self.init(count: bytes.byteCount)
    copy(bytes)
  }

  /// A copy of the first `count` numbers.
  package func first(_ count: Int) throws(Failure) -> Storage {
    precondition(count >= 0 && count <= self.count)
    return try withPointer { numbers throws(Failure) in
      try Storage(copying: UnsafeBufferPointer(start: numbers, count: count))
    }
  }

  /// One number, with a bounds check. Long loops use `withPointer`.
  @inlinable @inline(__always)
  package subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return withPointer { $0[index] }
    }
    set {
      precondition(index >= 0 && index < count)
      withPointer { $0[index] = newValue }
    }
  }

  /// The numbers with checked access, valid inside `body`: for bytes and texts. Loops over numbers use
  /// `withPointer`.
  @inlinable @inline(__always)
  package func withSpan<Result, Refusal: Error>(
    _ body: (Span<Element>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try withBuffer { numbers throws(Refusal) in try body(numbers.span) }
  }

  /// Copies bytes into the memory, starting at byte `start`.
  @inlinable
  package func copy(_ bytes: RawSpan, atByte start: Int = 0) {
    withBuffer { numbers in
      let memory = UnsafeMutableRawBufferPointer(numbers)
      precondition(start >= 0 && bytes.byteCount <= memory.count - start)
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: memory[start...]).copyMemory(from: $0) }
    }
  }

  /// The memory as bytes, valid inside `body`.
  @inlinable @inline(__always)
  package func withBytes<Result, Refusal: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try withBuffer { numbers throws(Refusal) in try body(UnsafeRawBufferPointer(numbers)) }
  }

  /// The numbers, every place of which is checked, to be changed inside `body`.
  @inlinable @inline(__always)
  package func withMutableSpan<Result, Refusal: Error>(
    _ body: (inout MutableSpan<Element>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try withBuffer { numbers throws(Refusal) in
      var span = numbers.mutableSpan
      return try body(&span)
    }
  }
}

/// The numbers of two storages, valid inside `body`.
@inlinable @inline(__always)
package func withPointers<A, B, Result, Refusal: Error>(
  _ a: Storage<A>, _ b: Storage<B>,
  _ body: (UnsafeMutablePointer<A>, UnsafeMutablePointer<B>) throws(Refusal) -> Result
) throws(Refusal) -> Result {
  defer { withExtendedLifetime((a, b)) {} }
  return try body(a.pointer, b.pointer)
}

/// The numbers of three storages, valid inside `body`.
@inlinable @inline(__always)
package func withPointers<A, B, C, Result, Refusal: Error>(
  _ a: Storage<A>, _ b: Storage<B>, _ c: Storage<C>,
  _ body: (UnsafeMutablePointer<A>, UnsafeMutablePointer<B>, UnsafeMutablePointer<C>) throws(Refusal) ->
    Result
) throws(Refusal) -> Result {
  defer { withExtendedLifetime((a, b, c)) {} }
  return try body(a.pointer, b.pointer, c.pointer)
}

/// The numbers of some storages, valid inside `body`.
@inlinable @inline(__always)
package func withPointers<A, Result, Refusal: Error>(
  _ storages: [Storage<A>], _ body: ([UnsafeMutablePointer<A>]) throws(Refusal) -> Result
) throws(Refusal) -> Result {
  defer { withExtendedLifetime(storages) {} }
  return try body(storages.map { $0.pointer })
}
