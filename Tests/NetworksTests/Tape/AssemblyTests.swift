import Networks
import TestSupport
import Tensors
import Testing

@Suite struct AssemblyTests {
  @Test(arguments: 0..<3)
  func `concatenation has the gradient of its definition in each part`(place: Int) throws {
    let channels = [3, 1, 4]
    let parts = try channels.indices.map { try randomTensor([2, 5, 7, channels[$0]], seed: 51 + UInt64($0)) }
    let error = try gradientError(at: parts[place]) { tape, x throws(Failure) in
      var all = parts.map { tape.constant($0) }
      all[place] = x
      return try tape.concatenation(all)
    }
    #expect(error <= 1)
  }

  @Test func `concatenation of a picture with itself has both gradients`() throws {
    let x = try randomTensor([2, 3, 2, 3], seed: 54)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.concatenation([x, x]) } <= 1)
  }

  @Test func `concatenation puts channels side by side`() throws {
    let tape = Tape<Double>()
    let a = tape.constant(try Tensor([1, 1, 2, 1], [1, 2])),
      b = tape.constant(try Tensor([1, 1, 2, 2], [3, 4, 5, 6]))
    let y = try tape.concatenation([a, b])
    #expect(y.shape.extents == [1, 1, 2, 3])
    #expect(y.tensor.values == [1, 3, 4, 2, 5, 6])
  }

  @Test func `concatenation refuses pictures of different sizes`() throws {
    let tape = Tape<Float>()
    let a = tape.constant(try Tensor([1, 2, 2, 1], repeating: 0)),
      b = tape.constant(try Tensor([1, 2, 3, 1], repeating: 0))
    #expect(
      outcome { try tape.concatenation([a, b]) }
        == "invalidArgument: concatenation of [1, 2, 2, 1] and [1, 2, 3, 1]")
    #expect(outcome { try tape.concatenation([]) }.hasPrefix("invalidArgument"))
  }

  @Test(arguments: [(0, 0, 5, 7, 3), (1, 2, 8, 9, 5), (0, 0, 6, 7, 3), (0, 0, 5, 7, 4)])
  func `embedding has the gradient of its definition`(
    top: Int, left: Int, height: Int, width: Int, channels: Int
  ) throws {
    let error = try gradientError(at: randomTensor([2, 5, 7, 3], seed: 55)) { tape, x throws(Failure) in
      try tape.embedding(x, top: top, left: left, height: height, width: width, channels: channels)
    }
    #expect(error <= 1)
  }

  @Test func `embedding stands in zeros`() throws {
    let x = try Tensor<Double>([1, 1, 2, 1], [1, 2])
    let y = try forward(x) { tape, x throws(Failure) in
      try tape.embedding(x, top: 1, left: 0, height: 2, width: 3, channels: 2)
    }
    #expect(y.shape.extents == [1, 2, 3, 2])
    #expect(y.values == [0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0])
  }

  @Test(arguments: [(-1, 0, 5, 5, 3), (0, 0, 1, 5, 3), (0, 4, 5, 5, 3), (0, 0, 5, 5, 1)])
  func `embedding refuses a place that does not hold it`(
    top: Int, left: Int, height: Int, width: Int, channels: Int
  ) throws {
    let x = try Tensor<Float>([1, 2, 2, 2], repeating: 0)
    let reason = outcome {
      try forward(x) { tape, x throws(Failure) in
        try tape.embedding(x, top: top, left: left, height: height, width: width, channels: channels)
      }
    }
    #expect(reason.hasPrefix("invalidArgument: [1, 2, 2, 2] does not fit"))
  }

  @Test(arguments: [[2, 5, 7, 3], [2, 5, 7, 4], [2, 4, 8, 3], [2, 6, 5, 2]], [true, false])
  func `a sum has the gradient of its definition in both terms`(extents: [Int], isFirst: Bool) throws {
    let other = try randomTensor(extents, seed: 56)
    let error = try gradientError(at: randomTensor([2, 5, 7, 3], seed: 57)) { tape, x throws(Failure) in
      try isFirst ? tape.sum(x, tape.constant(other)) : tape.sum(tape.constant(other), x)
    }
    #expect(error <= 1)
  }

  @Test func `a sum fills the smaller with zeros`() throws {
    let tape = Tape<Double>()
    let a = tape.constant(try Tensor([1, 2, 1, 1], [1, 2])),
      b = tape.constant(try Tensor([1, 1, 2, 1], [10, 20]))
    let y = try tape.sum(a, b)
    #expect(y.shape.extents == [1, 2, 2, 1])
    #expect(y.tensor.values == [11, 20, 2, 0])
  }

  @Test func `a sum refuses pictures of different batches`() throws {
    let tape = Tape<Float>()
    let a = tape.constant(try Tensor([1, 2, 2, 1], repeating: 0)),
      b = tape.constant(try Tensor([2, 2, 2, 1], repeating: 0))
    #expect(outcome { try tape.sum(a, b) } == "invalidArgument: the sum of [1, 2, 2, 1] and [2, 2, 2, 1]")
    #expect(
      outcome {
        try tape.sum(tape.constant(Tensor([2], repeating: 0)), tape.constant(Tensor([3], repeating: 0)))
      }
      .hasPrefix("invalidArgument"))
  }

  @Test func `reshaped has the gradient of its definition`() throws {
    let x = try randomTensor([2, 5, 7, 3], seed: 58)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.reshaped(x, [2, 1, 105]) } <= 1)
    #expect(
      outcome { try forward(x) { tape, x throws(Failure) in try tape.reshaped(x, [211]) } }.hasPrefix(
        "invalidArgument"))
  }
}
