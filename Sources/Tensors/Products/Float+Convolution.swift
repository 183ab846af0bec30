import CSystem

// Direct convolution; the kernels are in Kernels/Convolution.swift.

extension Float {
  package static var takesNarrowWeights: Bool { true }

  package static func filter(
    _ shape: FilterShape, narrow: NarrowMatrix
  ) throws(Failure) -> PackedFilter<Float> {
    try PackedFilter(shape, narrow: narrow)
  }

  /// `y = f(x convolved with filter)`, by the fastest method for these sizes.
  package static func convolve(
    _ window: Window, _ source: Source, _ filter: PackedFilter<Float>, _ target: Target,
    _ finish: Finish<Float>,
    _ workspace: Workspace
  ) throws(Failure) {
    guard window.outputPixels > 0, filter.shape.outputs > 0 else { return }
    guard target.accumulate == 0 || target.pooling == poolingNone else {
      throw .internalError("a convolution was asked to add to what is pooled")
    }
    if let schedule = WinogradSchedule(window, filter.shape) {
      return try convolve(window, source, filter, target, finish, workspace, by: schedule)
    }
    guard let x = source.values, let y = target.values, source.codes == nil, target.pooling == poolingNone,
      source.gate == nil || gates(window, filter.shape)
    else { throw .internalError("a plain convolution was asked to read or to pool on its way") }
    try plainly(
      window, x, gate: source.gate, filter, y, stride: Int(target.stride), accumulate: target.accumulate != 0,
      finish,
      workspace)
  }

  /// Whether `convolve` can read a gradient behind a rectifier, and pool its result, for these sizes.
  package static func fuses(_ window: Window, _ shape: FilterShape) -> Bool {
    WinogradSchedule(window, shape) != nil
  }

  /// Whether `convolve` can read a gradient behind a rectifier for these sizes.
  package static func gates(_ window: Window, _ shape: FilterShape) -> Bool {
    if fuses(window, shape) { return true }
    if case .gathered = PlainSchedule(window, shape).method { return true }
    return false
  }

  /// Workspace size of `convolve`, in numbers.
  package static func scratchCount(_ window: Window, _ shape: FilterShape) -> Int {
    WinogradSchedule(window, shape)?.scratch.count ?? PlainSchedule(window, shape).scratch.count
  }

  /// Count of the numbers that `convolve` caches with the filter for the next call.
  package static func keptCount(_ window: Window, _ shape: FilterShape) -> Int {
    WinogradSchedule(window, shape).map { $0.isKept ? $0.transformedCount : 0 } ?? 0
  }

  package static func convolve(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedFilter<Float>,
    _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>, _ workspace: Workspace
  ) throws(Failure) {
    try convolve(window, Source(x), filter, Target(y, stride: filter.shape.outputs), finish, workspace)
  }

  /// The same result, always by direct convolution.
  package static func convolvePlainly(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedFilter<Float>,
    _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>, _ workspace: Workspace
  ) throws(Failure) {
    guard window.outputPixels > 0, filter.shape.outputs > 0 else { return }
    try plainly(
      window, x, gate: nil, filter, y, stride: filter.shape.outputs, accumulate: false, finish, workspace)
  }

