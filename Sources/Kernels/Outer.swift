import CSystem

/// Sums of outer products: `c[i, j] += sum over rows p of a[p][i] * b[p][j]`, for one tile of `c`. Gram matrices and
/// the gradients of weights are made of them.
///
/// - Parameters:
///   - runs: how many runs of `length` rows; run r of `a` begins at `starts[r] + offset`, its rows `aStep` apart.
///   - b: rows of `tileColumns`; its runs begin `bRun` rows apart.
///   - c: `tileRows` rows of `tileColumns`, set or, with `accumulate`, added to.
@inline(never)
func outerTile(
  _ runs: Int, _ length: Int, _ starts: UnsafePointer<UnsafePointer<Float>>, _ offset: Int, _ aStep: Int,
  _ b: UnsafePointer<Float>, _ bRun: Int, _ c: UnsafeMutablePointer<Float>, _ accumulate: Bool
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
  for run in 0..<runs {
    var a = starts[run] + offset
    var b = b + run * bRun * tileColumns
    for _ in 0..<length {
      let b0 = load(b), b1 = load(b + lanes)
      var x = Vector(repeating: a[0])
      multiplyAdd(&c00, x, b0)
      multiplyAdd(&c01, x, b1)
      x = Vector(repeating: a[1])
      multiplyAdd(&c10, x, b0)
      multiplyAdd(&c11, x, b1)
      x = Vector(repeating: a[2])
      multiplyAdd(&c20, x, b0)
      multiplyAdd(&c21, x, b1)
      x = Vector(repeating: a[3])
      multiplyAdd(&c30, x, b0)
      multiplyAdd(&c31, x, b1)
      x = Vector(repeating: a[4])
      multiplyAdd(&c40, x, b0)
      multiplyAdd(&c41, x, b1)
      x = Vector(repeating: a[5])
      multiplyAdd(&c50, x, b0)
      multiplyAdd(&c51, x, b1)
#if REGISTERS32 || arch(arm64)
      x = Vector(repeating: a[6])
      multiplyAdd(&c60, x, b0)
      multiplyAdd(&c61, x, b1)
      x = Vector(repeating: a[7])
      multiplyAdd(&c70, x, b0)
      multiplyAdd(&c71, x, b1)
#endif
      a += aStep
      b += 2 * lanes
    }
  }
  var p = c
  @inline(__always) func put(_ first: Vector, _ second: Vector) {
    store(p, accumulate ? load(p) + first : first)
    store(p + lanes, accumulate ? load(p + lanes) + second : second)
    p += tileColumns
  }
  put(c00, c01)
  put(c10, c11)
  put(c20, c21)
  put(c30, c31)
  put(c40, c41)
  put(c50, c51)
#if REGISTERS32 || arch(arm64)
  put(c60, c61)
  put(c70, c71)
#endif
}

/// The tiles of one panel of a sum of outer products.
///
/// - Parameters:
///   - slivers: of `tileRows` columns of `a`.
///   - c: tiles one after the other, as `outerTile` leaves them.
package func outerBlock(
  _ runs: Int, _ length: Int, _ starts: UnsafePointer<UnsafePointer<Float>>, _ aStep: Int, _ slivers: Int,
  _ b: UnsafePointer<Float>, _ bRun: Int, _ c: UnsafeMutablePointer<Float>, _ accumulate: Bool
) {
  for sliver in 0..<slivers {
    outerTile(
      runs, length, starts, sliver * tileRows, aStep, b, bRun, c + sliver * tileRows * tileColumns, accumulate)
  }
}
