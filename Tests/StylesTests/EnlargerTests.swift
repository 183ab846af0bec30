import Images
import Networks
import Styles
import TestSupport
import Tensors
import Testing

@Suite struct EnlargerTests {
  private func model(factor: Int = 2, blocks: Int = 1, head: Float? = nil) throws -> Model {
    let architecture = Architecture.enlarger(factor: factor, filters: 4, blocks: blocks)
    var file = TensorFile(metadata: [
      ("architecture", "enlarger"), ("factor", "\(factor)"), ("filters", "4"), ("blocks", "\(blocks)")
    ])
    Formula.add(&file, try architecture.tensors().filter { head == nil || $0.name != "head.bias" })
    if let head { file.add("head.bias", [4], [Float](repeating: head, count: 4)) }
    return try Model(file.weightFile())
  }

  /// Enlarges by cubic interpolation alone, as a training begins.
  private func cubic(factor: Int) throws -> Model {
    var file = TensorFile(metadata: [("architecture", "enlarger"), ("factor", "\(factor)"), ("filters", "4")])
    let architecture = Architecture.enlarger(factor: factor, filters: 4)
    var generator = Generator(seed: 1)
    for specification in try architecture.tensors() {
      file.add(
        specification.name, try architecture.enlargerTensor(specification, factor: factor, &generator))
    }
    return try Model(file.weightFile())
  }

  private func samples(_ image: Image) -> [Double] {
    (0..<(3 * image.width * image.height)).map { image.level($0) }
  }

  /// Origin: Fixtures/reference/enlarger_reference.py. Half a level is what rounding changes.
  @Test(arguments: [(2, 1, "twice"), (3, 2, "three times")])
  func `enlarges as PyTorch does`(factor: Int, blocks: Int, key: String) throws {
    let enlarger = try Enlarger(model(factor: factor, blocks: blocks))
    let large = try enlarger.run(Formula.picture("content", width: 14, height: 9))
    #expect(enlarger.factor == factor && large.width == 14 * factor && large.height == 9 * factor)
    #expect(levelDifference(large, try fixture("enlarger.json", key), white: 255) < 0.5 + 0.01)
  }

  @Test func `small tiles give the picture that one tile gives`() throws {
    for (width, height) in [(37, 23), (8, 40), (1, 17)] {
      let picture = try Formula.picture("content", width: width, height: height)
      let whole = try Enlarger(model(blocks: 2)).run(picture)
      for side in [8, 13] {
        let tiled = try Enlarger(model(blocks: 2), side: side).run(picture)
        // Sums are rounded otherwise in a tile that begins elsewhere: a level at most, where it was half.
        #expect(largestDifference(samples(tiled), samples(whole)) <= 1)
        let different = zip(samples(tiled), samples(whole)).count(where: { $0 != $1 })
        #expect(different * 1000 <= samples(whole).count, "\(different)")
      }
    }
  }

  /// The filters of Pillow and of the training's start are the same but at the edges; Pillow rounds between
  /// rows and columns, too.
  @Test(arguments: [2, 3, 4]) func `begins as cubic interpolation`(factor: Int) throws {
    let picture = try SmallVGG.picture(20, 16)
    let mine = try Enlarger(cubic(factor: factor)).run(picture)
    let theirs = try picture.resized(width: 20 * factor, height: 16 * factor, filter: .bicubic)
    let edge = 2 * factor
    for y in edge..<(16 * factor - edge) {
      for i in (3 * edge)..<(3 * (20 * factor - edge)) {
        #expect(abs(Int(mine.row(y)[i]) - Int(theirs.row(y)[i])) <= 1)
      }
    }
  }

  @Test func `keeps 16 bits`() throws {
    let deep = try Storage<UInt16>(count: 3 * 12 * 10)
    deep.withPointer { for i in 0..<360 { $0[i] = UInt16(20_000 + 101 * i) } }
    let large = try Enlarger(cubic(factor: 2)).run(Image(width: 12, height: 10, deep: deep))
    let samples = try #require(large.deep)
    var levels: Set<UInt16> = []
    samples.withBuffer { for sample in $0 { levels.insert(sample) } }
    #expect(levels.count > 300, "\(levels.count) different samples; 8 bits would have fewer than 143")
  }

  @Test func `keeps alpha, and clear pixels lend no colour`() throws {
    // Left clear and green, right opaque and red.
    let colours = try Image(width: 16, height: 8) { _, row in
      for x in 0..<16 { for c in 0..<3 { row[3 * x + c] = (x < 8 ? [0, 255, 0] : [200, 0, 0])[c] } }
    }
    let alpha = try Storage<UInt8>(count: 128)
    alpha.withPointer { for i in 0..<128 { $0[i] = i % 16 < 8 ? 0 : 255 } }
    let large = try Enlarger(cubic(factor: 2)).run(.blended(colours, alpha))
    let newAlpha = try #require(large.alpha)
    #expect(large.deep == nil && newAlpha.count == 512)
    let covers = newAlpha.withBuffer { Array($0[(32 * 8)..<(32 * 9)]) }
    #expect(covers.prefix(12).allSatisfy { $0 == 0 } && covers.suffix(12).allSatisfy { $0 == 255 })
    #expect(covers.contains { $0 > 0 && $0 < 255 })
    for (x, cover) in covers.enumerated() where cover > 0 {
      #expect(large.unblended.row(8)[3 * x + 1] == 0, "green at \(x)")
      #expect(large.unblended.row(8)[3 * x] >= 198)
    }
  }

  @Test func `says what weights that are no numbers lead to`() throws {
    #expect(
      outcome { try Enlarger(model(head: .nan)).run(plain(8, 8, level: 100)) }
        == "badData: the enlarger's picture has numbers that are not finite: its weights are damaged")
  }

  @Test func `refuses another model and a picture whose enlargement no picture can be`() throws {
    #expect(
      outcome { try Enlarger(Model(TensorFile(metadata: [("architecture", "vgg19")]).weightFile())) }
        == "wrongModel: the model is \"vgg19\"; expected enlarger for enlarging")
    let enlarger = try Enlarger(model())
    #expect(
      outcome { try enlarger.run(plain(40_000, 1, level: 1)) }
        == "invalidArgument: picture of 80000x2 pixels; expected sides of at most 65500")
    #expect(outcome { try enlarger.memoryNeeded(width: 0, height: 9) }.hasPrefix("invalidArgument"))
    #expect(outcome { try enlarger.memoryNeeded(width: 40_000, height: 9) }.hasPrefix("invalidArgument"))
  }

  @Test func `a picture of many tiles takes the memory of one, and its result's`() throws {
    try withPool(threads: 2) {
      let enlarger = try Enlarger(model())
      let needed = try [256, 1024].map { try enlarger.memoryNeeded(width: $0, height: 256) }
      #expect(needed[1] - needed[0] == 3 * 4 * (1024 - 256) * 256)
    }
  }

  @Test func `a file says what it is for`() throws {
    #expect(try ModelInformation(model()).use == .enlarger)
    let wrong = TensorFile(metadata: [("architecture", "enlarger"), ("factor", "0")])
    #expect(
      outcome { _ = try Enlarger(Model(wrong.weightFile())) }
        == "badData: weights: factor is \"0\"; expected a number from 1 to 15")
  }
}
