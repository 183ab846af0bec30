// The vector of this build and how it is read, written and multiplied.
//
// The same files are compiled three times: plain (SSE2 or NEON, 4 lanes), AVX2 with FMA (8 lanes) and AVX-512
// (16 lanes, 32 registers). Every helper here is inlined: a function shared between builds by the linker
// could carry instructions that the processor lacks.

#if VECTOR16
  typealias Vector = SIMD16<Float>
  typealias Integers = SIMD16<Int32>
#elseif VECTOR8
  typealias Vector = SIMD8<Float>
  typealias Integers = SIMD8<Int32>
#else
  typealias Vector = SIMD4<Float>
  typealias Integers = SIMD4<Int32>
#endif

@inline(__always) var lanes: Int { Vector.scalarCount }

@inline(__always) func load(_ p: UnsafePointer<Float>) -> Vector {
  UnsafeRawPointer(p).loadUnaligned(as: Vector.self)
}

@inline(__always) func load(_ p: UnsafeMutablePointer<Float>) -> Vector {
  UnsafeRawPointer(p).loadUnaligned(as: Vector.self)
}

@inline(__always) func store(_ p: UnsafeMutablePointer<Float>, _ v: Vector) {
  UnsafeMutableRawPointer(p).storeBytes(of: v, as: Vector.self)
}

/// The first `count` numbers, zeros behind them; nothing beyond is touched.
@inline(__always) func loadPart(_ p: UnsafePointer<Float>, _ count: Int) -> Vector {
  var v = Vector.zero
  for i in 0..<count { v[i] = p[i] }
  return v
}

/// `sum += a * b`, in one rounding where the build has FMA. Without it `addingProduct` would call `fmaf` for
/// every lane.
@inline(__always) func multiplyAdd(_ sum: inout Vector, _ a: Vector, _ b: Vector) {
  #if FMA || arch(arm64)
    sum = sum.addingProduct(a, b)
  #else
    sum = sum + a * b
  #endif
}

/// `a + factor * b`
@inline(__always) func sum(_ a: Vector, _ factor: Float, _ b: Vector) -> Vector {
  var sum = a
  multiplyAdd(&sum, Vector(repeating: factor), b)
  return sum
}
