import CSystem

/// Rows and columns of the block of sums that stays in registers: 16 of 32 vector registers hold 8 x 2
/// vectors, or 12 of 16 hold 6 x 2.
#if REGISTERS32 || arch(arm64)
  package let tileRows = 8
#else
  package let tileRows = 6
#endif
package var tileColumns: Int { 2 * Vector.scalarCount }

/// The innermost loop of all products: `tileRows` x `tileColumns` sums over `taps * length` products.
///
/// - Parameters:
///   - rows: for each tap, `tileRows` pointers to `length` consecutive factors; read where they lie, unpacked.
///   - b: a packed panel, `taps * length` rows of `tileColumns`.
///   - c: `tileRows` rows, `stride` apart, to be set (or added to) and finished by `epilogue`.
///   - column: the panel's first column, where the epilogue's bias and slopes begin.
@inline(never)
func tile(
  _ taps: Int, _ length: Int, _ rows: UnsafePointer<UnsafePointer<Float>>, _ b: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool, _ epilogue: Epilogue, _ column: Int
) {
  var c00 = Vector.zero, c01 = Vector.zero
  var c10 = Vector.zero, c11 = Vector.zero
  var c20 = Vector.zero, c21 = Vector.zero
  var c30 = Vector.zero, c31 = Vector.zero
  var c40 = Vector.zero, c41 = Vector.zero
  var c50 = Vector.zero, c51 = Vector.zero
#if REGISTERS32 || arch(arm64)
  var c60 = Vector.zero, c61 = Vector.zero
  var c70 = Vector.zero, c71 = Vector.zero
#endif
  var b = b
  var rows = rows
  for _ in 0..<taps {
    let a0 = rows[0]
    let a1 = rows[1]
    let a2 = rows[2]
    let a3 = rows[3]
    let a4 = rows[4]
    let a5 = rows[5]
#if REGISTERS32 || arch(arm64)
    let a6 = rows[6]
    let a7 = rows[7]
#endif
    rows += tileRows
    for i in 0..<length {
      let b0 = load(b), b1 = load(b + lanes)
      var x = Vector(repeating: a0[i])
      multiplyAdd(&c00, x, b0)
      multiplyAdd(&c01, x, b1)
      x = Vector(repeating: a1[i])
      multiplyAdd(&c10, x, b0)
      multiplyAdd(&c11, x, b1)
      x = Vector(repeating: a2[i])
      multiplyAdd(&c20, x, b0)
      multiplyAdd(&c21, x, b1)
      x = Vector(repeating: a3[i])
      multiplyAdd(&c30, x, b0)
      multiplyAdd(&c31, x, b1)
      x = Vector(repeating: a4[i])
      multiplyAdd(&c40, x, b0)
      multiplyAdd(&c41, x, b1)
      x = Vector(repeating: a5[i])
      multiplyAdd(&c50, x, b0)
      multiplyAdd(&c51, x, b1)
#if REGISTERS32 || arch(arm64)
      x = Vector(repeating: a6[i])
      multiplyAdd(&c60, x, b0)
      multiplyAdd(&c61, x, b1)
      x = Vector(repeating: a7[i])
      multiplyAdd(&c70, x, b0)
      multiplyAdd(&c71, x, b1)
#endif
      b += 2 * lanes
    }
  }
  if accumulate {
    var p = c
    c00 += load(p)
    c01 += load(p + lanes)
    p += stride
    c10 += load(p)
    c11 += load(p + lanes)
    p += stride
    c20 += load(p)
    c21 += load(p + lanes)
    p += stride
    c30 += load(p)
    c31 += load(p + lanes)
    p += stride
    c40 += load(p)
    c41 += load(p + lanes)
    p += stride
    c50 += load(p)
    c51 += load(p + lanes)
    p += stride
#if REGISTERS32 || arch(arm64)
    c60 += load(p)
    c61 += load(p + lanes)
    p += stride
    c70 += load(p)
    c71 += load(p + lanes)
#endif
  }
  let finish = Finish(epilogue, column)
  var p = c
  store(p, finish.first(c00))
  store(p + lanes, finish.second(c01))
  p += stride
  store(p, finish.first(c10))
  store(p + lanes, finish.second(c11))
  p += stride
  store(p, finish.first(c20))
  store(p + lanes, finish.second(c21))
  p += stride
  store(p, finish.first(c30))
  store(p + lanes, finish.second(c31))
  p += stride
  store(p, finish.first(c40))
  store(p + lanes, finish.second(c41))
  p += stride
  store(p, finish.first(c50))
  store(p + lanes, finish.second(c51))
  p += stride
#if REGISTERS32 || arch(arm64)
  store(p, finish.first(c60))
  store(p + lanes, finish.second(c61))
  p += stride
  store(p, finish.first(c70))
  store(p + lanes, finish.second(c71))
#endif
}

/// Bias and activation of two vectors of columns: `y = f(x + bias)`.
struct Finish {
  var bias0 = Vector.zero, bias1 = Vector.zero
  var slope0 = Vector.zero, slope1 = Vector.zero
  let activation: Int

  @inline(__always) init(_ epilogue: Epilogue, _ column: Int) {
    activation = epilogue.activation
    if let bias = epilogue.bias {
      bias0 = load(bias + column)
      bias1 = load(bias + column + lanes)
    }
    if activation == activationParametric, let slopes = epilogue.slopes {
      slope0 = load(slopes + column)
      slope1 = load(slopes + column + lanes)
    }
  }

  @inline(__always) func first(_ x: Vector) -> Vector { finish(x + bias0, slope0) }
  @inline(__always) func second(_ x: Vector) -> Vector { finish(x + bias1, slope1) }

  // The comparisons are false for NaN, so that a NaN passes through.
  @inline(__always) private func finish(_ x: Vector, _ slope: Vector) -> Vector {
    if activation == activationNone { return x }
    if activation == activationRectifier { return x.replacing(with: Vector.zero, where: x .< 0) }
    return x.replacing(with: x * slope, where: x .< 0)
  }
}
