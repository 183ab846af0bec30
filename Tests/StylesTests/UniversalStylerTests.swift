import Foundation
import Images
import Networks
import Styles
import TestSupport
import Tensors
import Testing

/// Origin of the numbers: Fixtures/reference/fast_styles_reference.py, networks of 4 to 8 channels.
@Suite struct UniversalStylerTests {
  private static let widths = [
    "conv11": 4, "conv12": 4, "conv21": 6, "conv22": 6, "conv31": 8, "conv32": 8, "conv33": 8, "conv34": 8,
    "conv41": 8, "conv42": 8,
    "conv43": 8, "conv44": 8, "conv51": 8
  ]
  /// A decoder's convolution gives what the encoder's took.
  private static let inner = [
    "conv11": 3, "conv12": 4, "conv21": 4, "conv22": 6, "conv31": 6, "conv32": 8, "conv33": 8, "conv34": 8,
    "conv41": 8, "conv42": 8,
    "conv43": 8, "conv44": 8, "conv51": 8
  ]

  /// - Parameter change: of the tensors that the file gets.
  private func model(
    _ levels: ClosedRange<Int> = 1...5, _ change: (inout [TensorSpecification]) -> Void = { _ in },
    damaged: String? = nil
  ) throws -> Model {
    var file = TensorFile(metadata: [("architecture", "universal-style")])
    for level in levels {
      let channels = try #require(UniversalStylerTests.widths["conv\(level)1"])
      var list = try tensors(
        of: UniversalStyle.encoder(level, UniversalStylerTests.widths),
        input: Extent(height: nil, width: nil, channels: 3))
      list += try tensors(
        of: UniversalStyle.decoder(level, UniversalStylerTests.inner),
        input: Extent(height: nil, width: nil, channels: channels))
      change(&list)
      Formula.add(&file, list.filter { $0.name != damaged })
      for tensor in list where tensor.name == damaged {
        file.add(tensor.name, tensor.extents, [Float](repeating: .nan, count: tensor.count))
      }
    }
    return try Model(file.weightFile())
  }

  private func styler(_ levels: ClosedRange<Int> = 1...5) throws -> UniversalStyler {
    try UniversalStyler(model(levels), styles: [Formula.picture("first", width: 32, height: 32)])
  }

  private func content() throws -> Image { try Formula.picture("content", width: 32, height: 16) }

  private func options(
    _ levels: [Int] = [], strength: Float = 0.6, _ method: UniversalStyler.Method = .covariance,
    weights: [Float] = []
  ) -> UniversalStyler.Options {
    var options = UniversalStyler.Options()
    (options.levels, options.strength, options.method, options.weights) = (levels, strength, method, weights)
    return options
  }

