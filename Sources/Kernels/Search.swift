// Rows are contiguous, `dimension` numbers each, as a gallery stores them.

/// Euclidean distances of rows to one query: `distances[i] = sqrt(sum over j of (rows[i, j] - query[j])^2)`
///
/// A row is summed in the same order whatever its neighbours: its bits do not depend on the other rows.
/// - Returns: the smallest distance.
package func distanceBlock(
  _ query: UnsafePointer<Float>, _ rows: UnsafePointer<Float>, _ dimension: Int, _ rowCount: Int,
  _ distances: UnsafeMutablePointer<Float>
) -> Float {
  let whole = dimension / lanes * lanes, rest = dimension - whole
  let queryRest = load(query + whole, rest)
  var smallest = Float.infinity
  for i in 0..<rowCount {
    // In memory order, so that the processor prefetches; four sums hide each other's latency.
    let row = rows + i * dimension
    var sum0 = Vector.zero, sum1 = Vector.zero, sum2 = Vector.zero, sum3 = Vector.zero
    var j = 0
    while j + 4 * lanes <= whole {
      addSquare(&sum0, load(row + j) - load(query + j))
      addSquare(&sum1, load(row + j + lanes) - load(query + j + lanes))
      addSquare(&sum2, load(row + j + 2 * lanes) - load(query + j + 2 * lanes))
      addSquare(&sum3, load(row + j + 3 * lanes) - load(query + j + 3 * lanes))
      j += 4 * lanes
    }
    while j < whole {
      addSquare(&sum0, load(row + j) - load(query + j))
      j += lanes
    }
    if rest > 0 { addSquare(&sum1, load(row + whole, rest) - queryRest) }
    let distance = total((sum0 + sum1) + (sum2 + sum3)).squareRoot()
    distances[i] = distance
    smallest = distance < smallest ? distance : smallest
  }
  return smallest
}

/// `sums[i] = sum over j of rows[i, j]^2`
package func squareBlock(
  _ rows: UnsafePointer<Float>, _ dimension: Int, _ rowCount: Int, _ sums: UnsafeMutablePointer<Float>
) {
  let whole = dimension / lanes * lanes
  for row in 0..<rowCount {
    let a = rows + row * dimension
    var even = Vector.zero, odd = Vector.zero
    var j = 0
    while j + lanes < whole {
      addSquare(&even, load(a + j))
      addSquare(&odd, load(a + j + lanes))
      j += 2 * lanes
    }
    if j < whole { addSquare(&even, load(a + j)) }
    if whole < dimension { addSquare(&odd, load(a + whole, dimension - whole)) }
    sums[row] = total(even + odd)
  }
}

/// The indices `i * stride + j`, j < `columns`, where `squares[i] - 2 * products[i, j] <= limits[j]`, or
/// where either side is NaN.
///
/// - Parameters:
///   - products: `stride` per row, a multiple of the vector; as many limits.
///   - places: room for all of them.
/// - Returns: the number of indices found.
package func siftBlock(
  _ products: UnsafePointer<Float>, _ stride: Int, _ rowCount: Int, _ columns: Int,
  _ squares: UnsafePointer<Float>,
  _ limits: UnsafePointer<Float>, _ places: UnsafeMutablePointer<Int32>
) -> Int {
  var count = 0
  for i in 0..<rowCount {
    let row = products + i * stride
    let square = Vector(repeating: squares[i])
    var j = 0
    while j + lanes <= columns {
      let product = load(row + j)
      let isFar = square - (product + product) .> load(limits + j)
      if !all(isFar) {
        for lane in 0..<lanes where !isFar[lane] {
          places[count] = Int32(truncatingIfNeeded: i * stride + j + lane)
          count += 1
        }
      }
      j += lanes
    }
    // What is left fills no vector; behind it no number is set.
    while j < columns {
      if !(squares[i] - (row[j] + row[j]) > limits[j]) {
        places[count] = Int32(truncatingIfNeeded: i * stride + j)
        count += 1
      }
      j += 1
    }
  }
  return count
}

@inline(__always) private func addSquare(_ sum: inout Vector, _ x: Vector) { multiplyAdd(&sum, x, x) }

/// `count` numbers, fewer than a vector's, followed by zeros.
@inline(__always) private func load(_ p: UnsafePointer<Float>, _ count: Int) -> Vector {
  var vector = Vector.zero
  for lane in 0..<count { vector[lane] = p[lane] }
  return vector
}

/// The sum of a vector, by halving.
@inline(__always) private func total(_ v: Vector) -> Float {
  #if VECTOR16
    let eight = v.lowHalf + v.highHalf
    let four = eight.lowHalf + eight.highHalf
  #elseif VECTOR8
    let four = v.lowHalf + v.highHalf
  #else
    let four = v
  #endif
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}
