import CSystem
import Kernels

// Sums of outer products: Gram matrices and weight gradients. Nothing is transposed: a row of the product's
// left side is read in place, the right side is packed a few rows at a time. The kernel is in
// Kernels/Outer.swift.

extension Float {
  /// `gram[k, l] = sum over rows p of x[p, k] * x[p, l]`. The matrix is symmetric: only half of it is
  /// computed.
  ///
  /// - Parameter x: [rows, columns], followed by a vector's width of readable slack.
  package static func gram(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int, _ gram: UnsafeMutablePointer<Float>,
    _ workspace: Workspace
  ) throws(Failure) {
    guard columns > 0 else { return }
    let kernels = KernelSet.selected
    let schedule = GramSchedule(rows: rows, columns: columns, kernels)
    var scratch = schedule.scratch
    try scratch.take(from: workspace)
    let tileCount = kernels.tileRows * kernels.tileColumns, panelTiles = schedule.slivers * tileCount
    let partial = scratch.shared
    ThreadPool.shared.run(schedule.panels * schedule.parts, workers: scratch.workers) {
      [scratch] task, worker in
      // The last panels have the most work, so they come first.
      let panel = schedule.panels - 1 - task / schedule.parts, part = task % schedule.parts
      let target = partial + (part * schedule.panels + panel) * panelTiles
      let packed = scratch.extra(worker), table = scratch.table(worker)
      let end = min(rows, (part + 1) * schedule.rowsEach)
      var first = part * schedule.rowsEach
      repeat {
        let count = max(0, min(blockDepth, end - first))
        packRows(kernels, count, columns, x + first * columns, panel, packed)
        table[0] = x + first * columns
        kernels.outerBlock(
          1, count, table, columns, schedule.used(panel), packed, count, target,
          first > part * schedule.rowsEach)
        first += count
      } while first < end
    }
    // The parts are added in a fixed order, whichever thread computed them.
    ThreadPool.shared.run(schedule.panels) { panel, _ in
      for k in 0..<min(columns, schedule.used(panel) * kernels.tileRows) {
        for j in 0..<min(kernels.tileColumns, columns - panel * kernels.tileColumns) {
          var sum: Float = 0
          for part in 0..<schedule.parts {
            sum += partial[(part * schedule.panels + panel) * panelTiles + k * kernels.tileColumns + j]
          }
          let l = panel * kernels.tileColumns + j
          guard k <= l else { continue }
          gram[k * columns + l] = sum
          gram[l * columns + k] = sum
        }
      }
    }
  }

  package static func gramScratchCount(rows: Int, columns: Int) -> Int {
    GramSchedule(rows: rows, columns: columns, KernelSet.selected).scratch.count
  }

  /// The gradient of a convolution's weights:
  /// `dw[t, c, k] = sum over output pixels p of x[pixel(p, t), c] * dy[p, k]`
  ///
  /// - Parameters:
  ///   - x: [batch, height, width, channels], followed by a vector's width of readable slack.
  ///   - dy: [batch, outHeight, outWidth, outputs].
  ///   - dw: [groups][taps * channels / groups, outputs / groups], the layout of `PackedFilter`.
  package static func weightGradient(
    _ window: Window, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, outputs: Int, groups: Int = 1,
    _ dw: UnsafeMutablePointer<Float>, _ workspace: Workspace
  ) throws(Failure) {
    guard outputs > 0 else { return }
    let channels = window.channels / groups, columns = outputs / groups, taps = window.taps
    if groups > 1, channels == 1, columns == 1 {
      return try depthwiseWeightGradient(window, x, dy, dw, workspace)
    }
    let kernels = KernelSet.selected
    let slivers = (channels + kernels.tileRows - 1) / kernels.tileRows
    let panels = (columns + kernels.tileColumns - 1) / kernels.tileColumns
    let panelTiles = taps * slivers * kernels.tileRows * kernels.tileColumns
    // The rows of the result that are packed at a time, and the parts that few panels are split into.
    let outRows = window.batch * window.outHeight
    let together = max(1, blockDepth / max(1, window.outWidth))
    let parts = min(max(1, 8 / panels), max(1, outRows / together))
    let rowsEach = (outRows + parts - 1) / parts
    var scratch = Scratch(
      pointers: together, extra: together * window.outWidth * kernels.tileColumns,
      shared: parts * panels * panelTiles, kernels)
    try scratch.take(from: workspace)
    let partial = scratch.shared
    for group in 0..<groups {
      ThreadPool.shared.run(parts * panels, workers: scratch.workers) { [scratch] task, worker in
        let panel = task / parts, part = task % parts
        let target = partial + (part * panels + panel) * panelTiles
        target.update(repeating: 0, count: panelTiles)
        let packed = scratch.extra(worker), table = scratch.table(worker)
        let end = min(outRows, (part + 1) * rowsEach)
        for first in stride(from: part * rowsEach, to: end, by: together) {
          let rows = min(together, end - first)
          packRows(
            kernels, rows * window.outWidth, columns,
            dy + first * window.outWidth * outputs + group * columns, panel, packed,
            stride: outputs)
          for ky in 0..<window.kernelHeight {
            for kx in 0..<window.kernelWidth {
              let inside = Kernels.columns(window, ofTap: kx), left = inside.lowerBound
              guard !inside.isEmpty else { continue }
              let tile =
                target + (ky * window.kernelWidth + kx) * slivers * kernels.tileRows * kernels.tileColumns
              // Runs of rows that lie inside.
              var run = 0
              var begin = 0
              for row in 0...rows {
                let y =
                  row < rows ? (first + row) % window.outHeight * window.strideY - window.padTop + ky : -1
                if y >= 0, y < window.height {
                  let picture = (first + row) / window.outHeight
                  table[run] =
                    x
                    + ((picture * window.height + y) * window.width + left * window.strideX - window.padLeft
                      + kx)
                    * window.channels + group * channels
                  run += 1
                } else {
                  if run > 0 {
                    kernels.outerBlock(
                      run, inside.count, table, window.strideX * window.channels, slivers,
                      packed + (begin * window.outWidth + left) * kernels.tileColumns, window.outWidth, tile,
                      true)
                  }
                  run = 0
                  begin = row + 1
                }
              }
            }
          }
        }
      }
      // The parts are added in a fixed order, whichever thread computed them.
      let target = dw + group * taps * channels * columns
      let rowsPerTask = max(1, (1 << 13) / columns)
      ThreadPool.shared.run((taps * channels + rowsPerTask - 1) / rowsPerTask) { task, _ in
        for row in (task * rowsPerTask)..<min((task + 1) * rowsPerTask, taps * channels) {
          let tap = row / channels, c = row % channels
          for panel in 0..<panels {
            let count = min(kernels.tileColumns, columns - panel * kernels.tileColumns)
            let sums = target + row * columns + panel * kernels.tileColumns
            for part in 0..<parts {
              let source =
                partial + (part * panels + panel) * panelTiles
                + (tap * slivers * kernels.tileRows + c) * kernels.tileColumns
              if part == 0 {
                sums.update(from: source, count: count)
              } else {
                for j in 0..<count { sums[j] += source[j] }
              }
            }
          }
        }
      }
    }
  }

