import CSystem

// Winograd's minimal filtering F(4x4, 3x3): a 4x4 tile of results from a 6x6 tile of the picture with 36
// multiplications for each pair of channels instead of 144.
//   Y = At [ (G g Gt) * (Bt d B) ] A, * element by element; the sum over input channels makes it 36 products of matrices.
// N batch, H height, W width, C channels of the input, K columns of the result, T tiles of one piece of work.
// Sources: Winograd 1980; Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016, section 4.3.

/// The picture's tiles: `v[xi, t, c] = (Bt d B)[xi]` for `tileCount` tiles from `firstTile`, `xi` in 0..<36.
///
/// - Parameters:
///   - v: 36 planes, `plane` numbers apart, each [T, C]; the first tile of this call goes to row `row`.
///   - line: room for 36 vectors.
package func winogradInput(
  _ window: Window, _ x: UnsafePointer<Float>, _ firstTile: Int, _ tileCount: Int,
  _ v: UnsafeMutablePointer<Float>, _ plane: Int, _ row: Int, _ line: UnsafeMutablePointer<Float>
) {
  let tilesX = (window.outWidth + 3) / 4, tilesY = (window.outHeight + 3) / 4
  let channels = window.channels
  for index in 0..<tileCount {
    let tile = firstTile + index
    let top = tile / tilesX % tilesY * 4 - window.padTop, left = tile % tilesX * 4 - window.padLeft
    let picture = x + tile / (tilesX * tilesY) * window.height * window.width * channels
    let columns = max(0, -left)..<max(0, min(6, window.width - left))
    let isInside = columns == 0..<6
    var target = v + (row + index) * channels
    var c = 0
    while c < channels {
      for i in 0..<6 {
        var d0 = Vector.zero, d1 = Vector.zero, d2 = Vector.zero
        var d3 = Vector.zero, d4 = Vector.zero, d5 = Vector.zero
        let y = top + i
        if y >= 0 && y < window.height {
          let p = picture + (y * window.width + left) * channels + c
          if isInside {
            d0 = load(p)
            d1 = load(p + channels)
            d2 = load(p + 2 * channels)
            d3 = load(p + 3 * channels)
            d4 = load(p + 4 * channels)
            d5 = load(p + 5 * channels)
          } else {
            if columns.contains(0) { d0 = load(p) }
            if columns.contains(1) { d1 = load(p + channels) }
            if columns.contains(2) { d2 = load(p + 2 * channels) }
            if columns.contains(3) { d3 = load(p + 3 * channels) }
            if columns.contains(4) { d4 = load(p + 4 * channels) }
            if columns.contains(5) { d5 = load(p + 5 * channels) }
          }
        }
        let r = inputTransform(d0, d1, d2, d3, d4, d5)
        let q = line + i * 6 * lanes
        store(q, r.0)
        store(q + lanes, r.1)
        store(q + 2 * lanes, r.2)
        store(q + 3 * lanes, r.3)
        store(q + 4 * lanes, r.4)
        store(q + 5 * lanes, r.5)
      }
      for j in 0..<6 {
        let q = line + j * lanes
        let r = inputTransform(
          load(q), load(q + 6 * lanes), load(q + 12 * lanes), load(q + 18 * lanes), load(q + 24 * lanes),
          load(q + 30 * lanes))
        let o = target + j * plane
        store(o, r.0)
        store(o + 6 * plane, r.1)
        store(o + 12 * plane, r.2)
        store(o + 18 * plane, r.3)
        store(o + 24 * plane, r.4)
        store(o + 30 * plane, r.5)
      }
      target += lanes
      c += lanes
    }
  }
}

