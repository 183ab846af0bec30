import CSystem
import Kernels

extension Float: Scalar {
  package static var panelWidth: Int? { KernelSet.selected.tileColumns }

  package var accumulated: Double { Double(self) }
  package var value: Double { Double(self) }

  package static func power(_ x: Float, _ y: Float) -> Float { powf(x, y) }
  package static func exponential(_ x: Float) -> Float { expf(x) }
  package static func logarithm(_ x: Float) -> Float { logf(x) }
  package static func logarithm(onePlus x: Float) -> Float { log1pf(x) }
  package static func sine(_ x: Float) -> Float { sinf(x) }
  package static func cosine(_ x: Float) -> Float { cosf(x) }
  package static func hyperbolicTangent(_ x: Float) -> Float { tanhf(x) }

  package static func pack(
    depth: Int, columns: Int, _ b: UnsafePointer<Float>, rowStride: Int, columnStride: Int
  ) throws(Failure) -> PackedMatrix<Float> {
    let width = KernelSet.selected.tileColumns
    let packed = PackedMatrix(
      depth: depth, columns: columns,
      storage: try Storage<Float>(count: (columns + width - 1) / width * width * depth))
    repack(packed, b, rowStride: rowStride, columnStride: columnStride)
    return packed
  }

  /// Packs other numbers of the same depth and columns into an existing result of `pack`.
  package static func repack(
    _ packed: PackedMatrix<Float>, _ b: UnsafePointer<Float>, rowStride: Int, columnStride: Int
  ) {
    let kernels = KernelSet.selected, depth = packed.depth, pointer = packed.storage.pointer
    let panels = (packed.columns + kernels.tileColumns - 1) / kernels.tileColumns
    if columnStride == 1 {
      // A few rows at a time through all panels: their pages, and the neighbours of a panel's columns, stay
      // in the cache.
      let rowsEach = 64
      ThreadPool.shared.run((depth + rowsEach - 1) / rowsEach) { task, _ in
        let first = task * rowsEach, count = min(rowsEach, depth - first)
        for panel in 0..<panels {
          // The kernel places a panel by its own depth, so the block begins where a panel with that few rows
          // would.
          let target = pointer + (panel * depth + first - panel * count) * kernels.tileColumns
          kernels.packPanel(
            count, packed.columns, b + first * rowStride, rowStride, columnStride, panel, target)
        }
      }
    } else {
      ThreadPool.shared.run(panels) { panel, _ in
        kernels.packPanel(depth, packed.columns, b, rowStride, columnStride, panel, pointer)
      }
    }
    withExtendedLifetime(packed) {}
  }

  package static func multiply(
    rows: Int, _ a: UnsafePointer<Float>, rowStride: Int, columnStride: Int, _ b: PackedMatrix<Float>,
    _ c: UnsafeMutablePointer<Float>, accumulate: Bool, _ finish: Finish<Float>, _ workspace: Workspace
  ) throws(Failure) {
    guard rows > 0, b.columns > 0 else { return }
    let kernels = KernelSet.selected
    let schedule = ProductSchedule(rows: rows, depth: b.depth, columns: b.columns, rowStride, columnStride)
    let split = schedule.split, copies = schedule.copies
    var scratch = schedule.scratch
    try scratch.take(from: workspace)
    let epilogue = finish.epilogue
    var factors = a, stride = rowStride
    if schedule.isTransposed {
      transpose(a, stride: columnStride, rows: rows, columns: b.depth, into: scratch.shared)
      factors = UnsafePointer(scratch.shared)
      stride = b.depth
    }
    withExtendedLifetime((finish, b)) { [scratch, factors, stride] in
      ThreadPool.shared.run(split.count, workers: scratch.workers) { task, worker in
        let part = split.part(task)
        kernels.multiplyBlock(
          b.depth, factors, stride, b.storage.pointer, c, b.columns, b.columns, accumulate, epilogue,
          part.row, part.rows, part.panel, part.panels, scratch.table(worker), scratch.edge(worker),
          copies ? scratch.extra(worker) : nil)
      }
    }
  }

