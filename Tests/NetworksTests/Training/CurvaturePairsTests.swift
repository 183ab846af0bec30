import Networks
import TestSupport
import Tensors
import Testing

@Suite struct CurvaturePairsTests {
  /// `-H gradient` by the two loops of Nocedal and Wright's algorithm 7.4, over the vectors; the pairs newest
  /// first.
  private func direction(_ pairs: [(s: [Double], y: [Double])], _ gradient: [Double]) -> [Double] {
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    var d = gradient.map { -$0 }, factors: [Double] = []
    for (s, y) in pairs {
      factors.append(product(s, d) / product(s, y))
      for i in d.indices { d[i] -= factors[factors.count - 1] * y[i] }
    }
    let newest = pairs[0], scale = product(newest.s, newest.y) / product(newest.y, newest.y)
    for i in d.indices { d[i] *= scale }
    for (k, (s, y)) in pairs.enumerated().reversed() {
      let factor = factors[k] - product(y, d) / product(s, y)
      for i in d.indices { d[i] += factor * s[i] }
    }
    return d
  }

  /// The largest difference from the two loops over more pairs than are kept, in parts of the largest number.
  private func difference<Element: Scalar>(_: Element.Type, history: Int, count: Int) throws -> Double {
    var kept = try CurvaturePairs<Element>(
      count, history: history, CurvaturePairs<Element>.buffers(count, history: history))
    var numbers = Numbers(seed: 17)
    // The changes of a quadratic function's gradient: every pair has curvature.
    let weights: [Double] = (0..<count).map { 1 + Double($0 % 7) }
    var pairs: [(s: [Double], y: [Double])] = [], largest = 0.0
    for number in 0..<(2 * history + 1) {
      let s: [Float] = numbers.array(count), gradient: [Float] = numbers.array(count)
      let row = number % history * count
      let y = zip(weights, s).map { Float($0 * Double($1)) }
      for i in 0..<count {
        kept.moves.pointer[row + i] = Element(s[i])
        kept.changes.pointer[row + i] = Element(y[i])
      }
      pairs.insert((s.map { Double($0) }, y.map { Double($0) }), at: 0)
      pairs = Array(pairs.prefix(history))
      let found = try Tensor<Element>([count])
      kept.setDirection(
        found, try Tensor([count], gradient.map { Element($0) }), pairs: UInt64(number + 1))
      let expected = direction(pairs, gradient.map { Double($0) })
      let reach = expected.reduce(0) { max($0, abs($1)) }
      largest = max(largest, largestDifference(found.values.map { $0.value }, expected) / reach)
    }
    return largest
  }

  @Test(arguments: [1, 2, 5, 12])
  func `give the direction of the two loops over the vectors`(history: Int) throws {
    #expect(try difference(Float.self, history: history, count: 301) < Tolerance.float)
    #expect(try difference(Double.self, history: history, count: 301) < Tolerance.double)
  }
}
