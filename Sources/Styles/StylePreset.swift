import Networks
import Tensors

/// Settings by the name of the program that made them known. Their losses are those of the programs, on the
/// same pictures and weights; where pictures have sides that 16 does not divide, theirs may round another way
/// when pooling.
package enum StylePreset: Int, CaseIterable {
  /// Ours: scales from coarse to fine, L-BFGS.
  case pyramid
  /// The course notebook: Adam from noise over the content.
  case course
  /// Gatys' PytorchNeuralStyleTransfer.
  case gatys
  /// Johnson's neural-style, its total without the variation in the printed value.
  case neuralStyle
  /// ProGamerGov's neural-style-pt.
  case neuralStylePT
  /// Smith's neural-style-tf.
  case neuralStyleTF
  /// Crowson's style-transfer-pytorch: Wasserstein distances of moments, scales, Adam and a running mean.
  case crowsonkb

  package var name: StaticString {
    switch self {
    case .pyramid: "pyramid"
    case .course: "course"
    case .gatys: "gatys"
    case .neuralStyle: "neural-style"
    case .neuralStylePT: "neural-style-pt"
    case .neuralStyleTF: "neural-style-tf"
    case .crowsonkb: "crowsonkb"
    }
  }

  package static func named(_ name: String) -> StylePreset? { allCases.first { $0.name.description == name } }

  package var options: StyleOptions {
    var options = StyleOptions()
    switch self {
    case .course: break
    case .pyramid:
      options = StylePreset.gatys.options
      options.contentWeight = 4
      options.pooling = .average
      options.steps = 400
      options.coarsest = 128
      options.history = 10
      options.variationWeight = 0.01
    case .gatys:
      options.cost = .means
      options.contentWeight = 1
      options.styleWeight = 1000
      options.styleLayers = StylePreset.weightedByChannels
      options.pooling = .maximum
      options.optimiser = .lbfgs
      options.history = 100
      options.steps = 500
      options.noiseRatio = 0
      options.styleScale = 1
    case .neuralStyle, .neuralStylePT:
      options = StylePreset.gatys.options
      options.contentWeight = 5
      options.styleWeight = 100
      options.variationWeight = 1e-3
      options.variation = self == .neuralStyle ? .squared : .absolute
      options.steps = 1000
      options.start = .noise
      options.noiseRatio = 1
    case .neuralStyleTF:
      options.cost = .roots
      options.contentWeight = 5
      options.styleWeight = 1e4
      options.contentLayers = [("conv4_2" + linearSuffix, 1)]
      options.styleLayers = options.styleLayers.map { ($0.name, 0.04) }
      options.variationWeight = 1e-3
      options.optimiser = .lbfgs
      options.steps = 1000
      options.noiseRatio = 0
    case .crowsonkb:
      options.cost = .means
      options.styleLoss = .wasserstein
      options.contentWeight = 0.015
      options.styleWeight = 1
      let weights: [Float] = [256, 64, 16, 4, 1]
      options.styleLayers = zip(options.styleLayers, weights).map { ($0.name, $1 / 341) }
      options.variation = .ninePoints
      options.variationWeight = 2
      options.pooling = .maximum
      options.edges = .repeated
      options.steps = 3000
      options.learningRate = 5.1  // 0.02 of levels from 0 to 1
      options.squareDecay = 0.99
      options.isClamped = true
      options.averaging = 0.99
      options.coarsest = 128
      options.scaleRatio = 2.0.squareRoot()
      options.firstShare = 2
      options.noiseRatio = 0
      options.styleScale = 1
    }
    return options
  }

  /// 1/C^2 for the C channels of each.
  private static var weightedByChannels: [(name: String, weight: Float)] {
    let channels: [(String, Float)] = [
      ("conv1_1", 64), ("conv2_1", 128), ("conv3_1", 256), ("conv4_1", 512), ("conv5_1", 512)
    ]
    return channels.map { ($0.0, 1 / ($0.1 * $0.1)) }
  }
}
