import CSystem

/// Convolution over a block of output pixels, as a product that reads the picture in place: for every tap of
/// the window a row of the product is the run of channels of one input pixel. `y[p, n] = f(sum over taps t,
/// channels c of x[pixel(p, t), c] * w[t, c, n] + bias[n])`
///
/// N batch, H height, W width, C channels, K kernel side: `x` is [N, H, W, C], `y` has `columns` numbers per
/// pixel, `packed` is [panels][taps * length][tileColumns].
///
/// - Parameters:
///   - length: channels that are read of each pixel: C, or fewer for a group that starts at `x`.
///   - fusedRow: the window's row of `length` = K * C numbers is read as one run. For pictures of few
///     channels; requires a padded input (`padTop`, `padLeft` 0 and no window beyond the edges).
///   - zeros: at least `length` zeros, read for pixels outside the picture.
///   - stride: distance between pixels of `y`.
///   - firstPixel, pixelCount, firstPanel, panelCount: the part of the work to do.
///   - table: room for `taps * (pixelCount + tileRows)` pointers.
package func convolveBlock(
  _ window: Window, _ x: UnsafePointer<Float>, _ length: Int, _ packed: UnsafePointer<Float>,
  _ zeros: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ stride: Int, _ columns: Int,
  _ fusedRow: Bool,
  _ accumulate: Bool, _ epilogue: Epilogue, _ firstPixel: Int, _ pixelCount: Int, _ firstPanel: Int,
  _ panelCount: Int, _ table: UnsafeMutablePointer<UnsafePointer<Float>>, _ edge: UnsafeMutablePointer<Float>
) {
  let tapColumns = fusedRow ? 1 : window.kernelWidth
  let taps = window.kernelHeight * tapColumns
  let slivers = (pixelCount + tileRows - 1) / tileRows

  // Pointers to the factors: [sliver][tap][row of the tile].
  var outX = firstPixel % window.outWidth, outY = firstPixel / window.outWidth % window.outHeight
  var picture =
    x + firstPixel / (window.outWidth * window.outHeight) * window.height * window.width * window.channels
  for pixel in 0..<(slivers * tileRows) {
    var entry = table + pixel / tileRows * taps * tileRows + pixel % tileRows
    guard pixel < pixelCount else {
      // Missing rows of the last sliver repeat its first.
      let first = entry - pixel % tileRows
      for tap in 0..<taps { entry[tap * tileRows] = first[tap * tileRows] }
      continue
    }
    let left = outX * window.strideX - window.padLeft, top = outY * window.strideY - window.padTop
    var row = picture + (top * window.width + left) * window.channels
    if left >= 0, top >= 0, left + window.kernelWidth <= window.width,
      top + window.kernelHeight <= window.height
    {
      for _ in 0..<window.kernelHeight {
        var source = row
        for _ in 0..<tapColumns {
          entry.pointee = source
          entry += tileRows
          source += window.channels
        }
        row += window.width * window.channels
      }
    } else {
      for ky in 0..<window.kernelHeight {
        let isRow = top + ky >= 0 && top + ky < window.height
        for kx in 0..<tapColumns {
          entry.pointee =
            isRow && left + kx >= 0 && left + kx < window.width ? row + kx * window.channels : zeros
          entry += tileRows
        }
        row += window.width * window.channels
      }
    }
    outX += 1
    if outX == window.outWidth {
      outX = 0
      outY += 1
      if outY == window.outHeight {
        outY = 0
        picture += window.height * window.width * window.channels
      }
    }
  }

  // Taps that lie outside for all these pixels add nothing; small pictures have many. A padded picture has
  // none, and its data may begin where the zeros do.
  func isOutside(_ tap: Int) -> Bool {
    guard !fusedRow else { return false }
    for sliver in 0..<slivers {
      for row in 0..<tileRows where table[(sliver * taps + tap) * tileRows + row] != zeros { return false }
    }
    return true
  }
  var begin = 0, end = taps
  while begin < end - 1, isOutside(begin) { begin += 1 }
  while end > begin + 1, isOutside(end - 1) { end -= 1 }

  // A few taps at a time, so that their part of a panel stays in the first-level cache for all slivers. The
  // blocks do not depend on which taps lie outside, so that a pixel's sums do not depend on its neighbours.
  let depth = taps * length, tapsEach = max(1, blockDepth / length)
  let nothing = Epilogue(bias: nil, slopes: nil, activation: Int(activationNone))
  var tap = begin
  while tap < end {
    let count = min(tapsEach - tap % tapsEach, end - tap), isLast = tap + count == end
    for panel in firstPanel..<(firstPanel + panelCount) {
      let weights = packed + (panel * depth + tap * length) * tileColumns
      let isEnd = panel == firstPanel + panelCount - 1
      let next =
        isEnd
        ? packed + (firstPanel * depth + (tap + count) * length) * tileColumns : weights + depth * tileColumns
      for sliver in 0..<slivers {
        storeTile(
          count, length, table + (sliver * taps + tap) * tileRows, weights,
          ahead(sliver, of: slivers, weights, next),
          y + (firstPixel + sliver * tileRows) * stride, stride,
          min(tileRows, pixelCount - sliver * tileRows),
          columns, panel, accumulate || tap > begin, isLast ? epilogue : nothing, edge)
      }
    }
    tap += count
  }
}

