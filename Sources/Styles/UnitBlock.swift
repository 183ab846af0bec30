import Networks
import Tensors

/// Some units of a layer: those of a rectangle, each with its weight m in a mask. A unit counts m^2 times.
struct UnitBlock {
  let features: GradientPlan.Features
  let rows, columns: Range<Int>
  /// m, [height, width] of the features; nil: 1 everywhere.
  let mask: Tensor<Float>?

  var count: Int { rows.count * columns.count }
  var isAll: Bool { rows == 0..<features.height && columns == 0..<features.width }

  /// The index among the features of one of the block's units, which are numbered row by row.
  fileprivate func place(_ unit: Int) -> Int {
    (rows.lowerBound + unit / columns.count) * features.width + columns.lowerBound + unit % columns.count
  }
}

/// A buffer for chunks of units that are not contiguous or not equally weighted.
final class UnitRoom {
  static let chunk = 2048
  /// Rows per task.
  static let slice = 64
  private let channels: Int
  private let workspace: Workspace
  /// Copies of units, their m, and results.
  private var taken: (units: Storage<Float>, shares: Storage<Float>, results: Storage<Float>)?

  /// - Parameter channels: the maximum of all layers.
  init(channels: Int, _ workspace: Workspace) {
    (self.channels, self.workspace) = (channels, workspace)
  }

  /// Allocated on first use.
  private func room() throws(Failure) -> (
    units: UnsafeMutablePointer<Float>, shares: UnsafeMutablePointer<Float>,
    results: UnsafeMutablePointer<Float>
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

  /// Size of the buffer for a layer with `units` units.
  /// - Parameter isWhole: whether the units are those of a whole picture without masks, which need no
  ///   results.
  static func count(units: Int, channels: Int, isWhole: Bool) -> Int {
    min(units, chunk) * ((isWhole ? 1 : 2) * channels + 1)
  }

  /// Copies the units, scaled by m^power, and their m.
  /// - Parameter centre: subtracted from the units first.
  private func forEachChunk(
    _ block: UnitBlock, power: Int, from centre: Tensor<Float>? = nil,
    _ body: (_ first: Int, _ count: Int) throws(Failure) -> Void
  ) throws(Failure) {
    let channels = block.features.channels, (units, shares, _) = try room()
    for first in stride(from: 0, to: block.count, by: UnitRoom.chunk) {
      let count = min(UnitRoom.chunk, block.count - first), each = UnitRoom.slice
      ThreadPool.shared.run((count + each - 1) / each) { task, _ in
        for i in (task * each)..<min(count, (task + 1) * each) {
          let place = block.place(first + i), m = block.mask.map { $0[place] } ?? 1
          let source = block.features.values + place * channels, target = units + i * channels
          let factor = power == 0 ? 1 : power == 1 ? m : m * m
          if let centre {
            for c in 0..<channels { target[c] = factor * (source[c] - centre[c]) }
          } else {
            for c in 0..<channels { target[c] = factor * source[c] }
          }
          shares[i] = m
        }
      }
      try body(first, count)
    }
  }

  // MARK: Moments

  func add(_ block: UnitBlock, to sums: UnitSums) throws(Failure) {
    if sums.isCentred {
      return try forEachChunk(block, power: 0) { _, count throws(Failure) in
        let (units, shares, _) = try room()
        try sums.add(centring: units, rows: count, shares: shares, workspace)
      }
    }
    if block.isAll, block.mask == nil {
      return try sums.add(block.features.values, rows: block.count, weight: Double(block.count), workspace)
    }
    try forEachChunk(block, power: 1) { _, count throws(Failure) in
      let (units, shares, _) = try room()
      var weight = 0.0
      for i in 0..<count { weight += Double(shares[i]) * Double(shares[i]) }
      guard weight > 0 else { return }
      try sums.add(units, rows: count, weight: weight, workspace)
    }
  }

  // MARK: Gradients

  /// Adds `m^2 ((x - centre) slope + shift)` to each unit's gradient.
  /// - Parameters:
  ///   - about: centre and shift; nil for zeros.
  ///   - gradient: of all features.
  ///   - isSet: whether to set it instead of adding; units outside the block become zero.
  func addGradient(
    _ block: UnitBlock, _ slope: PackedMatrix<Float>, about: (centre: Tensor<Float>, shift: Tensor<Float>)?,
    to gradient: UnsafeMutablePointer<Float>, isSet: Bool
  ) throws(Failure) {
    let channels = block.features.channels
    if block.isAll, block.mask == nil {
      guard let (centre, shift) = about else {
        return try Float.multiply(
          rows: block.count, block.features.values, rowStride: channels, columnStride: 1, slope, gradient,
          accumulate: !isSet,
          .nothing, workspace)
      }
      return try forEachChunk(block, power: 0, from: centre) { first, count throws(Failure) in
        let (units, _, _) = try room(), target = gradient + first * channels
        try Float.multiply(
          rows: count, units, rowStride: channels, columnStride: 1, slope, target, accumulate: !isSet,
          .nothing, workspace)
        ThreadPool.shared.run((count + UnitRoom.slice - 1) / UnitRoom.slice) { task, _ in
          for i in (task * UnitRoom.slice)..<min(count, (task + 1) * UnitRoom.slice) {
            for c in 0..<channels { target[i * channels + c] += shift[c] }
          }
        }
      }
    }
    if isSet { gradient.update(repeating: 0, count: block.features.count) }
    try forEachChunk(block, power: 2, from: about?.centre) { first, count throws(Failure) in
      let (units, shares, results) = try room()
      try Float.multiply(
        rows: count, units, rowStride: channels, columnStride: 1, slope, results, accumulate: false, .nothing,
        workspace)
      for i in 0..<count where shares[i] != 0 {
        let target = gradient + block.place(first + i) * channels, source = results + i * channels
        let q = shares[i] * shares[i]
        if let shift = about?.shift {
          for c in 0..<channels { target[c] += source[c] + q * shift[c] }
        } else {
          for c in 0..<channels { target[c] += source[c] }
        }
      }
    }
  }
}

/// Sums over units, from which moments are computed.
final class UnitSums {
  let channels: Int
  let isCentred: Bool
  /// The sum of the units' weights, m^2.
  private(set) var weight = 0.0
  /// For centred sums: the mean of all units so far.
  private(set) var mean: [Double]
  /// `sum of q (x - c) transpose(x - c)`, with c = 0 or the mean.
  private let products: Tensor<Float>
  /// Room for the products of parts after the first, or of all centred parts.
  private var part: Tensor<Float>?

