import Foundation
import Networks
import TestSupport
import Tensors
import Testing

@Suite struct AdamTests {
  /// Algorithm 1 of Kingma and Ba, term by term, for the gradients of `f(x) = x^2 - 3 x` and fixed ones.
  private func worked(_ start: [Double], rate: Double, steps: Int) -> [Double] {
    var x = start, m = x.map { _ in 0.0 }, v = m
    for t in 1...steps {
      for i in x.indices {
        let g = gradient(x[i], i)
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        let mHat = m[i] / (1 - pow(0.9, Double(t))), vHat = v[i] / (1 - pow(0.999, Double(t)))
        x[i] -= rate * mHat / (vHat.squareRoot() + 1e-8)
      }
    }
    return x
  }

  private func gradient(_ x: Double, _ i: Int) -> Double { i == 2 ? 0 : 2 * x - 3 }

  private func run<Element: Scalar>(_ start: [Double], rate: Element, steps: Int) throws -> [Element] {
    let x = try Tensor<Element>([start.count], start.map { Element($0) })
    let adam = try Adam<Element>(x.shape, rate: rate)
    for _ in 0..<steps {
      try adam.step(x, Tensor([start.count], x.values.indices.map { Element(gradient(Double(x[$0]), $0)) }))
    }
    return x.values
  }

  @Test func `makes five steps as the paper writes them`() throws {
    let start = [1.0, -20, 4, 1e-3]
    let expected = worked(start, rate: 0.05, steps: 5)
    #expect(largestDifference(try run(start, rate: Double(0.05), steps: 5), expected) < Tolerance.double)
    #expect(largestDifference(try run(start, rate: Float(0.05), steps: 5), expected) < Tolerance.float)
  }

  /// m / sqrt(v) is the sign of the gradient at first, whatever its size.
  @Test func `its first step is the rate`() throws {
    for gradient in [1e-3, 1.0, -1e6] {
      let x = try Tensor<Double>([1], [0])
      try Adam<Double>(x.shape, rate: 0.1).step(x, Tensor([1], [gradient]))
      #expect(abs(x[0] + (gradient < 0 ? -0.1 : 0.1)) < 2e-6)
    }
  }

  @Test func `stands still where the gradient is zero`() throws {
    let x = try Tensor<Float>([2], [3, -4])
    try Adam<Float>(x.shape, rate: 1).step(x, Tensor([2], [0, 0]))
    #expect(x.values == [3, -4])
  }

  @Test func `refuses numbers of another count`() throws {
    let adam = try Adam<Float>(Shape([2]), rate: 1)
    #expect(outcome { try adam.step(Tensor([3], [0, 0, 0]), Tensor([2], [0, 0])) }.hasPrefix("internalError"))
    #expect(outcome { try adam.step(Tensor([2], [0, 0]), Tensor([3], [0, 0, 0])) }.hasPrefix("internalError"))
  }
}
