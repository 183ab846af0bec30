import Networks
import TestSupport
import Tensors
import Testing

private let apart = Distillation(cosine: 0, similarity: 0, strangers: 1, strangerLimit: 0.5)

/// Unit vectors in the plane, by degrees.
private func directions(_ degrees: [Double]) throws -> Tensor<Double> {
  try Tensor([degrees.count, 2], degrees.flatMap { [cosine($0), cosine(90 - $0)] })
}

private func cosine(_ degrees: Double) -> Double { Double.cosine(degrees * .pi / 180) }

/// The loss of embeddings that are twice as long, which changes nothing.
private func loss(
  _ embeddings: Tensor<Double>, _ people: [Int32], _ settings: Distillation,
  memory: StrangerMemory<Double>? = nil
) throws -> Double {
  let tape = Tape<Double>()
  let x = tape.constant(try Tensor(embeddings.shape.extents, embeddings.values.map { 2 * $0 }))
  return try tape.distillationLoss(x, teacher: embeddings, people: people, settings, memory: memory).scalar
}

@Suite struct StrangersTests {
  /// cos 30 and cos 20 of strangers exceed 0.5, cos 50 too; cos 80 does not.
  @Test func `each row pays for the strangers that are too near, on average`() throws {
    let rows = try directions([0, 30, 50, 130])
    let excess = [30, 20, 50].map { (cosine($0) - 0.5) * (cosine($0) - 0.5) }
    let first = (excess[0] + excess[2]) / 2, second = (excess[0] + excess[1]) / 2
    let third = (excess[1] + excess[2]) / 2
    let value = try loss(rows, [1, 2, 3, 4], apart)
    #expect(abs(value - (first + second + third + 0) / 4) < Tolerance.lossDouble)
    #expect(abs(try loss(rows, [1, 2, 1, 4], apart) - 3 * (excess[0] + excess[1]) / 8) < Tolerance.lossDouble)
    #expect(try loss(rows, [7, 7, 7, 7], apart) == 0, "one person is no stranger")
    #expect(try loss(rows, [-1, -1, -1, -1], apart) == 0, "nor is anybody unknown")
    #expect(try loss(rows, [0, 1 << 24, 2 << 24, 3 << 24], apart) == 0, "numbers are told apart up to 2^24")
  }

  @Test func `a teacher who takes strangers for one is not followed in that`() throws {
    let rows = try directions([0, 40]), similar = Distillation(cosine: 0, similarity: 1, strangers: 1e-30)
    #expect(abs(try loss(rows, [1, 1], similar)) < Tolerance.lossDouble)
    let missed = cosine(40) - 0.7
    #expect(abs(try loss(rows, [1, 2], similar) - 2 * missed * missed / 4) < Tolerance.lossDouble)
  }

  @Test func `has the gradient of its definition, with a memory too`() throws {
    var numbers = Numbers(seed: 31)
    let x: Tensor<Double> = try numbers.tensor([6, 4]), teacher: Tensor<Double> = try numbers.tensor([6, 4])
    let people: [Int32] = [0, 2, 0, 1, -1, 1]
    let memory = StrangerMemory(
      try StrangerMemory<Double>(rows: 4, dimension: 4).adding(
        try numbers.tensor([3, 4]), people: [2, 5, 0]))
    let settings = Distillation(cosine: 2, similarity: 4, strangers: 3, strangerLimit: -0.2)
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in
        try tape.distillationLoss(x, teacher: teacher, people: people, settings, memory: memory)
      } <= 1)
  }

  @Test func `earlier strangers count, and the person's own photos do not`() throws {
    let empty = try StrangerMemory<Double>(rows: 3, dimension: 2), rows = try directions([0])
    #expect(try loss(rows, [1], apart, memory: empty) == 0)
    let full = StrangerMemory(try empty.adding(directions([30, 10, 90]), people: [2, 1, 3]))
    let excess = (cosine(30) - 0.5) * (cosine(30) - 0.5)
    #expect(abs(try loss(rows, [1], apart, memory: full) - excess) < Tolerance.lossDouble)
  }

  @Test func `a memory keeps the latest rows of known people, at unit length`() throws {
    var memory = try StrangerMemory<Float>(rows: 3, dimension: 2)
    memory = StrangerMemory(try memory.adding(Tensor([2, 2], [3, 4, 1, 0]), people: [9, -1]))
    #expect(memory.tensor.values == [-1, -1, -1, -1, -1, -1, 0.6, 0.8, 9])
    memory = StrangerMemory(
      try memory.adding(Tensor([5, 2], [0, 2, 0, 0, 5, 0, 0, -1, -2, 0]), people: [1, 2, 3, 4, 1 << 24 + 5]))
    #expect(memory.tensor.values == [1, 0, 3, 0, -1, 4, -1, 0, 5], "a row of zeros has no direction")
  }

  @Test func `a damaged memory is no stranger, and ends nobody`() throws {
    let damaged = try Tensor<Double>([3, 3], [1, 0, .nan, 1, 0, 1e300, 1, 0, 0.5])
    #expect(try loss(directions([0]), [1], apart, memory: StrangerMemory(damaged)) == 0)
  }

  @Test func `labels that are too few are refused`() throws {
    #expect(
      outcome { try loss(directions([0, 1]), [1], apart) }
        == "invalidArgument: 1 labels for 2 rows that may be of strangers")
    #expect(
      outcome { try Loss.distillation(Distillation(strangerLimit: 1.5)).check() }.hasPrefix(
        "invalidArgument: stranger limit 1.5"))
  }
}
