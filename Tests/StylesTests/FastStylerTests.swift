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
}
