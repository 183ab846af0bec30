/// The six networks of CascadeCNN: three classifiers of faces at 12, 24 and 48 pixels, each with a network
/// that moves and scales the windows it accepted.
///
/// A larger network also sees the face at smaller sizes: it is joined with the features of the previous
/// network, which gets the same window at half the size. Pictures are grey, because a camera may deliver only
/// luma, and old prints have nothing else.
///
/// Taps: "scores" [.., 2] or [.., 45] before the softmax, "face" (probability of no face, of a face) or
/// "patterns" after it. Source: Li, Lin, Shen, Brandt, Hua, "A convolutional neural network cascade for face
/// detection", 2015, figures 2 to 4; the networks of 24 and 48 pixels have half the paper's filters and
/// features, to be small: a million numbers instead of nearly four.
package enum CascadeCNN {
  package static var maxStages: Int { 3 }

  /// The side of a stage's windows, in pixels.
  package static func side(ofStage stage: Int) -> Int { 12 << stage }

  /// The step of the 12-net over a picture, in pixels: each of its outputs belongs to the 12-pixel window
  /// that begins there.
  package static var windowStep: Int { 4 }

  /// Classifies windows as face or not; with 12 pixels, over a picture of any size.
  package static func classifier(side: Int) -> [Layer] {
    let name = "net\(side)"
    let layers: [Layer] = side == 12 ? features12(name) : side == 24 ? features24(name) : features48(name)
    return layers + [.convolution("\(name).face", 2, kernel: 1), .tap("scores"), .softmax, .tap("face")]
  }

  /// Predicts the offset of a window from its face: the probabilities of the 45 `Adjustment`s.
  package static func calibrator(side: Int) -> [Layer] {
    let name = "calibration\(side)"
    var layers: [Layer]
    switch side {
    case 12:
      layers = [
        unit("\(name).conv", 16, kernel: 3), halved, .dense("\(name).features", 128, activation: .rectifier)
      ]
    case 24:
      layers = [
        unit("\(name).conv", 16, kernel: 5), halved, .dense("\(name).features", 64, activation: .rectifier)
      ]
    default: layers = pair(name) + [.dense("\(name).features", 128, activation: .rectifier)]
    }
    layers += [.dense("\(name).patterns", Adjustment.count), .tap("scores"), .softmax, .tap("patterns")]
    return layers
  }

  // A convolution over the whole pooled window: at 12 pixels it is the paper's fully connected layer, over a
  // larger picture the same layer at every step.
  private static func features12(_ name: String) -> [Layer] {
    [
      unit("\(name).conv", 16, kernel: 3), halved,
      .convolution("\(name).features", 16, kernel: 4, stride: windowStep / 2, activation: .rectifier)
    ]
  }

  private static func features24(_ name: String) -> [Layer] {
    let own: [Layer] = [
      unit("\(name).conv", 32, kernel: 5), halved, .dense("\(name).features", 64, activation: .rectifier)
    ]
    return [.concatenation([own, [reduced] + features12("\(name).net12")])]
  }

  private static func features48(_ name: String) -> [Layer] {
    let own: [Layer] = pair(name) + [.dense("\(name).features", 128, activation: .rectifier)]
    return [.concatenation([own, [reduced] + features24("\(name).net24")])]
  }

  /// The common start of both 48-pixel networks.
  private static func pair(_ name: String) -> [Layer] {
    [
      unit("\(name).conv1", 32, kernel: 5), halved, .responseNormalisation(.torch),
      unit("\(name).conv2", 32, kernel: 5), .responseNormalisation(.torch), halved
    ]
  }

  private static func unit(_ name: String, _ filters: Int, kernel: Int) -> Layer {
    .convolution(name, filters, kernel: kernel, activation: .rectifier)
  }

  private static var halved: Layer { .pool(.maximum, kernel: 3, stride: 2) }
  /// The same picture at half the size.
  private static var reduced: Layer { .pool(.average, kernel: 2, stride: 2) }

  /// One of the 45 offsets of a window from its face: the face is at `(left - x * side / scale, top - y *
  /// side / scale)`, its side `side / scale`.
  /// Source: Li et al. 2015, section 3.3.
  package struct Adjustment: Equatable, Sendable {
    package var scale, x, y: Float

    package init(scale: Float, x: Float, y: Float) {
      self.scale = scale
      self.x = x
      self.y = y
    }

    package static var count: Int { 45 }

    /// In the order of the networks' outputs: nine per scale, three per horizontal offset.
    package init(number: Int) {
      func offset(_ i: Int) -> Float { 0.17 * Float(i - 1) }
      let scale: Float
      switch number / 9 {
      case 0: scale = 0.83
      case 1: scale = 0.91
      case 2: scale = 1
      case 3: scale = 1.1
      default: scale = 1.21
      }
      self.init(scale: scale, x: offset(number / 3 % 3), y: offset(number % 3))
    }
  }
}

extension Architecture {
  /// A single network of CascadeCNN, as it is trained: `cascade-12` to `cascade-48`, `cascade-12-calibration`
  /// to `cascade-48-calibration`. A detector's model holds all six.
  static func cascade(_ name: StaticString, side: Int, isCalibration: Bool = false) -> Architecture {
    Architecture(
      name: name, input: Extent(height: side, width: side, channels: 1),
      layers: isCalibration ? CascadeCNN.calibrator(side: side) : CascadeCNN.classifier(side: side))
  }
}
