import CSystem

// Convolution term by term; the kernels are in Kernels/Convolution.swift.

extension Float {
  package static var takesNarrowWeights: Bool { true }

  package static func filter(_ shape: FilterShape, narrow: NarrowMatrix) throws(Failure) -> PackedFilter<Float> {
    try PackedFilter(shape, narrow: narrow)
  }

  /// `y = f(x convolved with filter)`, by the method that is fastest for these sizes.
  package static func convolve(
    _ window: Window, _ source: Source, _ filter: PackedFilter<Float>, _ target: Target, _ finish: Finish<Float>,
    _ workspace: Workspace
  ) throws(Failure) {
    guard window.outputPixels > 0, filter.shape.outputs > 0 else { return }
    if let schedule = WinogradSchedule(window, filter.shape) {
      return try convolve(window, source, filter, target, finish, workspace, by: schedule)
    }
    guard let x = source.values, let y = target.values, source.gate == nil, source.codes == nil, target.pooling == poolingNone
    else { throw .internalError("a plain convolution was asked to read or to pool on its way") }
    try plainly(window, x, filter, y, stride: Int(target.stride), accumulate: target.accumulate != 0, finish, workspace)
  }

  /// Whether `convolve` reads gradients behind a rectifier and pools on its way for these sizes.
  package static func fuses(_ window: Window, _ shape: FilterShape) -> Bool { WinogradSchedule(window, shape) != nil }

  /// Numbers of the workspace that `convolve` takes.
  package static func scratchCount(_ window: Window, _ shape: FilterShape) -> Int {
    WinogradSchedule(window, shape)?.scratch.count ?? PlainSchedule(window, shape).scratch.count
  }

  /// Numbers that `convolve` keeps with the filter for the next call.
  package static func keptCount(_ window: Window, _ shape: FilterShape) -> Int {
    WinogradSchedule(window, shape).map { $0.isKept ? $0.transformedCount : 0 } ?? 0
  }

  package static func convolve(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedFilter<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>, _ workspace: Workspace
  ) throws(Failure) {
    try convolve(window, Source(x), filter, Target(y, stride: filter.shape.outputs), finish, workspace)
  }

  /// The same result, always term by term.
  package static func convolvePlainly(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedFilter<Float>, _ y: UnsafeMutablePointer<Float>,
    _ finish: Finish<Float>, _ workspace: Workspace
  ) throws(Failure) {
    guard window.outputPixels > 0, filter.shape.outputs > 0 else { return }
    try plainly(window, x, filter, y, stride: filter.shape.outputs, accumulate: false, finish, workspace)
  }

  private static func plainly(
    _ window: Window, _ x: UnsafePointer<Float>, _ filter: PackedFilter<Float>, _ y: UnsafeMutablePointer<Float>,
    stride: Int, accumulate: Bool, _ finish: Finish<Float>, _ workspace: Workspace
  ) throws(Failure) {
    let kernels = KernelSet.selected
    let shape = filter.shape
    let schedule = PlainSchedule(window, shape)
    var scratch = schedule.scratch
    try scratch.take(from: workspace)
    let epilogue = finish.epilogue, shared = scratch.shared
    let weights = filter.weights(widenedInto: shared + schedule.sharedCount)
    withExtendedLifetime((finish, filter)) {
      switch schedule.method {
      case .depthwise(let pixelsPerTask):
        let pixels = window.outputPixels
        ThreadPool.shared.run((pixels + pixelsPerTask - 1) / pixelsPerTask) { task, _ in
          let first = task * pixelsPerTask
          kernels.depthwiseBlock(
            window, x, weights, y, stride, epilogue, first, min(pixelsPerTask, pixels - first))
        }
      case .product(let split):
        ThreadPool.shared.run(split.count, workers: scratch.workers) { task, worker in
          let part = split.part(task)
          kernels.multiplyBlock(
            window.channels, x, window.channels, weights, y, stride, shape.outputs, accumulate,
            epilogue, part.row, part.rows, part.panel, part.panels, scratch.table(worker), scratch.edge(worker), nil)
        }
      case .padded(let inside, let split):
        pad(window, x, inside, shared)
        ThreadPool.shared.run(split.count, workers: scratch.workers) { task, worker in
          let part = split.part(task)
          kernels.convolveBlock(
            inside, shared, inside.kernelWidth * inside.channels, weights, shared, y, stride,
            shape.outputs, true, accumulate, epilogue, part.row, part.rows, part.panel, part.panels,
            scratch.table(worker), scratch.edge(worker))
        }
      case .sweep(let split):
        shared.update(repeating: 0, count: shape.inputs)
        // The groups one after the other: each reads its channels and writes its columns.
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
              window, x + group * shape.inputs, shape.inputs, packed, shared, y + group * each, stride, each, false,
              accumulate, mine, part.row, part.rows, part.panel, part.panels, scratch.table(worker),
              scratch.edge(worker))
          }
        }
      }
    }
  }

  /// The picture with its zeros in place: every window of the result lies inside it.
  private static func pad(_ window: Window, _ x: UnsafePointer<Float>, _ inside: Window, _ padded: UnsafeMutablePointer<Float>) {
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

/// How a convolution is done term by term.
private struct PlainSchedule {
  enum Method {
    case depthwise(pixelsPerTask: Int)
    /// A 1x1 window: a product of matrices.
    case product(Split)
    /// Few channels make short runs: the picture is padded, so that a whole row of the window is one run.
    case padded(Window, Split)
    case sweep(Split)
  }

  let method: Method
  let scratch: Scratch
  /// Numbers that the workers share; behind them come weights that were narrow.
  let sharedCount: Int

  init(_ window: Window, _ filter: FilterShape) {
    let kernels = KernelSet.selected
    if filter.isDepthwise {
      method = .depthwise(pixelsPerTask: max(1, (1 << 16) / max(1, window.taps * window.channels)))
      scratch = Scratch(kernels)
      sharedCount = 0
      return
    }
    let split = Split(rows: window.outputPixels, columns: filter.outputs / filter.groups, kernels)
    let taps: Int
    if window.taps == 1, filter.groups == 1, window.strideX == 1, window.strideY == 1, window.padTop == 0, window.padLeft == 0,
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
      (taps, sharedCount) = (window.kernelHeight, (window.batch * inside.height * inside.width * window.channels + 31) / 16 * 16)
    } else {
      method = .sweep(split)
      (taps, sharedCount) = (window.taps, (filter.inputs + 15) / 16 * 16)
    }
    scratch = Scratch(
      pointers: taps * (split.rowsPerTask + kernels.tileRows), shared: sharedCount + filter.widenedCount, kernels)
  }
}

extension FilterShape {
  /// Numbers of the weights in panels, where they have to be widened first.
  var widenedCount: Int {
    let width = KernelSet.selected.tileColumns
    return isNarrow ? kernel * kernel * inputs * ((outputs + width - 1) / width * width) : 0
  }
}

extension PackedFilter<Float> {
  /// The packed weights, in `room` if they are narrow.
  func weights(widenedInto room: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    guard let narrow else { return UnsafePointer(plain.storage.pointer) }
    narrow.widen(into: room)
    return UnsafePointer(room)
  }
}

extension Source {
  /// The picture itself.
  package init(_ values: UnsafePointer<Float>) { self.init(values: values, gate: nil, codes: nil, pooling: Int(poolingNone)) }
}

extension Target {
  package init(_ values: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool = false) {
    self.init(values: values, stride: stride, accumulate: accumulate ? 1 : 0, pooling: Int(poolingNone), codes: nil)
  }
}
