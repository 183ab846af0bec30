import Images
import Networks
import Tensors

/// What to paint, how a picture is evaluated, and how it is optimised; the defaults are those of the course
/// notebook.
package struct StyleOptions: Sendable, Settings {
  package enum Optimiser: Int32, CaseIterable, Sendable { case adam = 0, lbfgs = 1 }
  package enum Start: Int32, CaseIterable, Sendable { case content = 0, noise = 1, style = 2, image = 3 }

  /// Size of the picture; 0, 0: the content's. One 0: derived from the other, keeping the content's
  /// proportions.
  package var width = 0, height = 0

  // Evaluation.

  /// Factors in `J = alpha J_content + beta J_style + gamma J_variation + delta J_temporal`.
  package var contentWeight: Float = 10, styleWeight: Float = 40, variationWeight: Float = 0,
    temporalWeight: Float = 0
  package var contentLayers: [(name: String, weight: Float)] = [("conv4_2", 1)]
  /// The layers whose moments are matched.
  package var styleLayers: [(name: String, weight: Float)] = [
    ("conv1_1", 0.2), ("conv2_1", 0.2), ("conv3_1", 0.2), ("conv4_1", 0.2), ("conv5_1", 0.2)
  ]
  package var cost = CostVariant.normalised
  package var styleLoss = StyleLoss.gram
  package var variation = TotalVariation.absolute
  package var pooling = Pooling.average
  package var edges = GradientPlan.Edges.zeros
  package var maskKind = MaskKind.soft
  /// The extra weight of the content where its map is white: it counts `1 + weight` times.
  package var contentMapWeight: Float = 2
  /// The style's longest side as a fraction of the picture's, keeping its shape; 0: cropped and scaled to the
  /// picture's shape and size.
  package var styleScale: Float = 0
  package var colours = Colours.ofStyle
  /// Bits per sample of the painted picture, 8 or 16; 0: as many as the content.
  package var depth = 0

  // Optimisation.

  package var optimiser = Optimiser.adam
  /// Evaluations of the costs and their gradient, in all scales together; one per step of Adam.
  package var steps = 200
  /// Adam's, in levels of 0...255.
  package var learningRate: Float = 2
  /// Adam's decay of squares.
  package var squareDecay = 0.999
  /// Pairs that L-BFGS keeps.
  package var history = 10
  /// The exponent p of f^-p, by which L-BFGS's steps favour low frequencies f; 0: not at all.
  package var preconditioning: Float = 0
  /// The decay of a running mean of the pictures, which then is the result; 0: the result is the last
  /// picture.
  package var averaging: Float = 0
  /// Whether levels are clamped to 0...255 after every step of Adam.
  package var isClamped = false
  /// The longest side at the first and coarsest of the scales; 0: one scale.
  package var coarsest = 0
  /// The ratio of a scale's side to the previous one, and the first scale's multiple of the steps of the
  /// others.
  package var scaleRatio = 2.0, firstShare = 1
  /// Side of the tiles in which pixels pass through the network; 0: all at once.
  package var tile = 0
  /// Seconds after which the picture must be ready; 0: no deadline.
  package var deadline = 0.0

  // Start.

  package var start = Start.content
  /// The start is `ratio * noise(-20...20) + (1 - ratio) * picture`.
  package var noiseRatio: Float = 0.6
  package var seed: UInt64 = 1

  package init() {}

  /// Lists every option once, because a picture depends on all of them: for range checks, and for
  /// checkpoints. A test compares the list with the members.
  @SettingList package var settings: [Setting] {
    Setting("width", width)
    Setting("height", height)
    Setting("content weight", contentWeight, .from(0, to: 1e12))
    Setting("style weight", styleWeight, .from(0, to: 1e12))
    Setting("variation weight", variationWeight, .from(0, to: 1e12))
    Setting("temporal weight", temporalWeight, .from(0, to: 1e12))
    Setting("content layers", contentLayers)
      .requiring(!contentLayers.isEmpty || !styleLayers.isEmpty, "a layer to measure a picture by")
    Setting("style layers", styleLayers)
    Setting("cost", cost.rawValue)
    Setting("style loss", styleLoss.rawValue)
    Setting("variation", variation.rawValue)
    Setting("pooling", pooling.rawValue)
    Setting("edges", edges.rawValue)
    Setting("mask kind", maskKind.rawValue)
    Setting("content map weight", contentMapWeight, .from(0, to: 1e6))
    Setting("style scale", zeroOr: styleScale, .from(0.05, to: 20))
    Setting("colours", colours.rawValue)
    Setting("depth", depth).requiring([0, 8, 16].contains(depth), "0, 8 or 16")
    Setting("optimiser", optimiser.rawValue)
    Setting("steps", steps, .from(1, to: 1_000_000))
    Setting("learning rate", learningRate, .from(1e-6, to: 255))
    Setting("square decay", squareDecay, .from(0, below: 1))
    Setting("history", history, .from(1, to: 1000))
    Setting("preconditioning", preconditioning, .from(0, to: 2))
    Setting("averaging", averaging, .from(0, to: 0.9999))
    Setting("clamped", isClamped)
    Setting("coarsest", zeroOr: coarsest, .from(16, to: Image.maxSide))
    Setting("scale ratio", scaleRatio, .above(1, to: 100))
    Setting("first share", firstShare, .from(1, to: 1000))
    Setting("tile", zeroOr: tile, .from(64, to: Image.maxSide))
    Setting("deadline", deadline, .from(0, below: 1e9))
    Setting("start", start.rawValue)
    Setting("noise ratio", noiseRatio, .from(0, to: 1))
    Setting("seed", seed)
  }

  /// The size of the painted picture for a content of the given size.
  package func size(for contentWidth: Int, _ contentHeight: Int) -> (width: Int, height: Int) {
    switch (width, height) {
    case (0, 0): return (contentWidth, contentHeight)
    case (0, _): return (max(1, (contentWidth * height + contentHeight / 2) / contentHeight), height)
    case (_, 0): return (width, max(1, (contentHeight * width + contentWidth / 2) / contentWidth))
    default: return (width, height)
    }
  }

  /// As the optimiser takes them: where masks keep all styles out a picture stays as it is, which steps that
  /// favour large shapes would change.
  func optimising(masks: Int) -> StyleOptions {
    var options = self
    if masks > 0 { options.preconditioning = 0 }
    return options
  }

  /// The longest side of a style for a picture of the given size; nil: the style is cropped and scaled to the
  /// picture's shape and size.
  func styleSide(width: Int, height: Int) -> Int? {
    styleScale > 0 ? Int((Float(max(width, height)) * styleScale).rounded()) : nil
  }

  /// Whether a style's Gram matrices are compared as sums instead of per unit: only for a style that is
  /// cropped to the picture's shape, whatever its size.
  package var comparesSums: Bool { styleLoss == .gram && styleScale == 0 }

  /// One of the sizes at which the picture is painted in turn.
  package struct Scale: Equatable {
    package let width, height, steps: Int
  }

  /// From the coarsest to the final size. The steps are shared evenly: a coarse step costs little and changes
  /// much.
  package func scales(width: Int, height: Int) -> [Scale] {
    // A product of roots may lie slightly above an integer.
    func side(_ length: Int, _ divisor: Double) -> Int {
      max(1, Int((Double(length) / divisor + 1e-6).rounded(.down)))
    }
    var divisors = [1.0]
    if coarsest > 0 {
      while let last = divisors.last, side(max(width, height), last * scaleRatio) >= coarsest,
        divisors.count < 32, divisors.count < steps
      { divisors.append(last * scaleRatio) }
    }
    var scales: [Scale] = []
    // The first scale gets the extra shares.
    let firstShare = divisors.count + self.firstShare - 1 > steps ? 1 : self.firstShare
    let parts = divisors.count - 1 + firstShare
    var given = 0
    for (i, divisor) in divisors.reversed().enumerated() {
      let share = i == 0 ? firstShare : 1
      func upTo(_ part: Int) -> Int { (self.steps * part + parts - 1) / parts }
      let even = upTo(given + share) - upTo(given)
      given += share
      scales.append(Scale(width: side(width, divisor), height: side(height, divisor), steps: even))
    }
    return scales
  }
}
