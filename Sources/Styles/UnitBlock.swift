import Networks
import Tensors

/// Some units of a layer: those of a rectangle, each with its share m in a mask. A unit counts m^2 times.
struct UnitBlock {
  let features: GradientPlan.Features
  let rows, columns: Range<Int>
  /// m, [height, width] of the features; nil: 1 everywhere.
  let mask: Tensor<Float>?

  var count: Int { rows.count * columns.count }
  var isAll: Bool { rows == 0..<features.height && columns == 0..<features.width }

  /// The place among the features' of one of the block's units, which are numbered row by row.
  fileprivate func place(_ unit: Int) -> Int {
    (rows.lowerBound + unit / columns.count) * features.width + columns.lowerBound + unit % columns.count
  }
}

/// Where units are copied to that do not lie side by side or do not count alike, some at a time.
final class UnitRoom {
  static let chunk = 2048
  private let channels: Int
  private let workspace: Workspace
  /// Copies of units, with their m, and what comes of them.
  private var taken: (units: Storage<Float>, shares: Storage<Float>, results: Storage<Float>)?

  /// - Parameter channels: the most of any layer.
  init(channels: Int, _ workspace: Workspace) {
    (self.channels, self.workspace) = (channels, workspace)
  }

  /// Memory that is taken when it is first needed.
  private func room() throws(Failure) -> (
    units: UnsafeMutablePointer<Float>, shares: UnsafeMutablePointer<Float>, results: UnsafeMutablePointer<Float>
  ) {
    if let taken { return (taken.units.pointer, taken.shares.pointer, taken.results.pointer) }
    let count = UnitRoom.chunk * channels
    let room = (
      units: try Storage<Float>(count: count), shares: try Storage<Float>(count: UnitRoom.chunk),
      results: try Storage<Float>(count: count)
    )
    taken = room
    return (room.units.pointer, room.shares.pointer, room.results.pointer)
  }

  static func count(channels: Int) -> Int { 2 * chunk * channels + chunk }

  /// Copies of the units, m^power times each, with their m.
  private func forEachChunk(
    _ block: UnitBlock, power: Int, _ body: (_ first: Int, _ count: Int) throws(Failure) -> Void
  ) throws(Failure) {
    let channels = block.features.channels, (units, shares, _) = try room()
    for first in stride(from: 0, to: block.count, by: UnitRoom.chunk) {
      let count = min(UnitRoom.chunk, block.count - first), each = 64
      ThreadPool.shared.run((count + each - 1) / each) { task, _ in
        for i in (task * each)..<min(count, (task + 1) * each) {
          let place = block.place(first + i), m = block.mask.map { $0[place] } ?? 1
          let source = block.features.values + place * channels, target = units + i * channels
          let factor = power == 1 ? m : m * m
          for c in 0..<channels { target[c] = factor * source[c] }
          shares[i] = m
        }
      }
      try body(first, count)
    }
  }

  // MARK: Moments

  /// Adds the block's units to sums.
  func add(_ block: UnitBlock, to sums: UnitSums) throws(Failure) {
    if block.isAll, block.mask == nil {
      return try sums.add(block.features.values, rows: block.count, shares: nil, weight: Double(block.count), workspace)
    }
    try forEachChunk(block, power: 1) { _, count throws(Failure) in
      let (units, shares, _) = try room()
      var weight = 0.0
      for i in 0..<count { weight += Double(shares[i]) * Double(shares[i]) }
      guard weight > 0 else { return }
      try sums.add(units, rows: count, shares: shares, weight: weight, workspace)
    }
  }

  // MARK: Gradients

