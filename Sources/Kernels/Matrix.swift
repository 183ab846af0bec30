import CSystem

/// Depth of the block of a packed panel that stays in the first-level cache while rows stream past it.
package let blockDepth = 256

/// A block of `c = a * b` (or `c += a * b`): `rowCount` rows of `a` from `firstRow`, against packed panels.
///
/// - Parameters:
///   - a: row-major, rows `aStride` apart, `depth` contiguous factors each.
///   - packed: [panels][depth][tileColumns].
///   - c: row-major, `columns` per row, rows `cStride` apart.
///   - copy: nil, or room for `rowCount * blockDepth` numbers, to which rows are copied block by block: rows
///     a power of two apart would evict each other from the cache.
package func multiplyBlock(
  _ depth: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ packed: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ cStride: Int, _ columns: Int, _ accumulate: Bool, _ epilogue: Epilogue,
  _ firstRow: Int, _ rowCount: Int, _ firstPanel: Int, _ panelCount: Int,
  _ table: UnsafeMutablePointer<UnsafePointer<Float>>, _ edge: UnsafeMutablePointer<Float>,
  _ copy: UnsafeMutablePointer<Float>?
) {
  let slivers = (rowCount + tileRows - 1) / tileRows
  let blocks = max(1, (depth + blockDepth - 1) / blockDepth)
  let length = (depth + blocks - 1) / blocks
  let nothing = Epilogue(bias: nil, slopes: nil, activation: Int(activationNone))
  for block in 0..<blocks {
    let k = block * length, count = min(length, depth - k)
    for row in 0..<(slivers * tileRows) {
      let source = a + (firstRow + (row < rowCount ? row : 0)) * aStride + k
      if let copy, row < rowCount {
        // Not `update`, which Embedded Swift makes a loop.
        UnsafeMutableRawPointer(copy + row * count).copyMemory(
          from: source, byteCount: count * MemoryLayout<Float>.stride)
        table[row] = UnsafePointer(copy + row * count)
      } else {
        table[row] = row < rowCount ? source : table[0]
      }
    }
    for panel in firstPanel..<(firstPanel + panelCount) {
      let weights = packed + (panel * depth + k) * tileColumns
      for sliver in 0..<slivers {
        storeTile(
          1, count, table + sliver * tileRows, weights,
          ahead(sliver, of: slivers, weights, weights + depth * tileColumns),
          c + (firstRow + sliver * tileRows) * cStride, cStride, min(tileRows, rowCount - sliver * tileRows),
          columns, panel, accumulate || block > 0, block == blocks - 1 ? epilogue : nothing, edge)
      }
    }
  }
}

/// Packs panel `panel` of `b` [depth, columns] for the tile: [depth][tileColumns], zeros past the last
/// column.
package func packPanel(
  _ depth: Int, _ columns: Int, _ b: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int,
  _ panel: Int, _ packed: UnsafeMutablePointer<Float>
) {
  let first = panel * tileColumns
  let count = min(tileColumns, columns - first)
  let target = packed + panel * depth * tileColumns
  if columnStride == 1 && count == tileColumns {
    for k in 0..<depth {
      let source = b + k * rowStride + first
      store(target + k * tileColumns, load(source))
      store(target + k * tileColumns + lanes, load(source + lanes))
    }
    return
  }
  for k in 0..<depth {
    let source = b + k * rowStride + first * columnStride
    let row = target + k * tileColumns
    for j in 0..<count { row[j] = source[j * columnStride] }
    for j in count..<tileColumns { row[j] = 0 }
  }
}

/// `target[i, j] = source[j, i]` for rows `i` of target in the given range, in squares that fit the
/// first-level cache.
package func transposeBlock(
  _ source: UnsafePointer<Float>, _ sourceStride: Int, _ target: UnsafeMutablePointer<Float>,
  _ targetStride: Int,
  _ firstRow: Int, _ rowCount: Int, _ columns: Int
) {
  let side = 16
  var j0 = 0
  while j0 < columns {
    let j1 = min(j0 + side, columns)
    for i in firstRow..<(firstRow + rowCount) {
      let row = target + i * targetStride
      for j in j0..<j1 { row[j] = source[j * sourceStride + i] }
    }
    j0 = j1
  }
}
