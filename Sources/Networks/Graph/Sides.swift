import Tensors

/// Two counts, along the rows and along the columns of a picture: the sides of a window, its strides.
package struct Sides: Equatable, Sendable, ExpressibleByIntegerLiteral {
  package let height, width: Int

  package init(_ height: Int, _ width: Int) { (self.height, self.width) = (height, width) }
  package init(_ both: Int) { self.init(both, both) }
  package init(integerLiteral both: Int) { self.init(both) }

  var area: Int { height * width }
}

extension LayerText {
  /// "3", or "1x3": one row, three columns.
  mutating func sides(
    _ key: StaticString, _ range: ClosedRange<Int>, usual: Int? = nil
  ) throws(Failure) -> Sides {
    guard let word = take(key) else {
      guard let usual else { throw .badData("graph: \(name): no \(key); expected \(key)=number") }
      return Sides(usual)
    }
    var counts: [Int] = []
    for part in word.split(separator: "x", omittingEmptySubsequences: false) {
      guard let count = Int(part), range.contains(count), counts.count < 2 else {
        throw refusal(key, word, "\(range.lowerBound) to \(range.upperBound)")
      }
      counts.append(count)
    }
    return counts.count == 1 ? Sides(counts[0]) : Sides(counts[0], counts[1])
  }

  /// Writes counts unless they are the default.
  mutating func set(_ key: StaticString, _ sides: Sides, usual: Int? = nil) {
    guard sides.height == sides.width else { return set(key, "\(sides.height)x\(sides.width)") }
    if sides.height != usual { set(key, sides.height) }
  }
}

extension Padding {
  init(from text: inout LayerText) throws(Failure) {
    guard let word = text.take("padding") else {
      self = .valid
      return
    }
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
    var counts: [Int] = []
    for part in parts {
      guard let count = Int(part), LayerLimits.padding.contains(count) else { break }
      counts.append(count)
    }
    switch (counts.count == parts.count, counts.count) {
    case (true, 1): self = .zeros(counts[0])
    case (true, 2): self = .uneven(before: counts[0], after: counts[1])
    case (true, 4): self = .sides(top: counts[0], left: counts[1], bottom: counts[2], right: counts[3])
    default:
      throw text.refusal(
        "padding", word,
        "zeros on every side, before:after, or top:left:bottom:right, each 0 to "
          + "\(LayerLimits.padding.upperBound)")
    }
  }

  func write(to text: inout LayerText) {
    switch self {
    case .valid: break
    case .zeros(let count): text.set("padding", count)
    case .uneven(let before, let after): text.set("padding", "\(before):\(after)")
    case .sides(let top, let left, let bottom, let right):
      text.set("padding", "\(top):\(left):\(bottom):\(right)")
    }
  }
}
