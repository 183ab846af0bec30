import Networks
import TestSupport
import Tensors
import Testing

@Suite struct FilterTests {
  @Test func `knows its sides`() throws {
    let filter: Filter<Float> = try randomFilter(4, 3, kernel: 5, stride: 2, padding: .zeros(1), seed: 1)
    #expect((filter.outputs, filter.inputs, filter.kernel, filter.stride) == (4, 3, 5, 2))
    #expect(filter.padding == .zeros(1))
  }

  @Test(arguments: [[4, 3, 5], [0, 3, 5, 5], [4, 3, 0, 0], [4, 3, 5, 0], [4, 3, 1, 1, 1]])
  func `refuses weights of another form`(extents: [Int]) {
    let reason = outcome {
      try Filter(weights: Tensor<Float>(extents, repeating: 0), finish: .nothing, padding: .valid)
    }
    #expect(reason.hasPrefix("invalidArgument: filter weights of shape"))
  }

  @Test(arguments: [(4, 0), (4, 3), (4, -2), (1, 2)])
  func `refuses groups that do not divide its outputs`(outputs: Int, groups: Int) {
    let reason = outcome {
      try Filter(
        weights: Tensor<Float>([outputs, 1, 3, 3], repeating: 0), finish: .nothing, groups: groups,
        padding: .valid)
    }
    #expect(
      reason.hasPrefix("invalidArgument: filter weights of shape [\(outputs), 1, 3, 3] in \(groups) groups"))
  }

  @Test func `has as many inputs as all groups together`() throws {
    let filter: Filter<Float> = try randomFilter(6, 9, kernel: 3, groups: 3, padding: .valid, seed: 1)
    #expect((filter.outputs, filter.inputs, filter.groups) == (6, 9, 3))
  }

  /// Weights that tell how often they were asked for.
  private func counted(_ count: Storage<Int>, fails: Bool = false) throws -> Filter<Float> {
    try Filter([1, 1, 1, 1], finish: .nothing, padding: .valid) { () throws(Failure) in
      count.pointer[0] += 1
      if fails { throw .badData("no weights today") }
      return { _, _, _, target in target[0] = 2 }
    }
  }

  @Test func `asks for its weights when they are needed, and once`() throws {
    let count = try Storage<Int>(repeating: 0, count: 1), filter = try counted(count)
    let x = try Tensor<Float>([1, 1, 1, 1], [3])
    #expect(count.values == [0])
    for _ in 0..<2 {
      #expect(try forward(x) { tape, x throws(Failure) in try tape.convolution(x, filter) }.values == [6])
    }
    #expect(count.values == [1])
    for _ in 0..<2 {
      let tape = Tape<Float>(), leaf = tape.leaf(x), y = try tape.convolution(leaf, filter)
      #expect(try tape.gradients(of: y, at: [leaf])[0].values == [2])
    }
    #expect(count.values == [1])
  }

  /// In several panels, in one, and channelwise, where it keeps its source.
  @Test(arguments: [(40, 7, 3, 1), (3, 40, 1, 1), (5, 3, 5, 1), (6, 6, 3, 6)])
  func `lets go of what its weights were read from, and reads them from its panels`(
    sides: (outputs: Int, inputs: Int, kernel: Int, groups: Int)
  ) throws {
    weak var source: Storage<Float>?
    func filter() throws -> Filter<Float> {
      var numbers = Numbers(seed: 4)
      let weights: Tensor<Float> = try numbers.tensor(
        [sides.outputs, sides.inputs / sides.groups, sides.kernel, sides.kernel])
      source = weights.storage
      return try Filter(
        weights: weights, finish: .nothing, groups: sides.groups, padding: .zeros(sides.kernel / 2))
    }
    var numbers = Numbers(seed: 5)
    let x: Tensor<Float> = try numbers.tensor([1, 6, 5, sides.inputs])
    func gradient(_ filter: Filter<Float>) throws -> [UInt32] {
      let tape = Tape<Float>(), leaf = tape.leaf(x), y = try tape.convolution(leaf, filter)
      return try tape.gradients(of: tape.sum(tape.product(y, y)), at: [leaf])[0].values.map { $0.bitPattern }
    }
    let packed = try filter()
    #expect(source != nil)
    _ = try packed.forward()
    #expect((source == nil) == (sides.groups == 1))
    let fresh = try filter()
    _ = try fresh.backward()
    #expect(try gradient(packed) == gradient(fresh))
  }

  @Test func `says why its weights cannot be had, and asks again`() throws {
    let count = try Storage<Int>(repeating: 0, count: 1), filter = try counted(count, fails: true)
    for _ in 0..<2 {
      #expect(outcome { try filter.forward() } == "badData: no weights today")
      #expect(outcome { try filter.backward() } == "badData: no weights today")
    }
    #expect(count.values == [4])
  }

  @Test func `is packed once for several threads`() throws {
    let count = try Storage<Int>(repeating: 0, count: 1), filter = try counted(count)
    onThreads(4) { _ in _ = try? filter.forward() }
    #expect(count.values == [1])
  }
}
