import Styles
import TestSupport
import Tensors
import Testing

@Suite struct TotalVariationTests {
  private func cost(_ kind: TotalVariation, _ levels: [[Double]]) throws -> Double {
    let height = levels.count, width = levels[0].count
    let x = try Tensor<Double>([height, width, 3], levels.flatMap { row in row.flatMap { [$0, 0, 0] } })
    return try withExtendedLifetime(x) {
      try kind.cost(x.pointer, height: height, width: width, slope: 1, into: nil)
    }
  }

  @Test func `the absolute one adds all steps to the right and down`() throws {
    // |1-4| + |2-8| to the right, |1-2| + |4-8| down.
    #expect(try cost(.absolute, [[1, 4], [2, 8]]) == 14)
    #expect(try cost(.absolute, [[1, 4, 2]]) == 5)
    #expect(try cost(.absolute, [[7]]) == 0)
  }

  @Test func `the squared one looks at pixels with both neighbours`() throws {
    // Of the pixel at the top left alone: (9 + 1) / 2.
    #expect(try cost(.squared, [[1, 4], [2, 8]]) == 5)
    #expect(try cost(.squared, [[1, 4, 2]]) == 0)
  }

  @Test(arguments: TotalVariation.allCases)
  func `its gradient agrees with central differences, and is added`(kind: TotalVariation) throws {
    var numbers = Numbers(seed: 4)
    let (height, width) = (5, 4), slope = 0.7
    let x: Tensor<Double> = try numbers.tensor([height, width, 3])
    let gradient = try Tensor<Double>([height, width, 3], repeating: 2)
    _ = try kind.cost(x.pointer, height: height, width: width, slope: slope, into: gradient.pointer)
    let h = 1e-6
    for i in 0..<x.count {
      let middle = x[i]
      func at(_ value: Double) throws -> Double {
        x.pointer[i] = value
        return try kind.cost(x.pointer, height: height, width: width, slope: 1, into: nil)
      }
      let numeric = 2 + slope * (try at(middle + h) - at(middle - h)) / (2 * h)
      x.pointer[i] = middle
      #expect(abs(gradient[i] - numeric) < Tolerance.gradientAbsolute)
    }
  }
}
