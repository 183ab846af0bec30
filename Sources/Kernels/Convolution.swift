import CSystem

/// Convolution over a block of output pixels, as a product that reads the picture where it lies: for every tap
/// of the window a row of the product is the run of channels of one input pixel.
/// `y[p, n] = f(sum over taps t, channels c of x[pixel(p, t), c] * w[t, c, n] + bias[n])`
///
/// N batch, H height, W width, C channels, K kernel side: `x` is [N, H, W, C], `y` is [N, H', W', columns],
/// `packed` is [panels][taps * C][tileColumns].
///
/// - Parameters:
///   - zeros: at least C zeros, read for what lies outside the picture.
///   - fusedRow: the window's row of K * C numbers is read as one run. For pictures of few channels; needs an
///     input that was padded beforehand (`padTop`, `padLeft` 0 and no window beyond the edges).
///   - pixels, panels: the part of the work to do.
///   - table: room for `tapCount * (pixels.count + tileRows)` pointers.
package func convolveBlock(
  _ window: Window, _ x: UnsafePointer<Float>, _ packed: UnsafePointer<Float>, _ zeros: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ columns: Int, _ fusedRow: Bool, _ epilogue: Epilogue,
  _ firstPixel: Int, _ pixelCount: Int, _ firstPanel: Int, _ panelCount: Int,
  _ table: UnsafeMutablePointer<UnsafePointer<Float>>, _ edge: UnsafeMutablePointer<Float>
) {
  let tapColumns = fusedRow ? 1 : window.kernelWidth
  let taps = window.kernelHeight * tapColumns
  let length = fusedRow ? window.kernelWidth * window.channels : window.channels
  let slivers = (pixelCount + tileRows - 1) / tileRows

  // Where each factor lies: [sliver][tap][row of the tile]. Missing rows of the last sliver repeat its first.
  for sliver in 0..<slivers {
    for row in 0..<tileRows {
      let inside = sliver * tileRows + row < pixelCount
      let pixel = firstPixel + sliver * tileRows + (inside ? row : 0)
      let outX = pixel % window.outWidth
      let outY = (pixel / window.outWidth) % window.outHeight
      let picture = x + (pixel / (window.outWidth * window.outHeight)) * window.height * window.width * window.channels
      let left = outX * window.strideX - window.padLeft
      var entry = table + sliver * taps * tileRows + row
      for ky in 0..<window.kernelHeight {
        let inY = outY * window.strideY - window.padTop + ky
        let rowInside = inY >= 0 && inY < window.height
        for kx in 0..<tapColumns {
          let inX = left + kx
          let isInside = rowInside && inX >= 0 && inX < window.width
          entry.pointee = isInside ? picture + (inY * window.width + inX) * window.channels : zeros
          entry += tileRows
        }
      }
    }
  }

  // Panels outside, slivers inside: a panel of weights stays in the second-level cache for all slivers.
  let depth = taps * length
  for panel in firstPanel..<(firstPanel + panelCount) {
    let weights = packed + panel * depth * tileColumns
    for sliver in 0..<slivers {
      storeTile(
        taps, length, table + sliver * taps * tileRows, weights,
        y + (firstPixel + sliver * tileRows) * columns, columns, min(tileRows, pixelCount - sliver * tileRows),
        columns, panel, false, epilogue, edge)
    }
  }
}

/// One tile, whole into `c` or, at the right and lower edges, by way of `edge` (a tile's room).
@inline(__always)
func storeTile(
  _ taps: Int, _ length: Int, _ rows: UnsafePointer<UnsafePointer<Float>>, _ b: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ validRows: Int, _ columns: Int, _ panel: Int,
  _ accumulate: Bool, _ epilogue: Epilogue, _ edge: UnsafeMutablePointer<Float>
) {
  let column = panel * tileColumns
  let validColumns = min(tileColumns, columns - column)
  if validRows == tileRows && validColumns == tileColumns {
    tile(taps, length, rows, b, c + column, stride, accumulate, epilogue, column)
    return
  }
  if accumulate {
    for row in 0..<validRows {
      for j in 0..<validColumns { edge[row * tileColumns + j] = c[row * stride + column + j] }
    }
  }
  tile(taps, length, rows, b, edge, tileColumns, accumulate, epilogue, column)
  for row in 0..<validRows {
    for j in 0..<validColumns { c[row * stride + column + j] = edge[row * tileColumns + j] }
  }
}
