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
  /// Rows that a thread takes at a time.
  static let slice = 64
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

  /// Numbers that a layer of so many units comes to use.
  /// - Parameter isWhole: whether the units are those of a whole picture without masks, of which there are no
  ///   results.
  static func count(units: Int, channels: Int, isWhole: Bool) -> Int {
    min(units, chunk) * ((isWhole ? 1 : 2) * channels + 1)
  }

  /// Copies of the units, m^power times each, with their m.
  /// - Parameter centre: what is taken off the units first.
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

  /// Adds the block's units to sums.
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

  /// To each unit's gradient goes `m^2 ((x - centre) slope + shift)`.
  /// - Parameters:
  ///   - about: centre and shift; nil for zeros.
  ///   - gradient: of all features.
  ///   - isSet: whether it is set and not added to; units out of the block get nothing.
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

/// Sums over units, of which their moments are made.
final class UnitSums {
  let channels: Int
  let isCentred: Bool
  /// How often units have counted.
  private(set) var weight = 0.0
  /// Of centred sums: the mean of all units so far.
  private(set) var mean: [Double]
  /// `sum of q (x - c) transpose(x - c)`, with c = 0 or the mean.
  private let products: Tensor<Float>
  /// Of the parts that were added to the first, and of all that were centred.
  private var part: Tensor<Float>?

  /// - Parameter isCentred: whether moments about the mean are wanted, or Gram matrices.
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

  /// To sums about 0.
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

  /// To sums about the mean: products of the part about its own mean, and what the distance of the two means
  /// adds to them. Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing
  /// sample variances", 1979.
  /// - Parameters:
  ///   - x: the units, followed by a vector's width of readable slack; it becomes `m (x - mean)`.
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
    // Of slices of rows first: rounding grows slowly, and the bits are the same for any number of threads.
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
    // The centre is the mean but for its rounding, which is known by what remains.
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

  /// - Returns: nil where no unit counted.
  func moments() throws(Failure) -> Moments<Float>? {
    guard weight > 0 else { return nil }
    let second = try Tensor<Float>(products.shape), factor = Float(1 / weight)
    for i in 0..<second.count { second.pointer[i] = factor * products[i] }
    return Moments(mean: try Tensor([channels], mean.map { Float($0) }), second: second)
  }
}
