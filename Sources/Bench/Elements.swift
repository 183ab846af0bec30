import CSystem
import Tensors

/// Memory-bound work that computes little, on VGG's first layer at 400x300: 31 MB, more than a cache holds.
func elementRows(threads: [Int]) throws(Failure) -> [Row] {
  let height = 300, width = 400, channels = 64, count = height * width * channels
  let shape = "\(height)x\(width)x\(channels)"
  let window = Window(
    batch: 1, height: height, width: width, channels: channels, kernelHeight: 2, kernelWidth: 2, strideY: 2,
    strideX: 2,
    padTop: 0, padLeft: 0, outHeight: height / 2, outWidth: width / 2)
  let x = try numbers([count]), y = try numbers([count]), z = try Tensor<Float>([count])
  let pooled = try Tensor<Float>([count / 4]), codes = try Storage<UInt8>(count: count / 4)
  let bytes = 4 * Double(count)
  let pooling = bytes + bytes / 4 + Double(count / 8)  // four bits of code per pooled number
  var rows: [Row] = []
  for threads in threads {
    for (isMaximum, kind) in [(true, "max"), (false, "mean")] {
      rows.append(
        try measure("pool2x2-\(kind)", shape, threads: threads, .bytes(pooling)) {
          Float.poolRectified(window, isMaximum: isMaximum, x.pointer, pooled.pointer, codes.pointer)
        })
      rows.append(
        try measure("unpool2x2-\(kind)", shape, threads: threads, .bytes(pooling)) {
          Float.unpool(window, isMaximum: isMaximum, pooled.pointer, codes.pointer, z.pointer)
        })
    }
    rows.append(
      try measure("gate", shape, threads: threads, .bytes(3 * bytes)) {
        Float.gate(x.pointer, by: y.pointer, z.pointer, count)
      })
    rows.append(
      try measure("distance", shape, threads: threads, .bytes(3 * bytes)) {
        _ = Float.squaredDistance(x.pointer, y.pointer, count, slope: 2, into: z.pointer, accumulate: false)
      })
  }
  return rows
}
