import CSystem
import Kernels

// Convolution by Winograd's F(4x4, 3x3) and F(6x6, 3x3) where they are faster; the kernels are in
// Kernels/Winograd.swift.

extension Float {
  /// The same result as a direct convolution with a quarter or a fifth of the multiplications.
  static func convolve(
    _ window: Window, _ source: Source, _ filter: PackedFilter<Float>, _ target: Target,
    _ finish: Finish<Float>,
    _ workspace: Workspace, by schedule: WinogradSchedule
  ) throws(Failure) {
    let kept =
      try schedule.isKept
      ? filter.transformed.storage(side: schedule.side) { () throws(Failure) in
        try transformed(filter, schedule)
      } : nil
    var schedule = schedule
    if kept == nil { schedule.keepNothing() }
    var scratch = schedule.scratch
    try scratch.take(from: workspace)
    withExtendedLifetime((finish, filter, kept)) {
      // The cached transforms need no weights.
      let weights =
        kept == nil
        ? filter.weights(widenedInto: scratch.shared + (schedule.isInChunks ? 0 : schedule.planesCount))
        : UnsafePointer(scratch.shared)
      let work = WinogradWork(
        window: window, source: source, weights: weights, kept: kept.map { UnsafePointer($0.pointer) },
        target: target, epilogue: finish.epilogue, schedule: schedule, scratch: scratch)
      if schedule.isInChunks { work.inChunks() } else { work.inPhases() }
    }
  }

  /// The whole transformed filter, [side^2][panels][C][tileColumns]; nil where there is no room for it.
  private static func transformed(
    _ filter: PackedFilter<Float>, _ s: WinogradSchedule
  ) throws(Failure) -> Storage<Float>? {
    guard let u = try Storage<Float>(ifRoom: s.transformedCount),
      let wide = try Storage<Float>(ifRoom: filter.shape.widenedCount)
    else { return nil }
    let weights = filter.weights(widenedInto: wide.pointer)
    let kernels = KernelSet.selected
    let plane = s.panels * s.panelCount
    ThreadPool.shared.run(s.panels) { panel, _ in
      kernels.winogradFilter(
        s.side, 0, s.side, weights + 9 * panel * s.panelCount, s.channels, s.channels,
        u.pointer + panel * s.panelCount, plane)
    }
    withExtendedLifetime((filter, wide)) {}
    return u
  }

  /// `convolve` with a tile of the given side, 6 or 8: for tests and benchmarks.
  /// - Throws: `.invalidArgument` if the method does not apply.
  package static func convolveByWinograd(
    side: Int, _ window: Window, _ source: Source, _ filter: PackedFilter<Float>, _ target: Target,
    _ finish: Finish<Float>, _ workspace: Workspace, inChunks: Bool? = nil
  ) throws(Failure) {
    guard var schedule = WinogradSchedule(window, filter.shape, side: side) else {
      let shape = filter.shape
      throw .invalidArgument(
        "Winograd's method for a \(shape.kernel)x\(shape.kernelWidth) filter of \(shape.inputs) to \(shape.outputs) channels"
      )
    }
    guard window.outputPixels > 0 else { return }
    if let inChunks { schedule.arrange(inChunks: inChunks) }
    try convolve(window, source, filter, target, finish, workspace, by: schedule)
  }
}

/// How a convolution is computed by Winograd's method.
struct WinogradSchedule {
  /// Of the picture's tile: 6 or 8.
  let side: Int
  /// `columns`: the outputs, rounded up to whole panels.
  let channels, outputs, columns, panels, tiles: Int
  /// Size of one panel of the transformed filter in one plane.
  let panelCount: Int
  /// Multiplications, including those that the transforms are equivalent to.
  let cost: Int
  /// In chunks: each task takes a few tiles through all three steps in the second-level cache. In phases: all
  /// tiles of a round go through one step after another, by way of the third-level cache.
  private(set) var isInChunks = false
  /// Whether the transformed filter is cached for the next call. Otherwise each task transforms the part that
  /// it multiplies by, so that the whole transform, four or seven times the size of the filter, never exists.
  private(set) var isKept = false
  /// Tiles per chunk or round.
  private(set) var tilesEach = 0
  /// Filter panels per task of the second phase, and the number of their channels that are transformed at a
  /// time.
  private(set) var panelsEach = 0, depthEach = 0
  private let tileRows, widenedCount: Int

