import Networks
import TestSupport
import Tensors
import Testing

/// Its answers are compared in StylesTests.
@Suite struct EnlargerArchitectureTests {
  @Test(arguments: [2, 4]) func `has the parameters and the result of its table`(factor: Int) throws {
    let colours = 3 * factor * factor
    let count =
      (9 * 3 * 32 + 32) + 4 * 2 * (9 * 32 * 32 + 32) + (9 * 32 * colours + colours) + 25 * 3 * colours
    let architecture = Architecture.enlarger(factor: factor)
    #expect(try architecture.parameterCount() == count && count == (factor == 2 ? 79_248 : 92_352))
    let result = architecture.graph.output(for: Extent(height: 7, width: 5, channels: 3))
    #expect(result == Extent(height: 7 * factor, width: 5 * factor, channels: 3))
  }

  /// A convolution each for head and tail, two for a block; "straight" sees two pixels to each side.
  @Test func `its margin is what a pixel's square depends on`() throws {
    for (blocks, margin) in [(1, 4), (4, 10)] {
      #expect(Architecture.enlarger(blocks: blocks).enlargerMargin == margin)
    }
    // With weights that are all 1 on a picture of zeros but for one pixel, the square at the margin changes.
    let architecture = Architecture.enlarger(filters: 1, blocks: 1)
    var file = TensorFile()
    for tensor in try architecture.tensors() {
      file.add(tensor.name, tensor.extents, [Float](repeating: 1, count: tensor.count))
    }
    let network = try Network<Double>(architecture, weights: file.weightFile())
    var numbers = [Double](repeating: 0, count: 3 * 21 * 21)
    let dark = try network.run(Tensor([1, 21, 21, 3], numbers), .init(["picture"]))[0].values
    numbers[3 * (10 * 21 + 10)] = 1
    let lit = try network.run(Tensor([1, 21, 21, 3], numbers), .init(["picture"]))[0].values
    var changed: Set<Int> = []
    for x in 0..<42 where lit[3 * (20 * 42 + x)] != dark[3 * (20 * 42 + x)] { changed.insert(x / 2) }
    #expect(changed.min() == 6 && changed.max() == 14)
  }
}
