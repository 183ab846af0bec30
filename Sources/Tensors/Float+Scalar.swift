import CSystem

extension Float: Scalar {
  package static func power(_ x: Float, _ y: Float) -> Float { powf(x, y) }
  package static func exponential(_ x: Float) -> Float { expf(x) }

  package static func pack(
    depth: Int, columns: Int, _ b: UnsafePointer<Float>, rowStride: Int, columnStride: Int
  ) throws(Failure) -> PackedMatrix<Float> {
    let kernels = KernelSet.selected
    let panels = (columns + kernels.tileColumns - 1) / kernels.tileColumns
    let storage = try Storage<Float>(count: panels * kernels.tileColumns * depth)
    let pointer = storage.pointer
    ThreadPool.shared.run(panels) { panel, _ in
      kernels.packPanel(depth, columns, b, rowStride, columnStride, panel, pointer)
    }
    return PackedMatrix(depth: depth, columns: columns, storage: storage)
  }

  package static func multiply(
    rows: Int, _ a: UnsafePointer<Float>, rowStride: Int, columnStride: Int, _ b: PackedMatrix<Float>,
    _ c: UnsafeMutablePointer<Float>, accumulate: Bool, _ finish: Finish<Float>
  ) throws(Failure) {
    guard rows > 0, b.columns > 0 else { return }
    guard columnStride == 1 else {
      // The tile reads rows of factors: put them in rows first.
      let transposed = try Storage<Float>(count: rows * b.depth)
      transpose(a, stride: columnStride, rows: rows, columns: b.depth, into: transposed.pointer)
      try multiply(
        rows: rows, transposed.pointer, rowStride: b.depth, columnStride: 1, b, c, accumulate: accumulate, finish)
      return
    }
    let kernels = KernelSet.selected
    let split = Split(rows: rows, columns: b.columns, kernels)
    let scratch = try Scratch(pointers: split.rowsPerTask + kernels.tileRows, kernels)
    let epilogue = finish.epilogue
    withExtendedLifetime((finish, b, scratch)) {
      ThreadPool.shared.run(split.count, workers: scratch.workers) { task, worker in
        let part = split.part(task)
        kernels.multiplyBlock(
          b.depth, a, rowStride, b.storage.pointer, c, b.columns, accumulate, epilogue,
          part.row, part.rows, part.panel, part.panels, scratch.table(worker), scratch.edge(worker))
      }
    }
  }

  package static func convolve(
    _ window: Window, _ x: UnsafePointer<Float>, _ b: PackedMatrix<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>
  ) throws(Failure) {
    guard window.outputPixels > 0, b.columns > 0 else { return }
    // Few channels make short runs: pad the picture, so that a whole row of the window is one run.
    if window.channels < 16, window.kernelWidth > 1 {
      let (padded, inside) = try pad(window, x)
      try sweep(inside, padded.pointer, b, y, fusedRow: true, finish)
      withExtendedLifetime(padded) {}
    } else {
      try sweep(window, x, b, y, fusedRow: false, finish)
    }
  }

  private static func sweep(
    _ window: Window, _ x: UnsafePointer<Float>, _ b: PackedMatrix<Float>, _ y: UnsafeMutablePointer<Float>,
    fusedRow: Bool, _ finish: Finish<Float>
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let split = Split(rows: window.outputPixels, columns: b.columns, kernels)
    let taps = window.kernelHeight * (fusedRow ? 1 : window.kernelWidth)
    let scratch = try Scratch(pointers: taps * (split.rowsPerTask + kernels.tileRows), kernels)
    let zeros = try Storage<Float>(repeating: 0, count: window.channels)
    let epilogue = finish.epilogue
    withExtendedLifetime((finish, b, scratch, zeros)) {
      ThreadPool.shared.run(split.count, workers: scratch.workers) { task, worker in
        let part = split.part(task)
        kernels.convolveBlock(
          window, x, b.storage.pointer, zeros.pointer, y, b.columns, fusedRow, epilogue,
          part.row, part.rows, part.panel, part.panels, scratch.table(worker), scratch.edge(worker))
      }
    }
  }

  /// The picture with its zeros in place: every window of the result lies inside it.
  private static func pad(_ window: Window, _ x: UnsafePointer<Float>) throws(Failure) -> (Storage<Float>, Window) {
    var inside = window
    inside.height = (window.outHeight - 1) * window.strideY + window.kernelHeight
    inside.width = (window.outWidth - 1) * window.strideX + window.kernelWidth
    inside.padTop = 0
    inside.padLeft = 0
    let rowLength = inside.width * window.channels
    let padded = try Storage<Float>(repeating: 0, count: window.batch * inside.height * rowLength)
    // A gradient's window may begin inside the picture: its padding is negative then.
    let skipped = max(-window.padLeft, 0), firstColumn = min(max(window.padLeft, 0), inside.width)
    let copied = min(window.width - skipped, inside.width - firstColumn) * window.channels
    guard copied > 0 else { return (padded, inside) }
    for picture in 0..<window.batch {
      for row in 0..<window.height where row + window.padTop >= 0 && row + window.padTop < inside.height {
        let source = x + ((picture * window.height + row) * window.width + skipped) * window.channels
        let target = padded.pointer + (picture * inside.height + row + window.padTop) * rowLength
        (target + firstColumn * window.channels).update(from: source, count: copied)
      }
    }
    return (padded, inside)
  }

