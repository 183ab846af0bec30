// The vector of this build and how it is read, written and multiplied.
//
// The same files are compiled three times: plain (SSE2 or NEON, 4 lanes), AVX2 with FMA (8 lanes) and AVX-512
// (16 lanes, 32 registers). Every helper here is inlined: a function shared between builds by the linker
// could carry instructions that the processor lacks.

#if VECTOR16
  typealias Vector = SIMD16<Float>
#elseif VECTOR8
  typealias Vector = SIMD8<Float>
#else
  typealias Vector = SIMD4<Float>
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

/// `sum += a * b`, in one rounding where the build has FMA. Without it `addingProduct` would call `fmaf` for
/// every lane.
@inline(__always) func multiplyAdd(_ sum: inout Vector, _ a: Vector, _ b: Vector) {
  #if FMA || arch(arm64)
    sum = sum.addingProduct(a, b)
  #else
    sum = sum + a * b
  #endif
}
