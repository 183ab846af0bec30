import Networks
import TestSupport
import Tensors
import Testing

@Suite struct DropoutTests {
  private func dropout(
    _ count: Int, _ probability: Double, isTraining: Bool = true, seed: UInt64 = 1
  ) throws -> [Double] {
    try forward(Tensor<Double>([count], repeating: 1)) { tape, x throws(Failure) in
      var generator = Generator(seed: seed)
      return try tape.dropout(x, probability: probability, isTraining: isTraining, &generator)
    }.values
  }

  @Test func `keeps the mean`() throws {
    let y = try dropout(100_000, 0.4)
    #expect(y.allSatisfy { $0 == 0 || abs($0 - 1 / 0.6) < Tolerance.double })
    // The mean of 100,000 has a standard deviation of 0.0026.
    #expect(abs(y.reduce(0, +) / 100_000 - 1) < 0.015)
  }

  @Test func `is the identity when frozen and without a probability`() throws {
    #expect(try dropout(5, 0.4, isTraining: false) == [1, 1, 1, 1, 1])
    #expect(try dropout(5, 0) == [1, 1, 1, 1, 1])
  }

  @Test func `depends on the seed alone`() throws {
    #expect(try dropout(100, 0.5) == dropout(100, 0.5))
    #expect(try dropout(100, 0.5) != dropout(100, 0.5, seed: 2))
  }

  @Test(arguments: [1, -0.1, .nan])
  func `refuses what is no probability`(probability: Double) {
    #expect(
      outcome { try dropout(3, probability) }
        == "invalidArgument: dropout with probability \(probability); expected 0 or more and less than 1")
  }
}

@Suite struct LookupTests {
  private let table: Tensor<Double>

  init() throws { table = try Tensor([3, 2], [1, 2, 3, 4, 5, 6]) }

  @Test func `gives rows, and their gradients add`() throws {
    let tape = Tape<Double>(), leaf = tape.leaf(table)
    let rows = try tape.lookup(leaf, at: [2, 0, 2])
    #expect(rows.shape.extents == [3, 2] && rows.tensor.values == [5, 6, 1, 2, 5, 6])
    #expect(try tape.gradients(of: tape.sum(rows), at: [leaf])[0].values == [1, 1, 0, 0, 2, 2])
  }

  @Test func `refuses rows that are not there`() throws {
    let tape = Tape<Double>(), leaf = tape.leaf(table)
    #expect(
      outcome { try tape.lookup(leaf, at: [0, 3]) }
        == "invalidArgument: row 3 of a table of 3 rows; expected 0 to 2")
    #expect(outcome { try tape.lookup(leaf, at: [-1]) }.hasPrefix("invalidArgument"))
    #expect(outcome { try tape.lookup(tape.reshaped(leaf, [6]), at: [0]) }.hasPrefix("invalidArgument"))
    #expect(try tape.lookup(leaf, at: []).shape.extents == [0, 2])
  }
}
