import Networks
import Tensors

/// A forecast of what an engine will hold.
extension StyleEngine {
  /// Bytes that an engine for pictures of these sizes comes to hold at its peak, and what it makes the
  /// network hold beyond what that holds already.
  /// - Parameter masks: how many say where styles go.
  static func memoryNeeded(
    _ network: Network<Float>, width: Int, height: Int, styles: [(width: Int, height: Int)], masks: Int,
    _ options: StyleOptions
  ) throws(Failure) -> (bytes: Int, weights: Set<MissingWeights>) {
    let names = taps(options)
    let whole = try plan(network, names, options, height: height, width: width, isForecast: true)
    let rows = tiles(whole, options, height: height, width: width), isTiled = rows.count * rows[0].count > 1
    let isInParts = isTiled || masks > 0, regions = max(1, masks)
    // The last tile of a row may be the larger.
    let tile = rows[rows.count - 1][rows[0].count - 1]
    let plan = try plan(network, names, options, height: tile.height, width: tile.width, isForecast: true)
    var contents = 0, grams = 0, largest = 1, room = 0, scratch = plan.scratchCount
    let own = options.tile > 0 ? options.tile + plan.field.stride : max(tile.width, tile.height)
    for (tap, name) in names.enumerated() {
      let extents = plan.extents(of: tap), units = extents.height * extents.width, channels = extents.channels
      if options.contentLayers.contains(where: { $0.name == name }) { contents += units * channels }
      guard options.styleLayers.contains(where: { $0.name == name }) else { continue }
      // Target, sums, gradient and that packed; of a picture in parts and of centred sums, one part.
      grams += (isInParts || options.styleLoss.isCentred ? 5 : 4) * channels * channels
      largest = max(largest, channels)
      let side = own / plan.step(of: tap) + 1
      if isInParts || options.styleLoss.isCentred {
        room = max(
          room, UnitRoom.count(units: min(units, side * side), channels: channels, isWhole: !isInParts))
      }
      scratch = max(
        scratch, Float.gramScratchCount(rows: units, columns: channels),
        Float.multiplyScratchCount(
          rows: units, depth: channels, columns: channels, rowStride: channels, columnStride: 1))
    }
    let band = isTiled ? 3 * tile.height * width : 0
    // Moments that were found, and matrices of a loss, of one layer at a time.
    let losses = (options.styleLoss == .wasserstein ? 12 : 3) * largest * largest
    var peak = plan.count + contents + regions * grams + losses + room + scratch + band
    var weights = Set(plan.missingWeights)
    for style in styles where !options.styleLayers.isEmpty {
      let names = options.styleLayers.map { $0.name }
      let whole = try StyleEngine.plan(
        network, names, options, height: style.height, width: style.width, isForecast: true,
        isForwardOnly: true)
      let rows = tiles(whole, options, height: style.height, width: style.width)
      let tile = rows[rows.count - 1][rows[0].count - 1]
      let plan = try StyleEngine.plan(
        network, names, options, height: tile.height, width: tile.width, isForecast: true, isForwardOnly: true
      )
      peak = max(peak, plan.count + regions * grams + room + plan.scratchCount)
      weights.formUnion(plan.missingWeights)
    }
    return (MemoryLayout<Float>.stride * peak, weights)
  }
}
