import CSystem

/// The second half of a convolution with few output channels, whose products `z[pixel, t, k] = sum over c of
/// x[pixel, c] w[t, c, k]` were computed for all taps at once: a tile would compute a vector of columns of
/// which few are needed. `y[p, k] = f(sum over taps t of z[pixel(p, t), t, k] + bias[k])`, stride 1, at most
/// four k.
/// k.
///
/// - Parameters:
///   - z: rows of the picture from `zRow` on, `zStride` numbers per pixel; up to three numbers past the end
///     are read.
///   - y: the first of `rowCount` rows of the result, `columns` numbers per pixel, `stride` apart.
package func gatherTapsBlock(
  _ window: Window, _ z: UnsafePointer<Float>, _ zStride: Int, _ zRow: Int, _ y: UnsafeMutablePointer<Float>,
  _ stride: Int, _ columns: Int, _ epilogue: Epilogue, _ firstRow: Int, _ rowCount: Int
) {
  // Four neighbours at a time, whatever the build's vector; those beyond the columns are dropped.
  let bias = epilogue.bias.map { loadFour($0) } ?? SIMD4<Float>.zero
  let slopes = epilogue.activation == activationParametric ? epilogue.slopes.map { loadFour($0) } : nil
  for row in 0..<rowCount {
    let top = firstRow + row - window.padTop
    let rows = max(0, -top)..<max(max(0, -top), min(window.kernelHeight, window.height - top))
    for x in 0..<window.outWidth {
      let left = x - window.padLeft
      let inside = max(0, -left)..<max(max(0, -left), min(window.kernelWidth, window.width - left))
      let target = y + (row * window.outWidth + x) * stride
      var sum = SIMD4<Float>.zero
      for ky in rows {
        let line = z + ((top + ky - zRow) * window.width + left) * zStride + ky * window.kernelWidth * columns
        for kx in inside { sum += loadFour(line + kx * (zStride + columns)) }
      }
      sum += bias
      // The comparison is false for NaN, so a NaN passes through.
      if let slopes {
        sum.replace(with: sum * slopes, where: sum .< 0)
      } else if epilogue.activation == activationRectifier {
        sum.replace(with: SIMD4<Float>.zero, where: sum .< 0)
      }
      for k in 0..<columns { target[k] = sum[k] }
    }
  }
}

@inline(__always) private func loadFour(_ p: UnsafePointer<Float>) -> SIMD4<Float> {
  UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Float>.self)
}