  private static func plainly(
    _ window: Window, _ x: UnsafePointer<Float>, gate: UnsafePointer<Float>?, _ filter: PackedFilter<Float>,
    _ y: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool, _ finish: Finish<Float>,
    _ workspace: Workspace
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let shape = filter.shape
    let schedule = PlainSchedule(window, shape, accumulates: accumulate)
    if case .gathered(let rowsPerTask) = schedule.method {
      return try gather(
        window, x, gate, filter, y, stride: stride, finish, rowsPerTask, schedule.scratch, workspace)
    }
    guard gate == nil else {
      throw .internalError("a plain convolution with more to do was asked to read behind a rectifier")
    }
    var scratch = schedule.scratch
    try scratch.take(from: workspace)
    let epilogue = finish.epilogue, shared = scratch.shared
    let weights = filter.weights(widenedInto: shared + schedule.sharedCount)
    withExtendedLifetime((finish, filter)) {
      switch schedule.method {
      case .gathered: break
      case .depthwise(let pixelsPerTask):
        let pixels = window.outputPixels
        ThreadPool.shared.run((pixels + pixelsPerTask - 1) / pixelsPerTask) { task, _ in
          let first = task * pixelsPerTask
          kernels.depthwiseBlock(
            window, x, weights, y, stride, accumulate, epilogue, first, min(pixelsPerTask, pixels - first))
        }
      case .fewInputs(let pixelsPerTask):
        let pixels = window.outputPixels
        ThreadPool.shared.run((pixels + pixelsPerTask - 1) / pixelsPerTask) { task, _ in
          let first = task * pixelsPerTask
          kernels.fewInputsBlock(
            window, x, weights, y, stride, shape.outputs, accumulate, epilogue, first,
            min(pixelsPerTask, pixels - first))
        }
      case .product(let split):
        ThreadPool.shared.run(split.count, workers: scratch.workers) { task, worker in
          let part = split.part(task)
          kernels.multiplyBlock(
            window.channels, x, window.channels, weights, y, stride, shape.outputs, accumulate,
            epilogue, part.row, part.rows, part.panel, part.panels, scratch.table(worker),
            scratch.edge(worker), nil)
        }
      case .padded(let inside, let split):
        // A picture that contains every window is read in place.
        let isInside =
          window.padTop == 0 && window.padLeft == 0 && inside.height <= window.height
          && inside.width <= window.width
        if !isInside { pad(window, x, inside, shared) }
        let (picture, sweep) = isInside ? (x, window) : (UnsafePointer(shared), inside)
        ThreadPool.shared.run(split.count, workers: scratch.workers) { task, worker in
          let part = split.part(task)
          kernels.convolveBlock(
            sweep, picture, sweep.kernelWidth * sweep.channels, weights, shared, y, stride,
            shape.outputs, true, accumulate, epilogue, part.row, part.rows, part.panel, part.panels,
            scratch.table(worker), scratch.edge(worker))
        }
      case .sweep(let split):
        shared.update(repeating: 0, count: shape.inputs)
        // Group after group: each reads its channels and writes its columns.
        let each = shape.outputs / shape.groups
        for group in 0..<shape.groups {
          let packed = weights + group * filter.groupCount
          var part = epilogue
          part.bias = part.bias.map { $0 + group * each }
          part.slopes = part.slopes.map { $0 + group * each }
          let mine = part
          ThreadPool.shared.run(split.count, workers: scratch.workers) { task, worker in
            let part = split.part(task)
            kernels.convolveBlock(
              window, x + group * shape.inputs, shape.inputs, packed, shared, y + group * each, stride, each,
              false,
              accumulate, mine, part.row, part.rows, part.panel, part.panels, scratch.table(worker),
              scratch.edge(worker))
          }
        }
      }
    }
  }

