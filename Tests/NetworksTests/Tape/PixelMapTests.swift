import Networks
import TestSupport
import Tensors
import Testing

@Suite struct PixelMapTests {
  private func reflect(_ x: Tensor<Double>, _ count: Int) throws -> Tensor<Double> {
    try forward(x) { tape, x throws(Failure) in try tape.reflected(x, count) }
  }

  /// Origin: numpy.pad([[1, 2, 3], [4, 5, 6]], 1, mode="reflect").
  @Test func `a reflection shows what lies inside, the edge once`() throws {
    let x = try Tensor<Double>([1, 2, 3, 1], [1, 2, 3, 4, 5, 6])
    #expect(try reflect(x, 1).values == [5, 4, 5, 6, 5, 2, 1, 2, 3, 2, 5, 4, 5, 6, 5, 2, 1, 2, 3, 2])
  }

  @Test func `mirrors stand at both edges, however far away a place is`() {
    #expect((-5...8).map { mirrored($0, in: 4) } == [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2])
    #expect((-3...3).map { mirrored($0, in: 1) } == [0, 0, 0, 0, 0, 0, 0])
  }

  @Test func `a reflection may be wider than the picture`() throws {
    let x = try Tensor<Double>([1, 1, 2, 1], [1, 2])
    #expect(try reflect(x, 3).shape.extents == [1, 7, 8, 1])
    #expect(try Array(reflect(x, 3).values[..<8]) == [2, 1, 2, 1, 2, 1, 2, 1])
  }

  @Test func `an upsampling makes each pixel a square`() throws {
    let x = try Tensor<Double>([1, 1, 2, 2], [1, 2, 3, 4])
    let y = try forward(x) { tape, x throws(Failure) in try tape.upsampled(x, 2) }
    #expect(y.shape.extents == [1, 2, 4, 2])
    #expect(y.values == [1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4])
  }

  @Test func `reflection and upsampling have the gradients of their definitions`() throws {
    let x = try randomTensor([2, 3, 5, 2], seed: 63)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.reflected(x, 2) } <= 1)
    #expect(try gradientError(at: x) { tape, x throws(Failure) in try tape.upsampled(x, 3) } <= 1)
  }

  @Test func `refuses less than nothing`() throws {
    let x = try Tensor<Double>([1, 2, 2, 1], repeating: 1)
    #expect(outcome { try reflect(x, -1) }.hasPrefix("invalidArgument: a reflection by -1"))
    #expect(
      outcome { try forward(x) { tape, x throws(Failure) in try tape.upsampled(x, 0) } }
        .hasPrefix("invalidArgument: an upsampling by 0"))
  }
}
