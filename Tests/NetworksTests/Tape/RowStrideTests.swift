import Networks
import TestSupport
import Tensors
import Testing

@Suite struct RowStrideTests {
  @Test(arguments: [(0, 1), (0, 3), (2, 3)]) func `has the gradient of its definition`(
    first: Int, step: Int
  ) throws {
    let x = try randomTensor([6, 5], seed: 7)
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in try tape.rows(x, from: first, by: step) } <= 1)
  }

  @Test func `takes every second row`() throws {
    let tape = Tape<Float>()
    let x = tape.constant(try Tensor([4, 2], [0, 1, 2, 3, 4, 5, 6, 7]))
    #expect(try tape.rows(x, from: 1, by: 2).tensor.values == [2, 3, 6, 7])
  }

  @Test func `refuses rows that do not come out even`() throws {
    let tape = Tape<Float>()
    let x = tape.constant(try Tensor([4, 2], repeating: 0))
    #expect(
      outcome { try tape.rows(x, from: 0, by: 3) }
        == "invalidArgument: one row in 3 of [4, 2]; expected a multiple of 3 rows")
    for (first, step) in [(2, 2), (-1, 2), (0, 0)] {
      #expect(outcome { try tape.rows(x, from: first, by: step) }.hasPrefix("invalidArgument"))
    }
  }
}
