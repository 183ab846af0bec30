/// A block of memory for `count` elements, aligned for the widest vector, freed with its last owner.
///
/// Its pointer is valid while the storage lives. Other modules use `withPointer` and `withPointers`, which
/// keep the storage alive during a call. (They are inlined into other modules: a call of the generic function
/// costs as much as a row of a picture.)
@usableFromInline
package final class Storage<Element: BitwiseCopyable> {
  @usableFromInline package let count: Int
  @usableFromInline package let pointer: UnsafeMutablePointer<Element>

  /// Allocates uninitialised memory, followed by a vector's width of readable slack.
  /// - Throws: `.noMemory` if the system refuses or the size does not fit an `Int`.
  package init(count: Int) throws(Failure) {
    guard count >= 0 else { throw .internalError("storage of \(count) elements") }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, bytes < Int.max - 128 else {
      throw .noMemory("\(count) elements do not fit the address space")
    }
    let memory = try Memory.take(bytes)
    self.count = count
    pointer = memory.bindMemory(to: Element.self, capacity: count)
  }

  /// For what is only quicker with it: nil where memory runs short.
  package init?(ifRoom count: Int) throws(Failure) {
    guard let memory = try Memory.takeIfRoom(count * MemoryLayout<Element>.stride) else { return nil }
    self.count = count
    pointer = memory.bindMemory(to: Element.self, capacity: count)
  }

  package convenience init(repeating value: Element, count: Int) throws(Failure) {
    try self.init(count: count)
    pointer.initialize(repeating: value, count: count)
  }

  deinit {
    Memory.give(pointer, count * MemoryLayout<Element>.stride)
  }

  @inlinable @inline(__always)
  package var buffer: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }
}

extension Storage {
  /// The numbers, valid inside `body`.
  @inlinable @inline(__always)
  package func withPointer<Result, Refusal: Error>(
    _ body: (UnsafeMutablePointer<Element>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(pointer)
  }

  /// The numbers and their count, valid inside `body`.
  @inlinable @inline(__always)
  package func withBuffer<Result, Refusal: Error>(
    _ body: (UnsafeMutableBufferPointer<Element>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(buffer)
  }
}

extension Tensor {
  /// The numbers, valid inside `body`.
  @inlinable @inline(__always)
  package func withPointer<Result, Refusal: Error>(
    _ body: (UnsafeMutablePointer<Element>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    try storage.withPointer(body)
  }
}

/// The numbers of two tensors, valid inside `body`.
@inlinable @inline(__always)
package func withPointers<A, B, Result, Refusal: Error>(
  _ a: Tensor<A>, _ b: Tensor<B>,
  _ body: (UnsafeMutablePointer<A>, UnsafeMutablePointer<B>) throws(Refusal) -> Result
) throws(Refusal) -> Result {
  try withPointers(a.storage, b.storage, body)
}

/// The numbers of three tensors, valid inside `body`.
@inlinable @inline(__always)
package func withPointers<A, B, C, Result, Refusal: Error>(
  _ a: Tensor<A>, _ b: Tensor<B>, _ c: Tensor<C>,
  _ body: (
    UnsafeMutablePointer<A>, UnsafeMutablePointer<B>, UnsafeMutablePointer<C>
  ) throws(Refusal) -> Result
) throws(Refusal) -> Result {
  try withPointers(a.storage, b.storage, c.storage, body)
}

/// The numbers of any number of tensors, valid inside `body`.
@inlinable @inline(__always)
package func withPointers<Element, Result, Refusal: Error>(
  _ tensors: [Tensor<Element>], _ body: ([UnsafeMutablePointer<Element>]) throws(Refusal) -> Result
) throws(Refusal) -> Result {
  try withPointers(tensors.map { $0.storage }, body)
}
