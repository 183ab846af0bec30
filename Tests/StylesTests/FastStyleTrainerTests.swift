import CSystem
import Images
import Networks
import Styles
import TestSupport
import Tensors
import Testing

@Suite struct FastStyleTrainerTests {
  /// VGG-19 with weights made here: its features differ from picture to picture, and that is all that is
  /// wanted of them.
  private func vgg() throws -> Model {
    var file = TensorFile(metadata: [("architecture", "vgg19")])
    for (name, tensor) in try initialWeights(of: .vgg19, seed: 4) { file.add(name, tensor) }
    return try Model(file.weightFile())
  }

  private func options(
    _ change: (inout FastStyleTrainer.Options) -> Void = { _ in }
  ) -> FastStyleTrainer.Options {
    var options = FastStyleTrainer.Options()
    (options.filters, options.blocks, options.side, options.rate) = (4, 1, 32, 0.01)
    change(&options)
    return options
  }

  @Test(arguments: [1, 2]) func `the cost falls, and the saved network paints`(scales: Int) throws {
    let trainer = try FastStyleTrainer(
      vgg(), style: Formula.picture("style", width: 40, height: 50), options { $0.scales = scales })
    let photos = [
      try Formula.picture("one", width: 33, height: 64), try Formula.picture("two", width: 32, height: 32)
    ]
    var totals: [Double] = []
    for _ in 0..<12 {
      let report = try trainer.step(photos)
      #expect(report.content > 0 && report.style > 0 && report.smoothness > 0)
      totals.append(report.total)
    }
    #expect(trainer.steps == 12)
    #expect(try #require(totals.last) < 0.7 * totals[0], "\(totals)")
    let path = "/tmp/facestyle-fast-\(getpid())-\(scales).safetensors"
    defer { unlink(path) }
    try trainer.saveModel(path: path, .float16, metadata: ["note": "a test"])
    let model = try Model(path: path)
    #expect(model.weights.metadata["filters"] == "4" && model.weights.metadata["note"] == "a test")
    #expect(try FastStyler(model).run(photos[0]).width == 33)
  }

  @Test func `the same seed gives the same costs`() throws {
    let photo = try Formula.picture("one", width: 32, height: 32),
      style = try Formula.picture("style", width: 32, height: 32)
    func costs(_ seed: UInt64) throws -> [Double] {
      let trainer = try FastStyleTrainer(vgg(), style: style, options { $0.seed = seed })
      return [try trainer.step([photo]).total, try trainer.step([photo]).total]
    }
    let first = try costs(1), again = try costs(1), other = try costs(2)
    #expect(first == again && first != other)
  }

