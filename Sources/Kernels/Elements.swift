// Elementwise operations that cannot be fused into a product.

/// The rectifier's gradient: `dx = dy` where `y > 0`, else 0 (also where y is NaN). `dx` may be `dy`.
package func gateBlock(
  _ dy: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, _ count: Int
) {
  var i = 0
  while i + lanes <= count {
    store(dx + i, load(dy + i).replacing(with: Vector.zero, where: .!(load(y + i) .> 0)))
    i += lanes
  }
  while i < count {
    dx[i] = y[i] > 0 ? dy[i] : 0
    i += 1
  }
}

/// `sum of (x - target)^2` over `count` numbers, and `gradient = slope (x - target)`, set or added.
/// Sums a block in Float lanes, then blocks in Double: a million Float squares lose no accuracy.
package func squaredDistanceBlock(
  _ x: UnsafePointer<Float>, _ target: UnsafePointer<Float>, _ count: Int, _ slope: Float,
  _ gradient: UnsafeMutablePointer<Float>?, _ accumulate: Bool
) -> Double {
  var total = 0.0
  var i = 0
  while i + lanes <= count {
    var sums = Vector.zero
    let end = min(count - lanes, i + 63 * lanes)
    while i <= end {
      let difference = load(x + i) - load(target + i)
      multiplyAdd(&sums, difference, difference)
      if let gradient {
        store(gradient + i, accumulate ? sum(load(gradient + i), slope, difference) : difference * slope)
      }
      i += lanes
    }
    for lane in 0..<lanes { total += Double(sums[lane]) }
  }
  while i < count {
    let difference = x[i] - target[i]
    total += Double(difference) * Double(difference)
    if let gradient { gradient[i] = (accumulate ? gradient[i] : 0) + slope * difference }
    i += 1
  }
  return total
}
