import Kernels

// The innermost loop of products, to measure the processor's peak rate.

extension Float {
  /// Rows and columns of the register tile.
  package static var tile: (rows: Int, columns: Int) {
    (KernelSet.selected.tileRows, KernelSet.selected.tileColumns)
  }

  /// Repeats the product of one tile on this thread: `a` is [tile.rows, b.depth], `c` the tile.
  package static func multiplyTile(
    _ a: UnsafePointer<Float>, _ b: PackedMatrix<Float>, _ c: UnsafeMutablePointer<Float>, repeats: Int
  ) {
    let kernels = KernelSet.selected
    withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: 2 * kernels.tileRows) { table in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: kernels.tileRows * kernels.tileColumns) {
        edge in
        guard let table = table.baseAddress, let edge = edge.baseAddress else { return }
        for _ in 0..<repeats {
          kernels.multiplyBlock(
            b.depth, a, b.depth, b.storage.pointer, c, b.columns, b.columns, false,
            Finish<Float>.nothing.epilogue, 0,
            kernels.tileRows, 0, 1, table, edge, nil)
        }
      }
    }
  }
}
