import CSystem
import Tensors

/// The work of a convolution row: a picture, a window and a number of outputs.
private struct Sweep {
  var batch = 1
  let height, width, channels, outputs, kernel: Int
  var stride = 1, pad: Int?, groups = 1

  var window: Window {
    let pad = self.pad ?? kernel / 2
    return Window(
      batch: batch, height: height, width: width, channels: channels, kernelHeight: kernel,
      kernelWidth: kernel,
      strideY: stride, strideX: stride, padTop: pad, padLeft: pad,
      outHeight: (height + 2 * pad - kernel) / stride + 1,
      outWidth: (width + 2 * pad - kernel) / stride + 1)
  }

  /// "16x24x24x64>192"
  var shape: String { (batch > 1 ? "\(batch)x" : "") + "\(height)x\(width)x\(channels)>\(outputs)" }
  /// The plain method's count: a method that needs fewer can exceed the peak. One that sees a channel at a
  /// time has little to compute: it is as fast as its picture is read and written.
  var amount: Row.Amount {
    if groups == channels {
      return .bytes(4 * Double(channels * (batch * height * width + window.outputPixels)))
    }
    return .operations(2 * Double(window.outputPixels * window.taps) * Double(channels / groups * outputs))
  }

  func filter() throws(Failure) -> PackedFilter<Float> {
    let matrix = try numbers([window.taps * channels / groups, outputs])
    return try PackedFilter(
      kernel: kernel, stride: stride, inputs: channels / groups, outputs: outputs, groups: groups,
      matrix: matrix.pointer)
  }
}

/// 3x3 convolutions of VGG-19 at 400x300, dlib's ResNet and nn4.small2 by each method; then other windows.
func convolutionRows(threads: [Int]) throws(Failure) -> [Row] {
  func three(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ outputs: Int) -> Sweep {
    Sweep(batch: batch, height: height, width: width, channels: channels, outputs: outputs, kernel: 3)
  }
  var rows: [Row] = []
  for sweep in [
    three(1, 300, 400, 3, 64), three(1, 300, 400, 64, 64), three(1, 150, 200, 64, 128),
    three(1, 150, 200, 128, 128),
    three(1, 75, 100, 128, 256), three(1, 75, 100, 256, 256), three(1, 38, 50, 256, 512),
    three(1, 38, 50, 512, 512),
    three(1, 19, 25, 512, 512),
    three(1, 35, 35, 32, 32), three(1, 17, 17, 64, 64), three(1, 8, 8, 128, 128),
    three(16, 24, 24, 64, 192), three(16, 12, 12, 96, 128), three(16, 3, 3, 96, 384)
  ] {
    for threads in threads { rows += try byEachMethod(sweep, threads) }
  }
  for (work, sweep) in [
    ("conv7x7/2", Sweep(height: 150, width: 150, channels: 3, outputs: 32, kernel: 7, stride: 2, pad: 0)),
    ("conv7x7/2", Sweep(height: 96, width: 96, channels: 3, outputs: 64, kernel: 7, stride: 2)),
    ("conv3x3/2", Sweep(height: 35, width: 35, channels: 32, outputs: 64, kernel: 3, stride: 2, pad: 0)),
    ("conv5x5", Sweep(batch: 16, height: 12, width: 12, channels: 32, outputs: 64, kernel: 5)),
    ("conv3x3-4groups", Sweep(height: 56, width: 56, channels: 128, outputs: 128, kernel: 3, groups: 4)),
    // In the third-level cache, and larger than most of them.
    ("depthwise3x3", Sweep(height: 112, width: 112, channels: 64, outputs: 64, kernel: 3, groups: 64)),
    ("depthwise3x3", Sweep(height: 480, width: 640, channels: 64, outputs: 64, kernel: 3, groups: 64)),
    (
      "depthwise3x3/2",
      Sweep(height: 480, width: 640, channels: 64, outputs: 64, kernel: 3, stride: 2, groups: 64)
    )
  ] {
    for threads in threads { rows.append(try plain(work, sweep, threads)) }
  }
  for sweep in [three(1, 300, 400, 64, 64), three(1, 75, 100, 256, 256)] {
    for threads in threads { rows.append(try inputGradient(sweep, threads)) }
  }
  for sweep in [three(1, 75, 100, 128, 256), three(16, 17, 17, 64, 64)] {
    for threads in threads { rows.append(try weightGradient(sweep, threads)) }
  }
  return rows
}

private func plain(_ work: String, _ sweep: Sweep, _ threads: Int) throws(Failure) -> Row {
  let window = sweep.window, filter = try sweep.filter(), workspace = Workspace()
  let x = try numbers([sweep.batch, sweep.height, sweep.width, sweep.channels])
  let y = try Tensor<Float>([window.outputPixels, sweep.outputs])
  return try measure(work, sweep.shape, threads: threads, sweep.amount) { () throws(Failure) in
    try Float.convolvePlainly(window, x.pointer, filter, y.pointer, .nothing, workspace)
  }
}

private func byEachMethod(_ sweep: Sweep, _ threads: Int) throws(Failure) -> [Row] {
  var rows = [try plain("conv3x3", sweep, threads)]
  let window = sweep.window, filter = try sweep.filter(), workspace = Workspace()
  guard sweep.channels % 16 == 0 else { return rows }
  let x = try numbers([sweep.batch, sweep.height, sweep.width, sweep.channels])
  let y = try Tensor<Float>([window.outputPixels, sweep.outputs])
  for (work, side) in [("winograd4x4", 6), ("winograd6x6", 8)] {
    rows.append(
      try measure(work, sweep.shape, threads: threads, sweep.amount) { () throws(Failure) in
        try Float.convolveByWinograd(
          side: side, window, Source(x.pointer), filter, Target(y.pointer, stride: sweep.outputs), .nothing,
          workspace)
      })
  }
  return rows
}

/// The gradient of a convolution's input from the one behind its rectifier, by the method chosen for this
/// size.
private func inputGradient(_ sweep: Sweep, _ threads: Int) throws(Failure) -> Row {
  let back = Sweep(
    height: sweep.height, width: sweep.width, channels: sweep.outputs, outputs: sweep.channels,
    kernel: sweep.kernel)
  let window = back.window, filter = try back.filter(), workspace = Workspace()
  let dy = try numbers([sweep.height, sweep.width, sweep.outputs]),
    dx = try Tensor<Float>([window.outputPixels, sweep.channels])
  let source = Source(values: dy.pointer, gate: dy.pointer, codes: nil, pooling: Int(poolingNone))
  return try measure("dx3x3", sweep.shape, threads: threads, sweep.amount) { () throws(Failure) in
    try Float.convolve(
      window, source, filter, Target(dx.pointer, stride: sweep.channels), .nothing, workspace)
  }
}

private func weightGradient(_ sweep: Sweep, _ threads: Int) throws(Failure) -> Row {
  let window = sweep.window, workspace = Workspace()
  let x = try numbers([sweep.batch, sweep.height, sweep.width, sweep.channels])
  let dy = try numbers([window.outputPixels, sweep.outputs]),
    dw = try Tensor<Float>([window.taps * sweep.channels, sweep.outputs])
  return try measure("dw3x3", sweep.shape, threads: threads, sweep.amount) { () throws(Failure) in
    try Float.weightGradient(window, x.pointer, dy.pointer, outputs: sweep.outputs, dw.pointer, workspace)
  }
}