  @Test func `paints what NumPy does`() throws {
    let styler = try styler()
    func difference(_ options: UniversalStyler.Options, _ key: String) throws -> Double {
      levelDifference(try styler.run(content(), options), try fixture("fast_styles.json", key), white: 1)
    }
    #expect(try difference(options([1, 2, 3, 4]), "universal") < Tolerance.painted(levels: 4))
    #expect(try difference(options([3], strength: 1), "universal one level") < Tolerance.painted(levels: 1))
    #expect(
      try difference(options([3], strength: 1, .variance), "universal variance")
        < Tolerance.painted(levels: 1))
  }

  @Test func `blends two styles as their weights say`() throws {
    let styles = [
      try Formula.picture("first", width: 32, height: 32),
      try Formula.picture("second", width: 48, height: 32)
    ]
    let styler = try UniversalStyler(model(), styles: styles)
    let both = try styler.run(content(), options([2, 3], strength: 0.8, weights: [3, 1]))
    #expect(
      levelDifference(both, try fixture("fast_styles.json", "universal two styles"), white: 1)
        < Tolerance.painted(levels: 2))
    // All weight on one is that one alone.
    let one = try styler.run(content(), options([2, 3], strength: 0.8, weights: [5, 0]))
    let alone = try UniversalStyler(model(), styles: [styles[0]]).run(
      content(), options([2, 3], strength: 0.8))
    #expect((0..<16).allSatisfy { Array(one.row($0)) == Array(alone.row($0)) })
  }

  @Test func `a picture in its own style is what strength 0 gives`() throws {
    let picture = try Formula.picture("own", width: 64, height: 48)
    let styler = try UniversalStyler(model(1...3), styles: [picture])
    for level in 1...3 {
      for method in [UniversalStyler.Method.covariance, .variance] {
        let own = try styler.run(picture, options([level], strength: 1, method)),
          plain = try styler.run(picture, options([level], strength: 0, method))
        let levels = (0..<48).flatMap { plain.row($0).map { Double($0) / 255 } }
        #expect(levelDifference(own, levels, white: 1) <= 1)
      }
    }
  }

  /// Sides that 16 does not divide, the smallest that five levels take, and a style of another shape.
  @Test(arguments: [(32, 32), (33, 47), (100, 35)])
  func `keeps the content's size`(width: Int, height: Int) throws {
    let picture = try styler().run(Formula.picture("odd", width: width, height: height), options())
    #expect(picture.width == width && picture.height == height)
  }

  @Test func `a content of one colour, and a black style, are painted without a NaN`() throws {
    for level in [UInt8(0), 77, 255] {
      let styler = try UniversalStyler(model(), styles: [plain(40, 40, level: level)])
      for method in [UniversalStyler.Method.covariance, .variance] {
        _ = try styler.run(plain(40, 33, level: 255 - level), options(strength: 1, method))
      }
    }
  }

  @Test func `refuses pictures too small for the coarsest level, and takes them where it has no part`() throws
  {
    #expect(
      outcome { try UniversalStyler(model(), styles: [plain(1, 1, level: 9)]) }
        == "invalidArgument: a style of 1x1; expected sides of at least 32")
    let styler = try styler()
    #expect(
      outcome { try styler.run(content(), options()) }
        == "invalidArgument: a content of 32x16; expected sides of at least 32")
    #expect(
      outcome { try styler.run(plain(1, 1, level: 9), options([1])) }
        == "invalidArgument: a content of 1x1; expected sides of at least 2")
    #expect(try styler.run(plain(2, 2, level: 9), options([1])).width == 2)
  }

  @Test func `refuses options out of range`() throws {
    let styler = try styler(1...2)
    func reason(_ options: UniversalStyler.Options) -> String {
      outcome { try styler.run(content(), options) }
    }
    #expect(reason(options(strength: 1.5)) == "invalidArgument: strength 1.5; expected 0 to 1")
    #expect(reason(options(strength: .nan)) == "invalidArgument: strength nan; expected 0 to 1")
    #expect(reason(options([3])) == "invalidArgument: level 3, which the model lacks")
    #expect(
      reason(options(weights: [1, 1])) == "invalidArgument: 2 weights for 1 styles; expected one for each")
    #expect(
      reason(options(weights: [0])) == "invalidArgument: the styles' weights are all 0; expected one above")
    #expect(reason(options(weights: [.nan])) == "invalidArgument: weight nan of a style; expected 0 to 1e6")
  }

  @Test func `says what is wrong with a model`() throws {
    let style = try plain(32, 32, level: 9)
    #expect(
      outcome {
        try UniversalStyler(
          Model(TensorFile(metadata: [("architecture", "vgg19")]).weightFile()), styles: [style])
      }
        == "wrongModel: the model is \"vgg19\"; expected universal-style for a universal style")
    #expect(
      outcome {
        try UniversalStyler(
          Model(TensorFile(metadata: [("architecture", "universal-style")]).weightFile()), styles: [style])
      }
      .hasPrefix("badData: weights: a universal style has none of the levels 1 to 5"))
    #expect(
      outcome {
        try UniversalStyler(
          model(2...2) { $0.removeAll { $0.name == "encoder2.conv12.weight" } }, styles: [style])
      }
        == "badData: weights: encoder2.conv12.weight is missing")
    #expect(
      outcome {
        try UniversalStyler(
          model(2...2) { $0.removeAll { $0.name == "decoder2.conv21.bias" } }, styles: [style])
      }
        == "badData: weights: decoder2.conv21.bias is missing")
    #expect(
      outcome { try UniversalStyler(model(2...2, damaged: "encoder2.conv21.weight"), styles: [style]) }
        == "badData: a style at level 2 has features that are not finite: the model's weights are damaged")
    let damaged = try UniversalStyler(model(2...2, damaged: "decoder2.conv11.bias"), styles: [style])
    #expect(
      outcome { try damaged.run(style, options()) }
        == "badData: the universal style's picture has numbers that are not finite: its weights are damaged")
  }

  @Test func `the same picture for any number of threads`() throws {
    let styler = try styler(), content = try Formula.picture("threads", width: 130, height: 66)
    let first = try styler.run(content, options())
    for count in [1, 3] {
      try withPool(threads: count) {
        let again = try styler.run(content, options())
        #expect((0..<66).allSatisfy { Array(first.row($0)) == Array(again.row($0)) })
      }
    }
  }
}