  /// - Parameter isCentred: for moments about the mean instead of Gram matrices.
  init(channels: Int, isCentred: Bool) throws(Failure) {
    self.channels = channels
    self.isCentred = isCentred
    mean = [Double](repeating: 0, count: channels)
    products = try Tensor([channels, channels])
    clear()
  }

  func clear() {
    weight = 0
    for c in 0..<channels { mean[c] = 0 }
    products.pointer.update(repeating: 0, count: products.count)
  }

  private func room() throws(Failure) -> Tensor<Float> {
    if let part { return part }
    let made = try Tensor<Float>([channels, channels])
    part = made
    return made
  }

  /// Adds to sums about 0.
  /// - Parameters:
  ///   - x: m times the units, followed by a vector's width of readable slack.
  ///   - weight: the sum of m^2.
  func add(_ x: UnsafePointer<Float>, rows: Int, weight: Double, _ workspace: Workspace) throws(Failure) {
    if self.weight == 0 {
      try Float.gram(x, rows: rows, columns: channels, products.pointer, workspace)
    } else {
      let part = try room()
      try Float.gram(x, rows: rows, columns: channels, part.pointer, workspace)
      for i in 0..<products.count { products.pointer[i] += part[i] }
    }
    self.weight += weight
  }

  /// Adds to sums about the mean: the products of the part about its own mean, and the contribution of the
  /// distance of the two means. Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for
  /// computing sample variances", 1979.
  /// - Parameters:
  ///   - x: the units, followed by a vector's width of readable slack; overwritten with `m (x - mean)`.
  ///   - shares: m; nil: 1.
  func add(
    centring x: UnsafeMutablePointer<Float>, rows: Int, shares: UnsafePointer<Float>?, _ workspace: Workspace
  ) throws(Failure) {
    var weight = Double(rows)
    if let shares {
      weight = 0
      for i in 0..<rows { weight += Double(shares[i]) * Double(shares[i]) }
    }
    guard weight > 0 else { return }
    // Sums slices of rows first: rounding errors grow slowly, and the bits are the same for any number of
    // threads.
    let each = UnitRoom.slice, slices = (rows + each - 1) / each, channels = channels
    let sums = try workspace.take((slices + 1) * channels), centre = sums + slices * channels
    func collect(_ term: (_ row: Int, _ target: UnsafeMutablePointer<Float>) -> Void) -> [Double] {
      ThreadPool.shared.run(slices) { slice, _ in
        let target = sums + slice * channels
        target.update(repeating: 0, count: channels)
        for i in (slice * each)..<min(rows, (slice + 1) * each) { term(i, target) }
      }
      var total = [Double](repeating: 0, count: channels)
      for slice in 0..<slices { for c in 0..<channels { total[c] += Double(sums[slice * channels + c]) } }
      return total
    }
    let sum = collect { row, target in
      let x = x + row * channels, m = shares.map { $0[row] } ?? 1, q = m * m
      for c in 0..<channels { target[c] += q * x[c] }
    }
    for c in 0..<channels { centre[c] = Float(sum[c] / weight) }
    // The centre is the mean up to rounding, which the remainder corrects.
    let rest = collect { row, target in
      let x = x + row * channels, m = shares.map { $0[row] } ?? 1
      for c in 0..<channels {
        x[c] = m * (x[c] - centre[c])
        target[c] += m * x[c]
      }
    }
    var distance = [Double](repeating: 0, count: channels)
    let share = weight / (self.weight + weight), both = self.weight * share
    for c in 0..<channels {
      distance[c] = Double(centre[c]) + rest[c] / weight - mean[c]
      mean[c] += share * distance[c]
    }
    let part = try room()
    try Float.gram(x, rows: rows, columns: channels, part.pointer, workspace)
    for k in 0..<channels {
      let own = rest[k] / weight, other = both * distance[k], row = k * channels
      for l in 0..<channels {
        products.pointer[row + l] += Float(Double(part[row + l]) - own * rest[l] + other * distance[l])
      }
    }
    self.weight += weight
  }

  /// - Returns: nil if no unit counted.
  func moments() throws(Failure) -> Moments<Float>? {
    guard weight > 0 else { return nil }
    let second = try Tensor<Float>(products.shape), factor = Float(1 / weight)
    for i in 0..<second.count { second.pointer[i] = factor * products[i] }
    return Moments(mean: try Tensor([channels], mean.map { Float($0) }), second: second)
  }
}
