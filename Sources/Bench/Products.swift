import Tensors

/// Matrix products: squares, and the networks' shapes.
func productRows(threads: [Int]) throws(Failure) -> [Row] {
  var rows: [Row] = []
  for (m, k, n) in [
    (512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048),
    // Gradients of VGG's Gram matrices at 400x300.
    (120_000, 64, 64), (30_000, 128, 128), (7500, 256, 256), (1900, 512, 512),
    // Convolutions of 1x1 and the dense layer of nn4.small2.
    (576, 64, 192), (144, 256, 96), (16 * 36, 640, 256), (16, 736, 128)
  ] {
    for threads in threads { rows.append(try product(m, k, n, threads: threads)) }
  }
  return rows
}

/// `[m, k] * [k, n]`, everything included: the right side is packed each time, as in a BLAS call.
/// - Parameter samples: receives some numbers of the product.
func product(
  _ m: Int, _ k: Int, _ n: Int, threads: Int, _ samples: (Float) -> Void = { _ in }
) throws(Failure) -> Row {
  let a = try numbers([m, k]), b = try numbers([k, n]), c = try Tensor<Float>([m, n]), workspace = Workspace()
  let operations = 2 * Double(m) * Double(k) * Double(n)
  // `b` is packed each time, into existing memory, as in a BLAS call.
  let packed = try Float.pack(depth: k, columns: n, b.pointer, rowStride: n, columnStride: 1)
  let row = try measure("gemm", "\(m)x\(k)x\(n)", threads: threads, .operations(operations)) {
    () throws(Failure) in
    Float.repack(packed, b.pointer, rowStride: n, columnStride: 1)
    try Float.multiply(
      rows: m, a.pointer, rowStride: k, columnStride: 1, packed, c.pointer, accumulate: false, .nothing,
      workspace)
  }
  for i in 0..<64 { samples(c[i * 7919 % c.count]) }
  return row
}

/// Gram matrices of VGG's style layers at 400x300. They are symmetric: only half of the products are needed,
/// and counted.
func gramRows(threads: [Int]) throws(Failure) -> [Row] {
  var rows: [Row] = []
  let workspace = Workspace()
  for (pixels, channels) in [(120_000, 64), (30_000, 128), (7500, 256), (1900, 512), (475, 512)] {
    let x = try numbers([pixels, channels]), gram = try Tensor<Float>([channels, channels])
    let operations = Double(pixels * channels * (channels + 1))
    for threads in threads {
      rows.append(
        try measure("gram", "\(pixels)x\(channels)", threads: threads, .operations(operations)) {
          () throws(Failure) in
          try Float.gram(x.pointer, rows: pixels, columns: channels, gram.pointer, workspace)
        })
    }
  }
  return rows
}
