import CSystem

// Convolution by Winograd's F(4x4, 3x3) where it pays; the kernels are in Kernels/Winograd.swift.

extension Float {
  package static func convolve(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedFilter<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>
  ) throws(Failure) {
    if paysWinograd(window, filter) {
      try convolveByWinograd(window, x, filter.plain, y, finish)
    } else {
      try convolve(window, x, filter.plain, y, finish)
    }
  }

  /// 3x3 with stride 1, channels that fill the vectors, and work enough: Winograd's method rounds two to three times
  /// as much as the plain one, which small pictures are not worth.
  private static func paysWinograd(_ window: Window, _ filter: PackedFilter<Float>) -> Bool {
    fitsWinograd(kernel: filter.kernel, stride: filter.stride, inputs: filter.inputs, outputs: filter.outputs)
      && window.outputPixels * window.taps * filter.inputs * filter.outputs >= 1 << 28
  }

  package static func fitsWinograd(kernel: Int, stride: Int, inputs: Int, outputs: Int) -> Bool {
    let kernels = KernelSet.selected
    return kernel == 3 && stride == 1 && inputs % (kernels.tileColumns / 2) == 0 && outputs % kernels.tileColumns == 0
  }

  /// The same result as `convolve`, with a quarter of the multiplications; only where `fitsWinograd`.
  /// - Parameter filter: [9 * channels, columns].
  package static func convolveByWinograd(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedMatrix<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>
  ) throws(Failure) {
    if window.channels * filter.columns <= 128 * 128 {
      try winogradInChunks(window, x, filter, y, finish)
    } else {
      try winogradInPhases(window, x, filter, y, finish)
    }
  }

  /// For filters that stay in the second-level cache: each task takes a few tiles through all three steps there.
  private static func winogradInChunks(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedMatrix<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let channels = window.channels, columns = filter.columns, tiles = window.winogradTiles
    let panels = columns / kernels.tileColumns, panelCount = channels * kernels.tileColumns
    let cacheCount = 196_608  // 768 KB of the second-level cache for a task's tiles
    let largest = max(1, cacheCount / (36 * (channels + columns)) / kernels.tileRows) * kernels.tileRows
    let chunk = min(largest, max(1, tiles / 8 / kernels.tileRows) * kernels.tileRows)
    let scratch = try Scratch(pointers: chunk + kernels.tileRows, kernels)
    let lines = try Lines()
    let workers = min(scratch.workers, lines.workers)
    let u = try Planes(panels * panelCount)
    let v = Planes.spacing(chunk * channels), m = Planes.spacing(chunk * columns)
    let planes = try Storage<Float>(count: workers * 36 * (v + m))
    let epilogue = finish.epilogue, nothing = Finish<Float>.nothing.epilogue
    let pool = ThreadPool.shared
    withExtendedLifetime((finish, filter, u, scratch, lines, planes)) {
      pool.run(panels, workers: workers) { panel, worker in
        kernels.winogradFilter(
          filter.storage.pointer + panel * 9 * panelCount, channels, u.storage.pointer + panel * panelCount, u.spacing,
          lines.line(worker))
      }
      pool.run((tiles + chunk - 1) / chunk, workers: workers) { task, worker in
        let first = task * chunk, count = min(chunk, tiles - first)
        let mine = planes.pointer + worker * 36 * (v + m), products = mine + 36 * v
        kernels.winogradInput(window, x, first, count, mine, v, 0, lines.line(worker))
        for xi in 0..<36 {
          kernels.multiplyBlock(
            channels, mine + xi * v, channels, u.storage.pointer + xi * u.spacing, products + xi * m, columns, false,
            nothing, 0, count, 0, panels, scratch.table(worker), scratch.edge(worker))
        }
        kernels.winogradOutput(window, products, m, 0, y, columns, epilogue, first, count, lines.line(worker))
      }
    }
  }

