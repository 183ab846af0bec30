import CSystem
import Images
import Networks
import Tensors

/// What `StyleObjective` computes, in `Float` and in memory that is taken once: costs and gradient of a
/// picture that is measured again and again; of one too large for that, tile by tile.
///
/// A tile goes through the network with as many pixels around it as its units see, and counts only its own
/// units. All tiles go forward first, for a style is compared by the moments of the whole picture, and then
/// once more, for the way back. The gradient is the whole picture's but for rounding. Source: Galerne, Raad,
/// Lezama, Morel, "Scaling painting style transfer", 2024, section 4.
package final class StyleEngine {
  /// One style layer of one region.
  struct Measure {
    let tap: Int
    let weight: Float
    /// The number of a mask; nil: all units count.
    let mask: Int?
    let target: StyleLoss.Target<Float>
    /// Of the squared differences of Gram matrices by unit.
    let gramFactor: Double
    let sums: UnitSums
    /// What a unit's gradient is of the unit's distance from the centre, and beside that.
    let bySecond, byMean: Tensor<Float>
    /// The mean of the picture's units, or zeros for Gram matrices.
    let centre: Tensor<Float>
    let slope: PackedMatrix<Float>
  }

  let network: Network<Float>
  let options: StyleOptions
  let pictures: StylePictures
  let height, width: Int
  /// Of the taps: each layer once, whatever it is asked for.
  let names: [String]
  private let tiles: [[StyleTile]]
  let masks: [Image]
  private var measures: [Measure] = []
  private var room: UnitRoom?
  let workspace = Workspace()
  private var plan: (plan: GradientPlan, height: Int, width: Int)?
  /// The content's features by tap, and the masks' units by mask and tap: of the whole picture or of the tile
  /// at hand.
  private var contents: [Tensor<Float>?] = []
  private var units: [[Tensor<Float>?]] = [], contentShares: [Tensor<Float>?] = []

  /// - Parameter pictures: content, masks, and the frame before, of one size; styles of any sizes.
  /// - Throws: `.notFound` for a layer that the network lacks.
  package init(_ network: Network<Float>, _ pictures: StylePictures, _ options: StyleOptions) throws(Failure)
  {
    self.network = network
    self.options = options
    self.pictures = pictures
    (height, width) = (pictures.content.height, pictures.content.width)
    names = StyleEngine.taps(options)
    let forecast = try StyleEngine.plan(
      network, names, options, height: height, width: width, isForecast: true)
    tiles = StyleEngine.tiles(forecast, options, height: height, width: width)
    masks = pictures.masks
    if !options.styleLayers.isEmpty {
      // The styles first: their plans go before the picture's own comes.
      measures = try measures(forecast)
      let channels = measures.reduce(1) { max($0, $1.sums.channels) }
      room = UnitRoom(channels: channels, workspace)
    }
    if !isTiled { try prepare(tiles[0][0]) }
  }

  private var isTiled: Bool { tiles.count * tiles[0].count > 1 }

  static func taps(_ options: StyleOptions) -> [String] {
    var names: [String] = []
    for layer in options.contentLayers + options.styleLayers where !names.contains(layer.name) {
      names.append(layer.name)
    }
    return names
  }

  static func plan(
    _ network: Network<Float>, _ names: [String], _ options: StyleOptions, height: Int, width: Int,
    isForecast: Bool = false,
    isForwardOnly: Bool = false, _ workspace: Workspace = Workspace()
  ) throws(Failure) -> GradientPlan {
    try GradientPlan(
      network, height: height, width: width, taps: names, pooling: options.pooling, edges: options.edges,
      isForecast: isForecast, isForwardOnly: isForwardOnly, workspace)
  }

  static func tiles(
    _ forecast: GradientPlan, _ options: StyleOptions, height: Int, width: Int
  ) -> [[StyleTile]] {
    let field = forecast.field, step = field.stride
    // Beyond the pixels that a unit stands for.
    let halo = max(-field.start, field.start + field.size - step)
    return StyleTile.rows(width: width, height: height, side: options.tile, step: step, halo: halo)
  }

  /// Units of a layer in the whole picture.
  /// - Parameter step: how many pixels one stands for along a side.
  func unitCount(step: Int) -> Int { (height + step - 1) / step * ((width + step - 1) / step) }

  // MARK: Tiles

  /// The plan for a tile's size; those before it are given back.
  private func plan(for tile: StyleTile) throws(Failure) -> GradientPlan {
    if let plan, (plan.height, plan.width) == (tile.height, tile.width) { return plan.plan }
    plan = nil
    let made = try StyleEngine.plan(
      network, names, options, height: tile.height, width: tile.width, workspace)
    plan = (made, tile.height, tile.width)
    return made
  }

  /// Masks and, if wanted, the content's features of a tile.
  private func prepare(_ tile: StyleTile, contentIsWanted: Bool = true) throws(Failure) {
    let plan = try plan(for: tile), path = plan.path
    units = []
    for mask in masks {
      units.append(try options.maskKind.units(levels(mask, tile), along: path, taps: names.count))
    }
    guard contentIsWanted, !options.contentLayers.isEmpty else { return }
    contentShares = []
    if let map = pictures.contentMap {
      contentShares = try MaskKind.soft.units(levels(map, tile), along: path, taps: names.count)
    }
    pictures.content.fill(plan.picture, tile)
    contents = [Tensor<Float>?](repeating: nil, count: names.count)
    try plan.forward { tap, features throws(Failure) in
      guard options.contentLayers.contains(where: { $0.name == names[tap] }) else { return }
      let copy = try Tensor<Float>([features.count])
      copy.pointer.update(from: features.values, count: features.count)
      contents[tap] = copy
    }
  }

  // MARK: Evaluating

  /// Takes rows of d total / d picture, from the top, as soon as nothing will be added to them and nothing
  /// more is read of the picture's: whoever moves the picture may change these rows.
  package typealias Sink = (_ first: Int, _ count: Int, _ gradient: UnsafePointer<Float>) throws(Failure) ->
    Void

  /// The costs of a picture [height, width, 3] in the network's terms.
  package func evaluate(_ picture: UnsafePointer<Float>) throws(Failure) -> StyleCosts {
    let (content, style) = try forward(picture, contentIsWanted: true), rows = 0..<height
    return costs(content, style, try variation(picture, rows, nil), temporal(picture, rows, nil))
  }

  /// The same with the gradient.
  /// - Parameter sink: where it goes, unless costs are not finite.
  package func evaluate(_ picture: UnsafePointer<Float>, into sink: Sink) throws(Failure) -> StyleCosts {
    let style = try forward(picture, contentIsWanted: false).style
    guard style.isFinite else { return costs(0, style, 0, 0) }
    return isTiled ? try backward(picture, style, sink) : try backwardWhole(picture, style, sink)
  }

  /// Forward through all tiles.
  private func forward(
    _ picture: UnsafePointer<Float>, contentIsWanted: Bool
  ) throws(Failure) -> (content: Double, style: Double) {
    for measure in measures { measure.sums.clear() }
    var content = 0.0
    for row in tiles {
      for tile in row {
        if isTiled { try prepare(tile, contentIsWanted: contentIsWanted) }
        let plan = try plan(for: tile)
        copy(picture, tile, to: plan.picture)
        try plan.forward { tap, features throws(Failure) in
          for measure in measures where measure.tap == tap {
            try room?.add(block(tap, features, tile, plan, measure.mask), to: measure.sums)
          }
          if contentIsWanted { content += try contentCost(tap, features, tile, plan, nil, isSet: false) }
        }
      }
    }
    return (content, try styleCost())
  }

  /// After `forward`, of a picture of one tile.
  private func backwardWhole(
    _ picture: UnsafePointer<Float>, _ style: Double, _ sink: Sink
  ) throws(Failure) -> StyleCosts {
    let tile = tiles[0][0], plan = try plan(for: tile)
    let content = try backward(tile, plan), rows = 0..<height
    let variation = try variation(picture, rows, plan.gradient)
    let costs = costs(content, style, variation, temporal(picture, rows, plan.gradient))
    if costs.total.isFinite { try sink(0, height, plan.gradient) }
    return costs
  }

  /// Through all tiles once more. Gradients of neighbours overlap: rows are handed on when no later tile
  /// reaches them.
  private func backward(
    _ picture: UnsafePointer<Float>, _ style: Double, _ sink: Sink
  ) throws(Failure) -> StyleCosts {
    var content = 0.0, variation = 0.0, temporal = 0.0
    let tallest = tiles.reduce(0) { max($0, $1[0].height) }, stride = 3 * width
    let band = try Tensor<Float>([tallest, stride], repeating: 0)
    // The picture's row that the band begins with, and the first whose variation is not in it.
    var done = 0, varied = 0
    for (i, row) in tiles.enumerated() {
      for tile in row {
        try prepare(tile)
        let plan = try plan(for: tile)
        copy(picture, tile, to: plan.picture)
        try plan.forward()
        content += try backward(tile, plan)
        for y in 0..<tile.height {
          let source = plan.gradient + y * 3 * tile.width,
            target = band.pointer + (tile.y - done + y) * stride + 3 * tile.x
          for k in 0..<(3 * tile.width) { target[k] += source[k] }
        }
      }
      let complete = i + 1 < tiles.count ? tiles[i + 1][0].y : height
      // One row more than is handed on: it is seen from the last of these while that has not moved.
      let seen = min(complete + 1, height)
      variation += try self.variation(picture, varied..<seen, band.pointer + (varied - done) * stride)
      varied = seen
      temporal += self.temporal(picture, done..<complete, band.pointer)
      guard (content + variation + temporal).isFinite else { break }
      try sink(done, complete - done, band.pointer)
      let rest = max(0, tallest - (complete - done))
      band.pointer.update(from: band.pointer + (complete - done) * stride, count: rest * stride)
      (band.pointer + rest * stride).update(repeating: 0, count: (tallest - rest) * stride)
      done = complete
    }
    return costs(content, style, variation, temporal)
  }

  /// - Returns: the content cost.
  private func backward(_ tile: StyleTile, _ plan: GradientPlan) throws(Failure) -> Double {
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

  private func costs(
    _ content: Double, _ style: Double, _ variation: Double, _ temporal: Double
  ) -> StyleCosts {
    StyleCosts(content: content, style: style, variation: variation, temporal: temporal, options)
  }

  /// `factor * sum of s (x - target)^2`, with s from the content map; to the gradient goes `2 alpha lambda
  /// factor s (x - target)`.
  private func contentCost(
    _ tap: Int, _ features: GradientPlan.Features, _ tile: StyleTile, _ plan: GradientPlan,
    _ gradient: UnsafeMutablePointer<Float>?, isSet: Bool
  ) throws(Failure) -> Double {
    var weight: Float = 0
    for layer in options.contentLayers where layer.name == names[tap] { weight = layer.weight }
    guard let target = contents.isEmpty ? nil : contents[tap] else { return 0 }
    let channels = features.channels, step = plan.step(of: tap)
    let factor = options.cost.contentFactor(count: Double(unitCount(step: step) * channels)) * Double(weight)
    let slope = Float(2 * factor * Double(options.contentWeight))
    let own = tile.units(step: step), map = contentShares.isEmpty ? nil : contentShares[tap]
    let isAll = own.rows == 0..<features.height && own.columns == 0..<features.width
    if isAll, map == nil {
      return factor
        * Float.squaredDistance(
          features.values, target.pointer, features.count, slope: slope, into: gradient, accumulate: !isSet)
    }
    if isSet { gradient?.update(repeating: 0, count: features.count) }
    var sum = 0.0
    for y in own.rows {
      // Unit by unit where they count differently.
      let each = map == nil ? own.columns.count : 1
      for x in Swift.stride(from: own.columns.lowerBound, to: own.columns.upperBound, by: each) {
        let place = y * features.width + x, i = place * channels
        let share = map.map { 1 + options.contentMapWeight * $0[place] } ?? 1
        sum +=
          Double(share)
          * Float.squaredDistance(
            features.values + i, target.pointer + i, each * channels, slope: slope * share,
            into: gradient.map { $0 + i },
            accumulate: true)
      }
    }
    withExtendedLifetime(target) {}
    return factor * sum
  }

  /// Of all style layers and regions, after their moments are known; makes ready what the way back multiplies
  /// by.
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
      for i in 0..<measure.bySecond.count { measure.bySecond.pointer[i] *= second }
      for i in 0..<channels { measure.byMean.pointer[i] *= mean }
      measure.centre.pointer.update(from: found.mean.pointer, count: channels)
      withExtendedLifetime(found) {}
      Float.repack(measure.slope, measure.bySecond.pointer, rowStride: channels, columnStride: 1)
    }
    return style
  }

  private func variation(
    _ picture: UnsafePointer<Float>, _ rows: Range<Int>, _ gradient: UnsafeMutablePointer<Float>?
  ) throws(Failure) -> Double {
    guard options.variationWeight > 0 else { return 0 }
    return try options.variation.cost(
      picture, height: height, width: width, rows: rows, slope: options.variationWeight, into: gradient)
  }

  /// `mean of c (x - before)^2` over pixels and colours.
  private func temporal(
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

  private func copy(
    _ picture: UnsafePointer<Float>, _ tile: StyleTile, to target: UnsafeMutablePointer<Float>
  ) {
    for y in 0..<tile.height {
      (target + y * 3 * tile.width).update(
        from: picture + ((tile.y + y) * width + tile.x) * 3, count: 3 * tile.width)
    }
  }
}

extension Image {
  /// A tile in the network's terms.
  func fill(_ target: UnsafeMutablePointer<Float>, _ tile: StyleTile) {
    for y in 0..<tile.height {
      fillRow(target + y * 3 * tile.width, tile.y + y, tile.x..<(tile.x + tile.width))
    }
  }
}

func levels(_ mask: Image, _ tile: StyleTile) throws(Failure) -> Tensor<Float> {
  try levels(mask, x: tile.x, y: tile.y, width: tile.width, height: tile.height)
}
