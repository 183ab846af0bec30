import Networks
import Tensors

/// How a network processes a picture of one size, whole or tile by tile; shared by computation and forecasts.
///
/// A tile passes through the network with the surrounding pixels that its units see, and counts only its own
/// units.
struct TiledPass {
  private let network: Network<Float>
  private let options: StyleOptions
  private let isForwardOnly: Bool
  /// Names of the taps.
  let names: [String]
  let height, width: Int
  /// Rows of tiles, from the top.
  let tiles: [[StyleTile]]
  /// The plan of the whole picture, without memory.
  let forecast: GradientPlan

  /// - Throws: `.notFound` for a layer that the network lacks.
  init(
    _ network: Network<Float>, _ names: [String], _ options: StyleOptions, height: Int, width: Int,
    isForwardOnly: Bool = false
  ) throws(Failure) {
    (self.network, self.names, self.options) = (network, names, options)
    (self.height, self.width, self.isForwardOnly) = (height, width, isForwardOnly)
    forecast = try GradientPlan(
      network, height: height, width: width, taps: names, pooling: options.pooling, edges: options.edges,
      isForecast: true, isForwardOnly: isForwardOnly)
    let field = forecast.field, step = field.stride
    // Pixels seen beyond those that belong to a unit.
    let halo = max(-field.start, field.start + field.size - step)
    tiles = StyleTile.rows(width: width, height: height, side: options.tile, step: step, halo: halo)
  }

  var isTiled: Bool { tiles.count * tiles[0].count > 1 }

  /// Whether units are summed in several parts.
  /// - Parameter masks: the number of masks that place styles.
  func isInParts(masks: Int) -> Bool { isTiled || masks > 0 }

  /// The largest tile: the last one of a row may be larger than the others.
  var largest: StyleTile { tiles[tiles.count - 1][tiles[0].count - 1] }

  /// For a tile's size.
  func plan(
    for tile: StyleTile, isForecast: Bool = false, _ workspace: Workspace = Workspace()
  ) throws(Failure) -> GradientPlan {
    try GradientPlan(
      network, height: tile.height, width: tile.width, taps: names, pooling: options.pooling,
      edges: options.edges, isForecast: isForecast, isForwardOnly: isForwardOnly, workspace)
  }

  /// Units of a tap in the whole picture.
  func unitCount(of tap: Int) -> Int {
    let step = forecast.step(of: tap)
    return (height + step - 1) / step * ((width + step - 1) / step)
  }

  /// The maximum number of a tap's units that belong to one tile.
  func largestBlock(of tap: Int) -> Int {
    let step = forecast.step(of: tap)
    var count = 0
    for row in tiles {
      for tile in row {
        let own = tile.units(step: step)
        count = max(count, own.rows.count * own.columns.count)
      }
    }
    return count
  }

  /// Size of the rows to which tiles add their gradients: as many rows as the tallest tile.
  var bandCount: Int { isTiled ? tallest * 3 * width : 0 }

  /// Rows of the tallest tile.
  var tallest: Int { tiles.reduce(0) { max($0, $1[0].height) } }
}
