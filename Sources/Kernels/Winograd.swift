import CSystem

// Winograd's minimal filtering F(m x m, 3x3), m = 4 or 6: an m x m tile of results from a side x side tile of
// the picture, side = m + 2, with side^2 multiplications per pair of channels instead of 9 m^2.
//   Y = At [ (G g Gt) * (Bt d B) ] A, * elementwise; summed over the input channels, it becomes side^2 matrix
//   products.
// N batch, H height, W width, C channels of the input, K columns of the result, T tiles of one piece of work.
// Sources: Winograd 1980; Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016, section
// 4.3.

/// One tile size: the three transforms along one side. `d`, `m` and `g` supply the numbers, `put` receives
/// the results.
protocol WinogradTransform {
  static var side: Int { get }
  /// `Bt d`, side numbers to side.
  static func input(_ d: (Int) -> Vector, _ put: (Int, Vector) -> Void)
  /// `At m`, side numbers to side - 2.
  static func output(_ m: (Int) -> Vector, _ put: (Int, Vector) -> Void)
  /// `G g`, 3 numbers to side.
  static func filter(_ g0: Vector, _ g1: Vector, _ g2: Vector, _ put: (Int, Vector) -> Void)
  /// Row `i` of G.
  static func filterRow(_ i: Int) -> (Float, Float, Float)
}

/// F(4x4, 3x3), interpolated at 0, 1, -1, 2, -2 and infinity.
enum WinogradFour: WinogradTransform {
  @inline(__always) static var side: Int { 6 }

  @inline(__always) static func input(_ d: (Int) -> Vector, _ put: (Int, Vector) -> Void) {
    let d0 = d(0), d1 = d(1), d2 = d(2), d3 = d(3), d4 = d(4), d5 = d(5)
    let a = sum(d4, -4, d2), b = sum(d3, -4, d1), c = d4 - d2, e = 2 * (d3 - d1)
    put(0, sum(sum(d4, 4, d0), -5, d2))
    put(1, a + b)
    put(2, a - b)
    put(3, c + e)
    put(4, c - e)
    put(5, sum(sum(d5, 4, d1), -5, d3))
  }

  @inline(__always) static func output(_ m: (Int) -> Vector, _ put: (Int, Vector) -> Void) {
    let m1 = m(1), m2 = m(2), m3 = m(3), m4 = m(4)
    let a = m1 + m2, b = m1 - m2, c = m3 + m4, d = m3 - m4
    put(0, m(0) + a + c)
    put(1, sum(b, 2, d))
    put(2, sum(a, 4, c))
    put(3, sum(b + m(5), 8, d))
  }

  @inline(__always) static func filter(_ g0: Vector, _ g1: Vector, _ g2: Vector, _ put: (Int, Vector) -> Void)
  {
    let a = (g0 + g2) * (-1.0 / 6), b = g1 * (1.0 / 6), c = sum(g0 * (1.0 / 24), 1.0 / 6, g2),
      d = g1 * (1.0 / 12)
    put(0, g0 * 0.25)
    put(1, a - b)
    put(2, a + b)
    put(3, c + d)
    put(4, c - d)
    put(5, g2)
  }

  @inline(__always) static func filterRow(_ i: Int) -> (Float, Float, Float) {
    switch i {
    case 0: (0.25, 0, 0)
    case 1: (-1.0 / 6, -1.0 / 6, -1.0 / 6)
    case 2: (-1.0 / 6, 1.0 / 6, -1.0 / 6)
    case 3: (1.0 / 24, 1.0 / 12, 1.0 / 6)
    case 4: (1.0 / 24, -1.0 / 12, 1.0 / 6)
    default: (0, 0, 1)
    }
  }
}

/// F(6x6, 3x3), interpolated at 0, 1, -1, 2, -2, 1/2, -1/2 and infinity: a fifth fewer multiplications than
/// F(4x4, 3x3), twice its rounding error.
enum WinogradSix: WinogradTransform {
  @inline(__always) static var side: Int { 8 }