  /// For few output channels: computes the products of all taps in one matrix, then gathers each result.
  private static func gather(
    _ window: Window, _ x: UnsafePointer<Float>, _ gate: UnsafePointer<Float>?, _ filter: PackedFilter<Float>,
    _ y: UnsafeMutablePointer<Float>, stride: Int, _ finish: Finish<Float>, _ rowsPerTask: Int,
    _ scratch: Scratch,
    _ workspace: Workspace
  ) throws(Failure) {
    let kernels = KernelSet.selected, shape = filter.shape, columns = window.taps * shape.outputs
    // Made once for all calls: column t * outputs + k holds the weights of tap t.
    let made = try filter.transformed.storage(side: 1) { () throws(Failure) in
      let wide = try Storage<Float>(count: shape.widenedCount)
      let weights = filter.weights(widenedInto: wide.pointer)
      let matrix = try Storage<Float>(count: shape.inputs * columns)
      for t in 0..<window.taps {
        for c in 0..<shape.inputs {
          for k in 0..<shape.outputs {
            matrix.pointer[c * columns + t * shape.outputs + k] =
              weights[(t * shape.inputs + c) * kernels.tileColumns + k]
          }
        }
      }
      withExtendedLifetime((filter, wide)) {}
      let packed = try pack(
        depth: shape.inputs, columns: columns, matrix.pointer, rowStride: columns, columnStride: 1)
      withExtendedLifetime(matrix) {}
      return packed.storage
    }
    guard let packed = made else { throw .internalError("a filter's taps side by side were not made") }
    var scratch = scratch
    try scratch.take(from: workspace)
    let panels = (columns + kernels.tileColumns - 1) / kernels.tileColumns,
      zStride = panels * kernels.tileColumns
    let nothing = Finish<Float>.nothing.epilogue, rowCount = window.width * window.channels
    let tasksEach = (window.outHeight + rowsPerTask - 1) / rowsPerTask
    let epilogue = finish.epilogue
    withExtendedLifetime((packed, finish)) { [scratch] in
      ThreadPool.shared.run(window.batch * tasksEach, workers: scratch.workers) { task, worker in
        let first = task % tasksEach * rowsPerTask, rows = min(rowsPerTask, window.outHeight - first)
        let picture = task / tasksEach * window.height * rowCount
        let zRow = max(0, first - window.padTop)
        let end = min(window.height, first + rows - window.padTop + window.kernelHeight - 1)
        let open = scratch.extra(worker), z = open + lines(rowCount)
        for row in zRow..<max(zRow, end) {
          var source = x + picture + row * rowCount
          if let gate {
            kernels.gateBlock(source, gate + picture + row * rowCount, open, rowCount)
            source = UnsafePointer(open)
          }
          kernels.multiplyBlock(
            window.channels, source, window.channels, packed.pointer,
            z + (row - zRow) * window.width * zStride, zStride,
            zStride, false, nothing, 0, window.width, 0, panels, scratch.table(worker), scratch.edge(worker),
            nil)
        }
        kernels.gatherTapsBlock(
          window, z, zStride, zRow,
          y + (task / tasksEach * window.outHeight + first) * window.outWidth * stride, stride,
          shape.outputs, epilogue, first, rows)
      }
    }
  }

  /// The picture with explicit zero padding: every window lies inside it.
  private static func pad(
    _ window: Window, _ x: UnsafePointer<Float>, _ inside: Window, _ padded: UnsafeMutablePointer<Float>
  ) {
    let rowLength = inside.width * window.channels
    // A gradient's window may begin inside the picture: its padding is negative then.
    let skipped = max(-window.padLeft, 0), firstColumn = min(max(window.padLeft, 0), inside.width)
    let copied = max(0, min(window.width - skipped, inside.width - firstColumn)) * window.channels
    let before = firstColumn * window.channels
    for row in 0..<(window.batch * inside.height) {
      let target = padded + row * rowLength
      let y = row % inside.height - window.padTop
      guard y >= 0, y < window.height, copied > 0 else {
        target.update(repeating: 0, count: rowLength)
        continue
      }
      let source = x + ((row / inside.height * window.height + y) * window.width + skipped) * window.channels
      target.update(repeating: 0, count: before)
      (target + before).update(from: source, count: copied)
      (target + before + copied).update(repeating: 0, count: rowLength - before - copied)
    }
  }
}

/// How a direct convolution is computed.
private struct PlainSchedule {
  enum Method {
    case depthwise(pixelsPerTask: Int)
    /// For few channels, and not many output channels.
    case fewInputs(pixelsPerTask: Int)
    /// For few output channels.
    case gathered(rowsPerTask: Int)
    /// A 1x1 window: a matrix product.
    case product(Split)
    /// Few channels make short runs: the picture is padded so that a whole row of the window is one run.
    case padded(Window, Split)
    case sweep(Split)
  }

