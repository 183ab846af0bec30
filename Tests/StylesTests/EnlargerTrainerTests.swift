import CSystem
import Images
import Networks
import Styles
import TestSupport
import Tensors
import Testing

@Suite struct EnlargerTrainerTests {
  /// VGG-19 with weights made here: its features differ from picture to picture, and that is all that is
  /// wanted of them.
  private func vgg() throws -> Model {
    var file = TensorFile(metadata: [("architecture", "vgg19")])
    for (name, tensor) in try initialWeights(of: .vgg19, seed: 4) { file.add(name, tensor) }
    return try Model(file.weightFile())
  }

  private func options(
    _ change: (inout EnlargerTrainer.Options) -> Void = { _ in }
  ) -> EnlargerTrainer.Options {
    var options = EnlargerTrainer.Options()
    (options.filters, options.blocks, options.side, options.rate) = (8, 1, 48, 0.003)
    change(&options)
    return options
  }

  private func file(_ name: String) -> String { "/tmp/facestyle-enlarger-\(getpid())-\(name)" }

  /// Origin: Fixtures/reference/enlarger_reference.py, in Float here. Turned squares cost the same.
  @Test(arguments: [2, 3, 4]) func `the first cost is PyTorch's of cubic interpolation`(
    factor: Int
  ) throws {
    let photo = try Formula.picture("photo", width: 48, height: 48)
    let expected = try fixture("enlarger.json", "first cost")[factor - 2]
    for seed in 1...8 {
      let trainer = try EnlargerTrainer(
        options {
          $0.factor = factor
          $0.seed = UInt64(seed)
        })
      let report = try trainer.step([photo])
      #expect(abs(report.pixels - expected) < Tolerance.lossFloat * expected, "\(report.pixels)")
      #expect(report.features == 0 && report.total == report.pixels)
    }
  }

  @Test(arguments: [false, true]) func `the cost falls, and the saved network enlarges`(
    hasFeatures: Bool
  ) throws {
    let trainer = try EnlargerTrainer(options(), features: hasFeatures ? vgg() : nil)
    let photos = [try SmallVGG.picture(48, 60, wave: 5), try SmallVGG.picture(70, 48, wave: 7)]
    var reports: [EnlargerTrainer.Report] = []
    for _ in 0..<30 { reports.append(try trainer.step(photos)) }
    #expect(trainer.steps == 30)
    func mean(
      _ reports: ArraySlice<EnlargerTrainer.Report>, _ part: (EnlargerTrainer.Report) -> Double
    )
      -> Double
    {
      reports.map(part).reduce(0, +) / Double(reports.count)
    }
    #expect(mean(reports.suffix(5), \.total) < 0.8 * mean(reports.prefix(5), \.total))
    #expect(reports.allSatisfy { ($0.features > 0) == hasFeatures && $0.pixels > 0 })
    let path = file("model")
    defer { unlink(path) }
    try trainer.saveModel(path: path, .float16, metadata: ["note": "a test"])
    let model = try Model(path: path)
    #expect(model.weights.metadata["filters"] == "8" && model.weights.metadata["note"] == "a test")
    #expect(try Enlarger(model).run(photos[0]).width == 96)
  }

  @Test func `the weight of features counts`() throws {
    let photo = try SmallVGG.picture(48, 48, wave: 5), vgg = try vgg()
    func first(_ weight: Float) throws -> EnlargerTrainer.Report {
      try EnlargerTrainer(options { $0.featureWeight = weight }, features: vgg).step([photo])
    }
    let one = try first(1e-4), two = try first(2e-4)
    #expect(one.pixels == two.pixels)
    #expect(abs(two.features - 2 * one.features) < Tolerance.lossFloat * two.features)
  }

  @Test func `the same seed gives the same costs`() throws {
    let photo = try Formula.picture("one", width: 64, height: 50)
    func costs(_ seed: UInt64) throws -> [Double] {
      let trainer = try EnlargerTrainer(options { $0.seed = seed })
      return try (0..<3).map { _ in try trainer.step([photo, photo]).total }
    }
    let first = try costs(1), again = try costs(1), other = try costs(2)
    #expect(first == again && first != other)
  }