  @inline(__always) static func input(_ d: (Int) -> Vector, _ put: (Int, Vector) -> Void) {
    let d1 = d(1), d2 = d(2), d3 = d(3), d4 = d(4), d5 = d(5), d6 = d(6)
    put(0, sum(d(0) - d6, 5.25, d4 - d2))
    put(7, sum(d(7) - d1, 5.25, d3 - d5))
    let a = sum(d2 + d6, -4.25, d4), b = sum(d1 + d5, -4.25, d3)
    put(1, a + b)
    put(2, a - b)
    let c = sum(sum(d6, 0.25, d2), -1.25, d4), e = sum(sum(0.5 * d1, -2.5, d3), 2, d5)
    put(3, c + e)
    put(4, c - e)
    let f = sum(sum(d6, 4, d2), -5, d4), g = sum(sum(2 * d1, -2.5, d3), 0.5, d5)
    put(5, f + g)
    put(6, f - g)
  }

  @inline(__always) static func output(_ m: (Int) -> Vector, _ put: (Int, Vector) -> Void) {
    let m1 = m(1), m2 = m(2), m3 = m(3), m4 = m(4), m5 = m(5), m6 = m(6)
    let a = m1 + m2, b = m1 - m2, c = m3 + m4, d = m3 - m4, e = m5 + m6, f = m5 - m6
    put(0, sum(m(0) + a + c, 32, e))
    put(1, sum(sum(b, 2, d), 16, f))
    put(2, sum(sum(a, 4, c), 8, e))
    put(3, sum(sum(b, 8, d), 4, f))
    put(4, sum(sum(a, 16, c), 2, e))
    put(5, sum(b + f + m(7), 32, d))
  }

  @inline(__always) static func filter(_ g0: Vector, _ g1: Vector, _ g2: Vector, _ put: (Int, Vector) -> Void)
  {
    put(0, g0)
    let a = (g0 + g2) * (-2.0 / 9), b = g1 * (2.0 / 9)
    put(1, a - b)
    put(2, a + b)
    let c = sum(g0 * (1.0 / 90), 2.0 / 45, g2), d = g1 * (1.0 / 45)
    put(3, c + d)
    put(4, c - d)
    let e = sum(g0 * (1.0 / 45), 1.0 / 180, g2), f = g1 * (1.0 / 90)
    put(5, e + f)
    put(6, e - f)
    put(7, g2)
  }

  @inline(__always) static func filterRow(_ i: Int) -> (Float, Float, Float) {
    switch i {
    case 0: (1, 0, 0)
    case 1: (-2.0 / 9, -2.0 / 9, -2.0 / 9)
    case 2: (-2.0 / 9, 2.0 / 9, -2.0 / 9)
    case 3: (1.0 / 90, 1.0 / 45, 2.0 / 45)
    case 4: (1.0 / 90, -1.0 / 45, 2.0 / 45)
    case 5: (1.0 / 45, 1.0 / 90, 1.0 / 180)
    case 6: (1.0 / 45, -1.0 / 90, 1.0 / 180)
    default: (0, 0, 1)
    }
  }
}

/// Transforms the picture's tiles: `v[xi, t, c] = (Bt d B)[xi]` for `tileCount` tiles from `firstTile`, `xi`
/// in 0..<side^2.
///
/// - Parameters:
///   - v: side^2 planes, `plane` numbers apart, each [T, C]; the first tile of this call goes to row `row`.
///   - line: room for side^2 vectors.
package func winogradInput(
  _ side: Int, _ window: Window, _ source: Source, _ firstTile: Int, _ tileCount: Int,
  _ v: UnsafeMutablePointer<Float>, _ plane: Int, _ row: Int, _ line: UnsafeMutablePointer<Float>
) {
  if side == WinogradSix.side {
    inputTiles(WinogradSix.self, window, source, firstTile, tileCount, v, plane, row, line)
  } else {
    inputTiles(WinogradFour.self, window, source, firstTile, tileCount, v, plane, row, line)
  }
}

