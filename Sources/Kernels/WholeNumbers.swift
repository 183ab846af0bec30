import CSystem

// Vectors of whole numbers in the width of this build: CSystem has the functions, for every width.

#if VECTOR16
  typealias Shorts = SIMD32<Int16>

  @inline(__always) func widen(_ bytes: UnsafePointer<Int8>) -> Shorts { systemWiden32(bytes) }
  @inline(__always) func addPairs(_ sums: Integers, _ a: Shorts, _ b: Shorts) -> Integers {
    systemAddPairs32(sums, a, b)
  }
  @inline(__always) func addPairsOfBytes(_ sums: Shorts, _ bytes: Integers, _ numbers: Int32) -> Shorts {
    systemAddPairsOfBytes32(sums, bytes, numbers)
  }
  @inline(__always) func addHalves(_ sums: Integers, _ numbers: Shorts) -> Integers {
    systemAddHalves32(sums, numbers)
  }
  @inline(__always) func addGroup(_ sums: Integers, _ numbers: Integers, _ other: Int32) -> Integers {
    systemAddBytes32(sums, numbers, other)
  }
  @inline(__always) func floats(_ numbers: Integers) -> Vector { systemFloats32(numbers) }
  @inline(__always) func integers(_ numbers: Vector) -> Integers { systemInts32(numbers) }
  @inline(__always) func notAbove(_ a: Vector, _ b: Vector) -> UInt32 { systemNotAbove32(a, b) }
  @inline(__always) func storeBytes(_ bytes: UnsafeMutablePointer<Int8>, _ numbers: Integers) {
    systemStoreBytes32(bytes, numbers)
  }
#elseif VECTOR8
  typealias Shorts = SIMD16<Int16>

  @inline(__always) func widen(_ bytes: UnsafePointer<Int8>) -> Shorts { systemWiden16(bytes) }
  @inline(__always) func addPairs(_ sums: Integers, _ a: Shorts, _ b: Shorts) -> Integers {
    systemAddPairs16(sums, a, b)
  }
  @inline(__always) func addPairsOfBytes(_ sums: Shorts, _ bytes: Integers, _ numbers: Int32) -> Shorts {
    systemAddPairsOfBytes16(sums, bytes, numbers)
  }
  @inline(__always) func addHalves(_ sums: Integers, _ numbers: Shorts) -> Integers {
    systemAddHalves16(sums, numbers)
  }
  @inline(__always) func floats(_ numbers: Integers) -> Vector { systemFloats16(numbers) }
  @inline(__always) func integers(_ numbers: Vector) -> Integers { systemInts16(numbers) }
  @inline(__always) func notAbove(_ a: Vector, _ b: Vector) -> UInt32 { systemNotAbove16(a, b) }
  @inline(__always) func storeBytes(_ bytes: UnsafeMutablePointer<Int8>, _ numbers: Integers) {
    systemStoreBytes16(bytes, numbers)
  }
#else
  typealias Shorts = SIMD8<Int16>

  @inline(__always) func widen(_ bytes: UnsafePointer<Int8>) -> Shorts { systemWiden8(bytes) }
  @inline(__always) func addPairs(_ sums: Integers, _ a: Shorts, _ b: Shorts) -> Integers {
    systemAddPairs8(sums, a, b)
  }
  @inline(__always) func addGroup(_ sums: Integers, _ numbers: Integers, _ other: Int32) -> Integers {
    systemAddGroup8(sums, numbers, other)
  }
  @inline(__always) func floats(_ numbers: Integers) -> Vector { systemFloats8(numbers) }
  @inline(__always) func integers(_ numbers: Vector) -> Integers { systemInts8(numbers) }
  @inline(__always) func notAbove(_ a: Vector, _ b: Vector) -> UInt32 { systemNotAbove8(a, b) }
  @inline(__always) func storeBytes(_ bytes: UnsafeMutablePointer<Int8>, _ numbers: Integers) {
    systemStoreBytes8(bytes, numbers)
  }
#endif
