import CSystem
import Images
import Networks
import Tensors

/// Trains a feed-forward network in one style: it paints photos, and VGG-19 measures the distance of its
/// pictures' features to the photos' and of their Gram matrices to the style's. `J = alpha J_content + beta
/// sum over scales and layers of J_style + gamma mean of squared steps between neighbours` Source: Johnson,
/// Alahi, Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution", 2016; the scales
/// after Wang, Oxholm, Zhang, Wang, "Multimodal transfer", 2017.
package final class FastStyleTrainer {
  package struct Options: Sendable, Settings {
    /// Of the network: filters of its first layer, and residual blocks.
    package var filters = 32, blocks = 5
    /// Side of the training pictures, a multiple of 16.
    package var side = 256
    /// 1, or 2 to match the style at half the size too: for large and small strokes.
    package var scales = 1
    package var contentWeight: Float = 1, styleWeight: Float = 1e-4, smoothness: Float = 1e-3
    /// Adam's learning rate.
    package var rate: Float = 1e-3
    /// After this count of steps the rate is a hundredth, falling by half a cosine; nil: it stays.
    package var steps: Int?
    package var seed: UInt64 = 1

    package init() {}

    @SettingList package var settings: [Setting] {
      Setting("filters", filters, .from(1, to: 256))
      Setting("blocks", blocks, .from(1, to: 64))
      Setting("side", side, .from(32, to: 2048)).requiring(side % 16 == 0, "a multiple of 16")
      Setting("scales", scales, .from(1, to: 2))
      Setting("content weight", contentWeight, .from(0, to: 1e12))
      Setting("style weight", styleWeight, .from(0, to: 1e12))
      Setting("smoothness", smoothness, .from(0, to: 1e12))
      Setting("rate", rate, .from(1e-8, to: 1))
      Setting("steps", steps, .from(1, to: 1 << 30))
      Setting("seed", seed)
    }
  }

  /// The result of a step on its pictures, before the weights are updated; weighted means over the pictures.
  package struct Report {
    package var content = 0.0, style = 0.0, smoothness = 0.0
    package var total: Double { content + style + smoothness }
  }

  private static let contentLayer = "conv3_3"
  private static let styleLayers = ["conv1_2", "conv2_2", "conv3_3", "conv4_3"]

  private let options: Options
  private let vgg: Network<Float>
  private let training: PictureTraining
  /// The style's mean products of channels, by scale and layer.
  private let grams: [[Tensor<Float>]]
  /// Names the style's picture in checkpoints.
  private let style: String
  /// Steps completed.
  package var steps: Int { training.steps }

  /// - Parameters:
  ///   - model: a VGG-19.
  ///   - start: a model of the same network, with the initial weights; nil: random ones.
  /// - Throws: `.badData` for a start of another network.
  package init(_ model: Model, style: Image, _ options: Options, start: Model? = nil) throws(Failure) {
    try model.require(.styleTransfer, for: "teaching a fast style")
    try options.check()
    self.options = options
    vgg = try model.network()
    let architecture = Architecture.fastStyleResize(filters: options.filters, blocks: options.blocks)
    if let start { try FastStyleTrainer.check(start: start, architecture, options) }
    var generator = Generator(seed: options.seed)
    training = try PictureTraining(architecture, rate: options.rate, end: options.steps) {
      specification throws(Failure) in
      if let start { return try start.weights.tensor(specification.name, specification.extents) }
      return try FastStyleTrainer.initial(specification, &generator)
    }
    var grams: [[Tensor<Float>]] = []
    let cut = try cover(style, width: options.side, height: options.side)
    var fingerprint = Fingerprint()
    cut.pixels.withSpan { fingerprint.add($0.bytes) }
    self.style = String(fingerprint.value, radix: 16)
    for scale in 0..<options.scales {
      let side = options.side >> scale
      let image = try cut.resized(width: side, height: side, filter: .bicubic)
      let picture = try VGGPicture(bytesOf: image).numbers.reshaped([1, side, side, 3])
      let tape = Tape<Float>()
      var products: [Tensor<Float>] = []
      for features in try vgg.run(picture, .init(FastStyleTrainer.styleLayers)) {
        products.append(try tape.gramMatrix(tape.constant(features)).tensor)
      }
      grams.append(products)
    }
    self.grams = grams
  }

  private static func check(
    start: Model, _ architecture: Architecture, _ options: Options
  ) throws(Failure) {
    try start.requireStart(of: "\(architecture.name)")
    let numbers = try start.architecture().parameterCount(), wanted = try architecture.parameterCount()
    guard numbers == wanted else {
      throw .badData(
        "the start has \(numbers) numbers; expected the \(wanted) of \(options.filters) filters and \(options.blocks) blocks"
      )
    }
  }

  /// The last layer starts in the middle of the range, so that the first pictures are grey instead of black.
  private static func initial(
    _ specification: TensorSpecification, _ generator: inout Generator
  ) throws(Failure) -> Tensor<Float> {
    if specification.name == "deconv3.bias" { return try Tensor(specification.extents, repeating: 127.5) }
    return try initialTensor(specification, &generator)
  }

  /// Trains one step on some photos, cropped around their centres; changes nothing if it throws.
  /// - Throws: `.badData` if the costs exceed the range of Float.
  package func step(_ contents: [Image]) throws(Failure) -> Report {
    guard !contents.isEmpty else { throw .invalidArgument("a step on 0 photos; expected 1 or more") }
    var report = Report()
    var sums: [Tensor<Float>] = []
    let share = 1 / Float(contents.count)
    for content in contents {
      // One at a time: instance normalisation works per picture, and memory suffices for one.
      let gradients = try gradients(content, share: share, &report)
      if sums.isEmpty {
        sums = gradients
      } else {
        for (sum, gradient) in zip(sums, gradients) { add(gradient, to: sum) }
      }
    }
    try training.check(report.total)
    try training.step(sums)
    return report
  }

  private func gradients(
    _ content: Image, share: Float, _ report: inout Report
  ) throws(Failure) -> [Tensor<Float>] {
    let side = options.side, image = try cover(content, width: side, height: side)
    let levels = try Tensor<Float>([1, side, side, 3])
    levels.withPointer { levels in
      image.pixels.withBuffer { bytes in for i in bytes.indices { levels[i] = Float(bytes[i]) } }
    }
    let target = try VGGPicture(bytesOf: image).numbers.reshaped([1, side, side, 3])
    let contentFeatures = try vgg.run(target, .init([FastStyleTrainer.contentLayer]))[0]

    let tape = Tape<Float>(), leaves = training.network.leaves(on: tape)
    let painted = try training.network.run(tape.constant(levels), leaves, .training, on: tape)
    var picture = try VGGPicture.entered(painted, on: tape)
    var styles: [Variable<Float>] = []
    var contentCost: Variable<Float>?
    for (scale, grams) in grams.enumerated() {
      if scale > 0 { picture = try tape.pool(picture, .average, kernel: 2, stride: 2) }
      var names = FastStyleTrainer.styleLayers
      if scale == 0 { names.append(FastStyleTrainer.contentLayer) }
      let features = try vgg.run(picture, .init(names), on: tape)
      for (i, gram) in grams.enumerated() {
        styles.append(try tape.styleCost(features[i], gram, .normalised))
      }
      if scale == 0 {
        contentCost = try tape.contentCost(features[grams.count], contentFeatures, .normalised)
      }
    }
    guard let contentCost else { throw .internalError("a training without scales") }
    let smoothness = try roughness(painted, on: tape)
    let parts = [contentCost] + styles + [smoothness]
    let weights = [options.contentWeight] + styles.map { _ in options.styleWeight } + [options.smoothness]
    let total = try tape.weightedSum(parts, weights.map { $0 * share })
    report.content += Double(contentCost.scalar * options.contentWeight * share)
    for style in styles { report.style += Double(style.scalar * options.styleWeight * share) }
    report.smoothness += Double(smoothness.scalar * options.smoothness * share)
    return try training.gradients(of: total, leaves, on: tape)
  }

  /// The mean of the squared steps to the right and downwards.
  private func roughness(_ x: Variable<Float>, on tape: Tape<Float>) throws(Failure) -> Variable<Float> {
    var weights: [Float] = []
    for _ in 0..<3 { weights += [-1, 1, 0, 0, -1, 0, 1, 0] }
    let steps = try tape.convolution(
      x, weights: tape.constant(Tensor([6, 1, 2, 2], weights)), bias: nil, groups: 3, padding: .valid)
    return try tape.squaredDistance(
      steps, to: Tensor(steps.shape.extents, repeating: 0), factor: 1 / Float(steps.tensor.count))
  }

  /// Writes the network as a model of a fast style.
  package func saveModel(
    path: String, _ numbers: WeightFileWriter.Numbers, metadata: [String: String] = [:]
  ) throws(Failure) {
    try training.saveModel(
      path: path, numbers, sizes: [("filters", options.filters), ("blocks", options.blocks)],
      metadata: metadata)
  }

  // MARK: Checkpoints

  private var texts: [String: String] {
    var texts = options.texts
    texts["style"] = style
    return texts
  }

  /// Writes everything needed to resume; an older file stays intact until the new one is complete.
  package func save(path: String) throws(Failure) { try training.save(path: path, texts) }

  /// Resumes from a checkpoint of the same style and options, with the same bits.
  /// - Throws: the errors of `Checkpoint.read`, naming the option that differs; nothing is changed then.
  package func resume(path: String) throws(Failure) { try training.resume(path: path, texts) }
}

private func add(_ gradient: Tensor<Float>, to sum: Tensor<Float>) {
  withPointers(gradient, sum) { gradient, total in for i in 0..<sum.count { total[i] += gradient[i] } }
}
