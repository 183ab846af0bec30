import CSystem

// The sieve for many queries: a tile of rows and vectors of queries, in one of three ways.
//
// VNNI: four products of a byte without sign and one with it, and their sum, in one instruction. Codes get
// 128 more, so that they have no sign, and sums begin at -128 times the sum of the query's numbers.
// AVX2 and AVX-512: two products at once, whose sum must fit an Int16. With numbers of a query up to 16, four
// of these sums do, at most 4 * 2 * 255 * 16 = 32640, and are widened together.
// Otherwise: codes and numbers of 16 bits, two products and their sum.

#if VNNI
  package let sieveShape = SieveShape(lanes: lanes, columns: tileOfVectors * lanes, group: 4, most: 127)
#elseif VECTOR8 || VECTOR16
  package let sieveShape = SieveShape(lanes: lanes, columns: tileOfVectors * lanes, group: 4, most: 16)
#else
  package let sieveShape = SieveShape(lanes: lanes, columns: tileOfVectors * lanes, group: 2, most: 32767)
#endif
private var tileOfVectors: Int { 2 }

/// Writes rows as `sieveManyBlock` reads them, `stride` bytes each: `dimension`, rounded up to a multiple of
/// `codeSlack`, times 4 / `sieveShape.group`.
package func spreadBlock(
  _ sieve: Sieve, _ first: Int, _ rowCount: Int, _ stride: Int, _ spread: UnsafeMutableRawPointer
) {
  for i in 0..<rowCount {
    let row = sieve.codes + (first + i) * sieve.dimension, to = spread + i * stride
    var j = 0
    while j < sieve.dimension {
      #if VECTOR8 || VECTOR16
        let bytes = UnsafeRawPointer(row + j).loadUnaligned(as: Integers.self)
        let signs = Integers(repeating: Int32(bitPattern: 0x8080_8080))
        (to + j).storeBytes(of: bytes ^ signs, as: Integers.self)
        j += 4 * lanes
      #else
        (to + 2 * j).storeBytes(of: widen(row + j), as: Shorts.self)
        j += 2 * lanes
      #endif
    }
  }
}