  /// The better tile for these sizes, or nil where direct convolution is faster. Chosen as for a single
  /// picture, so that a picture's results do not depend on the batch.
  init?(_ window: Window, _ filter: FilterShape) {
    var one = window
    one.batch = 1
    guard let four = WinogradSchedule(one, filter, side: 6), let six = WinogradSchedule(one, filter, side: 8)
    else { return nil }
    let best = six.cost < four.cost ? six : four
    guard best.cost < rowsOfTiles(one.outputPixels, best.tileRows) * 9 * best.channels * best.columns else {
      return nil
    }
    self.init(window, filter, side: best.side)
  }

  /// - Returns: nil unless the filter is 3x3 with stride 1 and its channels fill whole vectors.
  init?(_ window: Window, _ filter: FilterShape, side: Int) {
    let kernels = KernelSet.selected
    let lanes = kernels.tileColumns / 2, step = side - 2
    guard side == 6 || side == 8, filter.kernel == 3, filter.kernelWidth == 3, filter.groups == 1,
      window.strideX == 1,
      window.strideY == 1,
      filter.inputs % lanes == 0, filter.outputs % lanes == 0, window.channels == filter.inputs
    else { return nil }
    self.side = side
    tileRows = kernels.tileRows
    widenedCount = filter.widenedCount
    channels = filter.inputs
    outputs = filter.outputs
    panels = (filter.outputs + kernels.tileColumns - 1) / kernels.tileColumns
    columns = panels * kernels.tileColumns
    panelCount = channels * kernels.tileColumns
    tiles = window.batch * ((window.outHeight + step - 1) / step) * ((window.outWidth + step - 1) / step)
    // Transforming a number takes about as long as eight multiplications of the tile; reading one of the
    // filter from the third-level cache takes about as long as nine.
    let products = max(9, rowsOfTiles(tiles, tileRows)) * channels * columns
    let transforms = 8 * tiles * (channels + columns)
    cost = side * side * (products + transforms)
    arrange(inChunks: channels * columns <= 128 * 128)
  }

  /// Where there is no room for the transformed filter: the same sums in the same order.
  mutating func keepNothing() {
    guard isKept else { return }
    arrange(inChunks: false)
    isKept = false
    depthEach = channels
  }

  mutating func arrange(inChunks: Bool) {
    isInChunks = inChunks
    let each = side * side * (channels + columns)
    if inChunks {
      isKept = true
      let cacheCount = 98_304  // 384 KB of the second-level cache for a task's tiles
      let largest = max(1, cacheCount / each / tileRows) * tileRows
      tilesEach = min(largest, roundedUp((tiles + 3) / 4, tileRows))
    } else {
      let kernels = KernelSet.selected
      isKept = side * side * channels * columns <= 1 << 20
      let cacheCount = 4 << 20  // 16 MB of the third-level cache for a round's tiles
      let most = max(1, cacheCount / each / tileRows) * tileRows
      let rounds = max(1, (tiles + most - 1) / most)
      tilesEach = roundedUp((tiles + rounds - 1) / rounds, tileRows)
      let filterCount = 65_536  // 256 KB of the second-level cache for a task's part of the filter
      depthEach = min(channels, 256)
      panelsEach = min(panels, max(1, filterCount / (side * depthEach * kernels.tileColumns)))
    }
  }

  /// Distance between planes of the picture's and of the product's tiles.
  var picturePlane: Int { WinogradSchedule.spacing(tilesEach * channels) }
  var productPlane: Int { WinogradSchedule.spacing(tilesEach * columns) }
  /// Distance between planes of a task's part of the filter.
  var filterPlane: Int { WinogradSchedule.spacing(panelsEach * panelCount / channels * depthEach) }
  var transformedCount: Int { side * side * panels * panelCount }
  var planesCount: Int { side * side * (picturePlane + productPlane) }
  var lineCount: Int { side * side * 16 }

  var scratch: Scratch {
    let kernels = KernelSet.selected
    if isInChunks { return Scratch(pointers: tilesEach + tileRows, extra: lineCount + planesCount, kernels) }
    return Scratch(
      pointers: tilesEach + tileRows, extra: lineCount + (isKept ? 0 : side * filterPlane),
      shared: planesCount + (isKept ? 0 : widenedCount), kernels)
  }

  /// At least `count`, and an odd number of cache lines: corresponding places in all planes then fall into
  /// different sets of the first-level cache, where a power of two would make them evict each other.
  private static func spacing(_ count: Int) -> Int {
    let lines = (count + 15) / 16
    return (lines % 2 == 0 ? lines + 1 : lines) * 16
  }
}

/// A convolution in progress.
private struct WinogradWork {
  let window: Window
  let source: Source
  let weights: UnsafePointer<Float>
  let kept: UnsafePointer<Float>?
  let target: Target
  let epilogue: Epilogue
  let schedule: WinogradSchedule
  let scratch: Scratch

