import CSystem
import Images
import Networks
import Tensors

/// What `StyleObjective` computes, in `Float` and in memory that is taken once: costs and gradient of a picture that
/// is measured again and again.
package final class StyleEngine {
  /// A picture to paint like, and its share.
  package typealias Style = (image: Image, weight: Float)

  /// What one layer's features are compared with.
  private struct Target {
    let tap: Int
    let weight: Float
    /// The content's features, or the Gram matrix of as many pixels as the painted picture has in the layer.
    let numbers: Tensor<Float>
  }

  private let options: StyleOptions
  private let plan: GradientPlan
  private let height, width: Int
  private let contents, grams: [Target]
  /// A Gram matrix's gradient for the kernels, by channels.
  private let packedGradients: [Int: PackedMatrix<Float>]
  /// Room for a Gram matrix and its gradient.
  private let gram, gramGradient: Tensor<Float>

  /// - Parameter styles: of any sizes; their Gram matrices are mixed by their weights.
  /// - Throws: `.notFound` for a layer that the network lacks.
  package init(_ network: Network<Float>, content: Image, styles: [Style], _ options: StyleOptions) throws(Failure) {
    self.options = options
    (height, width) = (content.height, content.width)
    // The styles first: their plans go before the picture's own comes.
    let names = StyleEngine.taps(options)
    let forecast = try GradientPlan(
      network, height: content.height, width: content.width, taps: names, pooling: options.pooling, isForecast: true)
    let mixed = try StyleEngine.grams(network, styles, options) { name in
      let extents = forecast.extents(of: names.firstIndex(of: name) ?? 0)
      return extents.height * extents.width
    }
    let plan = try GradientPlan(
      network, height: content.height, width: content.width, taps: names, pooling: options.pooling)
    self.plan = plan

    var grams: [Target] = []
    var largest = 1
    for (layer, gram) in zip(options.styleLayers, mixed) {
      guard let tap = names.firstIndex(of: layer.name) else { continue }
      grams.append(Target(tap: tap, weight: layer.weight, numbers: gram))
      largest = max(largest, gram.count)
    }
    self.grams = grams
    var packed: [Int: PackedMatrix<Float>] = [:]
    for target in grams where packed[target.numbers.shape[0]] == nil {
      let channels = target.numbers.shape[0]
      packed[channels] = try Float.pack(
        depth: channels, columns: channels, target.numbers.pointer, rowStride: channels, columnStride: 1)
    }
    packedGradients = packed
    gram = try Tensor([largest])
    gramGradient = try Tensor([largest])

    Architecture.vgg19.fill(plan.picture, content.pixels.pointer, height: height, width: width)
    var contents: [Target] = []
    if !options.contentLayers.isEmpty {
      try plan.forward { tap, features throws(Failure) in
        guard let layer = options.contentLayers.first(where: { $0.name == names[tap] }) else { return }
        let copy = try Tensor<Float>([features.count])
        copy.pointer.update(from: features.values, count: features.count)
        contents.append(Target(tap: tap, weight: layer.weight, numbers: copy))
      }
    }
    self.contents = contents
  }

  /// Each layer once, whatever it is asked for.
  private static func taps(_ options: StyleOptions) -> [String] {
    var names: [String] = []
    for layer in options.contentLayers + options.styleLayers where !names.contains(layer.name) { names.append(layer.name) }
    return names
  }

  /// The mean of the styles' Gram matrices, by their weights, each of a scaled style as if it had as many
  /// pixels as `pixels` says; one a style layer.
  private static func grams(
    _ network: Network<Float>, _ styles: [Style], _ options: StyleOptions, pixels: (String) -> Int
  ) throws(Failure) -> [Tensor<Float>] {
    let names = options.styleLayers.map { $0.name }
    guard !names.isEmpty else { return [] }
    var sum: Float = 0
    for style in styles { sum += style.weight }
    guard sum > 0, sum.isFinite else { throw .invalidArgument("styles whose weights add up to \(sum)") }
    var mixed: [Tensor<Float>] = []
    for (i, style) in styles.enumerated() {
      let image = style.image
      let plan = try GradientPlan(
        network, height: image.height, width: image.width, taps: names, pooling: options.pooling, isForwardOnly: true)
      Architecture.vgg19.fill(plan.picture, image.pixels.pointer, height: image.height, width: image.width)
      var found: [Tensor<Float>?] = names.map { _ in nil }
      try plan.forward { tap, features throws(Failure) in
        let rows = features.height * features.width, channels = features.channels
        let gram = try Tensor<Float>([channels, channels])
        try Float.gram(features.values, rows: rows, columns: channels, gram.pointer, plan.borrowed)
        // Cut to the picture's shape they are compared as they are.
        let size = options.styleScale > 0 ? Double(pixels(names[tap])) / Double(rows) : 1
        let factor = Float(Double(style.weight / sum) * size)
        for k in 0..<gram.count { gram.pointer[k] *= factor }
        found[tap] = gram
      }
      for (tap, gram) in found.enumerated() {
        guard let gram else { throw .notFound("the network has no layer \"\(names[tap])\"") }
        if i == 0 {
          mixed.append(gram)
        } else {
          for k in 0..<gram.count { mixed[tap].pointer[k] += gram[k] }
        }
      }
    }
    return mixed
  }

  /// Bytes that an engine for pictures of these sizes comes to hold at its peak, and that it makes the network hold beyond
  /// those that it holds already.
  static func memoryNeeded(
    _ network: Network<Float>, width: Int, height: Int, styles: [(width: Int, height: Int)], _ options: StyleOptions
  ) throws(Failure) -> Int {
    let names = taps(options)
    let plan = try GradientPlan(
      network, height: height, width: width, taps: names, pooling: options.pooling, isForecast: true)
    var targets = 0, grams = 0, largest = 1, scratch = plan.scratchCount
    for (tap, name) in names.enumerated() {
      let extents = plan.extents(of: tap), rows = extents.height * extents.width, channels = extents.channels
      if options.contentLayers.contains(where: { $0.name == name }) { targets += rows * channels }
      guard options.styleLayers.contains(where: { $0.name == name }) else { continue }
      grams += channels * channels
      largest = max(largest, channels * channels)
      scratch = max(
        scratch, Float.gramScratchCount(rows: rows, columns: channels),
        Float.multiplyScratchCount(rows: rows, depth: channels, columns: channels, rowStride: channels, columnStride: 1))
    }
    // Of one layer at a time: the Gram matrix, its gradient, and that packed.
    var peak = plan.count + targets + grams + 3 * largest + scratch
    for style in styles where !options.styleLayers.isEmpty {
      let plan = try GradientPlan(
        network, height: style.height, width: style.width, taps: options.styleLayers.map { $0.name },
        pooling: options.pooling, isForecast: true, isForwardOnly: true)
      peak = max(peak, plan.count + grams + plan.scratchCount)
    }
    return MemoryLayout<Float>.stride * peak + plan.missingWeightBytes
  }

  /// The picture [height, width, 3] that is measured, in the network's terms: written by whoever moves it.
  package var picture: UnsafeMutablePointer<Float> { plan.picture }
  /// d total / d picture after `evaluate`.
  package var gradient: UnsafeMutablePointer<Float> { plan.gradient }

  /// The costs of the picture as it is, and their gradient if asked for.
  package func evaluate(withGradient: Bool) throws(Failure) -> StyleCosts {
    var content = 0.0, style = 0.0
    func add(
      _ tap: Int, _ features: GradientPlan.Features, _ gradient: UnsafeMutablePointer<Float>?, _ isFirst: Bool
    ) throws(Failure) {
      var isFirst = isFirst
      for target in contents where target.tap == tap {
        content += Double(target.weight) * contentCost(features, target, gradient, isFirst)
        isFirst = false
      }
      for target in grams where target.tap == tap {
        style += Double(target.weight) * (try styleCost(features, target, gradient, isFirst))
        isFirst = false
      }
    }
    if withGradient {
      try plan.forward()
      try plan.backward { tap, features, gradient, isFirst throws(Failure) in try add(tap, features, gradient, isFirst) }
    } else {
      try plan.forward { tap, features throws(Failure) in try add(tap, features, nil, false) }
    }
    var variation = 0.0
    if options.variationWeight > 0 {
      variation = try options.variation.cost(
        picture, height: height, width: width, slope: options.variationWeight, into: withGradient ? gradient : nil)
    }
    return StyleCosts(content: content, style: style, variation: variation, options)
  }

  /// `factor * sum of (x - target)^2`; to the gradient goes `2 alpha lambda factor (x - target)`.
  private func contentCost(
    _ features: GradientPlan.Features, _ target: Target, _ gradient: UnsafeMutablePointer<Float>?, _ isFirst: Bool
  ) -> Double {
    let factor = options.cost.contentFactor(count: Double(features.count))
    let slope = Float(2 * factor * Double(options.contentWeight) * Double(target.weight))
    return withExtendedLifetime(target.numbers) {
      factor * Float.squaredDistance(
        features.values, target.numbers.pointer, features.count, slope: slope, into: gradient, accumulate: !isFirst)
    }
  }

  /// `factor * sum of (G - target)^2` with `G` the features' Gram matrix; to the gradient goes
  /// `4 beta lambda factor x (G - target)`.
  private func styleCost(
    _ features: GradientPlan.Features, _ target: Target, _ gradient: UnsafeMutablePointer<Float>?, _ isFirst: Bool
  ) throws(Failure) -> Double {
    let rows = features.height * features.width, channels = features.channels
    try Float.gram(features.values, rows: rows, columns: channels, gram.pointer, plan.borrowed)
    let factor = options.cost.styleFactor(pixels: Double(rows), channels: Double(channels))
    // The Gram matrix is symmetric: x (dG + transpose(dG)) = 2 x dG.
    let slope = Float(4 * factor * Double(options.styleWeight) * Double(target.weight))
    let distance = withExtendedLifetime(target.numbers) {
      Float.squaredDistance(
        gram.pointer, target.numbers.pointer, channels * channels, slope: slope, into: gramGradient.pointer, accumulate: false)
    }
    if let gradient, let packed = packedGradients[channels] {
      Float.repack(packed, gramGradient.pointer, rowStride: channels, columnStride: 1)
      try Float.multiply(
        rows: rows, features.values, rowStride: channels, columnStride: 1, packed, gradient, accumulate: !isFirst, .nothing,
        plan.borrowed)
    }
    return factor * distance
  }
}

extension StyleCosts {
  init(content: Double, style: Double, variation: Double, _ options: StyleOptions) {
    let weighted = Double(options.contentWeight) * content + Double(options.styleWeight) * style
    self.init(
      content: content, style: style, variation: variation, total: weighted + Double(options.variationWeight) * variation)
  }
}
