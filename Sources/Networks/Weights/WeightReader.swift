import Tensors

/// A tensor of a weight file, read in runs of numbers, in any storage type.
package struct WeightReader: @unchecked Sendable {
  enum Numbers {
    case singles, halves
    /// Of rows of one length.
    case levels(scales: Tensor<Float>)
    /// Indices into 256 numbers.
    case codes(table: Tensor<Float>)
  }

  /// The tensor's.
  let bytes: Storage<UInt8>
  let numbers: Numbers

  /// `target[i] = scale * number[first + i]` for `count` numbers.
  func read<Element: Scalar>(
    _ first: Int, _ count: Int, scale: Element = 1, into target: UnsafeMutablePointer<Element>
  ) {
    // Converted by the generic function, each number would be a call.
    if Element.self == Float.self {
      let floats = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self)
      let factor = Float(scale.value)
      return read(first, count) { floats[$0] = $1 * factor }
    }
    read(first, count) { target[$0] = Element($1) * scale }
  }

  /// Calls `body` with each index and number, in a loop that it is compiled into.
  @inline(__always)
  private func read(_ first: Int, _ count: Int, _ body: (Int, Float) -> Void) {
    withRun(first, count, size: width) { source in
      switch numbers {
      case .singles:
        for i in 0..<count { body(i, source.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)) }
      case .halves:
        for i in 0..<count {
          body(i, float(half: source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
        }
      case .levels(let scales):
        let each = bytes.count / max(scales.count, 1)
        var i = 0
        while i < count {
          let row = (first + i) / each, end = min(count, (row + 1) * each - first), unit = scales[row]
          while i < end {
            body(i, unit * Float(Int8(bitPattern: source[i])))
            i += 1
          }
        }
      case .codes(let table):
        table.withPointer { table in
          for i in 0..<count { body(i, table[Int(source[i])]) }
        }
      }
    }
  }

  /// The numbers in their storage type: halves as UInt16, levels and codes as UInt8.
  func copy<Stored: BitwiseCopyable>(_ first: Int, _ count: Int, to target: UnsafeMutablePointer<Stored>) {
    withRun(first, count, size: MemoryLayout<Stored>.stride) { source in
      UnsafeMutableRawBufferPointer(start: target, count: source.count).copyMemory(from: source)
    }
  }

  /// Bytes per number.
  private var width: Int {
    switch numbers {
    case .singles: 4
    case .halves: 2
    case .levels, .codes: 1
    }
  }

  /// The bytes of a run of numbers, which must be inside the tensor.
  @inline(__always)
  private func withRun(_ first: Int, _ count: Int, size: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    bytes.withSpan { bytes in
      bytes.extracting((first * size)..<((first + count) * size)).withUnsafeBytes(body)
    }
  }
}
