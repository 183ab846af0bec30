import CSystem
import Kernels

/// Rows in 8 bits beside the rows themselves: a quarter of the bytes, by which a search knows of almost all
/// rows that they are too far. `Sources/Kernels/Sieve.swift` has the bound.
final class RowCodes {
  private let dimension, capacity: Int
  private let codes: Storage<Int8>
  /// Scales, losses, lows: `capacity` of each.
  private let facts: Storage<Float>

  /// Below, what a row needs beside its codes is no longer little; above, sums of products leave an Int32.
  static func isOf(_ dimension: Int) -> Bool { dimension >= 32 && dimension <= 1 << 17 }

  init(dimension: Int, capacity: Int) throws(Failure) {
    self.dimension = dimension
    self.capacity = capacity
    let (numbers, overflow) = capacity.multipliedReportingOverflow(by: dimension)
    guard !overflow else { throw .noMemory("the codes of \(capacity) rows do not fit the address space") }
    codes = try Storage(count: numbers + codeSlack)
    facts = try Storage(count: 3 * capacity)
  }

  /// The first `count` rows' with room for more.
  func enlarged(_ count: Int, capacity: Int) throws(Failure) -> RowCodes {
    let larger = try RowCodes(dimension: dimension, capacity: capacity)
    if count > 0 { larger.codes.pointer.update(from: codes.pointer, count: count * dimension + codeSlack) }
    for kind in 0..<3 {
      (larger.facts.pointer + kind * capacity).update(
        from: facts.pointer + kind * self.capacity, count: count)
    }
    return larger
  }

  func write(_ row: Int, _ values: UnsafePointer<Float>, isLast: Bool) {
    let place = facts.pointer + row
    encodeBlock(
      values, dimension, 1, codes.pointer + row * dimension, place, place + capacity, place + 2 * capacity)
    // Kernels read on behind the last row, and multiply by 0.
    if isLast { (codes.pointer + (row + 1) * dimension).update(repeating: 0, count: codeSlack) }
  }

  /// Moves a row to an earlier place.
  func move(_ row: Int, to place: Int) {
    (codes.pointer + place * dimension).update(from: codes.pointer + row * dimension, count: dimension)
    for kind in 0..<3 { facts[kind * capacity + place] = facts[kind * capacity + row] }
  }

  /// Valid while this lives.
  var sieve: Sieve {
    Sieve(
      codes: codes.pointer, scales: facts.pointer, losses: facts.pointer + capacity,
      lows: facts.pointer + 2 * capacity, dimension: dimension)
  }
}

/// A query in whole numbers, near `scale` times them.
struct CodedQuery {
  private let dimension: Int
  private let scale: Float
  /// At least the distance to what the numbers stand for; and the square of the latter's length.
  private let loss, square: Double

  /// The largest number with which sums of products with codes stay within an Int32.
  static func most(_ dimension: Int) -> Int { min(Int(Int16.max), Int(Int32.max) / (codeLimit * dimension)) }

  /// - Parameters:
  ///   - most: the largest number to be, at most `most(dimension)`.
  ///   - numbers: written, `dimension` of them.
  /// - Returns: nil if the query's largest number is outside the range in which the bound holds.
  init?(
    _ query: UnsafePointer<Float>, _ dimension: Int, _ most: Int, _ numbers: UnsafeMutablePointer<Int16>
  ) {
    var largest: Float = 0
    for i in 0..<dimension { largest = max(largest, abs(query[i])) }
    guard largest == 0 || (largest >= 0x1p-40 && largest <= 0x1p50) else { return nil }
    let scale = largest / Float(most)
    var lost = 0.0, squares = 0.0
    for i in 0..<dimension {
      let level = largest == 0 ? 0 : (Double(query[i]) / Double(scale)).rounded()
      let number = min(max(level, -Double(most)), Double(most))
      numbers[i] = Int16(number)
      let difference = Double(query[i]) - Double(scale) * number
      lost += difference * difference
      squares += number * number
    }
    self.dimension = dimension
    self.scale = scale
    // The factor covers the roundings of Double, whose sums of 2^17 terms are off by 2^-36 of themselves.
    loss = lost.squareRoot() * (1 + 0x1p-30)
    square = squares * Double(scale) * Double(scale)
  }

  /// What a row that measures `distance` or less passes.
  func gate(_ distance: Float) -> Gate {
    guard distance <= maxMeasured else { return Gate(reach: 0, scale: 0, limit: .infinity) }
    let far = Bound.largestSquare(distance, dimension).squareRoot() + loss, u = 0x1p-24
    return Gate(
      reach: Float(2 * far * (1 + 8 * u)).nextUp, scale: 2 * scale,
      limit: Float(far * far * (1 + 0x1p-30) - square + 8 * u * square + 0x1p-120).nextUp)
  }
}