  let method: Method
  let scratch: Scratch
  /// Count of the numbers that the workers share; widened weights follow them.
  let sharedCount: Int

  /// - Parameter accumulates: whether the sums are added to the result.
  init(_ window: Window, _ filter: FilterShape, accumulates: Bool = false) {
    let kernels = KernelSet.selected
    if !accumulates, filter.outputs <= 4, filter.groups == 1, window.taps > 1, window.channels >= 16,
      window.strideX == 1,
      window.strideY == 1
    {
      let rowsPerTask = 16, columns = window.taps * filter.outputs
      let zStride = (columns + kernels.tileColumns - 1) / kernels.tileColumns * kernels.tileColumns
      method = .gathered(rowsPerTask: rowsPerTask)
      scratch = Scratch(
        pointers: window.width + kernels.tileRows,
        extra: lines(window.width * window.channels) + 16 + (rowsPerTask + window.kernelHeight - 1)
          * window.width * zStride,
        kernels)
      sharedCount = 0
      return
    }
    if filter.isDepthwise {
      method = .depthwise(pixelsPerTask: max(1, (1 << 16) / max(1, window.taps * window.channels)))
      scratch = Scratch(kernels)
      sharedCount = 0
      return
    }
    if Float.startsRows(window, filter) {
      method = .fewInputs(
        pixelsPerTask: max(1, (1 << 20) / (window.taps * window.channels * filter.outputs) / 8 * 8))
      scratch = Scratch(shared: filter.widenedCount, kernels)
      sharedCount = 0
      return
    }
    let split = Split(rows: window.outputPixels, columns: filter.outputs / filter.groups, kernels)
    let taps: Int
    if window.taps == 1, filter.groups == 1, window.strideX == 1, window.strideY == 1, window.padTop == 0,
      window.padLeft == 0,
      window.outHeight == window.height, window.outWidth == window.width
    {
      method = .product(split)
      (taps, sharedCount) = (1, 0)
    } else if window.channels < 16, window.kernelWidth > 1, filter.groups == 1 {
      var inside = window
      inside.height = (window.outHeight - 1) * window.strideY + window.kernelHeight
      inside.width = (window.outWidth - 1) * window.strideX + window.kernelWidth
      inside.padTop = 0
      inside.padLeft = 0
      method = .padded(inside, split)
      (taps, sharedCount) = (
        window.kernelHeight, (window.batch * inside.height * inside.width * window.channels + 31) / 16 * 16
      )
    } else {
      method = .sweep(split)
      (taps, sharedCount) = (window.taps, (filter.inputs + 15) / 16 * 16)
    }
    scratch = Scratch(
      pointers: taps * (split.rowsPerTask + kernels.tileRows), shared: sharedCount + filter.widenedCount,
      kernels)
  }
}

extension FilterShape {
  /// Count of the packed weights if they must be widened first.
  var widenedCount: Int {
    let width = KernelSet.selected.tileColumns
    return isNarrow ? taps * inputs * ((outputs + width - 1) / width * width) : 0
  }
}

extension PackedFilter<Float> {
  /// The packed weights, widened into `room` if they are narrow.
  func weights(widenedInto room: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    guard let narrow else { return UnsafePointer(plain.storage.pointer) }
    narrow.widen(into: room)
    return UnsafePointer(room)
  }
}

extension Source {
  /// The picture itself.
  package init(_ values: UnsafePointer<Float>) {
    self.init(values: values, gate: nil, codes: nil, pooling: Int(poolingNone))
  }
}

extension Target {
  package init(_ values: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool = false) {
    self.init(
      values: values, stride: stride, accumulate: accumulate ? 1 : 0, pooling: Int(poolingNone), codes: nil)
  }
}
