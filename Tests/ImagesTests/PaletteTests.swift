import Images
import TestSupport
import Tensors
import Testing

@Suite struct PaletteTests {
  private func map(
    _ values: [Float], _ width: Int, _ height: Int, stride: Int = 1, _ lowest: Float, _ highest: Float,
    _ palette: Palette = .grey
  ) throws -> [UInt8] {
    let image = try Image(
      map: values.span, width: width, height: height, stride: stride, lowest: lowest, highest: highest,
      palette)
    return (0..<height).flatMap { Array(image.row($0)) }
  }

  @Test func `is grey from the lowest to the highest`() throws {
    let grey = try map([-9, 2, 3, 4, 9, .nan], 3, 2, 2, 4)
    #expect(stride(from: 0, to: 18, by: 3).map { grey[$0] } == [0, 0, 128, 255, 255, 0])
  }

  /// Origin: matplotlib's viridis at 0, 100 and 200 of 255.
  @Test func `viridis is matplotlib's`() throws {
    let colours = try map([0, 100, 200, 255], 4, 1, 0, 255, .viridis).map(Double.init)
    let expected: [Double] = [68, 1, 84, 42, 118, 142, 112, 207, 87, 253, 231, 37]
    #expect(largestDifference(colours, expected) <= 6)
  }

  @Test func `wants finite bounds and enough numbers`() {
    #expect(
      outcome { try map([1, 2, 3], 2, 2, 0, 1) } == "invalidArgument: 3 values; expected 2x2 with a step of 1"
    )
    #expect(
      outcome { try map([1, 2, 3], 2, 1, stride: 3, 0, 1) }
        == "invalidArgument: 3 values; expected 2x1 with a step of 3")
    #expect(outcome { try map([1], 1, 1, 1, 0) }.hasPrefix("invalidArgument: a map from 1.0 to 0.0"))
    #expect(outcome { try map([1], 1, 1, .nan, 0) }.hasPrefix("invalidArgument"))
  }
}
