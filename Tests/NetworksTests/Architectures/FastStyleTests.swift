import Networks
import TestSupport
import Tensors
import Testing

/// Origin of the numbers: Fixtures/reference/fast_styles_reference.py, networks of four filters with two
/// blocks.
@Suite struct FastStyleTests {
  private let networks = [
    Architecture.fastStyle(filters: 4, blocks: 2), .fastStyleResize(filters: 4, blocks: 2)
  ]

  /// 8-bit levels, as the script makes them.
  static func levels(_ name: String, height: Int, width: Int) -> [Double] {
    Formula.numbers(name, 3 * height * width).map { min(255, (($0 + 1) * 128).rounded(.down)) }
  }

  @Test(arguments: [0, 1]) func `a small network answers as NumPy's, the tape and the plan alike`(
    index: Int
  ) throws {
    let architecture = networks[index],
      expected = flat(try fixture("fast_styles.json")["\(architecture.name)"])
    let weights = try Formula.file(architecture.graph, architecture.input)
    let levels = FastStyleTests.levels("content", height: 16, width: 32)
    let wide = try Network<Double>(architecture, weights: weights).run(
      Tensor([1, 16, 32, 3], levels), .init(["picture"]))[0]
    #expect(wide.shape.extents == [1, 16, 32, 3])
    #expect(largestDifference(wide.values, expected) < 1e-6)  // as many digits as the fixture has
    let size = expected.map(abs).max() ?? 0
    let executor = Executor(try Network<Float>(architecture, weights: weights), .init(["picture"]))
    for _ in 0..<2 {  // again in the same memory
      try executor.run(batch: 1, height: 16, width: 32) { input in
        for (i, level) in levels.enumerated() { input[i] = Float(level) }
      } _: { answers in
        #expect(answers.extents(0) == [1, 16, 32, 3])
        let answer = Array(UnsafeBufferPointer(start: answers[0], count: expected.count))
        #expect(largestDifference(answer, expected) < Tolerance.float * size)
      }
    }
  }

  /// Johnson's network has 1.68 million weights (his supplement: 32, 64, 128 filters, five blocks).
  @Test func `has the parameters of the published network`() throws {
    var count =
      81 * 3 * 32 + 9 * 32 * 64 + 9 * 64 * 128 + 10 * 9 * 128 * 128 + 9 * 128 * 64 + 9 * 64 * 32 + 81 * 32 * 3
    count += 2 * (32 + 64 + 128 + 10 * 128 + 64 + 32 + 3)
    #expect(try Architecture.fastStyle().parameterCount() == count && count == 1_677_638)
    // That of PyTorch's example has biases instead of the last normalisation.
    #expect(try Architecture.fastStyleResize().parameterCount() == 1_679_235)
  }
}
