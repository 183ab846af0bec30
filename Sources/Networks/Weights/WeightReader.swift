import Tensors

/// A tensor of a weight file, read in runs of numbers, in any storage type.
package struct WeightReader: @unchecked Sendable {
  enum Numbers {
    case singles, halves
    /// Indices into 256 numbers.
    case codes(table: Tensor<Float>)
  }

  let bytes: Storage<UInt8>
  /// The offset of the tensor's bytes.
  let offset: Int
  let numbers: Numbers

  /// `target[i] = scale * number[first + i]` for `count` numbers.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  func read<Element: Scalar>(
    _ first: Int, _ count: Int, scale: Element = 1, into target: UnsafeMutablePointer<Element>
  ) {
    bytes.withPointer { bytes in
      let source = UnsafeRawPointer(bytes) + offset
      switch numbers {
      case .singles:
        let source = source + 4 * first
        for i in 0..<count {
          target[i] = Element(source.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)) * scale
        }
      case .halves:
        let source = source + 2 * first
        for i in 0..<count {
          target[i] =
            Element(float(half: source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))) * scale
        }
      case .codes(let table):
        let codes = bytes + offset + first
        table.withPointer { table in
          for i in 0..<count { target[i] = Element(table[Int(codes[i])]) * scale }
        }
      }
    }
  }

  /// The numbers in their storage type: halves as UInt16, codes as UInt8.
  func copy<Stored: BitwiseCopyable>(_ first: Int, _ count: Int, to target: UnsafeMutablePointer<Stored>) {
    let size = MemoryLayout<Stored>.stride
    bytes.withPointer {
      UnsafeMutableRawPointer(target).copyMemory(
        from: UnsafeRawPointer($0) + offset + first * size, byteCount: count * size)
    }
  }
}
