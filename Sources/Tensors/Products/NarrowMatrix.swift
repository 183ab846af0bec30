/// The right side of products, one or two bytes per number, packed in panels like `PackedMatrix`: exactly the
/// numbers that a file stores, as indices into a code book, as levels of 8 bits or in half precision.
package struct NarrowMatrix: @unchecked Sendable {
  private enum Numbers {
    case codes(Storage<UInt8>, table: Storage<Float>)
    /// Signed; `scales` has one for each output.
    case levels(Storage<UInt8>, scales: Storage<Float>, areRows: Bool)
    case halves(Storage<UInt16>)
  }

  private let numbers: Numbers
  let depth, panels: Int

  /// - Parameters:
  ///   - table: 256 numbers.
  ///   - codes: reads the indices of one output's weights, as `PackedFilter` reads the weights themselves.
  package init(
    _ shape: FilterShape, isTurned: Bool, table: Storage<Float>, codes: FilterPanels.Reader<UInt8>
  ) throws(Failure) {
    let layout = FilterPanels(shape, isTurned: isTurned, width: KernelSet.selected.tileColumns)
    (depth, panels) = (layout.depth, layout.panels)
    numbers = .codes(try layout.packed(codes), table: table)
  }

  /// - Parameter scales: one for each output of the weights as files have them.
  package init(
    _ shape: FilterShape, isTurned: Bool, scales: Storage<Float>, levels: FilterPanels.Reader<UInt8>
  ) throws(Failure) {
    let layout = FilterPanels(shape, isTurned: isTurned, width: KernelSet.selected.tileColumns)
    (depth, panels) = (layout.depth, layout.panels)
    numbers = .levels(try layout.packed(levels), scales: scales, areRows: isTurned)
  }

  package init(_ shape: FilterShape, isTurned: Bool, halves: FilterPanels.Reader<UInt16>) throws(Failure) {
    let layout = FilterPanels(shape, isTurned: isTurned, width: KernelSet.selected.tileColumns)
    (depth, panels) = (layout.depth, layout.panels)
    numbers = .halves(try layout.packed(halves))
  }

  /// The count of numbers that `widen` writes.
  var count: Int { depth * panels * KernelSet.selected.tileColumns }

  /// Writes the panels as the kernels read them.
  func widen(into target: UnsafeMutablePointer<Float>) {
    let each = depth * KernelSet.selected.tileColumns
    switch numbers {
    case .codes(let codes, let table):
      ThreadPool.shared.run(panels) { panel, _ in
        let source = codes.pointer + panel * each, target = target + panel * each, table = table.pointer
        for i in 0..<each { target[i] = table[Int(source[i])] }
      }
    case .levels(let levels, let scales, let areRows):
      let width = KernelSet.selected.tileColumns
      ThreadPool.shared.run(panels) { panel, _ in
        let source = levels.pointer + panel * each, target = target + panel * each
        let own = scales.pointer + (areRows ? 0 : panel * width)
        let columns = areRows ? width : min(width, scales.count - panel * width)
        for row in 0..<depth {
          let levels = source + row * width, numbers = target + row * width
          if areRows {
            let scale = own[row % scales.count]
            for i in 0..<width { numbers[i] = scale * Float(Int8(bitPattern: levels[i])) }
          } else {
            for i in 0..<columns { numbers[i] = own[i] * Float(Int8(bitPattern: levels[i])) }
            for i in columns..<width { numbers[i] = 0 }
          }
        }
      }
    case .halves(let halves):
      ThreadPool.shared.run(panels) { panel, _ in
        let source = halves.pointer + panel * each, target = target + panel * each
        for i in 0..<each { target[i] = float(half: source[i]) }
      }
    }
  }
}

/// Converts IEEE 754 half to single precision; Swift does not offer Float16 on every processor.
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

/// The nearest half-precision number, ties to even; nil for 65520 or more, which would become infinite.
package func half(float: Float) -> UInt16? {
  let sign = UInt16(float.bitPattern >> 16) & 0x8000
  let magnitude = float.bitPattern & 0x7FFF_FFFF
  switch magnitude {
  case 0x7F80_0001...: return sign | 0x7E00 | UInt16(magnitude >> 13 & 0x3FF)  // NaN
  case 0x7F80_0000: return sign | 0x7C00
  case 0x477F_F000...: return nil
  case 0x3880_0000...:
    // The fraction loses 13 bits: adding half of the last remaining one, minus one if that is even, produces
    // the carry.
    let even = magnitude >> 13 & 1
    return sign | UInt16((magnitude - (112 << 23) + 0xFFF + even) >> 13)
  default:
    // Below 2^-14 a half has steps of 2^-24, as a Float has from 1/2 on: the addition does the rounding.
    return sign | UInt16((Float(bitPattern: magnitude) + 0.5).bitPattern - 0x3F00_0000)
  }
}
