/// Non-maximum suppression: of overlapping boxes, keeps the one with the highest score.
///
/// Overlap is `intersection / union`, or `intersection / smaller`, which also drops a box inside another.
package enum Overlap {
  case union, smaller

  /// The share of two boxes; not a number for boxes that cover nothing.
  /// - Parameter extra: added to sides; 1 if boxes count whole pixels.
  func share(_ a: Box, _ b: Box, extra: Float = 0) -> Float {
    let width = min(a.right, b.right) - max(a.left, b.left) + extra
    let height = min(a.bottom, b.bottom) - max(a.top, b.top) + extra
    let common = max(width, 0) * max(height, 0)
    let areaA = (a.width + extra) * (a.height + extra), areaB = (b.width + extra) * (b.height + extra)
    return common / (self == .union ? areaA + areaB - common : min(areaA, areaB))
  }
}

/// - Parameter extra: added to sides; 1 if boxes count whole pixels.
/// - Returns: the indices of the boxes kept, highest score first; ties keep their order.
package func suppress(
  _ boxes: [Box], _ scores: [Float], threshold: Float, by overlap: Overlap, extra: Float = 0
) -> [Int] {
  var order = Array(boxes.indices)
  order.sort { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
  var dropped = [Bool](repeating: false, count: boxes.count)
  var kept: [Int] = []
  for (place, i) in order.enumerated() where !dropped[i] {
    kept.append(i)
    for j in order[(place + 1)...] where !dropped[j] {
      // A box without area covers nothing: 0 / 0 is not > threshold.
      if overlap.share(boxes[i], boxes[j], extra: extra) > threshold { dropped[j] = true }
    }
  }
  return kept
}
