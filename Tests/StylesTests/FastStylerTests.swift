import Images
import Networks
import Styles
import TestSupport
import Tensors
import Testing

@Suite struct FastStylerTests {
  private func model(_ name: String = "fast-style", weight: Float? = nil) throws -> Model {
    let architecture =
      name == "fast-style"
      ? Architecture.fastStyle(filters: 4, blocks: 2) : .fastStyleResize(filters: 4, blocks: 2)
    var file = TensorFile(metadata: [("architecture", name), ("filters", "4"), ("blocks", "2")])
    Formula.add(&file, try architecture.tensors().filter { weight == nil || $0.name != "conv1.weight" })
    if let weight { file.add("conv1.weight", [4, 3, 9, 9], [Float](repeating: weight, count: 972)) }
    return try Model(file.weightFile())
  }

  /// Origin: Fixtures/reference/fast_styles_reference.py. Half a level is what rounding changes.
  @Test(arguments: ["fast-style", "fast-style-resize"])
  func `paints what NumPy does`(name: String) throws {
    let picture = try FastStyler(model(name)).run(Formula.picture("content", width: 32, height: 16))
    #expect(picture.width == 32 && picture.height == 16)
    #expect(levelDifference(picture, try fixture("fast_styles.json", name), white: 255) < 0.52)
  }

  @Test(arguments: [(1, 1), (1, 30), (5, 3), (7, 8), (33, 18)])
  func `keeps any size`(width: Int, height: Int) throws {
    for name in ["fast-style", "fast-style-resize"] {
      let picture = try FastStyler(model(name)).run(Formula.picture("odd", width: width, height: height))
      #expect(picture.width == width && picture.height == height)
    }
  }

  @Test func `a side that is filled up leaves the rest as it was`() throws {
    // A mirrored column is part of the picture that the network sees: painting the mirrored picture is the
    // same.
    let content = try Formula.picture("content", width: 31, height: 16)
    let filled = try Image(width: 32, height: 16) { y, row in
      for i in 0..<93 { row[i] = content.row(y)[i] }
      for c in 0..<3 { row[93 + c] = content.row(y)[3 * 29 + c] }
    }
    let styler = try FastStyler(model())
    let a = try styler.run(content), b = try styler.run(filled)
    #expect((0..<16).allSatisfy { Array(a.row($0)) == Array(b.row($0).prefix(93)) })
  }

