import Networks
import Tensors

/// How a network goes through a picture of one size, in one piece or tile by tile: what works and what
/// forecasts ask the same.
///
/// A tile goes through the network with as many pixels around it as its units see, and counts only its own
/// units.
struct TiledPass {
  private let network: Network<Float>
  private let options: StyleOptions
  private let isForwardOnly: Bool
  /// Of the taps.
  let names: [String]
  let height, width: Int
  /// Rows of tiles, from the top.
  let tiles: [[StyleTile]]
  /// The whole picture's, without memory.
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
    // Beyond the pixels that a unit stands for.
    let halo = max(-field.start, field.start + field.size - step)
    tiles = StyleTile.rows(width: width, height: height, side: options.tile, step: step, halo: halo)
  }

  var isTiled: Bool { tiles.count * tiles[0].count > 1 }

  /// Whether units are added up some at a time.
  /// - Parameter masks: how many say where styles go.
  func isInParts(masks: Int) -> Bool { isTiled || masks > 0 }

  /// The largest tile: the last of a row may be larger than those before it.
  var largest: StyleTile { tiles[tiles.count - 1][tiles[0].count - 1] }

  /// Of a tile's size.
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

  /// The most units of a tap that a tile has of its own.
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

  /// Numbers of the rows that tiles add their gradients to: as many as the tallest of them has.
  var bandCount: Int { isTiled ? tallest * 3 * width : 0 }

  /// Rows of the tallest tile.
  var tallest: Int { tiles.reduce(0) { max($0, $1[0].height) } }
}
