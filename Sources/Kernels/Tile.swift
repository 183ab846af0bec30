import CSystem

/// Rows and columns of the block of sums that stays in registers: 8 x 2 vectors take 16 of 32 vector
/// registers, 6 x 2 take 12 of 16.
#if REGISTERS32 || arch(arm64)
  package let tileRows = 8
#else
  package let tileRows = 6
#endif
package var tileColumns: Int { 2 * Vector.scalarCount }
/// Rows of the smaller tile, used where no more rows are left.
package let shortRows = 4

/// Two rows of a tile's sums.
struct Rows {
  private var c00 = Vector.zero, c01 = Vector.zero, c10 = Vector.zero, c11 = Vector.zero

  @inline(__always) init() {}

  @inline(__always) mutating func add(_ a0: Float, _ a1: Float, _ b0: Vector, _ b1: Vector) {
    var x = Vector(repeating: a0)
    multiplyAdd(&c00, x, b0)
    multiplyAdd(&c01, x, b1)
    x = Vector(repeating: a1)
    multiplyAdd(&c10, x, b0)
    multiplyAdd(&c11, x, b1)
  }

  @inline(__always) mutating func addStored(_ p: UnsafeMutablePointer<Float>, _ stride: Int) {
    c00 += load(p)
    c01 += load(p + lanes)
    c10 += load(p + stride)
    c11 += load(p + stride + lanes)
  }

  @inline(__always) func put(_ p: UnsafeMutablePointer<Float>, _ stride: Int) {
    store(p, c00)
    store(p + lanes, c01)
    store(p + stride, c10)
    store(p + stride + lanes, c11)
  }

  @inline(__always) func put(
    _ p: UnsafeMutablePointer<Float>, _ stride: Int, _ first: Finish, _ second: Finish
  ) {
    store(p, first(c00))
    store(p + lanes, second(c01))
    store(p + stride, first(c10))
    store(p + stride + lanes, second(c11))
  }
}

/// The innermost loop of all products: `tileRows` x `tileColumns` sums over `taps * length` products.
///
/// - Parameters:
///   - rows: for each tap, `tileRows` pointers to `length` contiguous factors, which are read in place.
///   - b: a packed panel, `taps * length` rows of `tileColumns`.
///   - ahead: prefetch distance in `b`.
///   - c: `tileRows` rows, `stride` apart, to be set (or added to) and finished by `epilogue`.
///   - column: the panel's first column, where the epilogue's bias and slopes begin.
@inline(never)
func tile(
  _ taps: Int, _ length: Int, _ rows: UnsafePointer<UnsafePointer<Float>>, _ b: UnsafePointer<Float>,
  _ ahead: Int, _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool, _ epilogue: Epilogue,
  _ column: Int
) {
  var r0 = Rows(), r1 = Rows(), r2 = Rows()
  #if REGISTERS32 || arch(arm64)
    var r3 = Rows()
  #endif
  var b = b
  var rows = rows
  for _ in 0..<taps {
    let a0 = rows[0], a1 = rows[1], a2 = rows[2], a3 = rows[3], a4 = rows[4], a5 = rows[5]
    #if REGISTERS32 || arch(arm64)
      let a6 = rows[6], a7 = rows[7]
    #endif
    rows += tileRows
    for i in 0..<length {
      let b0 = load(b), b1 = load(b + lanes)
      systemPrefetch(b + ahead)
      r0.add(a0[i], a1[i], b0, b1)
      r1.add(a2[i], a3[i], b0, b1)
      r2.add(a4[i], a5[i], b0, b1)
      #if REGISTERS32 || arch(arm64)
        r3.add(a6[i], a7[i], b0, b1)
      #endif
      b += 2 * lanes
    }
  }
  if accumulate {
    r0.addStored(c, stride)
    r1.addStored(c + 2 * stride, stride)
    r2.addStored(c + 4 * stride, stride)
    #if REGISTERS32 || arch(arm64)
      r3.addStored(c + 6 * stride, stride)
    #endif
  }
  if epilogue.isNothing {
    r0.put(c, stride)
    r1.put(c + 2 * stride, stride)
    r2.put(c + 4 * stride, stride)
    #if REGISTERS32 || arch(arm64)
      r3.put(c + 6 * stride, stride)
    #endif
    return
  }
  let first = Finish(epilogue, column), second = Finish(epilogue, column + lanes)
  r0.put(c, stride, first, second)
  r1.put(c + 2 * stride, stride, first, second)
  r2.put(c + 4 * stride, stride, first, second)
  #if REGISTERS32 || arch(arm64)
    r3.put(c + 6 * stride, stride, first, second)
  #endif
}