  @Test func `says what weights that are no numbers lead to`() throws {
    #expect(
      outcome { try FastStyler(model(weight: .nan)).run(plain(8, 8, level: 100)) }
        == "badData: the fast style's picture has numbers that are not finite: its weights are damaged")
  }

  @Test func `refuses another model and a picture that no image can be`() throws {
    #expect(
      outcome { try FastStyler(Model(TensorFile(metadata: [("architecture", "vgg19")]).weightFile())) }
        == "wrongModel: the model is \"vgg19\"; expected fast-style or fast-style-resize for a fast style")
    let styler = try FastStyler(model())
    #expect(outcome { try styler.memoryNeeded(width: 0, height: 9) }.hasPrefix("invalidArgument"))
    #expect(outcome { try styler.memoryNeeded(width: 70_000, height: 9) }.hasPrefix("invalidArgument"))
    try withPool(threads: 2) {
      let needed = try [32, 64].map { try styler.memoryNeeded(width: $0, height: 64) }
      #expect(needed[0] < needed[1])
    }
  }

  // MARK: Networks of several styles

  /// A convolution whose normalisation has one row of factors for each style.
  private func mixed(
    styles: Int = 2, gamma: [Float], beta: [Float], kind: String = "fast-style"
  ) throws -> Model {
    let count = styles == 1 ? "" : " styles=\(styles)"
    let text =
      "input channels=3\\nsum convolution filters=3 kernel=1 bias=no < input\\n"
      + "norm instance-normalisation\(count) < sum\\nout linear scale=20 offset=128 < norm\\noutput picture = out"
    var file = TensorFile(metadata: [("architecture", "graph"), ("kind", kind), ("graph", text)])
    file.add("sum.weight", [3, 3, 1, 1], [1, 0, 0.5, 0, 1, 0, 0.25, 0, 1])
    let extents = styles == 1 ? [3] : [styles, 3]
    file.add("norm.weight", extents, gamma)
    file.add("norm.bias", extents, beta)
    return try Model(file.weightFile())
  }

  @Test func `styles are mixed by their weights as one style with mixed factors`() throws {
    let content = try Formula.picture("content", width: 12, height: 8)
    let several = try mixed(gamma: [1, 2, 3, 4, 1, 0], beta: [0, 1, 0, 2, 0, -1])
    // A quarter of the first, three of the second.
    let one = try mixed(styles: 1, gamma: [3.25, 1.25, 0.75], beta: [1.5, 0.25, -0.75])
    func painted(_ model: Model, _ weights: [Float]) throws -> [[UInt8]] {
      let picture = try FastStyler(model, weights: weights).run(content)
      return (0..<picture.height).map { Array(picture.row($0)) }
    }
    let expected = try painted(one, [])
    #expect(try painted(several, [1, 3]) == expected)
    #expect(try painted(several, [0.5, 1.5]) == expected)
    #expect(try painted(several, [1, 0]) != expected)
    #expect(try painted(one, [7]) == expected)
    #expect(try ModelInformation(several).styles == 2 && ModelInformation(one).styles == 1)
    #expect(try ModelInformation(several).use == .fastStyle)
  }

  @Test func `refuses weights that do not fit the styles`() throws {
    let model = try mixed(gamma: [1, 2, 3, 4, 1, 0], beta: [0, 1, 0, 2, 0, -1])
    #expect(
      outcome { try FastStyler(model) }
        == "invalidArgument: a network of 2 styles; expected a weight for each")
    #expect(
      outcome { try FastStyler(model, weights: [1]) }
        == "invalidArgument: 1 weights for 2 styles; expected one for each")
    #expect(
      outcome { try FastStyler(model, weights: [0, 0]) }
        == "invalidArgument: the styles' weights are all 0; expected one above")
    #expect(
      outcome { try FastStyler(model, weights: [.nan, 1]) }
        == "invalidArgument: weight nan of a style; expected 0 to 1e6")
    #expect(
      outcome { try model.network() } == "invalidArgument: a network of 2 styles; expected a weight for each")
    #expect(
      outcome { try FastStyler(mixed(gamma: [1, 2, 3, 4, 1, 0], beta: [0, 1, 0, 2, 0, -1], kind: "network")) }
        == "wrongModel: the model is \"graph\"; expected fast-style or fast-style-resize for a fast style")
  }

  @Test func `a graph's mean, scale and order are those of its input line`() throws {
    func model(_ input: String) throws -> Model {
      let text = "input channels=3 \(input)\\nout linear scale=2 offset=100 < input\\noutput picture = out"
      return try Model(
        TensorFile(metadata: [("architecture", "graph"), ("kind", "fast-style"), ("graph", text)])
          .weightFile())
    }
    let content = try Image(width: 4, height: 4) { _, row in
      for i in 0..<12 { row[i] = [90, 100, 110][i % 3] }
    }
    let plain = try FastStyler(model("mean=100,100,100")).run(content)
    #expect(Array(plain.row(0).prefix(3)) == [80, 100, 120])
    // Blue comes first, in what it sees and in what it paints.
    let turned = try FastStyler(model("mean=110,100,90 scale=0.5 order=bgr")).run(content)
    #expect(Array(turned.row(3).prefix(3)) == [100, 100, 100])
    let shifted = try FastStyler(model("mean=100,100,100 scale=0.5 order=bgr")).run(content)
    #expect(Array(shifted.row(3).prefix(3)) == [90, 100, 110])
  }
}
