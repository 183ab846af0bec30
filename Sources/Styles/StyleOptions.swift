import Images
import Networks
import Tensors

/// What to paint, what a picture is measured by, and how it is moved; the defaults are those of the course
/// notebook.
package struct StyleOptions: Sendable, Settings {
  package enum Optimiser: Int32, CaseIterable, Sendable { case adam = 0, lbfgs = 1 }
  package enum Start: Int32, CaseIterable, Sendable { case content = 0, noise = 1, style = 2, image = 3 }

  /// Of the picture; 0, 0: the content's. One 0: from the other, keeping the content's proportions.
  package var width = 0, height = 0

  // What is measured.

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
  /// How much more the content counts where its map is white: `1 + weight` times.
  package var contentMapWeight: Float = 2
  /// The style's longest side, in parts of the picture's, its shape kept; 0: it is cut to the picture's shape
  /// and size.
  package var styleScale: Float = 0
  package var colours = Colours.ofStyle
  /// Bits a sample of the painted picture, 8 or 16; 0: as many as the content has.
  package var depth = 0

  // How the picture is moved.

  package var optimiser = Optimiser.adam
  /// Evaluations of the costs and their gradient, of all scales together: of Adam a step each.
  package var steps = 200
  /// Adam's, in levels of 0...255.
  package var learningRate: Float = 2
  /// Adam's decay of squares.
  package var squareDecay = 0.999
  /// Pairs that L-BFGS keeps.
  package var history = 10
  /// The decay of a running mean of the pictures, which is then the result; 0: the last picture is.
  package var averaging: Float = 0
  /// Whether levels are held within 0...255 after every step of Adam.
  package var isClamped = false
  /// The longest side at the first and coarsest of the scales; 0: one scale.
  package var coarsest = 0
  /// A scale's side in parts of the one before, and how many times the steps of the others the first has.
  package var scaleRatio = 2.0, firstShare = 1
  /// Of the pixels that are taken through the network at a time, a side; 0: all.
  package var tile = 0
  /// Seconds after which the picture must be ready; 0: whenever it is.
  package var deadline = 0.0

  // Where it starts.

  package var start = Start.content
  /// The start is `ratio * noise(-20...20) + (1 - ratio) * picture`.
  package var noiseRatio: Float = 0.6
  package var seed: UInt64 = 1

  package init() {}

  /// Every option in one line, for a picture depends on all of them: the check of a caller's numbers and what
  /// a checkpoint keeps. A test holds the list against the members.
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

  /// The size of the picture painted from a content of the given size.
  package func size(for contentWidth: Int, _ contentHeight: Int) -> (width: Int, height: Int) {
    switch (width, height) {
    case (0, 0): return (contentWidth, contentHeight)
    case (0, _): return (max(1, (contentWidth * height + contentHeight / 2) / contentHeight), height)
    case (_, 0): return (width, max(1, (contentHeight * width + contentWidth / 2) / contentWidth))
    default: return (width, height)
    }
  }

  /// The longest side of a style for a picture of the given size; nil: it is cut to the picture's shape and
  /// size.
  func styleSide(width: Int, height: Int) -> Int? {
    styleScale > 0 ? Int((Float(max(width, height)) * styleScale).rounded()) : nil
  }

  /// Whether a style's Gram matrices are compared as they are, not by unit: those of one that is cut to the
  /// picture's shape, whatever its size.
  package var comparesSums: Bool { styleLoss == .gram && styleScale == 0 }

  /// One of the sizes that the picture is painted at, one after another.
  package struct Scale: Equatable {
    package let width, height, steps: Int
  }

  /// From the coarsest to the picture itself. The steps are shared evenly: a coarse one costs little and
  /// moves much.
  package func scales(width: Int, height: Int) -> [Scale] {
    // A product of roots may lie a little above a whole number.
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
    // The first has the first parts.
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