  /// Workspace size of `multiply`, in numbers.
  package static func multiplyScratchCount(
    rows: Int, depth: Int, columns: Int, rowStride: Int, columnStride: Int
  ) -> Int {
    ProductSchedule(rows: rows, depth: depth, columns: columns, rowStride, columnStride).scratch.count
  }

  package static func pool(
    _ window: Window, isMaximum: Bool, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    pool(window, kind: Int(isMaximum ? poolingMaximum : poolingAverage), x, y)
  }

  /// `y = sqrt(sum of squares)` of each window.
  package static func euclideanPool(
    _ window: Window, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    pool(window, kind: Int(poolingEuclidean), x, y)
  }

  private static func pool(
    _ window: Window, kind: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    let kernels = KernelSet.selected
    // Long enough to hide the start of a task.
    let pixelsPerTask = max(1, (1 << 16) / max(1, window.taps * window.channels))
    let pixels = window.outputPixels
    ThreadPool.shared.run((pixels + pixelsPerTask - 1) / pixelsPerTask) { task, _ in
      let first = task * pixelsPerTask
      kernels.poolBlock(window, kind, x, y, first, min(pixelsPerTask, pixels - first))
    }
  }

  package static func poolGradient(
    _ window: Window, _ kind: WindowPooling, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>
  ) {
    let kernels = KernelSet.selected
    let code: Int
    switch kind {
    case .average: code = Int(poolingAverage)
    case .maximum: code = Int(poolingMaximum)
    case .euclidean: code = Int(poolingEuclidean)
    }
    // Windows overlap: a picture is one task.
    ThreadPool.shared.run(window.batch) { picture, _ in
      kernels.poolGradientBlock(window, code, x, y, dy, dx, picture, 1)
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

  /// `sum of (x - target)^2`; sets `gradient` to `slope (x - target)`, or adds it.
  package static func squaredDistance(
    _ x: UnsafePointer<Float>, _ target: UnsafePointer<Float>, _ count: Int, slope: Float,
    into gradient: UnsafeMutablePointer<Float>?, accumulate: Bool
  ) -> Double {
    let kernels = KernelSet.selected
    var total = 0.0
    // Slices of a fixed length, summed in order: the same bits for any number of threads.
    let slice = 1 << 16, slices = (count + slice - 1) / slice
    withUnsafeTemporaryAllocation(of: Double.self, capacity: slices) { sums in
      guard let sums = sums.baseAddress else { return }
      ThreadPool.shared.run(slices) { task, _ in
        let first = task * slice
        sums[task] = kernels.squaredDistanceBlock(
          x + first, target + first, min(slice, count - first), slope, gradient.map { $0 + first }, accumulate
        )
      }
      for i in 0..<slices { total += sums[i] }
    }
    return total
  }

  /// 2x2 pooling with stride 2 of a rectifier's results, including windows over the lower and right edge.
  ///
  /// - Parameters:
  ///   - window: of the picture [batch, height, width, channels], channels filling whole vectors.
  ///   - codes: receives four bits per pooled number, which is all that `unpool` needs of the picture.
  package static func poolRectified(
    _ window: Window, isMaximum: Bool, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ codes: UnsafeMutablePointer<UInt8>?
  ) {
    let kernels = KernelSet.selected
    let rows = window.batch * ((window.height + 1) / 2)
    ThreadPool.shared.run(rows) { row, _ in
      kernels.poolRowsBlock(window, Int(isMaximum ? poolingMaximum : poolingAverage), x, y, codes, row, 1)
    }
  }

  /// The gradient before the rectifier and pooling, from the gradient after them.
  package static func unpool(
    _ window: Window, isMaximum: Bool, _ dy: UnsafePointer<Float>, _ codes: UnsafePointer<UInt8>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    let kernels = KernelSet.selected
    ThreadPool.shared.run(window.batch * window.height) { row, _ in
      kernels.unpoolBlock(window, Int(isMaximum ? poolingMaximum : poolingAverage), dy, codes, dx, row, 1)
    }
  }

  package static func normaliseResponse(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, rows: Int, channels: Int, scale: Float,
    half: Int
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let rowsPerTask = max(1, (1 << 14) / max(1, channels))
    ThreadPool.shared.run((rows + rowsPerTask - 1) / rowsPerTask) { task, _ in
      let first = task * rowsPerTask
      withUnsafeTemporaryAllocation(of: Float.self, capacity: channels + 2 * half + 16) { line in
        guard let line = line.baseAddress else { return }
        kernels.responseBlock(x, y, channels, scale, half, first, min(rowsPerTask, rows - first), line)
      }
    }
  }

  package static func normaliseResponseGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, rows: Int,
    channels: Int,
    scale: Float, half: Int
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let rowsPerTask = max(1, (1 << 14) / max(channels, 1))
    ThreadPool.shared.run((rows + rowsPerTask - 1) / rowsPerTask) { task, _ in
      let first = task * rowsPerTask
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * (channels + 2 * half + 16)) { lines in
        guard let lines = lines.baseAddress else { return }
        kernels.responseGradientBlock(
          x, dy, dx, channels, scale, half, first, min(rowsPerTask, rows - first), lines)
      }
    }
  }

