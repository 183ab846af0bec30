import Networks
import TestSupport
import Tensors
import Testing

@Suite struct TapeTests {
  private let zero: Tensor<Double>

  init() throws { zero = try Tensor([2], [0, 0]) }

  /// x + x has the gradient 2; sum of x^2 and 3 x^2 has 8 x.
  @Test func `a variable used twice receives the sum`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([2], [1, -2]))
    let a = try tape.squaredDistance(x, to: zero, factor: 1),
      b = try tape.squaredDistance(x, to: zero, factor: 3)
    #expect(try tape.gradients(of: tape.weightedSum([a, b], [1, 1]), at: [x])[0].values == [8, -16])
  }

  @Test func `a sum of a variable and itself counts twice`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([1], [5]))
    let twice = try tape.sum(x, x)
    #expect(try tape.gradients(of: tape.sum(twice, x), at: [x])[0].values == [3])
  }

  @Test func `what depends on constants alone is not recorded`() throws {
    let tape = Tape<Double>()
    let constant = tape.constant(try Tensor([2], [1, 2])), leaf = tape.leaf(try Tensor([2], [1, 2]))
    #expect(!constant.isDifferentiable)
    #expect(leaf.isDifferentiable)
    #expect(try !tape.rectifier(constant).isDifferentiable)
    #expect(try !tape.sum(constant, constant).isDifferentiable)
    #expect(try tape.sum(constant, leaf).isDifferentiable)
  }

  @Test func `a constant answers with zeros`() throws {
    let tape = Tape<Double>()
    let constant = tape.constant(try Tensor([2], [1, 2]))
    let y = try tape.squaredDistance(constant, to: zero, factor: 1)
    #expect(try tape.gradients(of: y, at: [constant])[0].values == [0, 0])
  }

  @Test func `a leaf that the result does not depend on gets zeros`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([2], [1, 2])), other = tape.leaf(try Tensor([1, 3], [1, 2, 3]))
    _ = try tape.rectifier(other)
    let y = try tape.squaredDistance(x, to: zero, factor: 1)
    let gradients = try tape.gradients(of: y, at: [other, x])
    #expect(gradients[0].shape.extents == [1, 3])
    #expect(gradients[0].values == [0, 0, 0])
    #expect(gradients[1].values == [2, 4])
  }

  @Test func `a leaf is its own gradient's 1`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([1], [7]))
    #expect(try tape.gradients(of: x, at: [x])[0].values == [1])
  }

  @Test func `refuses the gradient of more than one number`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([2], [1, 2]))
    #expect(
      outcome { try tape.gradients(of: x, at: [x]) }
        == "invalidArgument: the gradient of a tensor [2]; expected a single number")
  }

  @Test func `a gradient has the shape of its leaf`() throws {
    let tape = Tape<Double>()
    let x = tape.leaf(try Tensor([1, 2, 1], [1, 2]))
    let y = try tape.squaredDistance(tape.reshaped(x, [2]), to: zero, factor: 1)
    #expect(try tape.gradients(of: y, at: [x])[0].shape.extents == [1, 2, 1])
  }

  @Test func `leaves its inputs as they are`() throws {
    let tape = Tape<Double>()
    let tensor = try Tensor<Double>([2], [1, -2])
    let x = tape.leaf(tensor)
    _ = try tape.gradients(
      of: tape.squaredDistance(tape.rectifier(tape.sum(x, x)), to: zero, factor: 1), at: [x])
    #expect(tensor.values == [1, -2])
  }

  @Test func `a scalar is the value of one element and NaN for more`() throws {
    let tape = Tape<Double>()
    #expect(tape.constant(try Tensor([1, 1], [3])).scalar == 3)
    #expect(tape.constant(zero).scalar.isNaN)
  }
}