/// The same for `shortRows` rows; `rows` still holds `tileRows` pointers per tap.
@inline(never)
func shortTile(
  _ taps: Int, _ length: Int, _ rows: UnsafePointer<UnsafePointer<Float>>, _ b: UnsafePointer<Float>,
  _ ahead: Int, _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool, _ epilogue: Epilogue,
  _ column: Int
) {
  var r0 = Rows(), r1 = Rows()
  var b = b
  var rows = rows
  for _ in 0..<taps {
    let a0 = rows[0], a1 = rows[1], a2 = rows[2], a3 = rows[3]
    rows += tileRows
    for i in 0..<length {
      let b0 = load(b), b1 = load(b + lanes)
      systemPrefetch(b + ahead)
      r0.add(a0[i], a1[i], b0, b1)
      r1.add(a2[i], a3[i], b0, b1)
      b += 2 * lanes
    }
  }
  if accumulate {
    r0.addStored(c, stride)
    r1.addStored(c + 2 * stride, stride)
  }
  if epilogue.isNothing {
    r0.put(c, stride)
    r1.put(c + 2 * stride, stride)
    return
  }
  let first = Finish(epilogue, column), second = Finish(epilogue, column + lanes)
  r0.put(c, stride, first, second)
  r1.put(c + 2 * stride, stride, first, second)
}

/// Two rows of a tile's first vector of sums.
struct HalfRows {
  private var c0 = Vector.zero, c1 = Vector.zero

  @inline(__always) init() {}

  @inline(__always) mutating func add(_ a0: Float, _ a1: Float, _ b: Vector) {
    multiplyAdd(&c0, Vector(repeating: a0), b)
    multiplyAdd(&c1, Vector(repeating: a1), b)
  }

  @inline(__always) mutating func addStored(_ p: UnsafeMutablePointer<Float>, _ stride: Int) {
    c0 += load(p)
    c1 += load(p + stride)
  }

  @inline(__always) func put(_ p: UnsafeMutablePointer<Float>, _ stride: Int) {
    store(p, c0)
    store(p + stride, c1)
  }

  @inline(__always) func put(_ p: UnsafeMutablePointer<Float>, _ stride: Int, _ finish: Finish) {
    store(p, finish(c0))
    store(p + stride, finish(c1))
  }
}

/// The first vector of `tile`'s columns, where a panel has no more than that.
@inline(never)
func halfTile(
  _ taps: Int, _ length: Int, _ rows: UnsafePointer<UnsafePointer<Float>>, _ b: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool, _ epilogue: Epilogue, _ column: Int
) {
  var r0 = HalfRows(), r1 = HalfRows(), r2 = HalfRows()
  #if REGISTERS32 || arch(arm64)
    var r3 = HalfRows()
  #endif
  var b = b
  var rows = rows
  for _ in 0..<taps {
    let a0 = rows[0], a1 = rows[1], a2 = rows[2], a3 = rows[3], a4 = rows[4], a5 = rows[5]
    #if REGISTERS32 || arch(arm64)
      let a6 = rows[6], a7 = rows[7]
    #endif
    rows += tileRows
    for i in 0..<length {
      let b0 = load(b)
      r0.add(a0[i], a1[i], b0)
      r1.add(a2[i], a3[i], b0)
      r2.add(a4[i], a5[i], b0)
      #if REGISTERS32 || arch(arm64)
        r3.add(a6[i], a7[i], b0)
      #endif
      b += 2 * lanes
    }
  }
  if accumulate {
    r0.addStored(c, stride)
    r1.addStored(c + 2 * stride, stride)
    r2.addStored(c + 4 * stride, stride)
    #if REGISTERS32 || arch(arm64)
      r3.addStored(c + 6 * stride, stride)
    #endif
  }
  if epilogue.isNothing {
    r0.put(c, stride)
    r1.put(c + 2 * stride, stride)
    r2.put(c + 4 * stride, stride)
    #if REGISTERS32 || arch(arm64)
      r3.put(c + 6 * stride, stride)
    #endif
    return
  }
  let finish = Finish(epilogue, column)
  r0.put(c, stride, finish)
  r1.put(c + 2 * stride, stride, finish)
  r2.put(c + 4 * stride, stride, finish)
  #if REGISTERS32 || arch(arm64)
    r3.put(c + 6 * stride, stride, finish)
  #endif
}