  /// To each unit's gradient goes `m^2 (x slope + shift)`.
  /// - Parameters:
  ///   - gradient: of all features.
  ///   - isSet: whether it is set and not added to; units out of the block get nothing.
  func addGradient(
    _ block: UnitBlock, _ slope: PackedMatrix<Float>, shift: Tensor<Float>?, to gradient: UnsafeMutablePointer<Float>, isSet: Bool
  ) throws(Failure) {
    let channels = block.features.channels
    if block.isAll, block.mask == nil {
      try Float.multiply(
        rows: block.count, block.features.values, rowStride: channels, columnStride: 1, slope, gradient, accumulate: !isSet,
        .nothing, workspace)
      guard let shift else { return }
      let each = max(1, (1 << 16) / channels), count = block.count
      ThreadPool.shared.run((count + each - 1) / each) { task, _ in
        for i in (task * each)..<min(count, (task + 1) * each) {
          for c in 0..<channels { gradient[i * channels + c] += shift[c] }
        }
      }
      return
    }
    if isSet { gradient.update(repeating: 0, count: block.features.count) }
    try forEachChunk(block, power: 2) { first, count throws(Failure) in
      let (units, shares, results) = try room()
      try Float.multiply(
        rows: count, units, rowStride: channels, columnStride: 1, slope, results, accumulate: false, .nothing, workspace)
      for i in 0..<count where shares[i] != 0 {
        let target = gradient + block.place(first + i) * channels, source = results + i * channels
        let q = shares[i] * shares[i]
        if let shift {
          for c in 0..<channels { target[c] += source[c] + q * shift[c] }
        } else {
          for c in 0..<channels { target[c] += source[c] }
        }
      }
    }
  }
}

/// Sums over units, of which their moments are made.
final class UnitSums {
  let channels: Int
  private let isMeanWanted: Bool
  /// How often units have counted.
  private(set) var weight = 0.0
  private let sum, gram: Tensor<Float>
  /// Of the second and later parts.
  private var part: Tensor<Float>?

  init(channels: Int, isMeanWanted: Bool) throws(Failure) {
    self.channels = channels
    self.isMeanWanted = isMeanWanted
    sum = try Tensor([channels])
    gram = try Tensor([channels, channels])
    clear()
  }

  func clear() {
    weight = 0
    sum.pointer.update(repeating: 0, count: sum.count)
    gram.pointer.update(repeating: 0, count: gram.count)
  }

  /// - Parameters:
  ///   - x: m times the units, followed by a vector's width of readable slack.
  ///   - shares: m; nil: 1.
  ///   - weight: the sum of m^2.
  func add(
    _ x: UnsafePointer<Float>, rows: Int, shares: UnsafePointer<Float>?, weight: Double, _ workspace: Workspace
  ) throws(Failure) {
    if self.weight == 0 {
      try Float.gram(x, rows: rows, columns: channels, gram.pointer, workspace)
    } else {
      let part: Tensor<Float>
      if let known = self.part { part = known } else { part = try Tensor([channels, channels]) }
      self.part = part
      try Float.gram(x, rows: rows, columns: channels, part.pointer, workspace)
      for i in 0..<gram.count { gram.pointer[i] += part[i] }
    }
    self.weight += weight
    guard isMeanWanted else { return }
    // Of blocks of rows first: rounding grows slowly, and the bits are the same for any number of threads.
    let each = 1024, blocks = (rows + each - 1) / each, channels = channels
    let sums = try workspace.take(blocks * channels)
    ThreadPool.shared.run(blocks) { block, _ in
      let target = sums + block * channels
      target.update(repeating: 0, count: channels)
      for i in (block * each)..<min(rows, (block + 1) * each) {
        let source = x + i * channels, m = shares.map { $0[i] } ?? 1
        for c in 0..<channels { target[c] += m * source[c] }
      }
    }
    for block in 0..<blocks { for c in 0..<channels { sum.pointer[c] += sums[block * channels + c] } }
  }

  /// - Returns: nil where no unit counted.
  func moments() throws(Failure) -> Moments<Float>? {
    guard weight > 0 else { return nil }
    let mean = try Tensor<Float>(sum.shape), second = try Tensor<Float>(gram.shape), factor = Float(1 / weight)
    for i in 0..<mean.count { mean.pointer[i] = factor * sum[i] }
    for i in 0..<second.count { second.pointer[i] = factor * gram[i] }
    return Moments(mean: mean, second: second)
  }
}
