/// The right side of products in a byte or two a number, packed in panels as `PackedMatrix` is: the very numbers that a file
/// keeps as indices into a code book, or in half precision.
package struct NarrowMatrix: @unchecked Sendable {
  private enum Numbers {
    case codes(Storage<UInt8>, table: Storage<Float>)
    case halves(Storage<UInt16>)
  }

  private let numbers: Numbers
  let depth, panels: Int

  /// - Parameters:
  ///   - codes: [depth, columns], row by row.
  ///   - table: 256 numbers.
  package init(depth: Int, columns: Int, codes: Storage<UInt8>, table: Storage<Float>) throws(Failure) {
    self.depth = depth
    let packed = try panelled(depth, columns, codes)
    panels = packed.panels
    numbers = .codes(packed.storage, table: table)
  }

  /// - Parameter halves: [depth, columns], row by row.
  package init(depth: Int, columns: Int, halves: Storage<UInt16>) throws(Failure) {
    self.depth = depth
    let packed = try panelled(depth, columns, halves)
    panels = packed.panels
    numbers = .halves(packed.storage)
  }

  /// Numbers that `widen` writes.
  var count: Int { depth * panels * KernelSet.selected.tileColumns }

  /// The panels as the kernels want them.
  func widen(into target: UnsafeMutablePointer<Float>) {
    let each = depth * KernelSet.selected.tileColumns
    switch numbers {
    case .codes(let codes, let table):
      ThreadPool.shared.run(panels) { panel, _ in
        let source = codes.pointer + panel * each, target = target + panel * each, table = table.pointer
        for i in 0..<each { target[i] = table[Int(source[i])] }
      }
    case .halves(let halves):
      ThreadPool.shared.run(panels) { panel, _ in
        let source = halves.pointer + panel * each, target = target + panel * each
        for i in 0..<each { target[i] = float(half: source[i]) }
      }
    }
  }
}

/// Panels as wide as a tile, zeros (of codes, whatever comes first) past the last column.
private func panelled<Number: FixedWidthInteger & BitwiseCopyable>(
  _ depth: Int, _ columns: Int, _ matrix: Storage<Number>
) throws(Failure) -> (storage: Storage<Number>, panels: Int) {
  let width = KernelSet.selected.tileColumns, panels = (columns + width - 1) / width
  let storage = try Storage<Number>(repeating: 0, count: panels * depth * width)
  for panel in 0..<panels {
    let count = min(width, columns - panel * width)
    for k in 0..<depth {
      (storage.pointer + (panel * depth + k) * width).update(from: matrix.pointer + k * columns + panel * width, count: count)
    }
  }
  withExtendedLifetime(matrix) {}
  return (storage, panels)
}

/// IEEE 754 half to single precision; Float16 is not on every processor that Swift has.
package func float(half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 0x1F
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0: return Float(sign: sign == 0 ? .plus : .minus, exponent: -24, significand: Float(fraction))
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
