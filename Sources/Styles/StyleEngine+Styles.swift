import Images
import Networks
import Tensors

/// The moments of the styles, computed once.
extension StyleEngine {
  /// One for each style layer of each region.
  func styleMeasures() throws(Failure) -> [StyleMeasure] {
    var sum: Float = 0
    for style in pictures.styles { sum += style.weight }
    guard sum > 0, sum.isFinite else { throw .invalidArgument("styles whose weights add up to \(sum)") }
    var regions: [(mask: Int?, styles: [StylePicture])] = []
    for style in pictures.styles where style.weight > 0 {
      let mask = style.place.flatMap { place in masks.firstIndex { $0 === place } }
      if let known = regions.firstIndex(where: { $0.mask == mask }) {
        regions[known].styles.append(style)
      } else {
        regions.append((mask, [style]))
      }
    }
    let units = options.styleLayers.map { layer in
      Double(pass.unitCount(of: names.firstIndex(of: layer.name) ?? 0))
    }
    var measures: [StyleMeasure] = []
    for region in regions {
      var share: Float = 0
      for style in region.styles { share += style.weight }
      let mixed = try mixed(region.styles, units)
      for (i, layer) in options.styleLayers.enumerated() {
        // A style's mask may leave a layer without units.
        guard let moments = mixed[i], let tap = names.firstIndex(of: layer.name) else { continue }
        measures.append(
          try StyleMeasure(
            tap, weight: layer.weight * share / sum, mask: region.mask, moments, units: units[i],
            isInParts: pass.isInParts(masks: masks.count), options))
      }
    }
    return measures
  }

  /// The moments of styles at each style layer, mixed by their weights.
  /// - Parameter units: of the painted picture, by layer.
  private func mixed(_ styles: [StylePicture], _ units: [Double]) throws(Failure) -> [Moments<Float>?] {
    var mixed = [Moments<Float>?](repeating: nil, count: options.styleLayers.count)
    var weights = [Float](repeating: 0, count: mixed.count)
    for style in styles {
      for (i, moments) in try moments(of: style, units).enumerated() {
        guard let moments else { continue }
        weights[i] += style.weight
        if let mean = mixed[i] {
          // A running mean: m + (x - m) w / (sum of w).
          let part = style.weight / weights[i]
          mean.mix(moments, part: part, isCentred: options.styleLoss.isCentred)
        } else {
          mixed[i] = moments
        }
      }
    }
    return mixed
  }

  /// A style's moments at each style layer; nil if its mask leaves no units.
  private func moments(of style: StylePicture, _ units: [Double]) throws(Failure) -> [Moments<Float>?] {
    let image = style.image
    let pass = try TiledPass(
      network, options.styleLayers.map { $0.name }, options, height: image.height, width: image.width,
      isForwardOnly: true)
    var sums = [UnitSums?](repeating: nil, count: pass.names.count)
    let channels = sums.indices.reduce(1) { max($0, pass.forecast.extents(of: $1).channels) }
    let room = UnitRoom(channels: channels, workspace)
    for row in pass.tiles {
      for tile in row {
        let plan = try pass.plan(for: tile, workspace)
        try plan.withPicture { image.fill($0, tile) }
        let masks = try style.part.map { mask throws(Failure) in
          try options.maskKind.units(levels(mask, tile), along: plan.path, taps: sums.count)
        }
        try plan.forward { tap, features throws(Failure) in
          let sum: UnitSums
          if let known = sums[tap] {
            sum = known
          } else {
            sum = try UnitSums(channels: features.channels, isCentred: options.styleLoss.isCentred)
          }
          sums[tap] = sum
          let own = tile.units(step: plan.step(of: tap))
          try room.add(
            UnitBlock(
              features: features, rows: own.rows, columns: own.columns, mask: masks.flatMap { $0[tap] }),
            to: sum)
        }
      }
    }
    var found: [Moments<Float>?] = []
    let isRaw = options.comparesSums && style.part == nil && style.place == nil
    for (i, sum) in sums.enumerated() {
      let moments = try sum?.moments() ?? nil
      if isRaw, let sum, let moments {
        let factor = Float(sum.weight / units[i])
        moments.second.withPointer { second in for k in 0..<moments.second.count { second[k] *= factor } }
      }
      found.append(moments)
    }
    return found
  }
}
