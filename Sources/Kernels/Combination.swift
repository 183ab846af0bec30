// Sums of products, and weighted sums, of many long vectors: what L-BFGS does with its pairs.

#if VECTOR16
  private typealias Half = SIMD8<Float>
  private typealias WideHalf = SIMD8<Double>
#elseif VECTOR8
  private typealias Half = SIMD4<Float>
  private typealias WideHalf = SIMD4<Double>
#else
  private typealias Half = SIMD2<Float>
  private typealias WideHalf = SIMD2<Double>
#endif

@inline(__always) private func wide(_ p: UnsafePointer<Float>) -> WideHalf {
  let half = UnsafeRawPointer(p).loadUnaligned(as: Half.self)
  var wide = WideHalf()
  for i in 0..<Half.scalarCount { wide[i] = Double(half[i]) }
  return wide
}

@inline(__always) private func multiplyAdd(_ sum: inout WideHalf, _ a: WideHalf, _ b: WideHalf) {
  #if FMA || arch(arm64)
    sum = sum.addingProduct(a, b)
  #else
    sum = sum + a * b
  #endif
}

@inline(__always) private func total(_ a: WideHalf, _ b: WideHalf) -> Double {
  let sums = a + b
  var total = 0.0
  for i in 0..<Half.scalarCount { total += sums[i] }
  return total
}

/// Adds the sums of `x[i] a[i]`, `x[i] b[i]` and `x[i] c[i]` to `sums`. Products of two Floats are exact in
/// Double, in which they are added.
package func productsBlock(
  _ x: UnsafePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>,
  _ count: Int, _ sums: UnsafeMutablePointer<Double>
) {
  let half = Half.scalarCount
  // Two of each: a sum waits for the one before it.
  var (a0, b0, c0) = (WideHalf.zero, WideHalf.zero, WideHalf.zero)
  var (a1, b1, c1) = (WideHalf.zero, WideHalf.zero, WideHalf.zero)
  var i = 0
  while i + 2 * half <= count {
    let x0 = wide(x + i), x1 = wide(x + i + half)
    multiplyAdd(&a0, x0, wide(a + i))
    multiplyAdd(&b0, x0, wide(b + i))
    multiplyAdd(&c0, x0, wide(c + i))
    multiplyAdd(&a1, x1, wide(a + i + half))
    multiplyAdd(&b1, x1, wide(b + i + half))
    multiplyAdd(&c1, x1, wide(c + i + half))
    i += 2 * half
  }
  var (aRest, bRest, cRest) = (0.0, 0.0, 0.0)
  while i < count {
    aRest += Double(x[i]) * Double(a[i])
    bRest += Double(x[i]) * Double(b[i])
    cRest += Double(x[i]) * Double(c[i])
    i += 1
  }
  sums[0] += total(a0, a1) + aRest
  sums[1] += total(b0, b1) + bRest
  sums[2] += total(c0, c1) + cRest
}

/// `y[i] += sum over j of factors[j] vectors[j][first + i]`, j from 0 on.
package func weightedSumBlock(
  _ vectors: UnsafePointer<UnsafePointer<Float>>, _ factors: UnsafePointer<Float>, _ vectorCount: Int,
  _ first: Int, _ count: Int, _ y: UnsafeMutablePointer<Float>
) {
  var j = 0
  // Four at a time: `y` is read and written less often.
  while j + 4 <= vectorCount {
    let (a, b) = (vectors[j] + first, vectors[j + 1] + first)
    let (c, d) = (vectors[j + 2] + first, vectors[j + 3] + first)
    var i = 0
    while i + lanes <= count {
      var sum = load(y + i)
      multiplyAdd(&sum, Vector(repeating: factors[j]), load(a + i))
      multiplyAdd(&sum, Vector(repeating: factors[j + 1]), load(b + i))
      multiplyAdd(&sum, Vector(repeating: factors[j + 2]), load(c + i))
      multiplyAdd(&sum, Vector(repeating: factors[j + 3]), load(d + i))
      store(y + i, sum)
      i += lanes
    }
    while i < count {
      y[i] += factors[j] * a[i]
      y[i] += factors[j + 1] * b[i]
      y[i] += factors[j + 2] * c[i]
      y[i] += factors[j + 3] * d[i]
      i += 1
    }
    j += 4
  }
  while j < vectorCount {
    let a = vectors[j] + first
    var i = 0
    while i + lanes <= count {
      store(y + i, sum(load(y + i), factors[j], load(a + i)))
      i += lanes
    }
    while i < count {
      y[i] += factors[j] * a[i]
      i += 1
    }
    j += 1
  }
}
