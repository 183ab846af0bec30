import CSystem
import Images
import Networks
import Tensors

/// Paints any picture in the style of any other, without training: at each level of VGG-19, from the coarsest
/// to the finest, the picture's features are given the statistics of the style's, and a decoder turns them
/// back into a picture. Immutable: threads may share it. Source: Li et al., "Universal style transfer via
/// feature transforms", 2017, section 3.
package final class UniversalStyler: Sendable {
  package enum Method: Int32, CaseIterable, Sendable {
    /// Matches mean and covariance: whitening and colouring.
    case covariance = 0
    /// Matches mean and variance of each channel: adaptive instance normalisation (Huang and Belongie 2017).
    case variance = 1
  }

  package struct Options: Sendable {
    package var method = Method.covariance
    /// 0: the content as the decoders reconstruct it; 1: the style's statistics.
    package var strength: Float = 0.6
    /// The levels to use; empty for all.
    package var levels: [Int] = []
    /// One per style; empty for equal weights. They are normalised to a sum of 1.
    package var weights: [Float] = []

    package init() {}
  }

  private struct Level {
    let network: UniversalStyle.Level
    let encoder, decoder: Executor
    let styles: [Colour]
  }

  /// A style at one level: the factor and the offset of whitened features.
  private struct Colour {
    let mean, covarianceRoot, deviations: [Double]
  }

  /// The coarsest first.
  private let levels: [Level]
  /// All levels share this memory; an encoder's result stays valid while the decoder runs.
  private let encoding = Executor.Memory(), decoding = Executor.Memory()
  private let styleCount: Int

  /// - Throws: `.wrongModel`; `.invalidArgument` for a style too small for the file's coarsest level.
  package init(_ model: Model, styles: [Image]) throws(Failure) {
    try model.require(.universalStyle, for: "a universal style")
    let networks = try UniversalStyle(model.weights)
    let scale = networks.members.reduce(1) { max($0, $1.scale) }
    for style in styles { try UniversalStyler.check(style, scale: scale, "a style") }
    var levels: [Level] = []
    for network in networks.members.reversed() {
      let encoder = Executor(network.encoder, .init(["features"]), memory: encoding)
      var colours: [Colour] = []
      for style in styles { colours.append(try UniversalStyler.colour(style, network, encoder)) }
      levels.append(
        Level(
          network: network, encoder: encoder,
          decoder: Executor(network.decoder, .init(["picture"]), memory: decoding), styles: colours))
    }
    self.levels = levels
    styleCount = styles.count
  }

  private static func check(_ image: Image, scale: Int, _ name: StaticString) throws(Failure) {
    // Two pixels of the coarsest features: a single one has no variance.
    guard image.width >= 2 * scale, image.height >= 2 * scale else {
      throw .invalidArgument(
        "\(name) of \(image.width)x\(image.height); expected sides of at least \(2 * scale)")
    }
  }

  private static func colour(
    _ style: Image, _ network: UniversalStyle.Level, _ encoder: Executor
  ) throws(Failure) -> Colour {
    let canvas = Canvas(width: style.width, height: style.height, multipleOf: network.scale, white: 1)
    return try encoder.run(batch: 1, height: canvas.fullHeight, width: canvas.fullWidth) { input in
      canvas.fill(input, from: style)
    } _: { answers throws(Failure) in
      let extents = answers.extents(0)
      let statistics = try FeatureStatistics(
        answers[0], rows: extents[1] * extents[2], channels: extents[3], "a style at level \(network.number)",
        Workspace())
      return Colour(
        mean: statistics.mean, covarianceRoot: try statistics.covariance(to: 0.5),
        deviations: statistics.variances(to: 0.5))
    }
  }

  /// The content in the style of the others, in its own size.
  /// - Throws: `.invalidArgument` for options out of range, and for a content too small for the coarsest
  ///   level.
  package func run(_ content: Image, _ options: Options) throws(Failure) -> Image {
    guard options.strength >= 0, options.strength <= 1 else {
      throw .invalidArgument("strength \(options.strength); expected 0 to 1")
    }
    let weights = try styleShares(options.weights, of: styleCount), levels = try levels(options.levels)
    guard let first = levels.first else { throw .internalError("a universal style without levels") }
    try UniversalStyler.check(content, scale: first.network.scale, "a content")
    let canvas = Canvas(
      width: content.width, height: content.height, multipleOf: first.network.scale, white: 1)
    let picture = try Tensor<Float>([canvas.fullHeight, canvas.fullWidth, 3]), workspace = Workspace()
    picture.withPointer { canvas.fill($0, from: content) }
    for level in levels { try paint(picture, level, options, weights, workspace) }
    return try picture.withPointer { picture throws(Failure) in
      try canvas.image(from: picture, "the universal style")
    }
  }

  /// One level: encodes the picture, changes the features' statistics, and decodes them into the same memory.
  private func paint(
    _ picture: Tensor<Float>, _ level: Level, _ options: Options, _ weights: [Double], _ workspace: Workspace
  ) throws(Failure) {
    let height = picture.shape[0], width = picture.shape[1]
    try level.encoder.run(batch: 1, height: height, width: width) { input in
      picture.withPointer { input.update(from: $0, count: picture.count) }
    } _: { answers throws(Failure) in
      let extents = answers.extents(0), rows = extents[1] * extents[2], channels = extents[3]
      let statistics = try FeatureStatistics(
        answers[0], rows: rows, channels: channels, "the picture at level \(level.network.number)", workspace)
      let transform = try FeatureTransform(statistics, level, options, weights)
      try level.decoder.run(batch: 1, height: extents[1], width: extents[2]) { features throws(Failure) in
        try Float.multiply(
          rows: rows, answers[0], rowStride: channels, columnStride: 1, transform.matrix, features,
          accumulate: false, transform.finish, workspace)
      } _: { pictures in
        picture.withPointer { $0.update(from: pictures[0], count: picture.count) }
      }
    }
  }

  /// `y = T (x - mean) + shift`, which gives the content's features the target statistics.
  private struct FeatureTransform {
    /// T, and what the rows of `x T` are added to.
    let matrix: PackedMatrix<Float>
    let finish: Finish<Float>

    /// With strength a and weights w of the styles: `T = a sum of w[k] root(C[k]) inverse root(C) + (1 - a)
    /// I`, `shift = a sum of w[k] mean[k] + (1 - a) mean`.
    init(
      _ content: FeatureStatistics, _ level: Level, _ options: Options, _ weights: [Double]
    ) throws(Failure) {
      let n = content.channels, strength = Double(options.strength)
      var shift = content.mean.map { (1 - strength) * $0 }
      for (style, weight) in zip(level.styles, weights) {
        for c in 0..<n { shift[c] += strength * weight * style.mean[c] }
      }
      // Transposed, because rows are multiplied from the right.
      var transposed = [Double](repeating: 0, count: n * n)
      switch options.method {
      case .covariance:
        var root = [Double](repeating: 0, count: n * n)
        for (style, weight) in zip(level.styles, weights) {
          for i in 0..<(n * n) { root[i] += strength * weight * style.covarianceRoot[i] }
        }
        // Both are symmetric, so (root whitening)' = whitening root = whitening' root.
        transposed = transposedProduct(try content.covariance(to: -0.5), root, side: n)
      case .variance:
        let whitening = content.variances(to: -0.5)
        for (style, weight) in zip(level.styles, weights) {
          for c in 0..<n { transposed[c * n + c] += strength * weight * style.deviations[c] * whitening[c] }
        }
      }
      for c in 0..<n { transposed[c * n + c] += 1 - strength }
      for i in 0..<n {
        for j in 0..<n { shift[j] -= content.mean[i] * transposed[i * n + j] }
      }
      let numbers = try Tensor<Float>([n, n], transposed.map { Float($0) })
      matrix = try numbers.withPointer { numbers throws(Failure) in
        try Float.pack(depth: n, columns: n, numbers, rowStride: n, columnStride: 1)
      }
      finish = try Finish(bias: shift.map { Float($0) })
    }
  }

  private func levels(_ numbers: [Int]) throws(Failure) -> [Level] {
    for number in numbers where !levels.contains(where: { $0.network.number == number }) {
      throw .invalidArgument("level \(number), which the model lacks")
    }
    return numbers.isEmpty ? levels : levels.filter { numbers.contains($0.network.number) }
  }

  /// Peak memory in bytes that a run for a content of this size adds to the process.
  package func memoryNeeded(width: Int, height: Int) throws(Failure) -> Int {
    try Image.check(width: width, height: height)
    let scale = levels.first?.network.scale ?? 1
    let canvas = Canvas(width: width, height: height, multipleOf: scale, white: 1)
    var encoder = (memory: 0, workspace: 0), decoder = encoder
    var bytes = MemoryLayout<Float>.stride * canvas.count + 3 * width * height
    for level in levels {
      let side = level.network.scale
      let down = try level.encoder.needed(batch: 1, height: canvas.fullHeight, width: canvas.fullWidth)
      let up = try level.decoder.needed(
        batch: 1, height: canvas.fullHeight / side, width: canvas.fullWidth / side)
      encoder = (max(encoder.memory, down.memory), max(encoder.workspace, down.workspace))
      decoder = (max(decoder.memory, up.memory), max(decoder.workspace, up.workspace))
      bytes += down.weightBytes + up.weightBytes
    }
    return bytes + encoding.missingBytes(encoder.memory, encoder.workspace)
      + decoding.missingBytes(decoder.memory, decoder.workspace)
  }
}
