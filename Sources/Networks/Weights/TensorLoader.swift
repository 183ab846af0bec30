import Tensors

/// The tensors of a layer, loaded for inference.
package struct LoadedTensors<Element: Scalar> {
  var filter: Filter<Element>?
  /// One number per channel each; the layer defines their meaning.
  var vectors: [[Element]] = []
  /// Applied to a sum last.
  var finish = Finish<Element>.nothing
}

/// Loads the tensors of a network's layers for inference.
///
/// Folds normalisation with trained statistics into the preceding sum: `w' = w s`, `bias' = (bias - mean) s +
/// beta` with `s = gamma / sqrt(variance + epsilon)`.
package final class TensorLoader<Element: Scalar> {
  private let weights: WeightFile
  /// The share of each style, for networks of several.
  private let mixture: [Float]
  /// Count of the numbers read so far.
  private(set) var parameterCount = 0

  init(_ weights: WeightFile, mixture: [Float] = []) { (self.weights, self.mixture) = (weights, mixture) }

  /// Reads a tensor of the file, and counts it.
  func read(_ name: String, _ extents: [Int]) throws(Failure) -> Tensor<Float> {
    let tensor = try weights.tensor(name, extents)
    parameterCount += tensor.count
    return tensor
  }

  /// One number per channel.
  func vector(_ name: String, _ channels: Int) throws(Failure) -> [Element] {
    try read(name, [channels]).values.map { Element($0) }
  }

  /// One number per channel, mixed from those of several styles.
  /// - Throws: `.invalidArgument` for a mixture of another number of styles.
  func mixed(_ name: String, _ styles: Int, _ channels: Int) throws(Failure) -> [Element] {
    guard styles > 1 else { return try vector(name, channels) }
    guard mixture.count == styles else {
      throw .invalidArgument(
        mixture.isEmpty
          ? "a network of \(styles) styles; expected a weight for each"
          : "weights of \(mixture.count) styles; expected \(styles)")
    }
    let rows = try read(name, [styles, channels])
    return (0..<channels).map { channel in
      // In Double: the sum of many shares.
      var sum = 0.0
      for style in 0..<styles { sum += Double(mixture[style]) * Double(rows[style * channels + channel]) }
      return Element(sum)
    }
  }

  /// The weights of a sum, with what follows it.
  /// - Parameter extents: [outputs, inputs / groups, height, width]; for a dense layer, with a kernel of 1.
  func filter(
    _ name: String, _ extents: [Int], stride: Sides = 1, groups: Int = 1, padding: Padding = .valid,
    dilation: Sides = 1, hasBias: Bool, _ ending: Ending
  ) throws(Failure) -> Filter<Element> {
    let outputs = extents[0]
    // Dense weights are stored as [outputs, inputs].
    let isDense = extents[2] == 1 && extents[3] == 1 && !weightsAreSquare(name)
    let stored = isDense ? [outputs, extents[1]] : extents
    // Not the file: of its bytes a filter needs no others.
    let reader = try weights.reader(name + ".weight", stored)
    parameterCount += try Shape(stored).count
    var bias = [Element](repeating: 0, count: outputs)
    if hasBias { bias = try vector(name + ".bias", outputs) }
    var factors: [Element]?
    switch ending.normalisation {
    case .none: break
    case .batch(let statistics): factors = try normalise(statistics, &bias)
    case .affine:
      let gamma = try vector(name + ".gamma", outputs), beta = try vector(name + ".beta", outputs)
      factors = gamma
      for o in 0..<outputs { bias[o] = bias[o] * gamma[o] + beta[o] }
    }
    let finish = try finish(bias: bias, ending.activation, outputs)
    // Weights are read on their first use; those without folding stay as narrow as in the file.
    var narrow: WeightReader?
    let window = DilatedWindow(kernel: Sides(extents[2], extents[3]), dilation: dilation)
    if factors == nil, window.isPlain, weights.isNarrow(name + ".weight") {
      narrow = reader
    }
    let each = try Shape(extents).count / outputs
    return try Filter(
      [outputs, extents[1], window.sides.height, window.sides.width], finish: finish, stride: stride.height,
      strideX: stride.width, groups: groups, padding: padding,
      weights: { [factors] () throws(Failure) in
        { output, first, count, target in
          let scale = factors.map { $0[output] } ?? 1
          guard !window.isPlain else {
            reader.read(output * each + first, count, scale: scale, into: target)
            return
          }
          window.read(first, count, into: target) {
            reader.read(output * each + $0, 1, scale: scale, into: $1)
          }
        }
      }, narrow: narrow)
  }

  /// Reads the statistics of a batch normalisation: folds them into a bias, and returns the preceding
  /// factors.
  func normalise(_ name: String, _ bias: inout [Element]) throws(Failure) -> [Element] {
    let gamma = try vector(name + ".weight", bias.count), beta = try vector(name + ".bias", bias.count)
    let mean = try vector(name + ".running_mean", bias.count)
    let variance = try vector(name + ".running_var", bias.count)
    var factors: [Element] = []
    for o in bias.indices {
      let factor = gamma[o] / (variance[o] + Element(batchEpsilon)).squareRoot()
      factors.append(factor)
      bias[o] = (bias[o] - mean[o]) * factor + beta[o]
    }
    return factors
  }

  func finish(
    bias: [Element]?, _ activation: Activation, _ channels: Int
  ) throws(Failure) -> Finish<Element> {
    var slopes: [Element]?
    if case .parametric(let name) = activation { slopes = try vector(name + ".weight", channels) }
    if case .leaky(let slope) = activation { slopes = [Element](repeating: Element(slope), count: channels) }
    return try Finish(bias: bias, rectify: activation == .rectifier, slopes: slopes)
  }

  /// Whether the file stores this 1x1 kernel as a convolution's, with four axes.
  private func weightsAreSquare(_ name: String) -> Bool { weights.rank(name + ".weight") == 4 }
}
