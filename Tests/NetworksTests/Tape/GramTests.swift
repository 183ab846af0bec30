import Networks
import TestSupport
import Tensors
import Testing

@Suite struct GramTests {
  @Test(arguments: [[1, 5, 7, 3], [1, 3, 3, 5], [1, 1, 1, 2], [1, 4, 3, 1]])
  func `has the gradient of its definition`(extents: [Int]) throws {
    let x = try randomTensor(extents, seed: 71)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.gramMatrix(x) } <= 1)
  }

  /// Channels (1, 2, 3) and (4, 5, 6): 1+4+9, 4+10+18, 16+25+36.
  @Test func `gives the numbers worked by hand`() throws {
    func gram<Element: Scalar>(_: Element.Type) throws -> [Element] {
      try forward(Tensor<Element>([1, 1, 3, 2], [1, 4, 2, 5, 3, 6])) { tape, x throws(Failure) in
        try tape.gramMatrix(x)
      }.values
    }
    #expect(try gram(Double.self) == [14, 32, 32, 77])
    #expect(try gram(Float.self) == [14, 32, 32, 77])
  }

  /// 1 + 4 + 9
  @Test func `is the sum of squares for one channel`() throws {
    #expect(
      try forward(Tensor<Float>([1, 1, 3, 1], [1, 2, 3])) { tape, x throws(Failure) in try tape.gramMatrix(x)
      }.values == [14])
    #expect(
      try forward(Tensor<Double>([1, 1, 3, 1], [1, 2, 3])) { tape, x throws(Failure) in try tape.gramMatrix(x)
      }.values == [14])
  }

  /// More than one slice of 4096 pixels.
  @Test func `adds up the slices of a large picture`() throws {
    let pixels = 10_000
    let x = try Tensor<Float>([1, 100, 100, 2])
    for p in 0..<pixels { (x.pointer[2 * p], x.pointer[2 * p + 1]) = (1, Float(p % 2)) }
    #expect(
      try forward(x) { tape, x throws(Failure) in try tape.gramMatrix(x) }.values == [
        10_000, 5000, 5000, 5000
      ])
  }

  @Test func `refuses a batch and other ranks`() {
    for extents in [[2, 3, 3, 2], [3, 2], [1, 3, 3]] {
      #expect(
        outcome {
          try forward(Tensor<Float>(extents, repeating: 0)) { tape, x throws(Failure) in
            try tape.gramMatrix(x)
          }
        }
        .hasPrefix("invalidArgument: Gram matrix of"))
    }
  }

  /// Origin: the course notebook prints this matrix in eight decimals, computed in Float.
  @Test func `gives the notebook's matrix`() throws {
    guard let gram = try notebook()?["gram"] as? [String: Any] else { return }
    let a = flat(gram["A"])  // [channels, pixels]
    let x = try Tensor<Double>([1, 1, 2, 3], [a[0], a[2], a[4], a[1], a[3], a[5]])
    let y = try forward(x) { tape, x throws(Failure) in try tape.gramMatrix(x) }
    #expect(largestDifference(y.values, flat(gram["expected"])) < Tolerance.notebookFloat)
  }
}
