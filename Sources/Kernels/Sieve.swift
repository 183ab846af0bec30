import CSystem

// A bound on distances from numbers in 8 bits.
//
// A row x is near s c, c whole numbers of at most 127 and s its scale: |x - s c| <= e, its loss. A query q is
// near t d likewise, |q - t d| <= f, d whole numbers that leave the sums of products within an Int32. By the
// triangle inequality |x - q| >= |s c - t d| - e - f. So a row is farther from the query than R if, with
// G = R + f,
//
//   |s c|^2 + |t d|^2 - 2 s t (c.d) > (G + e)^2, which is
//   (|s c|^2 - e^2) - 2 G e - 2 t s (c.d) > G^2 - |t d|^2
//
// The first bracket is the row's `low`, 2 G the gate's `reach`, 2 t its `scale`, the right side its `limit`.
// c.d is exact. With unit roundoff u = 2^-24, the left side as computed below, with FMA or without, is off by
// at most (1 + 2^-20) u times 2 |low| + 3 reach e + 4 |2 t s (c.d)|, and |2 t s (c.d)| <= |s c|^2 + |t d|^2.
// So `low` is lowered by 12 u (|s c|^2 + e^2) (`encodeBlock`), `reach` raised by 8 u of itself, and `limit`
// by 8 u |t d|^2 (`CodedQuery.gate`). No product underflows: s is 0 or above 2^-48, t is 0 or above 2^-56,
// e is 0 or above 2^-63, `reach` is above 2^-60.

/// The rows that may be as near to a query as its gate asks, by their numbers from `first` on.
///
/// - Parameters:
///   - query: `dimension` numbers, then `codeSlack` zeros.
///   - products: room for `rowCount`; places: as well.
/// - Returns: their number.
package func sieveBlock(
  _ sieve: Sieve, _ first: Int, _ rowCount: Int, _ query: UnsafePointer<Int16>, _ gate: Gate,
  _ products: UnsafeMutablePointer<Float>, _ places: UnsafeMutablePointer<Int32>
) -> Int {
  let dimension = sieve.dimension
  var row = sieve.codes + first * dimension, i = 0
  while i + 4 <= rowCount {
    // In memory order, so that the processor prefetches; four sums hide each other's latency.
    let row1 = row + dimension, row2 = row1 + dimension, row3 = row2 + dimension
    var sum0 = Integers.zero, sum1 = Integers.zero, sum2 = Integers.zero, sum3 = Integers.zero
    var j = 0
    while j < dimension {
      let some = shorts(query + j)
      sum0 = addPairs(sum0, widen(row + j), some)
      sum1 = addPairs(sum1, widen(row1 + j), some)
      sum2 = addPairs(sum2, widen(row2 + j), some)
      sum3 = addPairs(sum3, widen(row3 + j), some)
      j += 2 * lanes
    }
    products[i] = Float(four(sum0).wrappedSum())
    products[i + 1] = Float(four(sum1).wrappedSum())
    products[i + 2] = Float(four(sum2).wrappedSum())
    products[i + 3] = Float(four(sum3).wrappedSum())
    row = row3 + dimension
    i += 4
  }
  while i < rowCount {
    var sum = Integers.zero
    var j = 0
    while j < dimension {
      sum = addPairs(sum, widen(row + j), shorts(query + j))
      j += 2 * lanes
    }
    products[i] = Float(four(sum).wrappedSum())
    row += dimension
    i += 1
  }

  let scales = sieve.scales + first, losses = sieve.losses + first, lows = sieve.lows + first
  var count = 0
  i = 0
  while i + lanes <= rowCount {
    let near = near(
      load(products + i), load(scales + i), load(losses + i), load(lows + i), Vector(repeating: gate.reach),
      Vector(repeating: gate.scale), Vector(repeating: gate.limit))
    note(near, i, places, &count)
    i += lanes
  }
  // What is left fills no vector; behind it no number is set.
  while i < rowCount {
    let near = near(
      Vector(repeating: products[i]), Vector(repeating: scales[i]), Vector(repeating: losses[i]),
      Vector(repeating: lows[i]), Vector(repeating: gate.reach), Vector(repeating: gate.scale),
      Vector(repeating: gate.limit))
    note(near & 1, i, places, &count)
    i += 1
  }
  return count
}

/// A bit for each row and query that may be near enough, among them those whose left side is NaN.
@inline(__always) func near(
  _ product: Vector, _ rowScale: Vector, _ loss: Vector, _ low: Vector, _ reach: Vector, _ scale: Vector,
  _ limit: Vector
) -> UInt32 {
  var left = low
  multiplyAdd(&left, -reach, loss)
  multiplyAdd(&left, -scale, rowScale * product)
  return notAbove(left, limit)
}

@inline(__always) func note(
  _ near: UInt32, _ first: Int, _ places: UnsafeMutablePointer<Int32>, _ count: inout Int
) {
  var left = near
  while left != 0 {
    places[count] = Int32(truncatingIfNeeded: first + left.trailingZeroBitCount)
    count += 1
    left &= left &- 1
  }
}

@inline(__always) func shorts(_ p: UnsafePointer<Int16>) -> Shorts {
  UnsafeRawPointer(p).loadUnaligned(as: Shorts.self)
}

/// The sum of a vector's quarters, or halves.
@inline(__always) private func four(_ v: Integers) -> SIMD4<Int32> {
  #if VECTOR16
    let eight = v.lowHalf &+ v.highHalf
    return eight.lowHalf &+ eight.highHalf
  #elseif VECTOR8
    return v.lowHalf &+ v.highHalf
  #else
    return v
  #endif
}