  /// `target[i, j] = source[j, i]`, `target` being `rows` x `columns`.
  package static func transpose(
    _ source: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int,
    into target: UnsafeMutablePointer<Float>
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
    return Epilogue(
      bias: bias.map { UnsafePointer($0.pointer) }, slopes: slopes.map { UnsafePointer($0.pointer) },
      activation: kind)
  }
}

/// How a product is computed.
private struct ProductSchedule {
  let split: Split
  /// The tile reads rows of factors: columns are first transposed into rows, rows far apart are copied.
  let isTransposed, copies: Bool
  let scratch: Scratch

  init(rows: Int, depth: Int, columns: Int, _ rowStride: Int, _ columnStride: Int) {
    let kernels = KernelSet.selected
    split = Split(rows: rows, columns: columns, kernels)
    isTransposed = columnStride != 1
    copies = !isTransposed && rowStride >= 1024 && split.panelsPerTask >= 4
    scratch = Scratch(
      pointers: split.rowsPerTask + kernels.tileRows,
      extra: copies ? split.rowsPerTask * Kernels.blockDepth : 0,
      shared: isTransposed ? rows * depth : 0, kernels)
  }
}

/// How a product is split into tasks. Depends only on its size, so results do not depend on the number of
/// threads.
struct Split {
  let rowsPerTask, rowTasks, panelsPerTask, panelTasks: Int
  private let rows, panels: Int

  var count: Int { rowTasks * panelTasks }

  init(rows: Int, columns: Int, _ kernels: KernelSet) {
    // 96 rows: a task long enough to hide its start, with a part of `a` that fits the second-level cache.
    let largest = 96, targetTasks = 8
    let tiles = (rows + kernels.tileRows - 1) / kernels.tileRows
    self.rows = rows
    panels = (columns + kernels.tileColumns - 1) / kernels.tileColumns
    let tilesPerTask = max(1, min(largest / kernels.tileRows, tiles / targetTasks))
    rowsPerTask = tilesPerTask * kernels.tileRows
    rowTasks = (rows + rowsPerTask - 1) / rowsPerTask
    // Many columns are split too, so that no thread waits long for the last task.
    panelTasks = max(1, min(panels, rowTasks < targetTasks ? targetTasks / rowTasks : min(4, panels / 8)))
    panelsPerTask = (panels + panelTasks - 1) / panelTasks
  }

  func part(_ task: Int) -> (row: Int, rows: Int, panel: Int, panels: Int) {
    let row = task / panelTasks * rowsPerTask
    let panel = task % panelTasks * panelsPerTask
    return (row, min(rowsPerTask, rows - row), panel, max(0, min(panelsPerTask, panels - panel)))
  }
}
