import TestSupport
import Tensors
import Testing

@Suite struct CombinationTests {
  private func vectors(_ count: Int, _ length: Int, seed: UInt64) -> [[Float]] {
    var numbers = Numbers(seed: seed)
    return (0..<count).map { _ in numbers.array(length) }
  }

  private func products(_ vectors: [[Float]], _ partners: [[Float]]) throws -> [Double] {
    let count = vectors[0].count, tensors = try (vectors + partners).map { try Tensor<Float>([count], $0) }
    let sums = try Tensor<Double>([3 * vectors.count])
    let scratch = try Tensor<Double>([sumProductsScratch(vectors: vectors.count)])
    withPointers(tensors) { pointers in
      let pointers = pointers.map { UnsafePointer($0) }, n = vectors.count
      sumProducts(
        of: Array(pointers[..<n]), with: (pointers[n], pointers[n + 1], pointers[n + 2]), count,
        into: sums.pointer, scratch: scratch.pointer)
    }
    return sums.values
  }

  private func weighted(_ vectors: [[Float]], _ factors: [Float]) throws -> [Float] {
    let count = vectors[0].count, y = try Tensor<Float>([count])
    withPointers(try vectors.map { try Tensor<Float>([count], $0) }) { pointers in
      weightedSum(of: pointers.map { UnsafePointer($0) }, factors, count, into: y.pointer)
    }
    return y.values
  }

  @Test(arguments: oddSides + [64, 4095, 4096, 4097, 70_001, 600_001])
  func `sums of products agree with their plain twin`(length: Int) throws {
    let v = vectors(3, length, seed: UInt64(length)), partners = vectors(3, length, seed: 9)
    let sums = try products(v, partners)
    for j in 0..<3 {
      for k in 0..<3 {
        let terms = zip(v[j], partners[k]).map { Double($0) * Double($1) }
        #expect(
          abs(sums[3 * j + k] - terms.reduce(0, +)) <= Tolerance.double * terms.reduce(0) { $0 + abs($1) })
      }
    }
  }

  @Test(arguments: oddSides + [64, 4097, 70_001, 600_001])
  func `weighted sums agree with their plain twin`(length: Int) throws {
    for count in [1, 3, 4, 9] {
      let v = vectors(count, length, seed: UInt64(length)), factors = vectors(1, count, seed: 5)[0]
      let expected = (0..<length).map { i in
        (0..<count).reduce(0.0) { $0 + Double(factors[$1]) * Double(v[$1][i]) }
      }
      #expect(try largestDifference(weighted(v, factors), expected) < Tolerance.product(depth: count))
    }
  }

  @Test func `they give the same bits for one to four threads`() throws {
    let v = vectors(5, 200_003, seed: 3), partners = vectors(3, 200_003, seed: 4)
    #expect(try givesSameBits { try weighted(v, [1, -2, 0.3, 4, 5]) })
    var sums: Set<[Double]> = []
    #expect(
      try givesSameBits {
        sums.insert(try products(v, partners))
        return []
      })
    #expect(sums.count == 1)
  }
}