  /// One filter per channel. `dw` is [channels, taps].
  private static func depthwiseWeightGradient(
    _ window: Window, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dw: UnsafeMutablePointer<Float>, _ workspace: Workspace
  ) throws(Failure) {
    let kernels = KernelSet.selected, channels = window.channels, taps = window.taps
    let rows = window.batch * window.outHeight
    // About 64,000 numbers of the result in a part, and no more than 64 parts: by size, not by threads.
    let wholeEach = max(1, (1 << 16) / max(1, window.outWidth * channels))
    let rowsEach = max(wholeEach, (rows + 63) / 64)
    let parts = max(1, (rows + rowsEach - 1) / rowsEach)
    var scratch = Scratch(shared: parts * taps * channels, kernels)
    try scratch.take(from: workspace)
    let partial = scratch.shared
    ThreadPool.shared.run(parts) { part, _ in
      let sums = partial + part * taps * channels, first = part * rowsEach
      sums.update(repeating: 0, count: taps * channels)
      kernels.depthwiseGradientBlock(window, x, dy, sums, first, max(0, min(rowsEach, rows - first)))
    }
    for part in 1..<max(1, parts) {
      for i in 0..<(taps * channels) { partial[i] += partial[part * taps * channels + i] }
    }
    for tap in 0..<taps {
      for c in 0..<channels { dw[c * taps + tap] = partial[tap * channels + c] }
    }
  }

  /// Packs rows of one panel.
  private static func packRows(
    _ kernels: KernelSet, _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, _ panel: Int,
    _ packed: UnsafeMutablePointer<Float>, stride: Int? = nil
  ) {
    // The kernel counts panels from the first, for which it would leave room.
    kernels.packPanel(
      rows, columns, x, stride ?? columns, 1, panel, packed - panel * rows * kernels.tileColumns)
  }
}

/// How the sums of a Gram matrix are split into tasks. Depends only on its size.
private struct GramSchedule {
  let panels, slivers, parts, rowsEach: Int
  private let kernels: KernelSet

  init(rows: Int, columns: Int, _ kernels: KernelSet) {
    self.kernels = kernels
    panels = (columns + kernels.tileColumns - 1) / kernels.tileColumns
    slivers = (columns + kernels.tileRows - 1) / kernels.tileRows
    // With few panels the rows are split, too, into parts of whole blocks.
    let blocks = max(1, (rows + blockDepth - 1) / blockDepth)
    let wholeParts = min(blocks, max(1, 32 / panels))
    rowsEach = (blocks + wholeParts - 1) / wholeParts * blockDepth
    parts = max(1, (rows + rowsEach - 1) / rowsEach)
  }

  /// The slivers that reach no further than the panel's last column.
  func used(_ panel: Int) -> Int {
    min(slivers, ((panel + 1) * kernels.tileColumns + kernels.tileRows - 1) / kernels.tileRows)
  }

  var scratch: Scratch {
    Scratch(
      pointers: 1, extra: blockDepth * kernels.tileColumns,
      shared: parts * panels * slivers * kernels.tileRows * kernels.tileColumns, kernels)
  }
}
