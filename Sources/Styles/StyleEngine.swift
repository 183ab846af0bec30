import CSystem
import Images
import Networks
import Tensors

/// Computes what `StyleObjective` defines, in `Float` and in memory that is allocated once: costs and
/// gradient of a picture that is evaluated repeatedly; tile by tile if it is too large.
///
/// `TiledPass` divides the picture. All tiles run forward first, because a style is compared by the moments
/// of the whole picture, and then once more, for the backward pass. The gradient is that of the whole picture
/// up to rounding. Source: Galerne, Raad, Lezama, Morel, "Scaling painting style transfer", 2024, section 4.
package final class StyleEngine {
  let network: Network<Float>
  let options: StyleOptions
  let pictures: StylePictures
  let pass: TiledPass
  let masks: [Image]
  private var measures: [StyleMeasure] = []
  private var room: UnitRoom?
  let workspace = Workspace()
  private var plan: (plan: GradientPlan, height: Int, width: Int)?
  /// The content's features by tap, and the masks' units by mask and tap: of the whole picture or of the
  /// current tile.
  private var contents: [Tensor<Float>?] = []
  private var units: [[Tensor<Float>?]] = [], contentShares: [Tensor<Float>?] = []

  /// - Parameter pictures: content, masks and previous frame, of one size; styles of any size.
  /// - Throws: `.notFound` for a layer that the network lacks.
  package init(_ network: Network<Float>, _ pictures: StylePictures, _ options: StyleOptions) throws(Failure)
  {
    self.network = network
    self.options = options
    self.pictures = pictures
    pass = try TiledPass(
      network, StyleEngine.taps(options), options, height: pictures.content.height,
      width: pictures.content.width)
    masks = pictures.masks
    if !options.styleLayers.isEmpty {
      // Styles first: their plans are freed before the picture's own is made.
      measures = try styleMeasures()
      let channels = measures.reduce(1) { max($0, $1.sums.channels) }
      room = UnitRoom(channels: channels, workspace)
    }
    if !pass.isTiled { try prepare(pass.tiles[0][0]) }
  }

  var height: Int { pass.height }
  var width: Int { pass.width }
  /// The names of the taps: each layer once, whatever its uses.
  var names: [String] { pass.names }

  static func taps(_ options: StyleOptions) -> [String] {
    var names: [String] = []
    for layer in options.contentLayers + options.styleLayers where !names.contains(layer.name) {
      names.append(layer.name)
    }
    return names
  }

  // MARK: Tiles

  /// The plan for a tile's size; frees earlier ones.
  func plan(for tile: StyleTile) throws(Failure) -> GradientPlan {
    if let plan, (plan.height, plan.width) == (tile.height, tile.width) { return plan.plan }
    plan = nil
    let made = try pass.plan(for: tile, workspace)
    plan = (made, tile.height, tile.width)
    return made
  }

  /// Prepares a tile's masks and, unless only the style is needed, the content's features.
  func prepare(_ tile: StyleTile, needsContent: Bool = true) throws(Failure) {
    let plan = try plan(for: tile), path = plan.path
    units = []
    for mask in masks {
      units.append(try options.maskKind.units(levels(mask, tile), along: path, taps: names.count))
    }
    guard needsContent, !options.contentLayers.isEmpty else { return }
    contentShares = []
    if let map = pictures.contentMap {
      contentShares = try MaskKind.soft.units(levels(map, tile), along: path, taps: names.count)
    }
    try plan.withPicture { pictures.content.fill($0, tile) }
    contents = [Tensor<Float>?](repeating: nil, count: names.count)
    try plan.forward { tap, features throws(Failure) in
      guard options.contentLayers.contains(where: { $0.name == names[tap] }) else { return }
      let copy = try Tensor<Float>([features.count])
      copy.withPointer { $0.update(from: features.values, count: features.count) }
      contents[tap] = copy
    }
  }

  // MARK: Evaluating

  /// The costs of a picture [height, width, 3] in the network's units.
  package func evaluate(_ picture: Tensor<Float>) throws(Failure) -> StyleCosts {
    let (content, style) = try forward(picture, needsContent: true), rows = 0..<height
    return try picture.withPointer { x throws(Failure) in
      StyleCosts(
        content: content, style: style, variation: try variation(x, rows, nil),
        temporal: temporal(x, rows, nil), options)
    }
  }

  /// The same with the gradient, which is absent if the costs are not finite.
  package func bands(of picture: Tensor<Float>) throws(Failure) -> GradientBands {
    try GradientBands(self, picture, style: forward(picture, needsContent: false).style)
  }

  /// Runs all tiles forward.
  private func forward(
    _ picture: Tensor<Float>, needsContent: Bool
  ) throws(Failure) -> (content: Double, style: Double) {
    for measure in measures { measure.sums.clear() }
    var content = 0.0
    for row in pass.tiles {
      for tile in row {
        if pass.isTiled { try prepare(tile, needsContent: needsContent) }
        let plan = try plan(for: tile)
        try copy(picture, tile, to: plan)
        try plan.forward { tap, features throws(Failure) in
          for measure in measures where measure.tap == tap {
            try room?.add(block(tap, features, tile, plan, measure.mask), to: measure.sums)
          }
          if needsContent { content += try contentCost(tap, features, tile, plan, nil, isSet: false) }
        }
      }
    }
    return (content, try styleCost())
  }

  /// - Returns: the content cost.
  func backward(_ tile: StyleTile, _ plan: GradientPlan) throws(Failure) -> Double {
    var content = 0.0
    try plan.backward { tap, features, gradient, isFirst throws(Failure) in
      var isSet = isFirst
      if options.contentLayers.contains(where: { $0.name == names[tap] }) {
        content += try contentCost(tap, features, tile, plan, gradient, isSet: isSet)
        isSet = false
      }
      for measure in measures where measure.tap == tap {
        guard measure.sums.weight > 0 else { continue }
        try room?.addGradient(
          block(tap, features, tile, plan, measure.mask), measure.slope,
          about: options.styleLoss.isCentred ? (measure.centre, measure.byMean) : nil, to: gradient,
          isSet: isSet)
        isSet = false
      }
      if isSet { gradient.update(repeating: 0, count: features.count) }
    }
    return content
  }

  private func block(
    _ tap: Int, _ features: GradientPlan.Features, _ tile: StyleTile, _ plan: GradientPlan, _ mask: Int?
  ) -> UnitBlock {
    let own = tile.units(step: plan.step(of: tap))
    return UnitBlock(
      features: features, rows: own.rows, columns: own.columns, mask: mask.flatMap { units[$0][tap] })
  }

  // MARK: Costs

  /// `factor * sum of s (x - target)^2`, with s from the content map; adds `2 alpha lambda factor s (x -
  /// target)` to the gradient.
  private func contentCost(
    _ tap: Int, _ features: GradientPlan.Features, _ tile: StyleTile, _ plan: GradientPlan,
    _ gradient: UnsafeMutablePointer<Float>?, isSet: Bool
  ) throws(Failure) -> Double {
    var weight: Float = 0
    for layer in options.contentLayers where layer.name == names[tap] { weight = layer.weight }
    guard let target = contents.isEmpty ? nil : contents[tap] else { return 0 }
    let channels = features.channels
    let factor =
      options.cost.contentFactor(count: Double(pass.unitCount(of: tap) * channels)) * Double(weight)
    let slope = Float(2 * factor * Double(options.contentWeight))
    let own = tile.units(step: plan.step(of: tap)), map = contentShares.isEmpty ? nil : contentShares[tap]
    let isAll = own.rows == 0..<features.height && own.columns == 0..<features.width
    return target.withPointer { target in
      if isAll, map == nil {
        return factor
          * Float.squaredDistance(
            features.values, target, features.count, slope: slope, into: gradient, accumulate: !isSet)
      }
      if isSet { gradient?.update(repeating: 0, count: features.count) }
      var sum = 0.0
      for y in own.rows {
        // Unit by unit where their weights differ.
        let each = map == nil ? own.columns.count : 1
        for x in Swift.stride(from: own.columns.lowerBound, to: own.columns.upperBound, by: each) {
          let place = y * features.width + x, i = place * channels
          let share = map.map { 1 + options.contentMapWeight * $0[place] } ?? 1
          sum +=
            Double(share)
            * Float.squaredDistance(
              features.values + i, target + i, each * channels, slope: slope * share,
              into: gradient.map { $0 + i }, accumulate: true)
        }
      }
      return factor * sum
    }
  }

  /// Over all style layers and regions, after their moments are known; prepares the factors of the backward
  /// pass.
  private func styleCost() throws(Failure) -> Double {
    var style = 0.0
    for measure in measures {
      guard let found = try measure.sums.moments() else { continue }
      let cost = try options.styleLoss.cost(
        of: found, measure.target, gramFactor: measure.gramFactor, bySecond: measure.bySecond,
        byMean: measure.byMean)
      style += Double(measure.weight) * cost
      // d x = q / n (2 dM (x - c) + dm)
      let scale = Double(options.styleWeight) * Double(measure.weight) / measure.sums.weight
      let second = Float(2 * scale), mean = Float(scale), channels = found.channels
      withPointers(measure.bySecond, measure.byMean) { bySecond, byMean in
        for i in 0..<(channels * channels) { bySecond[i] *= second }
        for i in 0..<channels { byMean[i] *= mean }
        Float.repack(measure.slope, bySecond, rowStride: channels, columnStride: 1)
      }
      withPointers(measure.centre, found.mean) { $0.update(from: $1, count: channels) }
    }
    return style
  }

  func variation(
    _ picture: UnsafePointer<Float>, _ rows: Range<Int>, _ gradient: UnsafeMutablePointer<Float>?
  ) throws(Failure) -> Double {
    guard options.variationWeight > 0 else { return 0 }
    return try options.variation.cost(
      picture, height: height, width: width, rows: rows, slope: options.variationWeight, into: gradient)
  }

  /// `mean of c (x - before)^2` over pixels and colours.
  func temporal(
    _ picture: UnsafePointer<Float>, _ rows: Range<Int>, _ gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    guard let before = pictures.before, options.temporalWeight > 0 else { return 0 }
    let channels = VGGPicture.Channels()
    let count = Double(3 * width * height), slope = Float(2 * Double(options.temporalWeight) / count)
    var sum = 0.0
    for y in rows {
      let frame = before.row(y), mask = pictures.beforeMask?.row(y)
      for x in 0..<width {
        let share = mask.map { Float($0[3 * x]) / 255 } ?? 1
        guard share > 0 else { continue }
        for c in 0..<3 {
          let difference = picture[(y * width + x) * 3 + c] - channels.number(c, ofPixel: x, in: frame)
          sum += Double(share * difference * difference)
          gradient?[((y - rows.lowerBound) * width + x) * 3 + c] += slope * share * difference
        }
      }
    }
    return sum / count
  }

  func copy(_ picture: Tensor<Float>, _ tile: StyleTile, to plan: GradientPlan) throws(Failure) {
    try plan.withPicture { target in
      picture.withPointer { picture in
        for y in 0..<tile.height {
          (target + y * 3 * tile.width).update(
            from: picture + ((tile.y + y) * width + tile.x) * 3, count: 3 * tile.width)
        }
      }
    }
  }
}

extension Image {
  /// A tile in the network's units.
  func fill(_ target: UnsafeMutablePointer<Float>, _ tile: StyleTile) {
    for y in 0..<tile.height {
      fillRow(target + y * 3 * tile.width, tile.y + y, tile.x..<(tile.x + tile.width))
    }
  }
}

func levels(_ mask: Image, _ tile: StyleTile) throws(Failure) -> Tensor<Float> {
  try levels(mask, x: tile.x, y: tile.y, width: tile.width, height: tile.height)
}
