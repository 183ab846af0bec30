import Networks
import Tensors

/// The gradient of a picture's costs, delivered in bands of rows from the top while an engine works its way
/// down the picture.
///
/// A delivered band is final, and the engine does not read the band's rows of the picture again: the caller
/// may change them before it requests the next band.
package final class GradientBands {
  /// Some rows of d total / d picture; valid until the next band is requested.
  package struct Band {
    fileprivate enum Place {
      case plan(GradientPlan)
      case sums(Tensor<Float>)
    }

    package let first, count: Int
    fileprivate let place: Place

    /// [count, width, 3], in the network's terms.
    package func withPointer(_ body: (UnsafePointer<Float>) throws(Failure) -> Void) throws(Failure) {
      switch place {
      case .plan(let plan): try plan.withGradient { gradient throws(Failure) in try body(gradient) }
      case .sums(let sums): try sums.withPointer { gradient throws(Failure) in try body(gradient) }
      }
    }
  }

  private let engine: StyleEngine
  private let picture: Tensor<Float>
  private let style: Double
  private var content = 0.0, variation = 0.0, temporal = 0.0
  /// For a picture in tiles: the next row of tiles, and the gradient's pending rows, starting at `first`.
  /// Gradients of neighbouring tiles overlap: rows are delivered when no later tile reaches them.
  private var row = 0
  private let sums: Tensor<Float>?
  private var first = 0
  /// The end of the delivered rows, and of the rows whose variation is computed.
  private var end = 0, varied = 0
  private var isOver = false

  /// Starts after the engine's forward pass through the picture.
  /// - Parameter style: the style's costs; if they are not finite there is no gradient.
  init(_ engine: StyleEngine, _ picture: Tensor<Float>, style: Double) throws(Failure) {
    (self.engine, self.picture, self.style) = (engine, picture, style)
    isOver = !style.isFinite
    let pass = engine.pass
    sums = try style.isFinite && pass.isTiled ? Tensor([pass.bandCount], repeating: 0) : nil
  }

  /// The costs of the picture, after the last band.
  package var costs: StyleCosts {
    StyleCosts(content: content, style: style, variation: variation, temporal: temporal, engine.options)
  }

  /// - Returns: nil after the last band, and if the costs are not finite.
  package func next() throws(Failure) -> Band? {
    guard !isOver else { return nil }
    if let sums { return try next(sums) }
    isOver = true
    return try whole()
  }

  private func whole() throws(Failure) -> Band? {
    let tile = engine.pass.tiles[0][0], plan = try engine.plan(for: tile)
    content = try engine.backward(tile, plan)
    try plan.withGradient { gradient throws(Failure) in
      try add(0..<engine.height, varying: 0..<engine.height, gradient, gradient)
    }
    return costs.total.isFinite ? Band(first: 0, count: engine.height, place: .plan(plan)) : nil
  }

  /// Runs the next row of tiles.
  private func next(_ sums: Tensor<Float>) throws(Failure) -> Band? {
    let tiles = engine.pass.tiles, stride = 3 * engine.width
    letGo(sums)
    for tile in tiles[row] { try add(tile, to: sums) }
    row += 1
    isOver = row == tiles.count
    end = isOver ? engine.height : tiles[row][0].y
    // One row more than is delivered: the last row's neighbour, while that is unchanged.
    let seen = min(end + 1, engine.height)
    try sums.withPointer { gradient throws(Failure) in
      try add(first..<end, varying: varied..<seen, gradient, gradient + (varied - first) * stride)
    }
    varied = seen
    guard (content + variation + temporal).isFinite else {
      isOver = true
      return nil
    }
    return Band(first: first, count: end - first, place: .sums(sums))
  }

  /// Adds the costs of the picture itself, and their gradient.
  private func add(
    _ rows: Range<Int>, varying: Range<Int>, _ gradient: UnsafeMutablePointer<Float>,
    _ varyingGradient: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    try picture.withPointer { x throws(Failure) in
      variation += try engine.variation(x, varying, varyingGradient)
      temporal += engine.temporal(x, rows, gradient)
    }
  }

  /// Runs one tile through the network and back.
  private func add(_ tile: StyleTile, to sums: Tensor<Float>) throws(Failure) {
    try engine.prepare(tile)
    let plan = try engine.plan(for: tile)
    try engine.copy(picture, tile, to: plan)
    try plan.forward()
    content += try engine.backward(tile, plan)
    try plan.withGradient { gradient throws(Failure) in
      sums.withPointer { sums in
        for y in 0..<tile.height {
          let source = gradient + y * 3 * tile.width
          let target = sums + ((tile.y - first + y) * engine.width + tile.x) * 3
          for k in 0..<(3 * tile.width) { target[k] += source[k] }
        }
      }
    }
  }

  /// Discards the delivered rows to make room for as many more.
  private func letGo(_ sums: Tensor<Float>) {
    let stride = 3 * engine.width, all = sums.count / stride, gone = end - first, rest = max(0, all - gone)
    guard gone > 0 else { return }
    sums.withPointer { sums in
      sums.update(from: sums + gone * stride, count: rest * stride)
      (sums + rest * stride).update(repeating: 0, count: (all - rest) * stride)
    }
    first = end
  }
}
