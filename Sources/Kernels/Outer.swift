import CSystem

/// Sums of outer products: `c[i, j] += sum over rows p of a[p][i] * b[p][j]`, for one tile of `c`. Used for
/// Gram matrices and weight gradients.
///
/// - Parameters:
///   - runs: number of runs of `length` rows; run r of `a` begins at `starts[r] + offset`, its rows are
///     `aStep` apart.
///   - b: rows of `tileColumns`; its runs begin `bRun` rows apart.
///   - c: `tileRows` rows of `tileColumns`, set or, with `accumulate`, added to.
@inline(never)
func outerTile(
  _ runs: Int, _ length: Int, _ starts: UnsafePointer<UnsafePointer<Float>>, _ offset: Int, _ aStep: Int,
  _ b: UnsafePointer<Float>, _ bRun: Int, _ c: UnsafeMutablePointer<Float>, _ accumulate: Bool
) {
  var r0 = Rows(), r1 = Rows(), r2 = Rows()
  #if REGISTERS32 || arch(arm64)
    var r3 = Rows()
  #endif
  for run in 0..<runs {
    var a = starts[run] + offset
    var b = b + run * bRun * tileColumns
    for _ in 0..<length {
      let b0 = load(b), b1 = load(b + lanes)
      r0.add(a[0], a[1], b0, b1)
      r1.add(a[2], a[3], b0, b1)
      r2.add(a[4], a[5], b0, b1)
      #if REGISTERS32 || arch(arm64)
        r3.add(a[6], a[7], b0, b1)
      #endif
      a += aStep
      b += 2 * lanes
    }
  }
  if accumulate {
    r0.addStored(c, tileColumns)
    r1.addStored(c + 2 * tileColumns, tileColumns)
    r2.addStored(c + 4 * tileColumns, tileColumns)
    #if REGISTERS32 || arch(arm64)
      r3.addStored(c + 6 * tileColumns, tileColumns)
    #endif
  }
  r0.put(c, tileColumns)
  r1.put(c + 2 * tileColumns, tileColumns)
  r2.put(c + 4 * tileColumns, tileColumns)
  #if REGISTERS32 || arch(arm64)
    r3.put(c + 6 * tileColumns, tileColumns)
  #endif
}

/// The tiles of one panel of a sum of outer products.
///
/// - Parameters:
///   - slivers: of `tileRows` columns of `a`.
///   - c: consecutive tiles, as `outerTile` writes them.
package func outerBlock(
  _ runs: Int, _ length: Int, _ starts: UnsafePointer<UnsafePointer<Float>>, _ aStep: Int, _ slivers: Int,
  _ b: UnsafePointer<Float>, _ bRun: Int, _ c: UnsafeMutablePointer<Float>, _ accumulate: Bool
) {
  for sliver in 0..<slivers {
    outerTile(
      runs, length, starts, sliver * tileRows, aStep, b, bRun, c + sliver * tileRows * tileColumns, accumulate
    )
  }
}