/// The pairs of row and query that may be as near as the query's gate asks, as `row * columns + query`.
///
/// - Parameters:
///   - spread: the rows by `spreadBlock`.
///   - queries: vector by vector of `sieveShape.lanes` queries: for each group of dimensions all numbers of
///     each query in it, bytes or Int16; behind the last dimension zeros.
///   - columns: a multiple of `sieveShape.columns`; as many gates, in three arrays, and starts of sums.
///   - places: room for all pairs.
/// - Returns: their number.
package func sieveManyBlock(
  _ sieve: Sieve, _ first: Int, _ rowCount: Int, _ spread: UnsafeRawPointer, _ stride: Int,
  _ queries: UnsafeRawPointer, _ starts: UnsafePointer<Int32>, _ columns: Int,
  _ reaches: UnsafePointer<Float>, _ scales: UnsafePointer<Float>, _ limits: UnsafePointer<Float>,
  _ places: UnsafeMutablePointer<Int32>
) -> Int {
  let group = sieveShape.group, groups = (sieve.dimension + group - 1) / group, step = 4 * lanes
  var count = 0
  @inline(__always) func sift(_ i: Int, _ column: Int, _ sums: Integers) {
    guard i < rowCount else { return }
    let near = near(
      floats(sums), Vector(repeating: sieve.scales[first + i]),
      Vector(repeating: sieve.losses[first + i]), Vector(repeating: sieve.lows[first + i]),
      load(reaches + column), load(scales + column), load(limits + column))
    note(near, i * columns + column, places, &count)
  }
  for column in Swift.stride(from: 0, to: columns, by: tileOfVectors * lanes) {
    let a = queries + column * 4 * groups, b = a + step * groups
    let startA = integers(starts + column), startB = integers(starts + column + lanes)
    var i = 0
    while i < rowCount {
      // The last rows may be one row several times.
      func row(_ k: Int) -> UnsafeRawPointer { spread + min(i + k, rowCount - 1) * stride }
      #if VNNI || !(VECTOR8 || VECTOR16)
        let row0 = row(0), row1 = row(1), row2 = row(2), row3 = row(3), row4 = row(4), row5 = row(5)
        var a0 = startA, a1 = startA, a2 = startA, a3 = startA, a4 = startA, a5 = startA
        var b0 = startB, b1 = startB, b2 = startB, b3 = startB, b4 = startB, b5 = startB
        for g in 0..<groups {
          let x = (a + g * step).loadUnaligned(as: Integers.self)
          let y = (b + g * step).loadUnaligned(as: Integers.self)
          @inline(__always) func add(
            _ row: UnsafeRawPointer, _ sumA: inout Integers, _ sumB: inout Integers
          ) {
            let numbers = row.loadUnaligned(fromByteOffset: 4 * g, as: Int32.self)
            sumA = addGroup(sumA, x, numbers)
            sumB = addGroup(sumB, y, numbers)
          }
          add(row0, &a0, &b0)
          add(row1, &a1, &b1)
          add(row2, &a2, &b2)
          add(row3, &a3, &b3)
          add(row4, &a4, &b4)
          add(row5, &a5, &b5)
        }
        sift(i, column, a0)
        sift(i, column + lanes, b0)
        sift(i + 1, column, a1)
        sift(i + 1, column + lanes, b1)
        sift(i + 2, column, a2)
        sift(i + 2, column + lanes, b2)
        sift(i + 3, column, a3)
        sift(i + 3, column + lanes, b3)
        sift(i + 4, column, a4)
        sift(i + 4, column + lanes, b4)
        sift(i + 5, column, a5)
        sift(i + 5, column + lanes, b5)
        i += 6
      #else
        let row0 = row(0), row1 = row(1), row2 = row(2)
        var a0 = startA, a1 = startA, a2 = startA, b0 = startB, b1 = startB, b2 = startB
        var g = 0
        while g < groups {
          var shortA0 = Shorts.zero, shortA1 = Shorts.zero, shortA2 = Shorts.zero
          var shortB0 = Shorts.zero, shortB1 = Shorts.zero, shortB2 = Shorts.zero
          let end = min(g + 4, groups)
          while g < end {
            let x = (a + g * step).loadUnaligned(as: Integers.self)
            let y = (b + g * step).loadUnaligned(as: Integers.self)
            @inline(__always) func add(
              _ row: UnsafeRawPointer, _ sumA: inout Shorts, _ sumB: inout Shorts
            ) {
              let numbers = row.loadUnaligned(fromByteOffset: 4 * g, as: Int32.self)
              sumA = addPairsOfBytes(sumA, x, numbers)
              sumB = addPairsOfBytes(sumB, y, numbers)
            }
            add(row0, &shortA0, &shortB0)
            add(row1, &shortA1, &shortB1)
            add(row2, &shortA2, &shortB2)
            g += 1
          }
          a0 = addHalves(a0, shortA0)
          a1 = addHalves(a1, shortA1)
          a2 = addHalves(a2, shortA2)
          b0 = addHalves(b0, shortB0)
          b1 = addHalves(b1, shortB1)
          b2 = addHalves(b2, shortB2)
        }
        sift(i, column, a0)
        sift(i, column + lanes, b0)
        sift(i + 1, column, a1)
        sift(i + 1, column + lanes, b1)
        sift(i + 2, column, a2)
        sift(i + 2, column + lanes, b2)
        i += 3
      #endif
    }
  }
  return count
}

@inline(__always) private func integers(_ p: UnsafePointer<Int32>) -> Integers {
  UnsafeRawPointer(p).loadUnaligned(as: Integers.self)
}