/// The prefetch distance of a tile. The last of several slivers prefetches the next block. The others
/// prefetch their own block further on, which a few rows consume faster than memory delivers it.
@inline(__always) func ahead(
  _ sliver: Int, of slivers: Int, _ block: UnsafePointer<Float>, _ next: UnsafePointer<Float>
) -> Int {
  sliver == slivers - 1 && slivers > 1 ? next - block : 512
}

/// Writes one tile directly to `c` or, at the right and lower edges, by way of `edge` (room for one tile).
@inline(__always)
func storeTile(
  _ taps: Int, _ length: Int, _ rows: UnsafePointer<UnsafePointer<Float>>, _ b: UnsafePointer<Float>,
  _ ahead: Int, _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ validRows: Int, _ columns: Int,
  _ panel: Int,
  _ accumulate: Bool, _ epilogue: Epilogue, _ edge: UnsafeMutablePointer<Float>
) {
  let column = panel * tileColumns
  let validColumns = min(tileColumns, columns - column)
  if validRows == tileRows && validColumns == tileColumns {
    tile(taps, length, rows, b, ahead, c + column, stride, accumulate, epilogue, column)
    return
  }
  if validRows == tileRows && validColumns == lanes {
    halfTile(taps, length, rows, b, c + column, stride, accumulate, epilogue, column)
    return
  }
  #if VECTOR16
    if validRows == tileRows && validColumns == lanes / 2 {
      quarterTile(taps, length, rows, b, c + column, stride, accumulate, epilogue, column)
      return
    }
  #endif
  if validRows == shortRows && validColumns == tileColumns {
    shortTile(taps, length, rows, b, ahead, c + column, stride, accumulate, epilogue, column)
    return
  }
  if accumulate {
    for row in 0..<validRows {
      copyPart(c + row * stride + column, to: edge + row * tileColumns, validColumns)
    }
  }
  tileToEdge(taps, length, rows, b, ahead, edge, validRows, validColumns, accumulate, epilogue, column)
  for row in 0..<validRows {
    copyPart(edge + row * tileColumns, to: c + row * stride + column, validColumns)
  }
}

/// The smallest tile that has so many rows and columns.
@inline(__always)
private func tileToEdge(
  _ taps: Int, _ length: Int, _ rows: UnsafePointer<UnsafePointer<Float>>, _ b: UnsafePointer<Float>,
  _ ahead: Int, _ edge: UnsafeMutablePointer<Float>, _ validRows: Int, _ validColumns: Int,
  _ accumulate: Bool, _ epilogue: Epilogue, _ column: Int
) {
  #if VECTOR16
    if validColumns <= lanes / 2 {
      return quarterTile(taps, length, rows, b, edge, tileColumns, accumulate, epilogue, column)
    }
  #endif
  if validColumns <= lanes {
    halfTile(taps, length, rows, b, edge, tileColumns, accumulate, epilogue, column)
  } else if validRows <= shortRows {
    shortTile(taps, length, rows, b, ahead, edge, tileColumns, accumulate, epilogue, column)
  } else {
    tile(taps, length, rows, b, ahead, edge, tileColumns, accumulate, epilogue, column)
  }
}
