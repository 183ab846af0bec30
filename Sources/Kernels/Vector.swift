// The vector of this build: reading, writing and multiplying it.
//
// The same files are compiled three times: baseline (SSE2 or NEON, 4 lanes), AVX2 with FMA (8 lanes) and
// AVX-512 (16 lanes, 32 registers). Every helper here is inlined: the linker could merge a function shared
// between builds into one with instructions that the processor lacks.

import CSystem

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

/// The first `count` numbers, followed by zeros; reads nothing beyond them.
@inline(__always) func loadPart(_ p: UnsafePointer<Float>, _ count: Int) -> Vector {
  #if VECTOR16
    systemLoadPart32(p, count)
  #elseif VECTOR8
    systemLoadPart16(p, count)
  #else
    systemLoadPart8(p, count)
  #endif
}

/// Writes the first `count` numbers.
@inline(__always) func storePart(_ p: UnsafeMutablePointer<Float>, _ v: Vector, _ count: Int) {
  #if VECTOR16
    systemStorePart32(p, v, count)
  #elseif VECTOR8
    systemStorePart16(p, v, count)
  #else
    systemStorePart8(p, v, count)
  #endif
}

/// Copies a few numbers: four at a time, then one by one.
@inline(__always) func copyPart(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ count: Int
) {
  var i = 0
  while i + 4 <= count {
    UnsafeMutableRawPointer(target + i).storeBytes(
      of: UnsafeRawPointer(source + i).loadUnaligned(as: SIMD4<Float>.self), as: SIMD4<Float>.self)
    i += 4
  }
  while i < count {
    target[i] = source[i]
    i += 1
  }
}

/// `sum += a * b`, with a single rounding if the build has FMA. Without FMA `addingProduct` would call `fmaf`
/// for every lane.
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