@inline(__always) private func inputTiles<W: WinogradTransform>(
  _: W.Type, _ window: Window, _ source: Source, _ firstTile: Int, _ tileCount: Int,
  _ v: UnsafeMutablePointer<Float>, _ plane: Int, _ row: Int, _ line: UnsafeMutablePointer<Float>
) {
  let side = W.side, step = W.side - 2
  let tilesX = (window.outWidth + step - 1) / step, tilesY = (window.outHeight + step - 1) / step
  let channels = window.channels
  guard let values = source.values else { return }
  for index in 0..<tileCount {
    let tile = firstTile + index
    let top = tile / tilesX % tilesY * step - window.padTop, left = tile % tilesX * step - window.padLeft
    let picture = tile / (tilesX * tilesY)
    let first = max(0, -left), end = max(0, min(side, window.width - left))
    let isInside = first == 0 && end == side
    var target = v + (row + index) * channels
    var c = 0
    while c < channels {
      for i in 0..<side {
        let y = top + i, q = line + i * side * lanes
        if y < 0 || y >= window.height {
          for j in 0..<side { store(q + j * lanes, Vector.zero) }
          continue
        }
        if let codes = source.codes {
          let cells = PooledRow(window, values, codes, source.pooling, picture, y, c)
          W.input({ $0 >= first && $0 < end ? cells[left + $0] : Vector.zero }, { store(q + $0 * lanes, $1) })
          continue
        }
        let offset = ((picture * window.height + y) * window.width + left) * channels + c
        let p = values + offset
        if let gate = source.gate {
          let g = gate + offset
          W.input(
            {
              $0 >= first && $0 < end ? gated(load(p + $0 * channels), load(g + $0 * channels)) : Vector.zero
            },
            { store(q + $0 * lanes, $1) })
        } else if isInside {
          W.input({ load(p + $0 * channels) }, { store(q + $0 * lanes, $1) })
        } else {
          W.input(
            { $0 >= first && $0 < end ? load(p + $0 * channels) : Vector.zero }, { store(q + $0 * lanes, $1) }
          )
        }
      }
      for j in 0..<side {
        let q = line + j * lanes, o = target + j * plane
        W.input({ load(q + $0 * side * lanes) }, { store(o + $0 * side * plane, $1) })
      }
      target += lanes
      c += lanes
    }
  }
}

/// Transforms back: `y[tile] = f(At m A + bias)`, from side^2 planes [T, mStride], `plane` numbers apart.
package func winogradOutput(
  _ side: Int, _ window: Window, _ m: UnsafePointer<Float>, _ plane: Int, _ mStride: Int, _ row: Int,
  _ target: Target, _ columns: Int, _ epilogue: Epilogue, _ firstTile: Int, _ tileCount: Int,
  _ line: UnsafeMutablePointer<Float>
) {
  if side == WinogradSix.side {
    outputTiles(
      WinogradSix.self, window, m, plane, mStride, row, target, columns, epilogue, firstTile, tileCount, line)
  } else {
    outputTiles(
      WinogradFour.self, window, m, plane, mStride, row, target, columns, epilogue, firstTile, tileCount, line
    )
  }
}

@inline(__always) private func outputTiles<W: WinogradTransform>(
  _: W.Type, _ window: Window, _ m: UnsafePointer<Float>, _ plane: Int, _ mStride: Int, _ row: Int,
  _ target: Target, _ columns: Int, _ epilogue: Epilogue, _ firstTile: Int, _ tileCount: Int,
  _ line: UnsafeMutablePointer<Float>
) {
  let side = W.side, step = W.side - 2
  let tilesX = (window.outWidth + step - 1) / step, tilesY = (window.outHeight + step - 1) / step
  guard let values = target.values else { return }
  let stride = target.stride, accumulates = target.accumulate != 0
  for index in 0..<tileCount {
    let tile = firstTile + index
    let top = tile / tilesX % tilesY * step, left = tile % tilesX * step
    let picture = tile / (tilesX * tilesY)
    let rows = min(step, window.outHeight - top), width = min(step, window.outWidth - left)
    let source = m + (row + index) * mStride
    var k = 0
    while k < columns {
      for j in 0..<side {
        let o = source + k + j * plane, q = line + j * lanes
        W.output({ load(o + $0 * side * plane) }, { store(q + $0 * side * lanes, $1) })
      }
      let finish = Finish(epilogue, k)
      for i in 0..<rows {
        let q = line + i * side * lanes
        if target.pooling != poolingNone {
          W.output({ load(q + $0 * lanes) }, { store(q + $0 * lanes, finish($1)) })
          continue
        }
        let p = values + ((picture * window.outHeight + top + i) * window.outWidth + left) * stride + k
        if accumulates {
          W.output(
            { load(q + $0 * lanes) },
            { if $0 < width { store(p + $0 * stride, finish($1 + load(p + $0 * stride))) } })
        } else if width == step {
          W.output({ load(q + $0 * lanes) }, { store(p + $0 * stride, finish($1)) })
        } else {
          W.output({ load(q + $0 * lanes) }, { if $0 < width { store(p + $0 * stride, finish($1)) } })
        }
      }
      if target.pooling != poolingNone {
        poolTile(
          line, side, rows, width, target, (window.outHeight + 1) / 2, (window.outWidth + 1) / 2, picture,
          top, left, k)
      }
      k += lanes
    }
  }
}