#if VECTOR16
  /// Half a vector, for the last columns of a panel.
  private typealias Narrow = SIMD8<Float>

  @inline(__always) private func multiplyAdd(_ sum: inout Narrow, _ a: Float, _ b: Narrow) {
    sum = sum.addingProduct(Narrow(repeating: a), b)
  }

  /// The first half vector of `tile`'s columns, where a panel has no more than that: two such products take
  /// as long as one of whole vectors.
  @inline(never)
  func quarterTile(
    _ taps: Int, _ length: Int, _ rows: UnsafePointer<UnsafePointer<Float>>, _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool, _ epilogue: Epilogue, _ column: Int
  ) {
    var s0 = Narrow.zero, s1 = Narrow.zero, s2 = Narrow.zero, s3 = Narrow.zero
    var s4 = Narrow.zero, s5 = Narrow.zero, s6 = Narrow.zero, s7 = Narrow.zero
    var b = b
    var rows = rows
    for _ in 0..<taps {
      let a0 = rows[0], a1 = rows[1], a2 = rows[2], a3 = rows[3], a4 = rows[4], a5 = rows[5], a6 = rows[6],
        a7 = rows[7]
      rows += tileRows
      for i in 0..<length {
        let w = UnsafeRawPointer(b).loadUnaligned(as: Narrow.self)
        multiplyAdd(&s0, a0[i], w)
        multiplyAdd(&s1, a1[i], w)
        multiplyAdd(&s2, a2[i], w)
        multiplyAdd(&s3, a3[i], w)
        multiplyAdd(&s4, a4[i], w)
        multiplyAdd(&s5, a5[i], w)
        multiplyAdd(&s6, a6[i], w)
        multiplyAdd(&s7, a7[i], w)
        b += 2 * lanes
      }
    }
    let finish = Finish(epilogue, column)
    func put(_ sum: Narrow, _ row: Int) {
      let p = UnsafeMutableRawPointer(c + row * stride)
      let whole = accumulate ? sum + UnsafeRawPointer(p).loadUnaligned(as: Narrow.self) : sum
      let finished =
        epilogue.isNothing
        ? whole
        : unsafeBitCast(
          finish(unsafeBitCast((whole, Narrow.zero), to: Vector.self)), to: (Narrow, Narrow).self
        ).0
      p.storeBytes(of: finished, as: Narrow.self)
    }
    put(s0, 0)
    put(s1, 1)
    put(s2, 2)
    put(s3, 3)
    put(s4, 4)
    put(s5, 5)
    put(s6, 6)
    put(s7, 7)
  }
#endif

extension Epilogue {
  @inline(__always) var isNothing: Bool { activation == Int(activationNone) && bias == nil }
}

/// Bias and activation of a vector of columns: `y = f(x + bias)`.
struct Finish {
  private var bias = Vector.zero, slope = Vector.zero
  private let activation: Int

  @inline(__always) init(_ epilogue: Epilogue, _ column: Int) {
    activation = epilogue.activation
    if let known = epilogue.bias { bias = load(known + column) }
    if activation == activationParametric, let slopes = epilogue.slopes { slope = load(slopes + column) }
  }

  @inline(__always) func callAsFunction(_ x: Vector) -> Vector {
    if activation == activationNone { return x + bias }
    return activation == activationRectifier ? rectified(x + bias) : rectified(x + bias, slope)
  }
}

// The comparisons are false for NaN, so a NaN passes through.

// In bits: a function that calls `replacing` is not inlined where it is used more than once.

@inline(__always) func rectified(_ x: Vector) -> Vector {
  let negative = unsafeBitCast(x .< Vector.zero, to: Integers.self)
  return unsafeBitCast(unsafeBitCast(x, to: Integers.self) & ~negative, to: Vector.self)
}

@inline(__always) func rectified(_ x: Vector, _ slope: Vector) -> Vector {
  let negative = unsafeBitCast(x .< Vector.zero, to: Integers.self),
    bits = unsafeBitCast(x, to: Integers.self)
  var y = unsafeBitCast(bits & ~negative, to: Vector.self)
  multiplyAdd(&y, unsafeBitCast(bits & negative, to: Vector.self), slope)
  return y
}
