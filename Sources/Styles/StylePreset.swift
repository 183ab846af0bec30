import Networks
import Tensors

/// Settings named for the program that made them known. The losses equal those of the programs, on the same
/// pictures and weights; pictures with sides that are not multiples of 16 may differ, where a program rounds
/// differently in pooling.
package struct StylePreset: Sendable {
  package let name: StaticString
  /// A short description, for lists.
  package let summary: StaticString
  package let options: StyleOptions

  /// - Parameter base: the options to modify; nil: the defaults.
  private init(
    _ name: StaticString, _ summary: StaticString, from base: StylePreset? = nil,
    _ change: (inout StyleOptions) -> Void = { _ in }
  ) {
    var options = base?.options ?? StyleOptions()
    change(&options)
    (self.name, self.summary, self.options) = (name, summary, options)
  }

  /// In the order of fs_style_preset, which counts from 0.
  package static let all = [pyramid, course, gatys, neuralStyle, neuralStylePT, neuralStyleTF, crowsonkb]

  package static func named(_ name: String) -> StylePreset? { all.first { $0.name.description == name } }

  package static let pyramid = StylePreset("pyramid", "from coarse to fine by L-BFGS", from: gatys) {
    $0.contentWeight = 4
    $0.pooling = .average
    $0.steps = 400
    $0.coarsest = 128
    $0.history = 10
    // The coarse scales have changed the large shapes already: preconditioned steps gain nothing then.
    $0.preconditioning = 0
    $0.variationWeight = 0.01
  }

  package static let course = StylePreset(
    "course", "the course notebook: 200 steps of Adam from noise over the content")

  package static let gatys = StylePreset("gatys", "Gatys' PytorchNeuralStyleTransfer") {
    $0.cost = .means
    $0.contentWeight = 1
    $0.styleWeight = 1000
    $0.styleLayers = weightedByChannels
    $0.pooling = .maximum
    $0.optimiser = .lbfgs
    $0.history = 100
    $0.preconditioning = 0.5
    $0.steps = 500
    $0.noiseRatio = 0
    $0.styleScale = 1
  }

  package static let neuralStyle = StylePreset(
    "neural-style", "Johnson's neural-style; its printed total leaves the variation out", from: gatys
  ) {
    $0.contentWeight = 5
    $0.styleWeight = 100
    $0.variationWeight = 1e-3
    $0.variation = .squared
    $0.steps = 1000
    $0.start = .noise
    $0.noiseRatio = 1
  }

  package static let neuralStylePT = StylePreset(
    "neural-style-pt", "ProGamerGov's neural-style-pt", from: neuralStyle
  ) { $0.variation = .absolute }

  package static let neuralStyleTF = StylePreset("neural-style-tf", "Smith's neural-style-tf") {
    $0.cost = .roots
    $0.contentWeight = 5
    $0.styleWeight = 1e4
    $0.contentLayers = [("conv4_2" + linearSuffix, 1)]
    $0.styleLayers = $0.styleLayers.map { ($0.name, 0.04) }
    $0.variationWeight = 1e-3
    $0.optimiser = .lbfgs
    $0.preconditioning = 0.5
    $0.steps = 1000
    $0.noiseRatio = 0
  }

  package static let crowsonkb = StylePreset(
    "crowsonkb", "Crowson's style-transfer-pytorch: Wasserstein distances, scales, Adam and a running mean"
  ) {
    $0.cost = .means
    $0.styleLoss = .wasserstein
    $0.contentWeight = 0.015
    $0.styleWeight = 1
    let weights: [Float] = [256, 64, 16, 4, 1]
    $0.styleLayers = zip($0.styleLayers, weights).map { ($0.name, $1 / 341) }
    $0.variation = .ninePoints
    $0.variationWeight = 2
    $0.pooling = .maximum
    $0.edges = .repeated
    $0.steps = 3000
    $0.learningRate = 5.1  // 0.02 of levels from 0 to 1
    $0.squareDecay = 0.99
    $0.isClamped = true
    $0.averaging = 0.99
    $0.coarsest = 128
    $0.scaleRatio = 2.0.squareRoot()
    $0.firstShare = 2
    $0.noiseRatio = 0
    $0.styleScale = 1
  }

  /// 1/C^2 for the C channels of each.
  private static var weightedByChannels: [(name: String, weight: Float)] {
    let channels: [(String, Float)] = [
      ("conv1_1", 64), ("conv2_1", 128), ("conv3_1", 256), ("conv4_1", 512), ("conv5_1", 512)
    ]
    return channels.map { ($0.0, 1 / ($0.1 * $0.1)) }
  }
}