/// 2x2 pooling of a tile of rectified results in `line`, `side` vectors per row.
@inline(__always) private func poolTile(
  _ line: UnsafeMutablePointer<Float>, _ side: Int, _ rows: Int, _ width: Int, _ target: Target,
  _ pooledHeight: Int,
  _ pooledWidth: Int, _ picture: Int, _ top: Int, _ left: Int, _ k: Int
) {
  guard let values = target.values else { return }
  var i = 0
  while i < rows {
    var j = 0
    while j < width {
      let q = line + (i * side + j) * lanes
      let cell = pool2x2(
        target.pooling, load(q), j + 1 < width ? load(q + lanes) : nil,
        i + 1 < rows ? load(q + side * lanes) : nil,
        i + 1 < rows && j + 1 < width ? load(q + (side + 1) * lanes) : nil)
      let place =
        ((picture * pooledHeight + (top + i) / 2) * pooledWidth + (left + j) / 2) * target.stride + k
      store(values + place, cell.value)
      if let codes = target.codes { storeCodes(codes + place / 2, cell.code) }
      j += 2
    }
    i += 2
  }
}

/// Transforms some rows of one panel of the filter, `u[i, j] = (G g Gt)[i, j]`, for `count` channels:
/// rowCount * side planes [count][tileColumns], `plane` numbers apart.
///
/// - Parameter source: the first channel in the panel [9][C][tileColumns], packed as for direct convolution.
package func winogradFilter(
  _ side: Int, _ firstRow: Int, _ rowCount: Int, _ source: UnsafePointer<Float>, _ channels: Int,
  _ count: Int,
  _ target: UnsafeMutablePointer<Float>, _ plane: Int
) {
  if side == WinogradSix.side {
    filterPanel(WinogradSix.self, firstRow, rowCount, source, channels, count, target, plane)
  } else {
    filterPanel(WinogradFour.self, firstRow, rowCount, source, channels, count, target, plane)
  }
}

@inline(__always) private func filterPanel<W: WinogradTransform>(
  _: W.Type, _ firstRow: Int, _ rowCount: Int, _ source: UnsafePointer<Float>, _ channels: Int, _ count: Int,
  _ target: UnsafeMutablePointer<Float>, _ plane: Int
) {
  let tap = channels * tileColumns
  // A few channels at a time: their nine taps stay in the first-level cache for all rows.
  let block = 16 * lanes
  var first = 0
  while first < count * tileColumns {
    let end = min(first + block, count * tileColumns)
    for row in 0..<rowCount {
      let (a, b, c) = W.filterRow(firstRow + row)
      let planes = target + row * W.side * plane
      var offset = first
      while offset < end {
        let g = source + offset
        let g0 = sum(sum(load(g) * a, b, load(g + 3 * tap)), c, load(g + 6 * tap))
        let g1 = sum(sum(load(g + tap) * a, b, load(g + 4 * tap)), c, load(g + 7 * tap))
        let g2 = sum(sum(load(g + 2 * tap) * a, b, load(g + 5 * tap)), c, load(g + 8 * tap))
        let o = planes + offset
        W.filter(g0, g1, g2) { store(o + $0 * plane, $1) }
        offset += lanes
      }
    }
    first = end
  }
}
