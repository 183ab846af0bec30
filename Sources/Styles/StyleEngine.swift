import CSystem
import Images
import Networks
import Tensors

/// What `StyleObjective` computes, in `Float` and in memory that is taken once: costs and gradient of a picture that
/// is measured again and again.
package final class StyleEngine {
  private let options: StyleOptions
  private let plan: GradientPlan
  private let names: [String]
  private let contentFeatures: Tensor<Float>
  private let grams: [Tensor<Float>]
  /// A Gram matrix's gradient for the kernels, by channels.
  private let packedGradients: [Int: PackedMatrix<Float>]
  /// Room for a Gram matrix and its gradient.
  private let gram, gramGradient: Tensor<Float>

  /// - Throws: `.notFound` for a layer that the network lacks.
  package init(_ network: Network<Float>, content: Image, style: Image, _ options: StyleOptions) throws(Failure) {
    self.options = options
    let names = StyleEngine.taps(options)
    self.names = names
    let plan = try GradientPlan(
      network, height: content.height, width: content.width, taps: names, pooling: options.pooling)
    self.plan = plan

    // The style first: of another size it has a plan of its own, which goes before the content's numbers come.
    let isOfOneSize = style.width == content.width && style.height == content.height
    let stylePlan = try isOfOneSize ? plan : GradientPlan(
      network, height: style.height, width: style.width, taps: names, pooling: options.pooling)
    Architecture.vgg19.fill(stylePlan.picture, style.pixels.pointer, height: style.height, width: style.width)
    var found: [Int: Tensor<Float>] = [:]
    try stylePlan.forward { tap, features throws(Failure) in
      let gram = try Tensor<Float>([features.channels, features.channels])
      try Float.gram(
        features.values, rows: features.height * features.width, columns: features.channels, gram.pointer, plan.borrowed)
      found[tap] = gram
    }
    var grams: [Tensor<Float>] = []
    var largest = 1
    for layer in options.styleLayers {
      guard let tap = names.firstIndex(of: layer.name), let gram = found[tap] else { throw .notFound("the network has no layer \"\(layer.name)\"") }
      grams.append(gram)
      largest = max(largest, gram.count)
    }
    self.grams = grams
    var packed: [Int: PackedMatrix<Float>] = [:]
    for gram in grams where packed[gram.shape[0]] == nil {
      let channels = gram.shape[0]
      packed[channels] = try Float.pack(
        depth: channels, columns: channels, gram.pointer, rowStride: channels, columnStride: 1)
    }
    packedGradients = packed
    gram = try Tensor([largest])
    gramGradient = try Tensor([largest])

    Architecture.vgg19.fill(plan.picture, content.pixels.pointer, height: content.height, width: content.width)
    var target: Tensor<Float>?
    try plan.forward { tap, features throws(Failure) in
      guard names[tap] == options.contentLayer else { return }
      let copy = try Tensor<Float>([features.count])
      copy.pointer.update(from: features.values, count: features.count)
      target = copy
    }
    guard let target else { throw .notFound("the network has no layer \"\(options.contentLayer)\"") }
    contentFeatures = target
  }

  /// Each layer once, whatever it is asked for.
  private static func taps(_ options: StyleOptions) -> [String] {
    var names = [options.contentLayer]
    for layer in options.styleLayers where !names.contains(layer.name) { names.append(layer.name) }
    return names
  }

  /// Bytes that an engine for pictures of these sizes comes to hold, and that it makes the network hold beyond those that it
  /// holds already.
  static func memoryNeeded(
    _ network: Network<Float>, width: Int, height: Int, _ options: StyleOptions
  ) throws(Failure) -> Int {
    let names = taps(options)
    let plan = try GradientPlan(
      network, height: height, width: width, taps: names, pooling: options.pooling, isForecast: true)
    var targets = 0, largest = 1, scratch = plan.scratchCount
    for (tap, name) in names.enumerated() {
      let extents = plan.extents(of: tap), rows = extents.height * extents.width, channels = extents.channels
      if name == options.contentLayer { targets += rows * channels }
      guard options.styleLayers.contains(where: { $0.name == name }) else { continue }
      targets += channels * channels
      largest = max(largest, channels * channels)
      scratch = max(
        scratch, Float.gramScratchCount(rows: rows, columns: channels),
        Float.multiplyScratchCount(rows: rows, depth: channels, columns: channels, rowStride: channels, columnStride: 1))
    }
    // Of one layer at a time: the Gram matrix, its gradient, and that packed.
    return MemoryLayout<Float>.stride * (plan.count + targets + 3 * largest + scratch) + plan.missingWeightBytes
  }

  /// The picture [height, width, 3] that is measured, in the network's terms: written by whoever moves it.
  package var picture: UnsafeMutablePointer<Float> { plan.picture }
  /// d total / d picture after `evaluate`.
  package var gradient: UnsafePointer<Float> { plan.gradient }

  /// The costs of the picture as it is, and their gradient if asked for.
  package func evaluate(withGradient: Bool) throws(Failure) -> StyleCosts {
    var content = 0.0, style = 0.0
    func add(_ name: String, _ features: GradientPlan.Features, _ gradient: UnsafeMutablePointer<Float>?, _ isFirst: Bool) throws(Failure) {
      var isFirst = isFirst
      if name == options.contentLayer {
        content += contentCost(features, gradient, isFirst)
        isFirst = false
      }
      for (i, layer) in options.styleLayers.enumerated() where layer.name == name {
        style += Double(layer.weight) * (try styleCost(features, grams[i], layer.weight, gradient, isFirst))
        isFirst = false
      }
    }
    if withGradient {
      try plan.forward()
      try plan.backward { tap, features, gradient, isFirst throws(Failure) in
        try add(names[tap], features, gradient, isFirst)
      }
    } else {
      try plan.forward { tap, features throws(Failure) in try add(names[tap], features, nil, false) }
    }
    let total = Double(options.contentWeight) * content + Double(options.styleWeight) * style
    return StyleCosts(content: content, style: style, total: total)
  }

  /// `factor * sum of (x - target)^2`; to the gradient goes `2 alpha factor (x - target)`.
  private func contentCost(
    _ features: GradientPlan.Features, _ gradient: UnsafeMutablePointer<Float>?, _ isFirst: Bool
  ) -> Double {
    let factor = options.cost.contentFactor(count: Double(features.count))
    let slope = Float(2 * factor * Double(options.contentWeight))
    let x = features.values, target = contentFeatures.pointer
    return withExtendedLifetime(contentFeatures) {
      factor * Float.squaredDistance(x, target, features.count, slope: slope, into: gradient, accumulate: !isFirst)
    }
  }

  /// `factor * sum of (G - target)^2` with `G` the features' Gram matrix; to the gradient goes
  /// `4 beta lambda factor x (G - target)`.
  private func styleCost(
    _ features: GradientPlan.Features, _ target: Tensor<Float>, _ weight: Float, _ gradient: UnsafeMutablePointer<Float>?,
    _ isFirst: Bool
  ) throws(Failure) -> Double {
    let rows = features.height * features.width, channels = features.channels
    try Float.gram(features.values, rows: rows, columns: channels, gram.pointer, plan.borrowed)
    let factor = options.cost.styleFactor(pixels: Double(rows), channels: Double(channels))
    // The Gram matrix is symmetric: x (dG + transpose(dG)) = 2 x dG.
    let slope = Float(4 * factor * Double(options.styleWeight) * Double(weight))
    let distance = Float.squaredDistance(
      gram.pointer, target.pointer, channels * channels, slope: slope, into: gramGradient.pointer, accumulate: false)
    if let gradient, let packed = packedGradients[channels] {
      Float.repack(packed, gramGradient.pointer, rowStride: channels, columnStride: 1)
      try Float.multiply(
        rows: rows, features.values, rowStride: channels, columnStride: 1, packed, gradient, accumulate: !isFirst, .nothing,
        plan.borrowed)
    }
    return factor * distance
  }
}
