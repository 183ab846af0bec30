import Networks
import TestSupport
import Tensors
import Testing

@Suite struct RowProductsTests {
  @Test(arguments: [(3, 5, 7), (1, 4, 3), (5, 1, 2), (2, 3, 1)])
  func `has the gradient of its definition in both`(rows: Int, columns: Int, depth: Int) throws {
    let a = try randomTensor([rows, depth], seed: 3), b = try randomTensor([columns, depth], seed: 4)
    #expect(
      try gradientError(at: a) { tape, x throws(Failure) in try tape.rowProducts(x, tape.constant(b)) } <= 1)
    #expect(
      try gradientError(at: b) { tape, x throws(Failure) in try tape.rowProducts(tape.constant(a), x) } <= 1)
    #expect(try gradientError(at: a) { tape, x throws(Failure) in try tape.rowProducts(x, x) } <= 1)
  }

  /// (1, 2) . (3, 4) = 11, (1, 2) . (5, 6) = 17
  @Test func `gives the numbers worked by hand`() throws {
    let tape = Tape<Float>()
    let a = tape.constant(try Tensor([1, 2], [1, 2])), b = tape.constant(try Tensor([2, 2], [3, 4, 5, 6]))
    #expect(try tape.rowProducts(a, b).tensor.values == [11, 17])
    #expect(
      try tape.addingRow(tape.rowProducts(a, b), tape.constant(Tensor([2], [1, 2]))).tensor.values == [12, 19]
    )
  }

  @Test func `adds a row with its gradient`() throws {
    let x = try randomTensor([3, 5], seed: 5), row = try randomTensor([5], seed: 6)
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in try tape.addingRow(x, tape.constant(row)) } <= 1)
    #expect(
      try gradientError(at: row) { tape, row throws(Failure) in try tape.addingRow(tape.constant(x), row) }
        <= 1)
  }

  @Test func `refuses rows of another length`() throws {
    let tape = Tape<Float>()
    let a = tape.constant(try Tensor([2, 3], repeating: 0)),
      b = tape.constant(try Tensor([2, 4], repeating: 0))
    #expect(
      outcome { try tape.rowProducts(a, b) } == "invalidArgument: products of the rows of [2, 3] and [2, 4]")
    #expect(outcome { try tape.addingRow(a, b) }.hasPrefix("invalidArgument: a row [2, 4] added"))
  }
}