  package static func pool(
    _ window: Window, isMaximum: Bool, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    let kernels = KernelSet.selected
    // Long enough to hide the start of a task.
    let pixelsPerTask = max(1, (1 << 16) / max(1, window.taps * window.channels))
    let pixels = window.outputPixels
    ThreadPool.shared.run((pixels + pixelsPerTask - 1) / pixelsPerTask) { task, _ in
      let first = task * pixelsPerTask
      kernels.poolBlock(window, isMaximum, x, y, first, min(pixelsPerTask, pixels - first))
    }
  }

  package static func gate(
    _ dy: UnsafePointer<Float>, by y: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let kernels = KernelSet.selected
    forEachSlice(of: count) {
      kernels.gateBlock(dy + $0.lowerBound, y + $0.lowerBound, dx + $0.lowerBound, $0.count)
    }
  }

  package static func normaliseResponse(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, rows: Int, channels: Int, scale: Float, half: Int
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let rowsPerTask = max(1, (1 << 14) / max(1, channels))
    let each = channels + 2 * half + 16, workers = ThreadPool.shared.threads
    let lines = try Storage<Float>(count: workers * each)
    withExtendedLifetime(lines) {
      ThreadPool.shared.run((rows + rowsPerTask - 1) / rowsPerTask, workers: workers) { task, worker in
        let first = task * rowsPerTask
        kernels.responseBlock(
          x, y, channels, scale, half, first, min(rowsPerTask, rows - first), lines.pointer + worker * each)
      }
    }
  }

  /// `target[i, j] = source[j, i]`, `target` being `rows` x `columns`.
  package static func transpose(
    _ source: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let kernels = KernelSet.selected
    let rowsPerTask = 16
    ThreadPool.shared.run((rows + rowsPerTask - 1) / rowsPerTask) { task, _ in
      let first = task * rowsPerTask
      kernels.transposeBlock(source, stride, target, columns, first, min(rowsPerTask, rows - first), columns)
    }
  }
}

extension Finish where Element == Float {
  var epilogue: Epilogue {
    let kind: Int
    switch activation {
    case .none: kind = Int(activationNone)
    case .rectifier: kind = Int(activationRectifier)
    case .parametric: kind = Int(activationParametric)
    }
    return Epilogue(bias: bias.map { UnsafePointer($0.pointer) }, slopes: slopes.map { UnsafePointer($0.pointer) }, activation: kind)
  }
}

/// How a product is cut into tasks: by its size alone, so that results do not depend on the number of threads.
private struct Split {
  let rowsPerTask, rowTasks, panelsPerTask, panelTasks: Int
  private let rows, panels: Int

  var count: Int { rowTasks * panelTasks }

  init(rows: Int, columns: Int, _ kernels: KernelSet) {
    // 96 rows: a task long enough to hide its start, its part of `a` small enough for the second-level cache.
    let largest = 96, wantedTasks = 8
    let tiles = (rows + kernels.tileRows - 1) / kernels.tileRows
    self.rows = rows
    panels = (columns + kernels.tileColumns - 1) / kernels.tileColumns
    let tilesPerTask = max(1, min(largest / kernels.tileRows, tiles / wantedTasks))
    rowsPerTask = tilesPerTask * kernels.tileRows
    rowTasks = (rows + rowsPerTask - 1) / rowsPerTask
    panelTasks = max(1, min(panels, wantedTasks / rowTasks))
    panelsPerTask = (panels + panelTasks - 1) / panelTasks
  }

  func part(_ task: Int) -> (row: Int, rows: Int, panel: Int, panels: Int) {
    let row = task / panelTasks * rowsPerTask
    let panel = task % panelTasks * panelsPerTask
    return (row, min(rowsPerTask, rows - row), panel, max(0, min(panelsPerTask, panels - panel)))
  }
}

/// Each worker's pointers and edge tile.
final class Scratch {
  private let pointers: Storage<UnsafePointer<Float>>
  private let edges: Storage<Float>
  private let pointersEach, edgeEach: Int
  /// How many workers there is room for: the pool's threads may become more while the work goes on.
  let workers = ThreadPool.shared.threads

  init(pointers count: Int, _ kernels: KernelSet) throws(Failure) {
    pointersEach = count
    edgeEach = kernels.tileRows * kernels.tileColumns
    pointers = try Storage(count: workers * pointersEach)
    edges = try Storage(count: workers * edgeEach)
  }

  func table(_ worker: Int) -> UnsafeMutablePointer<UnsafePointer<Float>> { pointers.pointer + worker * pointersEach }
  func edge(_ worker: Int) -> UnsafeMutablePointer<Float> { edges.pointer + worker * edgeEach }
}
