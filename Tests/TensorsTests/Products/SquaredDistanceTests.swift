import TestSupport
import Tensors
import Testing

@Suite struct SquaredDistanceTests {
  private func run(
    _ x: [Float], _ target: [Float], slope: Float, before: [Float]?
  ) throws -> (distance: Double, gradient: [Float]) {
    let gradient = try Tensor<Float>([x.count], before ?? [Float](repeating: .nan, count: x.count))
    let distance = Float.squaredDistance(
      x, target, x.count, slope: slope, into: gradient.pointer, accumulate: before != nil)
    return (distance, gradient.values)
  }

  @Test(arguments: oddSides + [64, 255, 513, 1029, 65_536, 70_001, 200_003])
  func `agrees with its plain twin, and its gradient`(count: Int) throws {
    var numbers = Numbers(seed: UInt64(count))
    let x: [Float] = numbers.array(count), target: [Float] = numbers.array(count),
      before: [Float] = numbers.array(count)
    let differences = zip(x, target).map { Double($0) - Double($1) }
    let expected = differences.reduce(0.0) { $0 + $1 * $1 }
    for before in [nil, before] {
      let (distance, gradient) = try run(x, target, slope: 0.75, before: before)
      #expect(abs(distance - expected) < Tolerance.product(depth: 1) * max(expected, 1))
      var slopes = differences.map { 0.75 * $0 }
      if let before { for i in 0..<count { slopes[i] += Double(before[i]) } }
      #expect(largestDifference(gradient, slopes) < Tolerance.product(depth: 2))
    }
    let alone = Float.squaredDistance(x, target, count, slope: 1, into: nil, accumulate: false)
    #expect(try alone == run(x, target, slope: 1, before: nil).distance)
  }

  @Test func `gives the same bits for one to four threads`() throws {
    var numbers = Numbers(seed: 3)
    let x: [Float] = numbers.array(200_003), target: [Float] = numbers.array(200_003)
    var distances: Set<Double> = []
    #expect(
      try givesSameBits {
        let (distance, gradient) = try run(x, target, slope: 0.3, before: nil)
        distances.insert(distance)
        return gradient
      })
    #expect(distances.count == 1)
  }

  @Test func `of nothing is zero, and what is not finite stays so`() throws {
    #expect(Float.squaredDistance([0], [0], 0, slope: 1, into: nil, accumulate: false) == 0)
    for count in [1, 40] {
      for value in [Float.nan, .infinity, 1e30] {
        var x = [Float](repeating: 1, count: count)
        x[count / 2] = value
        let distance = try run(x, [Float](repeating: 0, count: count), slope: 1, before: nil).distance
        #expect(value.isNaN ? distance.isNaN : distance >= Double(value))
      }
    }
  }
}
