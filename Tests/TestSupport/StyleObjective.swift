import Networks
import Styles
import Tensors

/// What a picture is measured by: the content's features and the styles' moments, computed once.
/// `J(G) = alpha J_content(C, G) + beta sum over layers of lambda J_style(S, G) + gamma J_variation(G)`
///
/// Source: Gatys, Ecker, Bethge, "Image style transfer using convolutional neural networks", 2016, equation
/// 7.
///
/// The plain twin of `StyleEngine`: in `Float` to compare it with, in `Double` to check the gradient.
package struct StyleObjective<Element: Scalar> {
  private let network: Network<Element>
  private let options: StyleOptions
  private let contentFeatures: [Tensor<Element>]
  private let targets: [StyleLoss.Target<Element>]

  /// - Parameter styles: of any sizes; their moments are mixed by their weights.
  /// - Throws: `.notFound` for a layer that the network lacks.
  package init(
    _ network: Network<Element>, content: Tensor<Element>,
    styles: [(picture: Tensor<Element>, weight: Float)],
    _ options: StyleOptions
  ) throws(Failure) {
    self.network = network
    self.options = options
    contentFeatures = try network.run(
      content, .init(options.contentLayers.map { $0.name }, pooling: options.pooling))
    let names = options.styleLayers.map { $0.name }
    let isRaw = options.comparesSums
    let shapes =
      try isRaw ? network.run(content, .init(names, pooling: options.pooling)).map { $0.shape } : []
    var mixed: [Moments<Element>] = []
    var before: Float = 0
    for style in styles where style.weight > 0 {
      before += style.weight
      for (i, features) in try network.run(style.picture, .init(names, pooling: options.pooling)).enumerated()
      {
        let moments = try Moments(of: features, isCentred: options.styleLoss.isCentred)
        if isRaw {
          let factor = Element(features.shape[1] * features.shape[2]) / Element(shapes[i][1] * shapes[i][2])
          for k in 0..<moments.second.count { moments.second.pointer[k] *= factor }
        }
        if mixed.count == i {
          mixed.append(moments)
        } else {
          // A running mean: m + (x - m) w / (sum of w).
          mixed[i].mix(moments, part: Element(style.weight / before), isCentred: options.styleLoss.isCentred)
        }
      }
    }
    var targets: [StyleLoss.Target<Element>] = []
    for moments in mixed { targets.append(try options.styleLoss.target(moments)) }
    self.targets = targets
  }

  /// The costs of a picture [1, height, width, 3] and, if asked for, d total / d picture.
  package func evaluate(
    _ picture: Tensor<Element>, withGradient: Bool
  ) throws(Failure) -> (costs: StyleCosts, gradient: Tensor<Element>?) {
    let tape = Tape<Element>()
    let x = withGradient ? tape.leaf(picture) : tape.constant(picture)
    let names = options.styleLayers.map { $0.name } + options.contentLayers.map { $0.name }
    let features = try network.run(x, .init(names, pooling: options.pooling), on: tape)
    var styles: [Variable<Element>] = [], contents: [Variable<Element>] = []
    for (features, target) in zip(features, targets) {
      styles.append(try cost(of: features, target, on: tape))
    }
    for (features, target) in zip(features[targets.count...], contentFeatures) {
      contents.append(try tape.contentCost(features, target, options.cost))
    }
    let content = try tape.weightedSum(contents, options.contentLayers.map { Element($0.weight) })
    let style = try tape.weightedSum(styles, options.styleLayers.map { Element($0.weight) })
    let total = try tape.weightedSum(
      [content, style], [Element(options.contentWeight), Element(options.styleWeight)])
    let gradient = withGradient ? try tape.gradients(of: total, at: [x])[0] : nil
    var variation = 0.0
    if options.variationWeight > 0 {
      variation = try options.variation.cost(
        picture.pointer, height: picture.shape[1], width: picture.shape[2],
        slope: Element(options.variationWeight),
        into: gradient?.pointer)
    }
    return (
      StyleCosts(content: content.scalar.value, style: style.scalar.value, variation: variation, options),
      gradient
    )
  }

  /// The style cost of a layer.
  private func cost(
    of x: Variable<Element>, _ target: StyleLoss.Target<Element>, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    let found = try Moments(of: x.tensor, isCentred: options.styleLoss.isCentred), channels = found.channels,
      pixels = x.shape[1] * x.shape[2]
    let bySecond = try Tensor<Element>([channels, channels], repeating: 0),
      byMean = try Tensor<Element>([channels], repeating: 0)
    let factor =
      options.cost.styleFactor(pixels: Double(pixels), channels: Double(channels)) * Double(pixels * pixels)
    let cost = try options.styleLoss.cost(
      of: found, target, gramFactor: factor, bySecond: bySecond, byMean: byMean)
    // dx[p] = dy / P (2 (x[p] - c) dM + dm), with c = 0 or the mean.
    return tape.record(try Tensor([], [Element(cost)]), from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape), scale = dy[0] / Element(pixels)
      for p in 0..<pixels {
        for k in 0..<channels {
          var sum: Element = 0
          for l in 0..<channels {
            sum += (x.tensor[p * channels + l] - found.mean[l]) * bySecond[k * channels + l]
          }
          dx.pointer[p * channels + k] = scale * (2 * sum + byMean[k])
        }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

extension Moments {
  /// Of features [1, height, width, channels], unit by unit. The mean is that about which the others are, 0
  /// or the units'.
  fileprivate init(of x: Tensor<Element>, isCentred: Bool) throws(Failure) {
    let channels = x.shape[3], units = x.shape[1] * x.shape[2]
    let mean = try Tensor<Element>([channels], repeating: 0)
    let second = try Tensor<Element>([channels, channels], repeating: 0)
    if isCentred {
      for p in 0..<units { for k in 0..<channels { mean.pointer[k] += x[p * channels + k] / Element(units) } }
    }
    for p in 0..<units {
      for k in 0..<channels {
        let share = (x[p * channels + k] - mean[k]) / Element(units)
        for l in 0..<channels { second.pointer[k * channels + l] += share * (x[p * channels + l] - mean[l]) }
      }
    }
    self.init(mean: mean, second: second)
  }
}
