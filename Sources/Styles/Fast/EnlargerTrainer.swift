import Images
import Networks
import Tensors

/// Trains a network that enlarges pictures: photos are reduced, and the network's enlargements are compared
/// with them, pixel by pixel and, with a VGG-19, feature by feature.
///
/// `J = alpha mean of sqrt(d^2 + e^2) + beta mean of (phi(y) - phi(y'))^2`: the first term is Charbonnier's,
/// as in Lai et al. 2017, "Deep Laplacian pyramid networks"; the second is from Johnson, Alahi, Fei-Fei,
/// "Perceptual losses for real-time style transfer and super-resolution", 2016, equation 2.
package final class EnlargerTrainer {
  package struct Options: Sendable, Settings {
    /// Of the network: its factor, filters of a layer, and residual blocks.
    package var factor = 2, filters = 32, blocks = 4
    /// Side of the squares that are cut from photos, a multiple of the factor.
    package var side = 96
    package var pixelWeight: Float = 1, featureWeight: Float = 1e-5
    /// Adam's learning rate.
    package var rate: Float = 1e-3
    /// After this count of steps the rate is a hundredth, falling by half a cosine; nil: it stays.
    package var steps: Int?
    package var seed: UInt64 = 1

    package init() {}

    @SettingList package var settings: [Setting] {
      Setting("factor", factor, .from(2, to: 8))
      Setting("filters", filters, .from(1, to: 256))
      Setting("blocks", blocks, .from(1, to: 64))
      Setting("side", side, .from(32, to: 1024)).requiring(
        side % max(factor, 1) == 0 && side > 2 * EnlargerTrainer.margin * factor,
        "a multiple of the factor, more than \(2 * EnlargerTrainer.margin * factor)")
      Setting("pixel weight", pixelWeight, .from(0, to: 1e12))
      Setting("feature weight", featureWeight, .from(0, to: 1e12))
      Setting("rate", rate, .from(1e-8, to: 1))
      Setting("steps", steps, .from(1, to: 1 << 30))
      Setting("seed", seed)
    }
  }

  /// The result of a step on its squares, before the weights are updated; weighted means over the squares.
  package struct Report {
    package var pixels = 0.0, features = 0.0
    package var total: Double { pixels + features }
  }

  /// Johnson's choice for enlarging.
  private static let featureLayer = "conv2_2"
  /// Where the absolute difference is rounded off, in parts of white: half a level.
  private static let roundness: Float = 0.002
  /// Pixels of the reduced picture along its edges that only serve as surroundings: beyond them the network
  /// sees zeros, which it never does when it enlarges.
  private static let margin = 4

  private let options: Options
  private let vgg: Network<Float>?
  private let training: PictureTraining
  /// Steps completed.
  package var steps: Int { training.steps }

  /// - Parameters:
  ///   - model: a VGG-19; nil: only pixels are compared.
  ///   - start: an enlarger of the same filters and blocks, whose weights it begins with. Of another factor
  ///     these are all but the last ones.
  /// - Throws: `.badData` for a start of another network.
  package init(_ options: Options, features model: Model? = nil, start: Model? = nil) throws(Failure) {
    try model?.require(.styleTransfer, for: "the features of enlargements")
    try options.check()
    self.options = options
    vgg = try model?.network()
    let architecture = Architecture.enlarger(
      factor: options.factor, filters: options.filters, blocks: options.blocks)
    if let start { try EnlargerTrainer.check(start: start, architecture) }
    var generator = Generator(seed: options.seed)
    training = try PictureTraining(architecture, rate: options.rate, end: options.steps) {
      specification throws(Failure) in
      if let start, let given = try EnlargerTrainer.tensor(specification, of: start) { return given }
      return try architecture.enlargerTensor(specification, factor: options.factor, &generator)
    }
  }

  /// Of a start.
  private static func check(start: Model, _ architecture: Architecture) throws(Failure) {
    guard start.registered.use == .enlarger else {
      throw .badData("the start is a \(start.architectureName); expected an enlarger")
    }
    let found = try start.architecture().graph.nodes.count, wanted = architecture.graph.nodes.count
    guard found == wanted else {
      throw .badData("the start has \(found) layers; expected the \(wanted) of as many blocks")
    }
  }

  /// A tensor of the start; nil for one that depends on the factor, if the start has another.
  private static func tensor(
    _ specification: TensorSpecification, of start: Model
  ) throws(Failure) -> Tensor<Float>? {
    let isLast = ["tail.weight", "tail.bias", "straight.weight"].contains(specification.name)
    if isLast, start.weights.extents(specification.name) != specification.extents { return nil }
    return try start.weights.tensor(specification.name, specification.extents)
  }

  /// Trains one step on a square of each photo; changes nothing if it throws.
  /// - Throws: `.invalidArgument` for a photo smaller than a square, `.badData` if the costs exceed the range
  ///   of Float.
  package func step(_ photos: [Image]) throws(Failure) -> Report {
    guard !photos.isEmpty else { throw .invalidArgument("a step on 0 photos; expected 1 or more") }
    let batch = try EnlargingBatch(
      photos, side: options.side, factor: options.factor, seed: options.seed, step: steps)
    let tape = Tape<Float>(), leaves = training.network.leaves(on: tape)
    let made = try training.network.run(tape.constant(batch.small), leaves, .training, on: tape)
    try batch.ignoreEdges(EnlargerTrainer.margin * options.factor, of: made.tensor)
    var report = Report()
    let pixels = try pixelCost(made, batch.large, on: tape)
    report.pixels = Double(pixels.scalar * options.pixelWeight)
    var parts = [pixels], weights = [options.pixelWeight]
    if let vgg {
      let features = try featureCost(made, batch.large, vgg, on: tape)
      report.features = Double(features.scalar * options.featureWeight)
      parts.append(features)
      weights.append(options.featureWeight)
    }
    try training.check(report.total)
    let total = try tape.weightedSum(parts, weights)
    try training.step(training.gradients(of: total, leaves, on: tape))
    return report
  }

  private func pixelCost(
    _ made: Variable<Float>, _ wanted: Tensor<Float>, on tape: Tape<Float>
  ) throws(Failure) -> Variable<Float> {
    let difference = try tape.difference(made, tape.constant(wanted)), e = EnlargerTrainer.roundness
    let squares = try tape.linear(tape.square(difference), scale: 1, offset: e * e)
    return try tape.mean(tape.squareRoot(squares))
  }

  private func featureCost(
    _ made: Variable<Float>, _ wanted: Tensor<Float>, _ vgg: Network<Float>, on tape: Tape<Float>
  ) throws(Failure) -> Variable<Float> {
    let request = Network<Float>.Request([EnlargerTrainer.featureLayer])
    func picture(_ x: Variable<Float>) throws(Failure) -> Variable<Float> {
      try VGGPicture.entered(tape.linear(x, scale: 255, offset: 0), on: tape)
    }
    let target = try vgg.run(picture(tape.constant(wanted)).tensor, request)[0]
    let features = try vgg.run(picture(made), request, on: tape)[0]
    return try tape.squaredDistance(features, to: target, factor: 1 / Float(target.count))
  }

  /// Writes the network as a model for `Enlarger`.
  package func saveModel(
    path: String, _ numbers: WeightFileWriter.Numbers, metadata: [String: String] = [:]
  ) throws(Failure) {
    try training.saveModel(
      path: path, numbers,
      sizes: [("factor", options.factor), ("filters", options.filters), ("blocks", options.blocks)],
      metadata: metadata)
  }

  // MARK: Checkpoints

  private var texts: [String: String] {
    var texts = options.texts
    texts["features"] = vgg == nil ? "none" : EnlargerTrainer.featureLayer
    return texts
  }

  /// Writes everything needed to resume; an older file stays intact until the new one is complete.
  package func save(path: String) throws(Failure) { try training.save(path: path, texts) }

  /// Resumes from a checkpoint of the same options, with the same bits.
  /// - Throws: the errors of `Checkpoint.read`, naming the option that differs; nothing is changed then.
  package func resume(path: String) throws(Failure) { try training.resume(path: path, texts) }
}
