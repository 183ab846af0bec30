import CSystem

/// A block of `c = a * b` (or `c += a * b`): `rowCount` rows of `a` from `firstRow`, against packed panels.
///
/// - Parameters:
///   - a: row-major, `aStride` apart, `depth` consecutive factors a row.
///   - packed: [panels][depth][tileColumns].
///   - c: row-major, `columns` a row.
package func multiplyBlock(
  _ depth: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ packed: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ columns: Int, _ accumulate: Bool, _ epilogue: Epilogue,
  _ firstRow: Int, _ rowCount: Int, _ firstPanel: Int, _ panelCount: Int,
  _ table: UnsafeMutablePointer<UnsafePointer<Float>>, _ edge: UnsafeMutablePointer<Float>
) {
  let slivers = (rowCount + tileRows - 1) / tileRows
  for row in 0..<(slivers * tileRows) {
    table[row] = a + (firstRow + (row < rowCount ? row : 0)) * aStride
  }
  for panel in firstPanel..<(firstPanel + panelCount) {
    for sliver in 0..<slivers {
      storeTile(
        1, depth, table + sliver * tileRows, packed + panel * depth * tileColumns,
        c + (firstRow + sliver * tileRows) * columns, columns, min(tileRows, rowCount - sliver * tileRows),
        columns, panel, accumulate, epilogue, edge)
    }
  }
}

/// Packs panel `panel` of `b` [depth, columns] for the tile: [depth][tileColumns], zeros past the last column.
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

/// `target[i, j] = source[j, i]` for rows `i` of target in the given range, in squares that fit the first-level cache.
package func transposeBlock(
  _ source: UnsafePointer<Float>, _ sourceStride: Int, _ target: UnsafeMutablePointer<Float>, _ targetStride: Int,
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
