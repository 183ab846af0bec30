import Networks
import Tensors

/// Forecasts what an engine will allocate, from the forecasts of its parts.
extension StyleEngine {
  /// Peak memory in bytes of an engine for pictures of these sizes, and the weights that it adds to the
  /// network.
  /// - Parameter masks: the number of masks that place styles.
  static func memoryNeeded(
    _ network: Network<Float>, width: Int, height: Int, styles: [(width: Int, height: Int)], masks: Int,
    _ options: StyleOptions
  ) throws(Failure) -> (bytes: Int, weights: Set<MissingWeights>) {
    let pass = try TiledPass(network, taps(options), options, height: height, width: width)
    let plan = try pass.plan(for: pass.largest, isForecast: true)
    let measures = measures(pass, masks: masks, options)
    var peak = (measures + painting(pass, plan, masks: masks, options)).count
    var weights = Set(plan.missingWeights)
    for style in styles where !options.styleLayers.isEmpty {
      let pass = try TiledPass(
        network, options.styleLayers.map { $0.name }, options, height: style.height, width: style.width,
        isForwardOnly: true)
      let plan = try pass.plan(for: pass.largest, isForecast: true)
      peak = max(peak, (measures + going(through: pass, plan, masks: masks, options)).count)
      weights.formUnion(plan.missingWeights)
    }
    return (MemoryLayout<Float>.stride * peak, weights)
  }

  /// The style layers of all regions.
  private static func measures(_ pass: TiledPass, masks: Int, _ options: StyleOptions) -> Buffers {
    var buffers = Buffers()
    for (tap, name) in pass.names.enumerated() where options.styleLayers.contains(where: { $0.name == name })
    {
      let layer = StyleMeasure.buffers(
        channels: pass.forecast.extents(of: tap).channels, isInParts: pass.isInParts(masks: masks),
        options.styleLoss)
      for _ in 0..<max(1, masks) { buffers += layer }
    }
    return buffers
  }

  /// Additional memory for evaluating pictures.
  private static func painting(
    _ pass: TiledPass, _ plan: GradientPlan, masks: Int, _ options: StyleOptions
  ) -> Buffers {
    var buffers = going(through: pass, plan, masks: masks, options), channels = 1
    for (tap, name) in pass.names.enumerated() {
      let extents = plan.extents(of: tap)
      if options.contentLayers.contains(where: { $0.name == name }) {
        buffers.add("content", extents.height * extents.width * extents.channels)
      }
      if options.styleLayers.contains(where: { $0.name == name }) {
        channels = max(channels, extents.channels)
      }
    }
    buffers.add("band", pass.bandCount)
    return buffers + options.styleLoss.buffers(channels: channels)
  }

  /// Memory for a pass through the network and for the sums over a style layer's units.
  private static func going(
    through pass: TiledPass, _ plan: GradientPlan, masks: Int, _ options: StyleOptions
  ) -> Buffers {
    let isInParts = pass.isInParts(masks: masks)
    var buffers = Buffers(), room = 0, scratch = plan.scratchCount
    for (tap, name) in pass.names.enumerated() where options.styleLayers.contains(where: { $0.name == name })
    {
      let extents = plan.extents(of: tap), units = extents.height * extents.width, channels = extents.channels
      if isInParts || options.styleLoss.isCentred {
        room = max(
          room,
          UnitRoom.count(units: pass.largestBlock(of: tap), channels: channels, isWhole: !isInParts))
      }
      scratch = max(
        scratch, Float.gramScratchCount(rows: units, columns: channels),
        Float.multiplyScratchCount(
          rows: units, depth: channels, columns: channels, rowStride: channels, columnStride: 1))
    }
    buffers.add("pass", plan.count)
    buffers.add("units", room)
    buffers.add("scratch", scratch)
    return buffers
  }
}