  func inChunks() {
    let s = schedule, kernels = KernelSet.selected, nothing = Finish<Float>.nothing.epilogue
    guard let kept else { return }
    let v = s.picturePlane, m = s.productPlane, u = s.panels * s.panelCount
    ThreadPool.shared.run((s.tiles + s.tilesEach - 1) / s.tilesEach, workers: scratch.workers) {
      task, worker in
      let first = task * s.tilesEach, count = min(s.tilesEach, s.tiles - first)
      let line = scratch.extra(worker), planes = line + s.lineCount, products = planes + s.side * s.side * v
      kernels.winogradInput(s.side, window, source, first, count, planes, v, 0, line)
      for xi in 0..<(s.side * s.side) {
        kernels.multiplyBlock(
          s.channels, planes + xi * v, s.channels, kept + xi * u, products + xi * m, s.columns, s.columns,
          false,
          nothing, 0, count, 0, s.panels, scratch.table(worker), scratch.edge(worker), nil)
      }
      kernels.winogradOutput(
        s.side, window, products, m, s.columns, 0, target, s.outputs, epilogue, first, count, line)
    }
  }

  func inPhases() {
    let s = schedule, kernels = KernelSet.selected, pool = ThreadPool.shared, tilesPerTask = 8
    let v = scratch.shared, m = v + s.side * s.side * s.picturePlane
    for start in stride(from: 0, to: s.tiles, by: s.tilesEach) {
      let count = min(s.tilesEach, s.tiles - start), tasks = (count + tilesPerTask - 1) / tilesPerTask
      pool.run(tasks, workers: scratch.workers) { task, worker in
        let row = task * tilesPerTask
        kernels.winogradInput(
          s.side, window, source, start + row, min(tilesPerTask, count - row), v, s.picturePlane, row,
          scratch.extra(worker))
      }
      let parts = (s.panels + s.panelsEach - 1) / s.panelsEach
      pool.run(s.side * parts, workers: scratch.workers) { task, worker in
        multiply(row: task % s.side, firstPanel: task / s.side * s.panelsEach, count, v, m, worker)
      }
      pool.run(tasks, workers: scratch.workers) { task, worker in
        let row = task * tilesPerTask
        kernels.winogradOutput(
          s.side, window, m, s.productPlane, s.columns, row, target, s.outputs, epilogue, start + row,
          min(tilesPerTask, count - row), scratch.extra(worker))
      }
    }
  }

  /// The planes of one row of the transform, for some panels of the filter.
  private func multiply(
    row: Int, firstPanel: Int, _ count: Int, _ v: UnsafePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ worker: Int
  ) {
    let s = schedule, kernels = KernelSet.selected, nothing = Finish<Float>.nothing.epilogue
    let panels = min(s.panelsEach, s.panels - firstPanel)
    guard let kept else {
      // Some of the channels at a time, so that their part of the filter stays in the second-level cache.
      let mine = scratch.extra(worker) + s.lineCount, tileColumns = kernels.tileColumns
      for k in stride(from: 0, to: s.channels, by: s.depthEach) {
        let depth = min(s.depthEach, s.channels - k)
        for panel in 0..<panels {
          kernels.winogradFilter(
            s.side, row, 1, weights + (9 * (firstPanel + panel) * s.channels + k) * tileColumns, s.channels,
            depth,
            mine + panel * depth * tileColumns, s.filterPlane)
        }
        for j in 0..<s.side {
          // The kernel counts panels from the filter's first, which precedes this task's.
          let xi = row * s.side + j, u = mine + j * s.filterPlane - firstPanel * depth * tileColumns
          kernels.multiplyBlock(
            depth, v + xi * s.picturePlane + k, s.channels, u, m + xi * s.productPlane, s.columns, s.columns,
            k > 0,
            nothing, 0, count, firstPanel, panels, scratch.table(worker), scratch.edge(worker), nil)
        }
      }
      return
    }
    for xi in (row * s.side)..<((row + 1) * s.side) {
      kernels.multiplyBlock(
        s.channels, v + xi * s.picturePlane, s.channels, kept + xi * s.panels * s.panelCount,
        m + xi * s.productPlane,
        s.columns, s.columns, false, nothing, 0, count, firstPanel, panels, scratch.table(worker),
        scratch.edge(worker),
        nil)
    }
  }
}

private func roundedUp(_ count: Int, _ multiple: Int) -> Int { (count + multiple - 1) / multiple * multiple }

/// Rows that the register tiles compute for `count`: a short tile may compute the last ones.
private func rowsOfTiles(_ count: Int, _ tileRows: Int) -> Int {
  let rest = count % tileRows
  return count - rest + (rest == 0 ? 0 : rest <= Kernels.shortRows ? Kernels.shortRows : tileRows)
}
