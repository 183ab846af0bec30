import CSystem
import Tensors

/// A product of square matrices, everything included: `b` is packed anew each time, as a caller of a BLAS would have it.
func product(_ side: Int, threads: Int) throws(Failure) -> Row {
  let a = try numbers([side, side]), b = try numbers([side, side]), c = try Tensor<Float>([side, side])
  let cube = Double(side) * Double(side) * Double(side)
  return try measure("gemm-\(side)", "\(side)x\(side)x\(side)", threads: threads, operations: 2 * cube) {
    () throws(Failure) in
    let packed = try Float.pack(depth: side, columns: side, b.pointer, rowStride: side, columnStride: 1)
    try Float.multiply(
      rows: side, a.pointer, rowStride: side, columnStride: 1, packed, c.pointer, accumulate: false, .nothing)
  }
}

/// What the register tile reaches when all it reads lies in the first-level cache: the mark that others are held to.
func peak() throws(Failure) -> Row {
  let a = try numbers([96, 128]), b = try numbers([128, 32]), c = try Tensor<Float>([96, 32])
  let packed = try Float.pack(depth: 128, columns: 32, b.pointer, rowStride: 32, columnStride: 1)
  let repeats = 500
  return try measure("peak", "96x32x128", threads: 1, operations: Double(2 * 96 * 32 * 128 * repeats)) {
    () throws(Failure) in
    for _ in 0..<repeats {
      try Float.multiply(
        rows: 96, a.pointer, rowStride: 128, columnStride: 1, packed, c.pointer, accumulate: false, .nothing)
    }
  }
}

/// A 3x3 convolution of VGG-19 by both methods; operations are those of the plain one.
func convolution(_ height: Int, _ width: Int, _ channels: Int, _ filters: Int, threads: Int) throws(Failure) -> [Row] {
  let window = Window(
    batch: 1, height: height, width: width, channels: channels, kernelHeight: 3, kernelWidth: 3, strideY: 1, strideX: 1,
    padTop: 1, padLeft: 1, outHeight: height, outWidth: width)
  let x = try numbers([height, width, channels]), matrix = try numbers([9 * channels, filters])
  let y = try Tensor<Float>([height, width, filters])
  let operations = 2 * 9 * Double(height * width) * Double(channels * filters)
  let shape = "\(height)x\(width)x\(channels)>\(filters)"
  let packed = try PackedFilter<Float>(kernel: 3, stride: 1, inputs: channels, outputs: filters, matrix: matrix.pointer)
  let workspace = Workspace()
  var rows = [
    try measure("conv3x3", shape, threads: threads, operations: operations) { () throws(Failure) in
      try Float.convolvePlainly(window, x.pointer, packed, y.pointer, .nothing, workspace)
    }
  ]
  guard Float.fuses(window, packed.shape) else { return rows }
  for (name, side) in [("winograd 4x4", 6), ("winograd 6x6", 8)] {
    rows.append(
      try measure(name, shape, threads: threads, operations: operations) { () throws(Failure) in
        try Float.convolveByWinograd(
          side: side, window, Source(x.pointer), packed, Target(y.pointer, stride: filters), .nothing, workspace)
      })
  }
  return rows
}
