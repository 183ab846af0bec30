import Images
import Networks
import Styles
import TestSupport
import Tensors
import Testing

/// The fast way against the plain one.
@Suite struct StyleEngineTests {
  private func tensor(_ image: Image) throws -> Tensor<Float> {
    let tensor = try Tensor<Float>([1, image.height, image.width, 3])
    Architecture.vgg19.fill(tensor.pointer, image.pixels.pointer, height: image.height, width: image.width)
    return tensor
  }

  private func compare(
    _ options: StyleOptions, styles: [(width: Int, height: Int, weight: Float)] = [(48, 40, 1)]
  ) throws {
    let content = try SmallVGG.picture(48, 40), generated = try SmallVGG.picture(48, 40, wave: 5)
    var images: [StyleEngine.Style] = []
    for (i, style) in styles.enumerated() {
      images.append((try SmallVGG.picture(style.width, style.height, wave: Float(3 + i)), style.weight))
    }
    let engine = try StyleEngine(SmallVGG.network(), content: content, styles: images, options)
    let plain = try StyleObjective<Float>(
      SmallVGG.network(), content: tensor(content), styles: images.map { (try tensor($0.image), $0.weight) }, options)
    let picture = try tensor(generated)
    engine.picture.update(from: picture.pointer, count: picture.count)
    let wanted = try plain.evaluate(picture, withGradient: true)
    for withGradient in [false, true] {
      let costs = try engine.evaluate(withGradient: withGradient)
      for (mine, theirs) in [
        (costs.content, wanted.costs.content), (costs.style, wanted.costs.style),
        (costs.variation, wanted.costs.variation), (costs.total, wanted.costs.total),
      ] { #expect(abs(mine - theirs) <= Tolerance.float * abs(theirs), "\(mine), \(theirs)") }
    }
    let gradient = try #require(wanted.gradient)
    var difference = 0.0, size = 0.0
    for i in 0..<gradient.count {
      difference += Double(engine.gradient[i] - gradient[i]) * Double(engine.gradient[i] - gradient[i])
      size += Double(gradient[i]) * Double(gradient[i])
    }
    #expect(difference.squareRoot() <= Tolerance.float * size.squareRoot() && size > 0)
  }

  @Test(arguments: CostVariant.allCases, [Pooling.average, .maximum])
  func `costs and gradient are the plain ones, for each way to scale costs and to pool`(cost: CostVariant, pooling: Pooling) throws {
    var options = SmallVGG.options
    options.cost = cost
    options.pooling = pooling
    try compare(options)
  }

  @Test func `several contents and layers that serve both`() throws {
    var options = SmallVGG.options
    options.contentLayers = [("conv1_2", 0.5), ("conv2_1", 2), ("conv3_1", 1)]
    options.styleLayers = [("conv1_1", 1), ("conv2_1", 0.1), ("pool2", 0.3), ("conv3_1", 1)]
    try compare(options)
  }

  @Test(arguments: ["conv1_1", "conv1_2", "conv2_1", "conv3_1"])
  func `a layer is measured before its rectifier`(name: String) throws {
    var options = SmallVGG.options
    options.contentLayers = [(name + linearSuffix, 1)]
    try compare(options)
    options.styleLayers.append((name + linearSuffix, 0.7))
    try compare(options)
    // The last layer alone, before its rectifier: nothing lies behind.
    options.styleLayers = [(name + linearSuffix, 0.7)]
    options.contentLayers = []
    try compare(options)
  }

  @Test func `styles of other sizes are mixed by their weights`() throws {
    for scale in [0, 1] as [Float] {
      var options = SmallVGG.options
      options.styleScale = scale
      try compare(options, styles: [(20, 33, 2), (64, 48, 1)])
      try compare(options, styles: [(20, 33, 0), (64, 48, 1)])
    }
  }

  @Test(arguments: TotalVariation.allCases)
  func `variation counts`(variation: TotalVariation) throws {
    var options = SmallVGG.options
    options.variation = variation
    options.variationWeight = 3
    try compare(options)
  }

  @Test func `content alone and style alone`() throws {
    var options = SmallVGG.options
    options.contentLayers = []
    try compare(options)
    options = SmallVGG.options
    options.styleLayers = []
    try compare(options)
  }

  @Test func `names what is missing`() throws {
    func told(_ change: (inout StyleOptions) -> Void, weight: Float = 1) -> String {
      var options = SmallVGG.options
      change(&options)
      return outcome {
        try StyleEngine(
          SmallVGG.network(), content: SmallVGG.picture(16, 16), styles: [(SmallVGG.picture(16, 16), weight)], options)
      }
    }
    #expect(told { $0.contentLayers = [("conv9_9", 1)] } == "notFound: the network has no layer \"conv9_9\"")
    #expect(told { $0.styleLayers = [("relu1_1", 1)] } == "notFound: the network has no layer \"relu1_1\"")
    #expect(told({ _ in }, weight: 0) == "invalidArgument: styles whose weights add up to 0.0")
  }
}
