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
    _ p: UnsafeMutablePointer<Float>, _ stride: Int, rectifiedWith bias0: Vector, _ bias1: Vector
  ) {
    store(p, rectified(c00 + bias0))
    store(p + lanes, rectified(c01 + bias1))
    store(p + stride, rectified(c10 + bias0))
    store(p + stride + lanes, rectified(c11 + bias1))
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
  if epilogue.activation == activationRectifier, let bias = epilogue.bias {
    let bias0 = load(bias + column), bias1 = load(bias + column + lanes)
    r0.put(c, stride, rectifiedWith: bias0, bias1)
    r1.put(c + 2 * stride, stride, rectifiedWith: bias0, bias1)
    r2.put(c + 4 * stride, stride, rectifiedWith: bias0, bias1)
    #if REGISTERS32 || arch(arm64)
      r3.put(c + 6 * stride, stride, rectifiedWith: bias0, bias1)
    #endif
    return
  }
  r0.put(c, stride)
  r1.put(c + 2 * stride, stride)
  r2.put(c + 4 * stride, stride)
  #if REGISTERS32 || arch(arm64)
    r3.put(c + 6 * stride, stride)
  #endif
  if !epilogue.isNothing { finishRows(c, stride, tileRows, 2, epilogue, column) }
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
  r0.put(c, stride)
  r1.put(c + 2 * stride, stride)
  if !epilogue.isNothing { finishRows(c, stride, shortRows, 2, epilogue, column) }
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

  @inline(__always) func put(_ p: UnsafeMutablePointer<Float>, _ stride: Int, rectifiedWith bias: Vector) {
    store(p, rectified(c0 + bias))
    store(p + stride, rectified(c1 + bias))
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
  if epilogue.activation == activationRectifier, let bias = epilogue.bias {
    let bias = load(bias + column)
    r0.put(c, stride, rectifiedWith: bias)
    r1.put(c + 2 * stride, stride, rectifiedWith: bias)
    r2.put(c + 4 * stride, stride, rectifiedWith: bias)
    #if REGISTERS32 || arch(arm64)
      r3.put(c + 6 * stride, stride, rectifiedWith: bias)
    #endif
    return
  }
  r0.put(c, stride)
  r1.put(c + 2 * stride, stride)
  r2.put(c + 4 * stride, stride)
  #if REGISTERS32 || arch(arm64)
    r3.put(c + 6 * stride, stride)
  #endif
  if !epilogue.isNothing { finishRows(c, stride, tileRows, 1, epilogue, column) }
}

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
  x.replacing(with: x * slope, where: x .< 0)
}

/// Adds the bias to sums that are stored and applies the activation: `vectors` of columns from `column` on,
/// in rows `stride` apart.
@inline(never)
func finishRows(
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ rows: Int, _ vectors: Int, _ epilogue: Epilogue,
  _ column: Int
) {
  for vector in 0..<vectors {
    var p = c + vector * lanes
    let first = column + vector * lanes, bias = epilogue.bias.map { load($0 + first) } ?? Vector.zero
    if epilogue.activation == activationRectifier {
      for _ in 0..<rows {
        store(p, rectified(load(p) + bias))
        p += stride
      }
    } else if epilogue.activation == activationParametric, let slopes = epilogue.slopes {
      let slope = load(slopes + first)
      for _ in 0..<rows {
        store(p, rectified(load(p) + bias, slope))
        p += stride
      }
    } else {
      for _ in 0..<rows {
        store(p, load(p) + bias)
        p += stride
      }
    }
  }
}
