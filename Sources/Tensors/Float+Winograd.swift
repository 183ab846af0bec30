import CSystem

// Convolution by Winograd's F(4x4, 3x3) where it pays; the kernels are in Kernels/Winograd.swift.

extension Float {
  package static func packFilter(
    kernel: Int, stride: Int, inputs: Int, outputs: Int, matrix: Storage<Float>, isCompact: Bool
  ) throws(Failure) -> PackedFilter<Float> {
    let weights: PackedFilter<Float>.Weights =
      isCompact
      ? .compact(matrix)
      : .ready(
        try pack(
          depth: kernel * kernel * inputs, columns: outputs, matrix.pointer, rowStride: outputs, columnStride: 1))
    return PackedFilter(kernel: kernel, stride: stride, inputs: inputs, outputs: outputs, weights: weights)
  }

  package static func convolve(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedFilter<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>
  ) throws(Failure) {
    switch filter.weights {
    case .ready(let plain):
      try convolve(window, x, plain, y, finish)
    case .compact(let matrix) where paysWinograd(window, filter):
      try convolveByWinograd(window, x, matrix, filter.outputs, y, finish)
    case .compact(let matrix):
      let plain = try pack(
        depth: window.taps * filter.inputs, columns: filter.outputs, matrix.pointer, rowStride: filter.outputs,
        columnStride: 1)
      try convolve(window, x, plain, y, finish)
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

  /// The weights of all 36 products.
  private static func transformed(
    _ matrix: Storage<Float>, _ inputs: Int, _ outputs: Int
  ) throws(Failure) -> Storage<Float> {
    let kernels = KernelSet.selected
    let u = try Storage<Float>(count: 36 * inputs * outputs)
    let lines = try Lines()
    let channelsPerTask = 16
    withExtendedLifetime((u, matrix, lines)) {
      ThreadPool.shared.run((inputs + channelsPerTask - 1) / channelsPerTask, workers: lines.workers) { task, worker in
        let first = task * channelsPerTask
        kernels.winogradFilter(
          matrix.pointer, inputs, outputs, u.pointer, first, min(channelsPerTask, inputs - first), lines.line(worker))
      }
    }
    return u
  }

  /// The same result as `convolve`, with a quarter of the multiplications; only where `fitsWinograd`.
  /// - Parameter matrix: [9 * channels, columns].
  package static func convolveByWinograd(
    _ window: Window, _ x: UnsafePointer<Float>, _ matrix: Storage<Float>, _ columns: Int,
    _ y: UnsafeMutablePointer<Float>, _ finish: Finish<Float>
  ) throws(Failure) {
    let u = try transformed(matrix, window.channels, columns)
    if window.channels * columns <= 128 * 128 {
      try winogradInChunks(window, x, u, columns, y, finish)
    } else {
      try winogradInPhases(window, x, u, columns, y, finish)
    }
  }

  /// For filters that stay in the second-level cache: each task takes a few tiles through all three steps there.
  private static func winogradInChunks(
    _ window: Window, _ x: UnsafePointer<Float>, _ u: Storage<Float>, _ columns: Int,
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
    let each = 36 * chunk * (channels + columns)
    let planes = try Storage<Float>(count: workers * each)
    let epilogue = finish.epilogue, nothing = Finish<Float>.nothing.epilogue
    withExtendedLifetime((finish, u, scratch, lines, planes)) {
      ThreadPool.shared.run((tiles + chunk - 1) / chunk, workers: workers) { task, worker in
        let first = task * chunk, count = min(chunk, tiles - first)
        let v = planes.pointer + worker * each, m = v + 36 * chunk * channels
        kernels.winogradInput(window, x, first, count, v, chunk * channels, 0, lines.line(worker))
        for xi in 0..<36 {
          kernels.multiplyBlock(
            channels, v + xi * chunk * channels, channels, u.pointer + xi * channels * columns, m + xi * chunk * columns,
            columns, false, nothing, 0, count, 0, columns / kernels.tileColumns, scratch.table(worker),
            scratch.edge(worker))
        }
        kernels.winogradOutput(window, m, chunk * columns, 0, y, columns, epilogue, first, count, lines.line(worker))
      }
    }
  }

  /// For large filters: all tiles of a round go through one step after the other, so that each of the 36 parts of
  /// the filter is read once a round and stays in the cache meanwhile.
  private static func winogradInPhases(
    _ window: Window, _ x: UnsafePointer<Float>, _ u: Storage<Float>, _ columns: Int,
    _ y: UnsafeMutablePointer<Float>, _ finish: Finish<Float>
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let channels = window.channels, tiles = window.winogradTiles
    let round = min(tiles, 128), tilesPerTask = 8
    let scratch = try Scratch(pointers: round + kernels.tileRows, kernels)
    let lines = try Lines()
    let workers = min(scratch.workers, lines.workers)
    let v = try Storage<Float>(count: 36 * round * channels), m = try Storage<Float>(count: 36 * round * columns)
    let epilogue = finish.epilogue, nothing = Finish<Float>.nothing.epilogue
    let pool = ThreadPool.shared
    withExtendedLifetime((finish, u, scratch, lines, v, m)) {
      for start in stride(from: 0, to: tiles, by: round) {
        let count = min(round, tiles - start), tasks = (count + tilesPerTask - 1) / tilesPerTask
        pool.run(tasks, workers: workers) { task, worker in
          let row = task * tilesPerTask
          kernels.winogradInput(
            window, x, start + row, min(tilesPerTask, count - row), v.pointer, round * channels, row,
            lines.line(worker))
        }
        pool.run(36, workers: workers) { xi, worker in
          kernels.multiplyBlock(
            channels, v.pointer + xi * round * channels, channels, u.pointer + xi * channels * columns,
            m.pointer + xi * round * columns, columns, false, nothing, 0, count, 0, columns / kernels.tileColumns,
            scratch.table(worker), scratch.edge(worker))
        }
        pool.run(tasks, workers: workers) { task, worker in
          let row = task * tilesPerTask
          kernels.winogradOutput(
            window, m.pointer, round * columns, row, y, columns, epilogue, start + row,
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

/// Room for 36 vectors, for each worker.
private final class Lines {
  private static let each = 36 * 16
  private let storage: Storage<Float>
  let workers = ThreadPool.shared.threads

  init() throws(Failure) { storage = try Storage(count: workers * Lines.each) }

  func line(_ worker: Int) -> UnsafeMutablePointer<Float> { storage.pointer + worker * Lines.each }
}
