import CSystem

// A rectifier and a 2x2 pooling with stride 2, forwards and backwards. The way back needs only four bits per
// pooled number, its code: bit 2 i + j is set where the gradient flows to pixel (i, j) of the window. For
// each vector the bits 0 of all lanes come first, then the bits 1, ...: half as many bytes as lanes.

/// One pooled vector from the rectified pixels of its window; nil for pixels outside the picture. average:
/// the mean of those inside; maximum: the largest, NaN propagates.
@inline(__always) func pool2x2(
  _ pooling: Int, _ a: Vector, _ b: Vector?, _ c: Vector?, _ d: Vector?
) -> (value: Vector, code: Integers) {
  if pooling == poolingAverage {
    var sum = a, code = bit(a .> 0, 1)
    if let b {
      sum += b
      code |= bit(b .> 0, 2)
    }
    if let c {
      sum += c
      code |= bit(c .> 0, 4)
    }
    if let d {
      sum += d
      code |= bit(d .> 0, 8)
    }
    let share: Float = (b == nil ? 1 : 0.5) * (c == nil ? 1 : 0.5)
    return (sum * share, code)
  }
  var largest = a, code = Integers(repeating: 1)
  if let b { take(b, 2, &largest, &code) }
  if let c { take(c, 4, &largest, &code) }
  if let d { take(d, 8, &largest, &code) }
  // No gradient where the rectifier's result is 0.
  return (largest, code & bit(largest .> 0, 15))
}

@inline(__always) private func bit(_ mask: SIMDMask<Vector.MaskStorage>, _ value: Int32) -> Integers {
  Integers.zero.replacing(with: value, where: mask)
}

/// Replaced unless the value is no larger or the result is already NaN.
@inline(__always) private func take(
  _ value: Vector, _ number: Int32, _ largest: inout Vector, _ code: inout Integers
) {
  let isLarger = .!(value .<= largest) .& (largest .== largest)
  largest.replace(with: value, where: isLarger)
  code.replace(with: number, where: isLarger)
}

/// `value` where `gate > 0`, else 0 (also where the gate is NaN).
@inline(__always) func gated(_ value: Vector, _ gate: Vector) -> Vector {
  value.replacing(with: Vector.zero, where: .!(gate .> 0))
}

/// One row of the gradient before the pooling, a vector of channels per pixel.
struct PooledRow {
  private let values: UnsafePointer<Float>
  private let codes: UnsafePointer<UInt8>
  private let channels, width: Int
  /// The index of the row's bit for even x; the bit for odd x follows.
  private let bit: Int
  private let laneBits: Integers
  private let share: Float
  private let isAverage: Bool

  /// - Parameter window: of the picture before the pooling.
  @inline(__always) init(
    _ window: Window, _ values: UnsafePointer<Float>, _ codes: UnsafePointer<UInt8>, _ pooling: Int,
    _ picture: Int,
    _ y: Int, _ channel: Int
  ) {
    let row =
      (picture * ((window.height + 1) / 2) + y / 2) * ((window.width + 1) / 2) * window.channels + channel
    self.values = values + row
    self.codes = codes + row / 2
    channels = window.channels
    width = window.width
    bit = 2 * (y & 1)
    laneBits = ones | powers
    isAverage = pooling == poolingAverage
    share = isAverage && y | 1 < window.height ? 0.5 : 1
  }

  @inline(__always) subscript(x: Int) -> Vector {
    let place = (x >> 1) * channels
    // As the lowest bits of a Float from 1 on: integers would be compared lane by lane, Floats all at once.
    let bits = loadBits(codes + place / 2, bit + (x & 1))
    let isOpen = unsafeBitCast(Integers(repeating: bits | 0x3F80_0000) & laneBits, to: Vector.self) .> 1
    let factor = isAverage && x | 1 < width ? share * 0.5 : share
    return Vector.zero.replacing(with: load(values + place) * factor, where: isOpen)
  }
}

/// The bits of 1 as a Float, in every lane.
@inline(__always) private var ones: Integers { Integers(repeating: 0x3F80_0000) }

#if VECTOR16
  @inline(__always) private var powers: Integers {
    Integers(
      1, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12,
      1 << 13, 1 << 14, 1 << 15)
  }

  @inline(__always) private func loadBits(_ p: UnsafePointer<UInt8>, _ bit: Int) -> Int32 {
    Int32(UnsafeRawPointer(p).loadUnaligned(fromByteOffset: 2 * bit, as: UInt16.self))
  }

  @inline(__always) func storeCodes(_ p: UnsafeMutablePointer<UInt8>, _ codes: Integers) {
    typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
    let w = unsafeBitCast(codes &* nibbles, to: Words.self)
    let low = transposed(w.0 | w.1 | w.2 | w.3), high = transposed(w.4 | w.5 | w.6 | w.7)
    for bit in 0..<4 {
      UnsafeMutableRawPointer(p).storeBytes(
        of: UInt16(low >> UInt32(8 * bit) & 255) | UInt16(high >> UInt32(8 * bit) & 255) << 8,
        toByteOffset: 2 * bit,
        as: UInt16.self)
    }
  }

  @inline(__always) private var nibbles: Integers {
    Integers(
      1, 1 << 4, 1 << 8, 1 << 12, 1 << 16, 1 << 20, 1 << 24, 1 << 28, 1, 1 << 4, 1 << 8, 1 << 12, 1 << 16,
      1 << 20,
      1 << 24, 1 << 28)
  }
