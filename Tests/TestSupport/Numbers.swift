import Tensors

/// Seeded numbers in -1..<1 that do not depend on the machine.
package struct Numbers {
  private var state: UInt64

  package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  package mutating func next() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(state >> 11) / Double(1 << 52) - 1
  }

  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package mutating func array<Element: Scalar>(_ count: Int) -> [Element] {
    (0..<count).map { _ in Element(next()) }
  }

  package mutating func tensor<Element: Scalar>(_ extents: [Int]) throws -> Tensor<Element> {
    try Tensor(extents, array(extents.reduce(1, *)))
  }
}

/// The largest absolute difference of two lists, infinite when their lengths differ or a NaN has no partner.
@_specialize(where A == Float, B == Float)
@_specialize(where A == Float, B == Double)
@_specialize(where A == Double, B == Double)
package func largestDifference<A: Scalar, B: Scalar>(_ a: [A], _ b: [B]) -> Double {
  guard a.count == b.count else { return .infinity }
  var largest = 0.0
  for (x, y) in zip(a, b) {
    if x.isNaN && y.isNaN { continue }
    let difference = abs(Double(x) - Double(y))
    largest = difference.isNaN ? .infinity : max(largest, difference)
  }
  return largest
}
