#if hasFeature(Embedded)
  /// Copies of plain elements as one move of memory. Swift's own are that, but in Embedded Swift (6.3), where
  /// they are a loop, or a call for each element: findings/embedded-swift-copies-one-by-one.sh.
  extension UnsafeMutablePointer where Pointee: BitwiseCopyable {
    @inline(__always)
    package func update(from source: UnsafePointer<Pointee>, count: Int) {
      UnsafeMutableRawPointer(self).copyMemory(from: source, byteCount: count * MemoryLayout<Pointee>.stride)
    }
  }

  extension UnsafeMutableBufferPointer where Element: BitwiseCopyable {
    /// - Returns: the place behind what was copied.
    /// - Precondition: `source` is no longer than the buffer.
    @inline(__always)
    package func update(fromContentsOf source: UnsafeBufferPointer<Element>) -> Int {
      precondition(source.count <= count)
      if let from = source.baseAddress { baseAddress?.update(from: from, count: source.count) }
      return source.count
    }
  }
#endif