#elseif VECTOR8
  @inline(__always) private var powers: Integers {
    Integers(1, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7)
  }

  @inline(__always) private func loadBits(_ p: UnsafePointer<UInt8>, _ bit: Int) -> Int32 { Int32(p[bit]) }

  @inline(__always) func storeCodes(_ p: UnsafeMutablePointer<UInt8>, _ codes: Integers) {
    let nibbles = Integers(1, 1 << 4, 1 << 8, 1 << 12, 1 << 16, 1 << 20, 1 << 24, 1 << 28)
    let w = unsafeBitCast(codes &* nibbles, to: (UInt64, UInt64, UInt64, UInt64).self)
    UnsafeMutableRawPointer(p).storeBytes(of: transposed(w.0 | w.1 | w.2 | w.3), as: UInt32.self)
  }
#else
  @inline(__always) private var powers: Integers { Integers(1, 1 << 1, 1 << 2, 1 << 3) }

  @inline(__always) private func loadBits(_ p: UnsafePointer<UInt8>, _ bit: Int) -> Int32 {
    Int32(UnsafeRawPointer(p).loadUnaligned(as: UInt16.self) >> UInt16(4 * bit) & 15)
  }

  @inline(__always) func storeCodes(_ p: UnsafeMutablePointer<UInt8>, _ codes: Integers) {
    let w = unsafeBitCast(codes &* Integers(1, 1 << 4, 1 << 8, 1 << 12), to: (UInt64, UInt64).self)
    let word = transposed(w.0 | w.1)
    // Bytes whose lower halves are filled.
    let bits = word & 15 | word >> 4 & 0xF0 | word >> 8 & 0xF00 | word >> 12 & 0xF000
    UnsafeMutableRawPointer(p).storeBytes(of: UInt16(truncatingIfNeeded: bits), as: UInt16.self)
  }
#endif

/// From four bits per lane, in two words, to one byte for each of the four bits.
@inline(__always) private func transposed(_ words: UInt64) -> UInt32 {
  let nibbles = UInt32(truncatingIfNeeded: words | words >> 32)
  var answer: UInt32 = 0
  for bit in 0..<UInt32(4) {
    var x = nibbles >> bit & 0x1111_1111
    x = (x | x >> 3) & 0x0303_0303
    x = (x | x >> 6) & 0x000F_000F
    x = (x | x >> 12) & 0xFF
    answer |= x << (8 * bit)
  }
  return answer
}

/// 2x2 pooling of rectified pictures [N, H, W, C] for a run of pooled rows, C a multiple of the vector.
/// - Parameter codes: NULL, or what `unpoolBlock` needs.
package func poolRowsBlock(
  _ window: Window, _ pooling: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ codes: UnsafeMutablePointer<UInt8>?, _ firstRow: Int, _ rowCount: Int
) {
  let channels = window.channels, pooledWidth = (window.width + 1) / 2, pooledHeight = (window.height + 1) / 2
  for row in firstRow..<(firstRow + rowCount) {
    let top = row % pooledHeight * 2, picture = row / pooledHeight
    let isWhole = top + 1 < window.height
    for column in 0..<pooledWidth {
      let p = x + ((picture * window.height + top) * window.width + 2 * column) * channels
      let below = p + window.width * channels
      let hasRight = 2 * column + 1 < window.width
      let place = (row * pooledWidth + column) * channels
      var c = 0
      while c < channels {
        let cell = pool2x2(
          pooling, load(p + c), hasRight ? load(p + channels + c) : nil, isWhole ? load(below + c) : nil,
          isWhole && hasRight ? load(below + channels + c) : nil)
        store(y + place + c, cell.value)
        if let codes { storeCodes(codes + (place + c) / 2, cell.code) }
        c += lanes
      }
    }
  }
}

/// The gradient before rectifier and pooling, for a run of rows of the unpooled picture.
package func unpoolBlock(
  _ window: Window, _ pooling: Int, _ dy: UnsafePointer<Float>, _ codes: UnsafePointer<UInt8>,
  _ dx: UnsafeMutablePointer<Float>, _ firstRow: Int, _ rowCount: Int
) {
  let channels = window.channels
  for row in firstRow..<(firstRow + rowCount) {
    var c = 0
    while c < channels {
      let cells = PooledRow(window, dy, codes, pooling, row / window.height, row % window.height, c)
      let target = dx + row * window.width * channels + c
      for x in 0..<window.width { store(target + x * channels, cells[x]) }
      c += lanes
    }
  }
}
