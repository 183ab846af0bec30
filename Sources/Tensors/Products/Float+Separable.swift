import CSystem

// Depthwise separable convolution: a few pixels of the depthwise convolution at a time are multiplied while
// they are in the first-level cache. Every number is computed as by separate convolutions, to the bit.

/// A convolution whose result is not kept.
package struct PassingConvolution {
  package let window: Window
  package let filter: PackedFilter<Float>
  package let finish: Finish<Float>

  package init(_ window: Window, _ filter: PackedFilter<Float>, _ finish: Finish<Float>) {
    (self.window, self.filter, self.finish) = (window, filter, finish)
  }
}

extension Float {
  /// A depthwise convolution, then a pointwise one of its result.
  ///
  /// - Parameters:
  ///   - first: a convolution of few channels, whose result the depthwise one reads; nil for none.
  ///   - pointwise: one group, a window of 1x1; `finish` are its bias and activation.
  package static func convolveSeparably(
    _ first: PassingConvolution?, _ depthwise: PassingConvolution, _ x: UnsafePointer<Float>,
    _ pointwise: PackedFilter<Float>, _ target: Target, _ finish: Finish<Float>, _ workspace: Workspace
  ) throws(Failure) {
    let window = depthwise.window, shape = pointwise.shape, kernels = KernelSet.selected
    guard let y = target.values, target.pooling == poolingNone, shape.inputs == window.channels,
      first.map({ startsRows($0.window, $0.filter.shape) && $0.window.outHeight == window.height }) ?? true
    else { throw .internalError("a separable convolution was asked for what it does not do") }
    let schedule = SeparableSchedule(first.map { ($0.window, $0.filter.shape) }, window, shape)
    var scratch = schedule.scratch
    try scratch.take(from: workspace)
    let weights = pointwise.weights(widenedInto: scratch.shared)
    let firstWeights = first?.filter.weights(widenedInto: scratch.shared + lines(shape.widenedCount))
    let panels = (shape.outputs + kernels.tileColumns - 1) / kernels.tileColumns
    let between = depthwise.finish.epilogue, ending = finish.epilogue, firstEnding = first?.finish.epilogue
    let channels = window.channels, stride = Int(target.stride), accumulate = target.accumulate != 0
    withExtendedLifetime((first, depthwise, pointwise, finish)) { [scratch] in
      let taps = UnsafePointer(depthwise.filter.plain.storage.pointer)
      ThreadPool.shared.run(schedule.tasks, workers: scratch.workers) { task, worker in
        let few = scratch.extra(worker), pixels = schedule.pixels(task)
        var source = x
        if let first, let firstWeights, let firstEnding {
          // The rows of the picture that the task's windows cover.
          let rows = schedule.rows(of: pixels), from = rows.lowerBound * window.width
          let room = few + lines(schedule.pixelsEach * channels)
          kernels.fewInputsBlock(
            first.window, x, firstWeights, room - from * channels, channels, channels, false, firstEnding,
            from,
            rows.count * window.width)
          source = UnsafePointer(room - from * channels)
        }
        var pixel = pixels.lowerBound
        while pixel < pixels.upperBound {
          let count = min(schedule.pixelsEach, pixels.upperBound - pixel)
          kernels.depthwiseBlock(
            window, source, taps, few - pixel * channels, channels, false, between, pixel, count)
          kernels.multiplyBlock(
            channels, few, channels, weights, y + pixel * stride, stride, shape.outputs, accumulate, ending,
            0,
            count, 0, panels, scratch.table(worker), scratch.edge(worker), nil)
          pixel += count
        }
      }
    }
  }

  /// Whether a convolution can be the first of a separable one: row after row, without a copy of the picture.
  package static func startsRows(_ window: Window, _ shape: FilterShape) -> Bool {
    shape.groups == 1 && window.taps > 1 && window.taps * window.channels <= 32 && shape.outputs <= 32
  }

  /// Workspace size of `convolveSeparably`, in numbers.
  package static func separableScratchCount(
    _ first: (Window, FilterShape)?, _ window: Window, _ pointwise: FilterShape
  ) -> Int {
    SeparableSchedule(first, window, pointwise).scratch.count
  }
}

/// How a separable convolution is computed. Depends only on its size.
private struct SeparableSchedule {
  private let window: Window
  /// The pixels that are in the first-level cache together: 16 KiB, in whole tiles of every build.
  let pixelsEach: Int
  let tasks: Int
  let scratch: Scratch
  /// Of a task, in a part of the result: all of it, or a picture.
  private let pixelsPerTask, pixelsPerPart, tasksPerPart: Int

  init(_ first: (window: Window, shape: FilterShape)?, _ window: Window, _ pointwise: FilterShape) {
    let kernels = KernelSet.selected, tiles = 24, channels = max(1, window.channels)
    self.window = window
    pixelsEach = max(tiles, (1 << 12) / channels / tiles * tiles)
    var rowsRoom = 0
    if first != nil {
      // As many rows as leave half of a second-level cache of 1 MiB free; two tasks compute the rows between
      // them both.
      let rowsEach = max(
        1,
        min(window.outHeight, ((1 << 17) / (window.width * channels) - window.kernelHeight) / window.strideY))
      pixelsPerTask = rowsEach * window.outWidth
      pixelsPerPart = window.outHeight * window.outWidth
      rowsRoom = (rowsEach * window.strideY + window.kernelHeight) * window.width * channels
    } else {
      // About a tenth of a millisecond.
      pixelsPerTask =
        max(1, (1 << 21) / max(1, pixelsEach * channels * pointwise.outputs)) * pixelsEach
      pixelsPerPart = window.outputPixels
    }
    tasksPerPart = (pixelsPerPart + pixelsPerTask - 1) / pixelsPerTask
    tasks = tasksPerPart * (window.outputPixels / max(1, pixelsPerPart))
    scratch = Scratch(
      pointers: pixelsEach + kernels.tileRows, extra: lines(pixelsEach * channels) + rowsRoom,
      shared: lines(pointwise.widenedCount) + (first?.shape.widenedCount ?? 0), kernels)
  }

  func pixels(_ task: Int) -> Range<Int> {
    let part = task / tasksPerPart, start = part * pixelsPerPart + task % tasksPerPart * pixelsPerTask
    return start..<min(start + pixelsPerTask, (part + 1) * pixelsPerPart)
  }

  /// The rows of the pictures, counted over all, that the windows of some whole rows of one result cover.
  func rows(of pixels: Range<Int>) -> Range<Int> {
    let first = pixels.lowerBound / window.outWidth, last = (pixels.upperBound - 1) / window.outWidth
    let top = first % window.outHeight * window.strideY - window.padTop
    let bottom = last % window.outHeight * window.strideY - window.padTop + window.kernelHeight
    let picture = first / window.outHeight * window.height
    let inside = max(0, min(top, window.height))..<max(0, min(max(top, bottom), window.height))
    return (picture + inside.lowerBound)..<(picture + inside.upperBound)
  }
}