/// The way back: `y[tile] = f(At m A + bias)`, from 36 planes [T, columns], `plane` numbers apart.
package func winogradOutput(
  _ window: Window, _ m: UnsafePointer<Float>, _ plane: Int, _ row: Int, _ y: UnsafeMutablePointer<Float>,
  _ columns: Int, _ epilogue: Epilogue, _ firstTile: Int, _ tileCount: Int, _ line: UnsafeMutablePointer<Float>
) {
  let tilesX = (window.outWidth + 3) / 4, tilesY = (window.outHeight + 3) / 4
  for index in 0..<tileCount {
    let tile = firstTile + index
    let top = tile / tilesX % tilesY * 4, left = tile % tilesX * 4
    let picture = y + tile / (tilesX * tilesY) * window.outHeight * window.outWidth * columns
    let rows = min(4, window.outHeight - top), width = min(4, window.outWidth - left)
    let source = m + (row + index) * columns
    var k = 0
    while k < columns {
      for j in 0..<6 {
        let o = source + k + j * plane
        let r = outputTransform(
          load(o), load(o + 6 * plane), load(o + 12 * plane), load(o + 18 * plane), load(o + 24 * plane),
          load(o + 30 * plane))
        let q = line + j * lanes
        store(q, r.0)
        store(q + 6 * lanes, r.1)
        store(q + 12 * lanes, r.2)
        store(q + 18 * lanes, r.3)
      }
      let finish = Finish(epilogue, k)
      for i in 0..<rows {
        let q = line + i * 6 * lanes
        let r = outputTransform(
          load(q), load(q + lanes), load(q + 2 * lanes), load(q + 3 * lanes), load(q + 4 * lanes), load(q + 5 * lanes))
        let p = picture + ((top + i) * window.outWidth + left) * columns + k
        store(p, finish.first(r.0))
        if width > 1 { store(p + columns, finish.first(r.1)) }
        if width > 2 { store(p + 2 * columns, finish.first(r.2)) }
        if width > 3 { store(p + 3 * columns, finish.first(r.3)) }
      }
      k += lanes
    }
  }
}

/// One panel of the filter's side, `u[xi] = (G g Gt)[xi]`: 36 planes [C][tileColumns], `plane` numbers apart.
///
/// - Parameter source: the panel [9 * C][tileColumns], packed as for plain convolution.
package func winogradFilter(
  _ source: UnsafePointer<Float>, _ channels: Int, _ target: UnsafeMutablePointer<Float>, _ plane: Int,
  _ line: UnsafeMutablePointer<Float>
) {
  let tap = channels * tileColumns
  // Channel after channel, so that each of the 36 planes is written from its beginning to its end.
  var offset = 0
  while offset < tap {
    for kx in 0..<3 {
      let g = source + kx * tap + offset
      let r = filterTransform(load(g), load(g + 3 * tap), load(g + 6 * tap))
      let q = line + kx * lanes
      store(q, r.0)
      store(q + 3 * lanes, r.1)
      store(q + 6 * lanes, r.2)
      store(q + 9 * lanes, r.3)
      store(q + 12 * lanes, r.4)
      store(q + 15 * lanes, r.5)
    }
    for i in 0..<6 {
      let q = line + i * 3 * lanes
      let r = filterTransform(load(q), load(q + lanes), load(q + 2 * lanes))
      let o = target + i * 6 * plane + offset
      store(o, r.0)
      store(o + plane, r.1)
      store(o + 2 * plane, r.2)
      store(o + 3 * plane, r.3)
      store(o + 4 * plane, r.4)
      store(o + 5 * plane, r.5)
    }
    offset += lanes
  }
}

/// One side of `Bt d B`.
@inline(__always) private func inputTransform(
  _ d0: Vector, _ d1: Vector, _ d2: Vector, _ d3: Vector, _ d4: Vector, _ d5: Vector
) -> (Vector, Vector, Vector, Vector, Vector, Vector) {
  let a = d4 - 4 * d2, b = d3 - 4 * d1, c = d4 - d2, d = 2 * (d3 - d1)
  return (4 * d0 - 5 * d2 + d4, a + b, a - b, c + d, c - d, 4 * d1 - 5 * d3 + d5)
}

/// One side of `At m A`.
@inline(__always) private func outputTransform(
  _ m0: Vector, _ m1: Vector, _ m2: Vector, _ m3: Vector, _ m4: Vector, _ m5: Vector
) -> (Vector, Vector, Vector, Vector) {
  let a = m1 + m2, b = m1 - m2, c = m3 + m4, d = m3 - m4
  return (m0 + a + c, b + 2 * d, a + 4 * c, b + 8 * d + m5)
}

/// One side of `G g Gt`.
@inline(__always) private func filterTransform(
  _ g0: Vector, _ g1: Vector, _ g2: Vector
) -> (Vector, Vector, Vector, Vector, Vector, Vector) {
  let a = (g0 + g2) * (-1.0 / 6), b = g1 * (1.0 / 6), c = g0 * (1.0 / 24) + g2 * (1.0 / 6), d = g1 * (1.0 / 12)
  return (g0 * 0.25, a - b, a + b, c + d, c - d, g2)
}
