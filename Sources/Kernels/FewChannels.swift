import CSystem

/// The second half of a convolution to a few channels, whose products `z[pixel, t, k] = sum over c of x[pixel, c] w[t, c, k]`
/// were made for all taps at once: a tile would compute a vector of columns of which few are wanted.
/// `y[p, k] = sum over taps t of z[pixel(p, t), t, k]`, stride 1.
///
/// - Parameters:
///   - z: rows of the picture from `zRow` on, `zStride` numbers a pixel.
///   - y: the first of `rowCount` rows of the result, `columns` numbers a pixel, `stride` apart.
package func gatherTapsBlock(
  _ window: Window, _ z: UnsafePointer<Float>, _ zStride: Int, _ zRow: Int, _ y: UnsafeMutablePointer<Float>,
  _ stride: Int, _ columns: Int, _ firstRow: Int, _ rowCount: Int
) {
  for row in 0..<rowCount {
    let top = firstRow + row - window.padTop
    let rows = max(0, -top)..<max(max(0, -top), min(window.kernelHeight, window.height - top))
    for x in 0..<window.outWidth {
      let left = x - window.padLeft
      let inside = max(0, -left)..<max(max(0, -left), min(window.kernelWidth, window.width - left))
      let target = y + (row * window.outWidth + x) * stride
      for k in 0..<columns {
        var sum: Float = 0
        for ky in rows {
          let line = z + ((top + ky - zRow) * window.width + left) * zStride + ky * window.kernelWidth * columns + k
          for kx in inside { sum += line[kx * (zStride + columns)] }
        }
        target[k] = sum
      }
    }
  }
}