  /// For large filters: the tiles of a round go through one step after the other. In the second, a task transforms as
  /// many panels of the filter as its cache holds and multiplies all tiles by them: the transformed filter, four times
  /// as many numbers as the plain one, never exists as a whole.
  private static func winogradInPhases(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedMatrix<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let channels = window.channels, columns = filter.columns, tiles = window.winogradTiles
    let panels = columns / kernels.tileColumns, panelCount = channels * kernels.tileColumns
    let cacheCount = 393_216  // 1.5 MB of the second-level cache for a task's part of the filter
    let panelsPerTask = min(panels, max(1, cacheCount / (36 * panelCount)))
    let rounds = (tiles + 255) / 256, round = (tiles + rounds - 1) / rounds, tilesPerTask = 8
    let scratch = try Scratch(pointers: round + kernels.tileRows, kernels)
    let lines = try Lines()
    let workers = min(scratch.workers, lines.workers)
    let u = Planes.spacing(panelsPerTask * panelCount)
    let filters = try Storage<Float>(count: workers * 36 * u)
    let v = try Planes(round * channels), m = try Planes(round * columns)
    let epilogue = finish.epilogue, nothing = Finish<Float>.nothing.epilogue
    let pool = ThreadPool.shared
    withExtendedLifetime((finish, filter, scratch, lines, filters, v, m)) {
      for start in stride(from: 0, to: tiles, by: round) {
        let count = min(round, tiles - start), tasks = (count + tilesPerTask - 1) / tilesPerTask
        pool.run(tasks, workers: workers) { task, worker in
          let row = task * tilesPerTask
          kernels.winogradInput(
            window, x, start + row, min(tilesPerTask, count - row), v.storage.pointer, v.spacing, row,
            lines.line(worker))
        }
        pool.run((panels + panelsPerTask - 1) / panelsPerTask, workers: workers) { task, worker in
          let first = task * panelsPerTask, some = min(panelsPerTask, panels - first)
          let mine = filters.pointer + worker * 36 * u
          for panel in 0..<some {
            kernels.winogradFilter(
              filter.storage.pointer + (first + panel) * 9 * panelCount, channels, mine + panel * panelCount, u,
              lines.line(worker))
          }
          for xi in 0..<36 {
            // The kernel counts panels from the filter's first, which lies before this task's.
            kernels.multiplyBlock(
              channels, v.storage.pointer + xi * v.spacing, channels, mine + xi * u - first * panelCount,
              m.storage.pointer + xi * m.spacing, columns, false, nothing, 0, count, first, some, scratch.table(worker),
              scratch.edge(worker))
          }
        }
        pool.run(tasks, workers: workers) { task, worker in
          let row = task * tilesPerTask
          kernels.winogradOutput(
            window, m.storage.pointer, m.spacing, row, y, columns, epilogue, start + row,
            min(tilesPerTask, count - row), lines.line(worker))
        }
      }
    }
  }
}

extension Window {
  /// 4x4 tiles of the result.
  fileprivate var winogradTiles: Int { batch * ((outHeight + 3) / 4) * ((outWidth + 3) / 4) }
}

/// 36 matrices of one size.
private struct Planes {
  let storage: Storage<Float>
  /// From one to the next.
  let spacing: Int

  init(_ count: Int) throws(Failure) {
    spacing = Planes.spacing(count)
    storage = try Storage(count: 36 * spacing)
  }

  /// At least `count`, and an odd number of cache lines: the same place of all 36 then falls into different sets of
  /// the first-level cache, where a power of two would let them push each other out.
  static func spacing(_ count: Int) -> Int {
    let lines = (count + 15) / 16
    return (lines % 2 == 0 ? lines + 1 : lines) * 16
  }
}

/// Room for 36 vectors, for each worker.
private final class Lines {
  private static let each = 36 * 16
  private let storage: Storage<Float>
  let workers = ThreadPool.shared.threads

  init() throws(Failure) { storage = try Storage(count: workers * Lines.each) }

  func line(_ worker: Int) -> UnsafeMutablePointer<Float> { storage.pointer + worker * Lines.each }
}
