import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// The ways back from a number of a layer to the picture.
/// Origin: Fixtures/reference/pixels_reference.py: PyTorch in float64.
@Suite struct NetworkPixelsTests {
  private static let chain: [Layer] = [
    .convolution("c1", 6, kernel: 3, padding: .zeros(1), activation: .rectifier),
    .convolution("c2", 6, kernel: 3, padding: .zeros(1), activation: .rectifier),
    .pool(.maximum, kernel: 2, stride: 2),
    .convolution("c3", 8, kernel: 3, padding: .zeros(1), activation: .rectifier),
    .pool(.maximum, kernel: 2, stride: 2),
    .convolution("c4", 8, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("answer")
  ]
  private static let residual: [Layer] = [
    .convolution("s1", 6, kernel: 3, padding: .zeros(1), normalisation: .batch("n1"), activation: .rectifier),
    .pool(.maximum, kernel: 3, stride: 2),
    .residual([
      .convolution(
        "r1", 6, kernel: 3, padding: .zeros(1), normalisation: .batch("n2"), activation: .rectifier),
      .convolution("r2", 6, kernel: 3, padding: .zeros(1), normalisation: .batch("n3"))
    ]), .rectifier, .batchNormalisation("n4", activation: .rectifier), .tap("answer")
  ]
  private static let ways: [(WayBack, String)] = [
    (.deconvolution, "deconvolution"), (.guided, "guided"), (.gradient, "gradient")
  ]

  private func check<Element: Scalar>(
    _ layers: [Layer], _ name: String, as type: Element.Type, within tolerance: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let all = try fixture("pixels.json"), expected = try #require(all[name] as? [String: Any])
    let height = Int(flat(all["height"])[0]), width = Int(flat(all["width"])[0])
    let input = Extent(height: height, width: width, channels: 3)
    let network = try Network<Element>(layers, input: input, weights: Formula.file(layers, input))
    let x = try Tensor<Element>(
      [1, height, width, 3],
      Formula.numbers("picture", 3 * height * width).map { Element(Float($0)) })
    let place = flat(expected["place"]).map { Int($0) }
    let answer = try network.run(x, .init(["answer"]))[0]
    let index = (place[0] * answer.shape[2] + place[1]) * answer.shape[3] + place[2]
    #expect(
      abs(Double(answer[index]) - flat(expected["answer"])[0]) < tolerance, sourceLocation: sourceLocation)
    for (way, key) in NetworkPixelsTests.ways {
      let found = try network.pixels(
        behind: (place[0], place[1], place[2]), of: "answer", x, pooling: .maximum, way)
      let numbers = flat(expected[key])
      #expect(found.shape.extents == [1, height, width, 3] && numbers.count == found.count)
      let difference = zip(found.values, numbers).map { abs(Double($0) - $1) }.max() ?? .nan
      #expect(difference < tolerance, "\(name) \(key)", sourceLocation: sourceLocation)
    }
  }

  @Test func `a chain of rectified sums and maxima passes back what PyTorch does, in three ways`() throws {
    try check(NetworkPixelsTests.chain, "chain", as: Double.self, within: Tolerance.double)
    try check(NetworkPixelsTests.chain, "chain", as: Float.self, within: Tolerance.float)
  }

  @Test func `normalisations, a short cut and windows that overlap do, too`() throws {
    try check(NetworkPixelsTests.residual, "residual", as: Double.self, within: Tolerance.double)
    try check(NetworkPixelsTests.residual, "residual", as: Float.self, within: Tolerance.float)
  }

  @Test func `a unit that does not answer has pixels by deconvolution only`() throws {
    let layers: [Layer] = [
      .convolution("c1", 1, kernel: 1, hasBias: false, activation: .rectifier), .tap("answer")
    ]
    var file = TensorFile()
    file.add("c1.weight", [1, 3, 1, 1], [1, -2, 3])
    let network = try Network<Double>(layers, side: 1, weights: file.weightFile())
    let x = try Tensor<Double>([1, 1, 1, 3], [1, 2, 0.5])  // 1 - 4 + 1.5 < 0
    func pixels(_ way: WayBack) throws -> [Double] {
      try network.pixels(behind: (0, 0, 0), of: "answer", x, pooling: .maximum, way).values
    }
    #expect(try pixels(.gradient) == [0, 0, 0])
    #expect(try pixels(.guided) == [0, 0, 0])
    #expect(try pixels(.deconvolution) == [1, -2, 3])
  }

  @Test func `a number that the layer lacks is refused`() throws {
    let input = Extent(height: 4, width: 4, channels: 3)
    let network = try Network<Double>(
      NetworkPixelsTests.chain, input: input, weights: Formula.file(NetworkPixelsTests.chain, input))
    let x = try Tensor<Double>([1, 4, 4, 3], repeating: 0)
    #expect(
      outcome { try network.pixels(behind: (0, 0, 8), of: "answer", x, pooling: .maximum, .guided) }
        == "internalError: row 0, column 0 and channel 8 of [1, 1, 1, 8]")
    #expect(
      outcome { try network.pixels(behind: (0, 0, 0), of: "c9", x, pooling: .maximum, .guided) }
        == "notFound: the network has no layer \"c9\"")
  }
}
