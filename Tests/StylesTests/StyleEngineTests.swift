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

  private func pictures(
    _ width: Int, _ height: Int, styles: [(width: Int, height: Int, weight: Float)] = [(48, 40, 1)]
  ) throws -> StylePictures {
    var pictures = StylePictures(content: try SmallVGG.picture(width, height), styles: [])
    for (i, style) in styles.enumerated() {
      pictures.styles.append(
        StylePicture(
          try SmallVGG.picture(style.width, style.height, wave: Float(3 + i)), weight: style.weight))
    }
    return pictures
  }

  /// Costs and d total / d picture.
  private func evaluate(
    _ pictures: StylePictures, _ options: StyleOptions, at picture: Tensor<Float>
  ) throws -> (costs: StyleCosts, gradient: [Float]) {
    let engine = try StyleEngine(SmallVGG.network(), pictures, options)
    let found = try gradient(engine, picture)
    #expect(try isNear(engine.evaluate(picture), found.costs))
    return found
  }

  /// All bands, one after the other.
  private func gradient(
    _ engine: StyleEngine, _ picture: Tensor<Float>
  ) throws -> (costs: StyleCosts, gradient: [Float]) {
    var gradient: [Float] = []
    let row = 3 * picture.shape.extents[picture.shape.rank - 2]
    let bands = try engine.bands(of: picture)
    while let band = try bands.next() {
      #expect(band.first * row == gradient.count)
      try band.withPointer { rows throws(Failure) in
        gradient += (0..<(band.count * row)).map { rows[$0] }
      }
    }
    return (bands.costs, gradient)
  }

  private func isOver(_ bands: GradientBands) throws -> Bool {
    if case .some = try bands.next() { return false }
    return true
  }

  private func isNear(_ a: StyleCosts, _ b: StyleCosts) -> Bool {
    [
      (a.content, b.content), (a.style, b.style), (a.variation, b.variation), (a.temporal, b.temporal),
      (a.total, b.total)
    ].allSatisfy { abs($0 - $1) <= Tolerance.float * abs($1) }
  }

  /// The length of the difference, in parts of the second's.
  private func difference(_ a: [Float], _ b: [Float]) -> Double {
    var difference = 0.0, size = 0.0
    for (x, y) in zip(a, b) {
      difference += Double(x - y) * Double(x - y)
      size += Double(y) * Double(y)
    }
    return a.count == b.count && size > 0 ? (difference / size).squareRoot() : .infinity
  }

  private func compare(
    _ options: StyleOptions, styles: [(width: Int, height: Int, weight: Float)] = [(48, 40, 1)]
  ) throws {
    let pictures = try pictures(48, 40, styles: styles),
      generated = try tensor(SmallVGG.picture(48, 40, wave: 5))
    let mine = try evaluate(pictures, options, at: generated)
    let plain = try StyleObjective<Float>(
      SmallVGG.network(), content: tensor(pictures.content),
      styles: pictures.styles.map { (try tensor($0.image), $0.weight) },
      options)
    let wanted = try plain.evaluate(generated, withGradient: true)
    #expect(isNear(mine.costs, wanted.costs), "\(mine.costs), \(wanted.costs)")
    #expect(try difference(mine.gradient, #require(wanted.gradient).values) <= Tolerance.float)
  }

  @Test(arguments: CostVariant.allCases, Pooling.allCases)
  func `costs and gradient are the plain ones, for each way to scale costs and to pool`(
    cost: CostVariant, pooling: Pooling
  ) throws {
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

  @Test(arguments: StyleLoss.allCases)
  func `each way to compare styles`(loss: StyleLoss) throws {
    var options = SmallVGG.options
    options.styleLoss = loss
    try compare(options)
  }

  // MARK: Nearly flat pictures

  /// A drawing of few grey levels on a pale ground.
  private func pale(_ width: Int, _ height: Int, level: Int = 250, range: Int, seed: UInt64) throws -> Image {
    var numbers = Numbers(seed: seed)
    let levels: [Float] = numbers.array(width * height)
    return try Image(width: width, height: height) { y, row in
      for x in 0..<width {
        let grey = UInt8(level + Int(levels[y * width + x] * Float(range)))
        for c in 0..<3 { row[3 * x + c] = grey }
      }
    }
  }

  /// A channel of the first layer is a thousand times as large as it varies: the difference of raw moments
  /// would be nothing but their roundings.
  @Test(arguments: [StyleLoss.moments, .wasserstein], [0, 40])
  func `pictures that hardly vary keep their digits`(loss: StyleLoss, tile: Int) throws {
    var options = SmallVGG.options
    options.styleLoss = loss
    options.styleScale = 1
    options.contentLayers = []
    options.tile = tile
    let generated = try pale(48, 40, range: 4, seed: 1)
    let pictures = StylePictures(
      content: generated,
      styles: [
        StylePicture(try pale(56, 40, range: 2, seed: 2), weight: 1),
        StylePicture(try pale(40, 44, range: 3, seed: 3), weight: 2)
      ])
    let engine = try StyleEngine(SmallVGG.network(bias: 1000), pictures, options)
    let (costs, gradient) = try gradient(engine, tensor(generated))
    func double(_ image: Image) throws -> Tensor<Double> {
      let picture = try tensor(image)
      return try Tensor(picture.shape.extents, picture.values.map { Double($0) })
    }
    let plain = try StyleObjective<Double>(
      SmallVGG.network(bias: 1000), content: double(generated),
      styles: pictures.styles.map { (try double($0.image), $0.weight) },
      options)
    let wanted = try plain.evaluate(double(generated), withGradient: true)
    #expect(wanted.costs.style > 0)
    #expect(abs(costs.style / wanted.costs.style - 1) <= Tolerance.nearlyFlat)
    let slope = try #require(wanted.gradient).values.map { Float($0) }
    #expect(difference(gradient, slope) <= Tolerance.nearlyFlat)
  }

  @Test(arguments: [StyleLoss.moments, .wasserstein], GradientPlan.Edges.allCases)
  func `pictures of one colour have costs of 0 or more, and gradients`(
    loss: StyleLoss, edges: GradientPlan.Edges
  ) throws {
    var options = SmallVGG.options
    options.styleLoss = loss
    options.edges = edges
    let images = try [
      pale(48, 40, range: 0, seed: 1), pale(48, 40, range: 3, seed: 1), plain(48, 40, level: 0)
    ]
    for content in images {
      for style in images {
        let engine = try StyleEngine(
          SmallVGG.network(bias: 1000), StylePictures(content: content, styles: [StylePicture(style)]),
          options)
        let (costs, gradient) = try gradient(engine, tensor(content))
        #expect(gradient.allSatisfy { $0.isFinite })
        #expect(costs.style >= 0 && costs.style.isFinite)
      }
    }
  }

  // MARK: Tiles

  @Test(arguments: StyleLoss.allCases, [(64, 64), (203, 150)])
  func `tiles give the whole picture's costs and gradient`(loss: StyleLoss, size: (Int, Int)) throws {
    var options = SmallVGG.options
    options.styleLoss = loss
    options.contentLayers = [("conv2_1", 1), ("pool2", 0.5)]
    options.styleScale = 1
    options.variationWeight = 0.1
    options.variation = .ninePoints
    options.edges = .repeated
    options.temporalWeight = 2
    var pictures = try pictures(size.0, size.1, styles: [(170, 90, 1), (60, 130, 2)])
    pictures.styles[0].place = try half(size.0, size.1)
    pictures.styles[0].part = try half(170, 90)
    pictures.contentMap = try half(size.0, size.1)
    pictures.before = try SmallVGG.picture(size.0, size.1, wave: 7)
    pictures.beforeMask = try half(size.0, size.1)
    let generated = try tensor(SmallVGG.picture(size.0, size.1, wave: 5))
    for kind in MaskKind.allCases {
      options.maskKind = kind
      options.tile = 0
      let whole = try evaluate(pictures, options, at: generated)
      options.tile = 64
      let tiled = try evaluate(pictures, options, at: generated)
      #expect(isNear(tiled.costs, whole.costs), "\(tiled.costs), \(whole.costs)")
      #expect(difference(tiled.gradient, whole.gradient) <= Tolerance.float)
    }
  }

  @Test func `rows may be moved as soon as their band is there`() throws {
    var options = SmallVGG.options
    options.tile = 64
    options.variationWeight = 0.1
    options.temporalWeight = 2
    var pictures = try pictures(203, 150)
    pictures.before = try SmallVGG.picture(203, 150, wave: 7)
    let engine = try StyleEngine(SmallVGG.network(), pictures, options)
    let picture = try tensor(SmallVGG.picture(203, 150, wave: 5)), row = 3 * 203
    let still = try gradient(engine, picture)
    var moved: [Float] = []
    let bands = try engine.bands(of: picture)
    var count = 0
    while let band = try bands.next() {
      count += 1
      try band.withPointer { rows throws(Failure) in
        moved += (0..<(band.count * row)).map { rows[$0] }
      }
      picture.withPointer { ($0 + band.first * row).update(repeating: .nan, count: band.count * row) }
    }
    #expect(count > 1)
    #expect(moved == still.gradient && bands.costs.total == still.costs.total)
    #expect(try isOver(bands))
  }

  @Test(arguments: [0, 64])
  func `a picture whose costs are not finite has no gradient`(tile: Int) throws {
    var options = SmallVGG.options
    options.tile = tile
    let engine = try StyleEngine(SmallVGG.network(), pictures(203, 150), options)
    let picture = try tensor(SmallVGG.picture(203, 150, wave: 5))
    picture.withPointer { $0[3 * 203 * 149] = .infinity }
    let bands = try engine.bands(of: picture)
    #expect(try isOver(bands))
    #expect(!bands.costs.total.isFinite)
  }

  // MARK: Masks

  /// White to the left of a slanted line that fades over some pixels.
  private func half(_ width: Int, _ height: Int, inverted: Bool = false) throws -> Image {
    try Image(width: width, height: height) { y, row in
      for x in 0..<width {
        let level = UInt8(min(max(Float(width) * 0.6 - Float(x) + 0.2 * Float(y), 0) * 16, 255))
        for c in 0..<3 { row[3 * x + c] = inverted ? 255 - level : level }
      }
    }
  }

  @Test(arguments: MaskKind.allCases)
  func `a white mask is none`(kind: MaskKind) throws {
    var options = SmallVGG.options
    options.maskKind = kind
    var pictures = try pictures(48, 40)
    let generated = try tensor(SmallVGG.picture(48, 40, wave: 5))
    let without = try evaluate(pictures, options, at: generated)
    pictures.styles[0].place = try plain(48, 40, level: 255)
    pictures.styles[0].part = try plain(48, 40, level: 255)
    let with = try evaluate(pictures, options, at: generated)
    #expect(
      isNear(with.costs, without.costs) && difference(with.gradient, without.gradient) <= Tolerance.float)
  }

  @Test func `a black mask counts no style`() throws {
    var pictures = try pictures(48, 40)
    pictures.styles[0].place = try plain(48, 40, level: 0)
    let generated = try tensor(SmallVGG.picture(48, 40, wave: 5))
    #expect(try evaluate(pictures, SmallVGG.options, at: generated).costs.style == 0)
    pictures.styles[0].place = nil
    pictures.styles[0].part = try plain(48, 40, level: 0)
    #expect(try evaluate(pictures, SmallVGG.options, at: generated).costs.style == 0)
  }

  @Test func `styles of one mask are mixed, those of two stand side by side`() throws {
    let options = SmallVGG.options, generated = try tensor(SmallVGG.picture(64, 40, wave: 5))
    var mixed = try pictures(64, 40, styles: [(48, 40, 1), (48, 40, 3)])
    let apart = mixed, mask = try half(64, 40)
    mixed.styles[0].place = mask
    mixed.styles[1].place = mask
    var apartNow = apart
    apartNow.styles[0].place = mask
    apartNow.styles[1].place = try half(64, 40, inverted: true)
    // Each region by itself, with its part of the weights.
    var parts = 0.0
    for (i, weight) in [(0, 0.25), (1, 0.75)] {
      var one = apart
      one.styles = [apartNow.styles[i]]
      parts += weight * (try evaluate(one, options, at: generated).costs.style)
    }
    let style = try evaluate(apartNow, options, at: generated).costs.style
    #expect(abs(style - parts) <= Tolerance.float * parts)
    #expect(try evaluate(mixed, options, at: generated).costs.style != style)
  }

  /// Along one random direction: a picture's costs have kinks, and Float few digits.
  private func checkGradient(_ pictures: StylePictures, _ options: StyleOptions) throws {
    let width = pictures.content.width, height = pictures.content.height
    let picture = try tensor(SmallVGG.picture(width, height, wave: 5))
    var numbers = Numbers(seed: 7)
    let direction: [Float] = numbers.array(picture.count)
    let gradient = try evaluate(pictures, options, at: picture).gradient
    var slope = 0.0
    for (g, d) in zip(gradient, direction) { slope += Double(g) * Double(d) }
    let h: Float = 0.05
    func at(_ step: Float) throws -> Double {
      let moved = try picture.copy()
      for i in 0..<moved.count { moved.pointer[i] += step * direction[i] }
      return try evaluate(pictures, options, at: moved).costs.total
    }
    let numeric = (try at(h) - at(-h)) / Double(2 * h)
    #expect(abs(slope - numeric) <= Tolerance.kinkedGradient * abs(numeric), "\(slope), \(numeric)")
  }

  @Test(arguments: [GradientPlan.Edges.zeros, .repeated], MaskKind.allCases)
  func `the gradient agrees with central differences with masks, a map, and other edges`(
    edges: GradientPlan.Edges, kind: MaskKind
  ) throws {
    var options = SmallVGG.options
    options.edges = edges
    options.maskKind = kind
    options.temporalWeight = 3
    options.styleLoss = .moments
    options.styleWeight = 1e4
    var pictures = try pictures(48, 40, styles: [(48, 40, 1), (40, 40, 1)])
    pictures.styles[0].place = try half(48, 40)
    pictures.styles[1].place = try half(48, 40, inverted: true)
    pictures.styles[1].part = try half(40, 40)
    pictures.contentMap = try half(48, 40)
    pictures.before = try SmallVGG.picture(48, 40, wave: 7)
    try checkGradient(pictures, options)
  }

  @Test func `a content map raises the content's cost where it is white`() throws {
    let generated = try tensor(SmallVGG.picture(48, 40, wave: 5))
    var options = SmallVGG.options, pictures = try pictures(48, 40)
    options.contentMapWeight = 4
    let plainly = try evaluate(pictures, options, at: generated).costs.content
    pictures.contentMap = try plain(48, 40, level: 255)
    #expect(abs(try evaluate(pictures, options, at: generated).costs.content / plainly - 5) < Tolerance.float)
    pictures.contentMap = try plain(48, 40, level: 0)
    #expect(abs(try evaluate(pictures, options, at: generated).costs.content / plainly - 1) < Tolerance.float)
  }

  @Test func `the frame before is compared level by level`() throws {
    var options = SmallVGG.options, pictures = try pictures(16, 16)
    options.temporalWeight = 1
    pictures.before = try plain(16, 16, level: 100)
    let costs = try evaluate(pictures, options, at: tensor(plain(16, 16, level: 103))).costs
    #expect(abs(costs.temporal - 9) < Tolerance.float)
  }

  @Test func `names what is missing`() throws {
    func told(_ change: (inout StyleOptions) -> Void, weight: Float = 1) -> String {
      var options = SmallVGG.options
      change(&options)
      return outcome {
        try StyleEngine(
          SmallVGG.network(),
          StylePictures(
            content: SmallVGG.picture(16, 16),
            styles: [StylePicture(SmallVGG.picture(16, 16), weight: weight)]),
          options)
      }
    }
    #expect(told { $0.contentLayers = [("conv9_9", 1)] } == "notFound: the network has no layer \"conv9_9\"")
    #expect(told { $0.styleLayers = [("relu1_1", 1)] } == "notFound: the network has no layer \"relu1_1\"")
    #expect(told({ _ in }, weight: 0) == "invalidArgument: styles whose weights add up to 0.0")
  }
}
