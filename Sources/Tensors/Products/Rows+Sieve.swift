import CSystem
import Kernels

extension Rows {
  /// Many queries: products of codes, by a tile of their own, select the rows that may be near enough. Their
  /// codes are compared once more, with finer numbers of the query. Only what is left is measured.
  ///
  /// - Returns: false, nothing done, if there are no codes, or for numbers that have no bound.
  func sieve(
    _ queries: UnsafePointer<Float>, _ queryCount: Int, _ best: Best
  ) throws(Failure) -> Bool {
    let kernels = KernelSet.selected, many = kernels.sieveMany
    // With coarse numbers of a query more rows pass, until enough rows have been seen.
    guard let codes = usefulCodes, many.shape.most >= 127 || count >= 1 << 15 else { return false }
    let sieve = codes.sieve
    let columns = roundedUp(queryCount, many.shape.columns)
    guard let coded = try ManyCodedQueries(queries, queryCount, dimension, many.shape) else { return false }
    // In the first-level cache together with a tile's queries, if rows are short.
    let blockRows = 96
    let stride = roundedUp(dimension, codeSlack) * 4 / many.shape.group
    let spread = try Storage<UInt8>(count: best.workers * blockRows * stride)
    let places = try Storage<Int32>(count: best.workers * blockRows * columns)
    let gates = try Storage<Float>(repeating: 0, count: best.workers * 3 * columns)
    let fine = try Storage<Gate>(count: best.workers * queryCount)
    let blocks = (count + blockRows - 1) / blockRows
    let rowsPerTask = (blocks + 255) / 256 * blockRows
    ThreadPool.shared.run((count + rowsPerTask - 1) / rowsPerTask, workers: best.workers) {
      [coded] task, worker in
      let spread = UnsafeMutableRawPointer(spread.pointer + worker * blockRows * stride)
      let near = places.pointer + worker * blockRows * columns
      let reaches = gates.pointer + worker * 3 * columns
      let scales = reaches + columns, limits = scales + columns
      let fine = fine.pointer + worker * queryCount
      func set(_ query: Int) {
        let limit = best.list(worker, query).pointee.limit, gate = coded.coarse[query].gate(limit)
        (reaches[query], scales[query], limits[query]) = (gate.reach, gate.scale, gate.limit)
        fine[query] = coded.fine[query].gate(limit)
      }
      for query in 0..<queryCount { set(query) }
      // Columns without a query let pass the rows without a bound alone.
      for column in queryCount..<columns { limits[column] = -.infinity }
      let end = min((task + 1) * rowsPerTask, count)
      for first in Swift.stride(from: task * rowsPerTask, to: end, by: blockRows) {
        let rows = min(blockRows, end - first)
        many.spreadBlock(sieve, first, rows, stride, spread)
        let passed = many.block(
          sieve, first, rows, spread, stride, coded.packed.pointer, coded.starts.pointer, columns, reaches,
          scales, limits, near)
        for i in 0..<passed {
          let row = first + Int(near[i]) / columns, query = Int(near[i]) % columns
          guard query < queryCount else { continue }
          let list = best.list(worker, query), before = list.pointee.limit
          if before < .infinity {
            var product: Float = 0
            var place: Int32 = 0
            let levels = coded.levels(query)
            if kernels.sieveBlock(sieve, row, 1, levels, fine[query], &product, &place) == 0 { continue }
          }
          list.pointee.offer(
            Neighbour(
              distance: euclideanDistance(pointer(row), queries + query * dimension, dimension), row: row))
          if list.pointee.limit < before { set(query) }
        }
      }
    }
    withExtendedLifetime((best, codes, coded, spread, places, gates, fine)) {}
    return true
  }
}

private func roundedUp(_ count: Int, _ step: Int) -> Int { (count + step - 1) / step * step }

/// Queries in whole numbers: fine ones for one row, and those that the tile for many takes.
private final class ManyCodedQueries {
  /// As `SieveMany.block` reads them, and what its sums begin at.
  let packed: Storage<UInt8>
  let starts: Storage<Int32>
  let coarse, fine: [CodedQuery]
  private let levels: Storage<Int16>
  private let stride: Int

  /// Nil if one of them has no bound.
  init?(
    _ queries: UnsafePointer<Float>, _ count: Int, _ dimension: Int, _ shape: SieveShape
  ) throws(Failure) {
    let columns = roundedUp(count, shape.columns)
    packed = try Storage(repeating: 0, count: columns * roundedUp(dimension, shape.group) * 4 / shape.group)
    starts = try Storage(repeating: 0, count: columns)
    stride = dimension + codeSlack
    levels = try Storage(repeating: 0, count: count * stride)
    let most = CodedQuery.most(dimension)
    var coarse: [CodedQuery] = [], fine: [CodedQuery] = []
    for query in 0..<count {
      let numbers = queries + query * dimension, levels = levels.pointer + query * stride
      guard let one = CodedQuery(numbers, dimension, min(shape.most, most), levels) else { return nil }
      coarse.append(one)
      let column =
        packed.pointer + query / shape.lanes * shape.lanes * roundedUp(dimension, shape.group) * 4
        / shape.group + query % shape.lanes * 4
      for i in 0..<dimension {
        let place = UnsafeMutableRawPointer(column + i / shape.group * shape.lanes * 4)
        if shape.group == 4 {
          place.storeBytes(of: Int8(levels[i]), toByteOffset: i % 4, as: Int8.self)
          // Codes have 128 more there.
          starts[query] &-= 128 * Int32(levels[i])
        } else {
          place.storeBytes(of: levels[i], toByteOffset: i % 2 * 2, as: Int16.self)
        }
      }
      guard let one = CodedQuery(numbers, dimension, most, levels) else { return nil }
      fine.append(one)
    }
    (self.coarse, self.fine) = (coarse, fine)
  }

  /// The fine numbers of a query.
  func levels(_ query: Int) -> UnsafePointer<Int16> { UnsafePointer(levels.pointer + query * stride) }
}
