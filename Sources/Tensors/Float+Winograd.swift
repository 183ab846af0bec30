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

  /// The weights of all 36 products, made for each use: four times as many numbers as the plain ones, which would cost
  /// more memory than their making costs time.
  private static func transformed(_ filter: PackedMatrix<Float>, _ inputs: Int) throws(Failure) -> Planes {
    let kernels = KernelSet.selected
    let u = try Planes(rows: inputs, columns: filter.columns)
    let lines = try Lines()
    withExtendedLifetime((u, lines)) {
      ThreadPool.shared.run(filter.columns / kernels.tileColumns, workers: lines.workers) { panel, worker in
        kernels.winogradFilter(
          filter.storage.pointer, inputs, u.storage.pointer, u.plane, panel, lines.line(worker))
      }
    }
    return u
  }

  /// The same result as `convolve`, with a quarter of the multiplications; only where `fitsWinograd`.
  /// - Parameter filter: [9 * channels, columns].
  package static func convolveByWinograd(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedMatrix<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>
  ) throws(Failure) {
    let u = try transformed(filter, window.channels), columns = filter.columns
    if window.channels * columns <= 128 * 128 {
      try winogradInChunks(window, x, u, columns, y, finish)
    } else {
      try winogradInPhases(window, x, u, columns, y, finish)
    }
  }

  /// For filters that stay in the second-level cache: each task takes a few tiles through all three steps there.
  private static func winogradInChunks(
    _ window: Window, _ x: UnsafePointer<Float>, _ u: Planes, _ columns: Int,
    _ y: UnsafeMutablePointer<Float>, _ finish: Finish<Float>
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let channels = window.channels, tiles = window.winogradTiles
    let cacheCount = 196_608  // 768 KB of the second-level cache for a task's tiles
    let largest = max(1, cacheCount / (36 * (channels + columns)) / kernels.tileRows) * kernels.tileRows
    let chunk = min(largest, max(1, tiles / 8 / kernels.tileRows) * kernels.tileRows)
    let scratch = try Scratch(pointers: chunk + kernels.tileRows, kernels)
    let lines = try Lines()
    let workers = min(scratch.workers, lines.workers)
    let vPlane = Planes.spacing(chunk * channels), mPlane = Planes.spacing(chunk * columns)
    let each = 36 * (vPlane + mPlane)
    let planes = try Storage<Float>(count: workers * each)
    let epilogue = finish.epilogue, nothing = Finish<Float>.nothing.epilogue
    withExtendedLifetime((finish, u, scratch, lines, planes)) {
      ThreadPool.shared.run((tiles + chunk - 1) / chunk, workers: workers) { task, worker in
        let first = task * chunk, count = min(chunk, tiles - first)
        let v = planes.pointer + worker * each, m = v + 36 * vPlane
        kernels.winogradInput(window, x, first, count, v, vPlane, 0, lines.line(worker))
        for xi in 0..<36 {
          kernels.multiplyBlock(
            channels, v + xi * vPlane, channels, u.storage.pointer + xi * u.plane, m + xi * mPlane,
            columns, false, nothing, 0, count, 0, columns / kernels.tileColumns, scratch.table(worker),
            scratch.edge(worker))
        }
        kernels.winogradOutput(window, m, mPlane, 0, y, columns, epilogue, first, count, lines.line(worker))
      }
    }
  }

  /// For large filters: all tiles of a round go through one step after the other, so that each of the 36 parts of
  /// the filter is read once a round and stays in the cache meanwhile.
  private static func winogradInPhases(
    _ window: Window, _ x: UnsafePointer<Float>, _ u: Planes, _ columns: Int,
    _ y: UnsafeMutablePointer<Float>, _ finish: Finish<Float>
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let channels = window.channels, tiles = window.winogradTiles
    let round = min(tiles, 128), tilesPerTask = 8
    let scratch = try Scratch(pointers: round + kernels.tileRows, kernels)
    let lines = try Lines()
    let workers = min(scratch.workers, lines.workers)
    let v = try Planes(rows: round, columns: channels), m = try Planes(rows: round, columns: columns)
    let epilogue = finish.epilogue, nothing = Finish<Float>.nothing.epilogue
    let pool = ThreadPool.shared
    withExtendedLifetime((finish, u, scratch, lines, v, m)) {
      for start in stride(from: 0, to: tiles, by: round) {
        let count = min(round, tiles - start), tasks = (count + tilesPerTask - 1) / tilesPerTask
        pool.run(tasks, workers: workers) { task, worker in
          let row = task * tilesPerTask
          kernels.winogradInput(
            window, x, start + row, min(tilesPerTask, count - row), v.storage.pointer, v.plane, row,
            lines.line(worker))
        }
        pool.run(36, workers: workers) { xi, worker in
          kernels.multiplyBlock(
            channels, v.storage.pointer + xi * v.plane, channels, u.storage.pointer + xi * u.plane,
            m.storage.pointer + xi * m.plane, columns, false, nothing, 0, count, 0, columns / kernels.tileColumns,
            scratch.table(worker), scratch.edge(worker))
        }
        pool.run(tasks, workers: workers) { task, worker in
          let row = task * tilesPerTask
          kernels.winogradOutput(
            window, m.storage.pointer, m.plane, row, y, columns, epilogue, start + row,
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
  let plane: Int

  init(rows: Int, columns: Int) throws(Failure) {
    plane = Planes.spacing(rows * columns)
    storage = try Storage(count: 36 * plane)
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
