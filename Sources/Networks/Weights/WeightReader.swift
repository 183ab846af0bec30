import Tensors

/// A tensor of a weight file, read in runs of its numbers, whatever they are stored as.
package struct WeightReader: @unchecked Sendable {
  enum Numbers {
    case singles, halves
    /// Indices into 256 numbers.
    case codes(table: Tensor<Float>)
  }

  let bytes: Storage<UInt8>
  /// Of the tensor's bytes.
  let place: Range<Int>
  let numbers: Numbers

  /// `target[i] = scale * number[first + i]` for `count` numbers that the tensor has.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  func read<Element: Scalar>(
    _ first: Int, _ count: Int, scale: Element = 1, into target: UnsafeMutablePointer<Element>
  ) {
    withRun(first, count, size: width) { source in
      switch numbers {
      case .singles:
        for i in 0..<count {
          target[i] = Element(source.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)) * scale
        }
      case .halves:
        for i in 0..<count {
          target[i] =
            Element(float(half: source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))) * scale
        }
      case .codes(let table):
        table.withPointer { table in
          for i in 0..<count { target[i] = Element(table[Int(source[i])]) * scale }
        }
      }
    }
  }

  /// The numbers as they are stored: halves as UInt16, codes as UInt8.
  func copy<Stored: BitwiseCopyable>(_ first: Int, _ count: Int, to target: UnsafeMutablePointer<Stored>) {
    withRun(first, count, size: MemoryLayout<Stored>.stride) { source in
      UnsafeMutableRawBufferPointer(start: target, count: source.count).copyMemory(from: source)
    }
  }

  /// Bytes of a number.
  private var width: Int {
    switch numbers {
    case .singles: 4
    case .halves: 2
    case .codes: 1
    }
  }

  /// The bytes of a run of numbers, which must lie in the tensor's.
  @inline(__always)
  private func withRun(_ first: Int, _ count: Int, size: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    bytes.withSpan { bytes in
      bytes.extracting(place).extracting((first * size)..<((first + count) * size)).withUnsafeBytes(body)
    }
  }
}