  @Test func `begins with the weights of a model of the same network, and refuses another`() throws {
    let photo = try Formula.picture("one", width: 32, height: 32),
      style = try Formula.picture("style", width: 32, height: 32)
    let path = "/tmp/facestyle-fast-start-\(getpid()).safetensors"
    defer { unlink(path) }
    let first = try FastStyleTrainer(vgg(), style: style, options())
    for _ in 0..<6 { _ = try first.step([photo]) }
    try first.saveModel(path: path, .float32)
    let start = try Model(path: path)
    let next = try FastStyleTrainer(vgg(), style: style, options { $0.seed = 9 }, start: start)
    // The cost before a step is of the weights only.
    let costs = try (next.step([photo]).total, first.step([photo]).total)
    #expect(costs.0 == costs.1)
    // A residual block more: two convolutions of 16 channels with biases, and their normalisations.
    let numbers = try start.architecture().parameterCount(), more = numbers + 2 * (16 * 16 * 9 + 16 + 2 * 16)
    let larger = outcome {
      _ = try FastStyleTrainer(vgg(), style: style, options { $0.blocks = 2 }, start: start)
    }
    #expect(
      larger == "badData: the start has \(numbers) numbers; expected the \(more) of 4 filters and 2 blocks")
    let other = outcome { _ = try FastStyleTrainer(vgg(), style: style, options(), start: vgg()) }
    #expect(other == "badData: the start is a vgg19; expected fast-style-resize")
  }

  @Test func `continues from a checkpoint with the same bits, and refuses one of another style`() throws {
    let photo = try Formula.picture("one", width: 32, height: 32),
      style = try Formula.picture("style", width: 40, height: 32)
    let path = "/tmp/facestyle-fast-checkpoint-\(getpid())"
    defer { unlink(path) }
    func trainer(
      _ style: Image, _ change: @escaping (inout FastStyleTrainer.Options) -> Void = { _ in }
    ) throws -> FastStyleTrainer {
      try FastStyleTrainer(
        vgg(), style: style,
        options {
          $0.steps = 3
          change(&$0)
        })
    }
    let whole = try trainer(style)
    _ = try whole.step([photo])
    try whole.save(path: path)
    let resumed = try trainer(style)
    try resumed.resume(path: path)
    #expect(resumed.steps == 1)
    for _ in 0..<3 { #expect(try resumed.step([photo]).total == whole.step([photo]).total) }
    let other = try trainer(Formula.picture("other", width: 32, height: 32))
    let refused = outcome { try other.resume(path: path) }
    #expect(refused.hasPrefix("wrongModel: style is "), "\(refused)")
    #expect(other.steps == 0)
    let longer = try trainer(style) { $0.steps = 4 }
    #expect(
      outcome { try longer.resume(path: path) } == "wrongModel: steps is 4; the checkpoint has 3")
  }

  /// By half a cosine to a hundredth: a step at the end of the fall moves the weights, and with them the cost,
  /// less than the first.
  @Test func `the rate falls`() throws {
    let photo = try Formula.picture("one", width: 32, height: 32),
      style = try Formula.picture("style", width: 32, height: 32)
    func totals(_ end: Int?) throws -> [Double] {
      let trainer = try FastStyleTrainer(vgg(), style: style, options { $0.steps = end })
      return try (0..<8).map { _ in try trainer.step([photo]).total }
    }
    let steady = try totals(nil), falling = try totals(2)
    #expect(steady[0] == falling[0] && steady[1] == falling[1], "the first step is at the whole rate")
    #expect(abs(falling[7] - falling[3]) < 0.2 * abs(steady[7] - steady[3]), "\(falling), \(steady)")
  }

  @Test func `refuses options out of range, no photos and another model`() throws {
    let style = try Formula.picture("style", width: 32, height: 32)
    func reason(_ change: (inout FastStyleTrainer.Options) -> Void) -> String {
      outcome { try FastStyleTrainer(vgg(), style: style, options(change)) }
    }
    #expect(reason { $0.side = 40 } == "invalidArgument: side 40; expected a multiple of 16")
    #expect(reason { $0.side = 16 } == "invalidArgument: side 16; expected 32 to 2048")
    #expect(reason { $0.filters = 0 } == "invalidArgument: filters 0; expected 1 to 256")
    #expect(reason { $0.blocks = 65 } == "invalidArgument: blocks 65; expected 1 to 64")
    #expect(reason { $0.scales = 3 } == "invalidArgument: scales 3; expected 1 to 2")
    #expect(reason { $0.styleWeight = .nan } == "invalidArgument: style weight nan; expected 0 to 1e+12")
    #expect(reason { $0.rate = 2 } == "invalidArgument: rate 2.0; expected 1e-08 to 1")
    #expect(
      FastStyleTrainer.Options().settings.map(\.name) == members(of: FastStyleTrainer.Options()),
      "every option is listed, in its order")
    #expect(
      outcome { try FastStyleTrainer(vgg(), style: style, options()).step([]) }
        == "invalidArgument: a step on 0 photos; expected 1 or more")
    #expect(
      outcome {
        try FastStyleTrainer(
          Model(TensorFile(metadata: [("architecture", "fast-style")]).weightFile()), style: style, options())
      }
      .hasPrefix("wrongModel"))
  }
}