  @Test func `begins with another enlarger's weights, of another factor too, and refuses other networks`()
    throws
  {
    let photo = try SmallVGG.picture(48, 48, wave: 5), path = file("start")
    defer { unlink(path) }
    let first = try EnlargerTrainer(options())
    for _ in 0..<6 { _ = try first.step([photo]) }
    try first.saveModel(path: path, .float32)
    let start = try Model(path: path)
    let next = try EnlargerTrainer(options { $0.seed = 9 }, start: start)
    #expect(try next.step([photo, photo]).total != EnlargerTrainer(options()).step([photo, photo]).total)
    // Of another factor the last layers begin anew: as cubic interpolation.
    let larger = options { $0.factor = 4 }
    let begun = try EnlargerTrainer(larger, start: start)
    #expect(try begun.step([photo]).total == EnlargerTrainer(larger).step([photo]).total)
    #expect(try begun.step([photo]).total != EnlargerTrainer(larger).step([photo]).total)
    #expect(
      outcome { _ = try EnlargerTrainer(options { $0.filters = 4 }, start: start) }
        == "badData: weights: head.weight is [8, 3, 3, 3]; expected [4, 3, 3, 3]")
    #expect(
      outcome { _ = try EnlargerTrainer(options { $0.blocks = 2 }, start: start) }
        == "badData: the start has 8 layers; expected the 11 of as many blocks")
    #expect(
      outcome { _ = try EnlargerTrainer(options(), start: vgg()) }
        == "badData: the start is a vgg19; expected an enlarger")
  }

  @Test func `continues from a checkpoint with the same bits, and refuses one of other options`() throws {
    let photo = try Formula.picture("one", width: 60, height: 48), path = file("checkpoint")
    defer { unlink(path) }
    func trainer(steps: Int = 3, features: Model? = nil) throws -> EnlargerTrainer {
      try EnlargerTrainer(options { $0.steps = steps }, features: features)
    }
    let whole = try trainer()
    _ = try whole.step([photo])
    try whole.save(path: path)
    let resumed = try trainer()
    try resumed.resume(path: path)
    #expect(resumed.steps == 1)
    for _ in 0..<3 { #expect(try resumed.step([photo]).total == whole.step([photo]).total) }
    let longer = try trainer(steps: 4), other = try trainer(features: vgg())
    #expect(outcome { try longer.resume(path: path) } == "wrongModel: steps is 4; the checkpoint has 3")
    #expect(
      outcome { try other.resume(path: path) }
        == "wrongModel: features is conv2_2; the checkpoint has none")
    #expect(longer.steps == 0 && other.steps == 0)
  }

  @Test func `refuses options out of range, photos too small and another model`() throws {
    func reason(_ change: (inout EnlargerTrainer.Options) -> Void) -> String {
      outcome { try EnlargerTrainer(options(change)) }
    }
    #expect(reason { $0.factor = 1 } == "invalidArgument: factor 1; expected 2 to 8")
    #expect(
      reason { $0.side = 49 } == "invalidArgument: side 49; expected a multiple of the factor, more than 16")
    #expect(
      reason {
        $0.factor = 8
        $0.side = 64
      } == "invalidArgument: side 64; expected a multiple of the factor, more than 64")
    #expect(reason { $0.filters = 0 } == "invalidArgument: filters 0; expected 1 to 256")
    #expect(reason { $0.blocks = 65 } == "invalidArgument: blocks 65; expected 1 to 64")
    #expect(reason { $0.pixelWeight = -1 } == "invalidArgument: pixel weight -1.0; expected 0 to 1e+12")
    #expect(reason { $0.featureWeight = .nan } == "invalidArgument: feature weight nan; expected 0 to 1e+12")
    #expect(reason { $0.rate = 2 } == "invalidArgument: rate 2.0; expected 1e-08 to 1")
    #expect(
      EnlargerTrainer.Options().settings.map(\.name) == members(of: EnlargerTrainer.Options()),
      "every option is listed, in its order")
    let trainer = try EnlargerTrainer(options())
    #expect(outcome { try trainer.step([]) } == "invalidArgument: a step on 0 photos; expected 1 or more")
    #expect(
      outcome { try trainer.step([Formula.picture("one", width: 60, height: 47)]) }
        == "invalidArgument: a photo of 60x47; expected 48x48 or more")
    #expect(trainer.steps == 0)
    #expect(
      outcome {
        try EnlargerTrainer(
          options(), features: Model(TensorFile(metadata: [("architecture", "fast-style")]).weightFile()))
      }
      .hasPrefix("wrongModel"))
  }
}
