/// A part of a large picture that passes through the network separately: its own pixels, and as many around
/// them as the receptive fields of its units need.
package struct StyleTile: Equatable {
  /// Including the margin.
  package let x, y, width, height: Int
  /// Its own pixels, in the picture's coordinates: tiles do not overlap, and together cover the picture.
  package let ownX, ownY: Range<Int>

  package init(x: Int, y: Int, width: Int, height: Int, ownX: Range<Int>, ownY: Range<Int>) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
    (self.ownX, self.ownY) = (ownX, ownY)
  }

  /// Its own units in a layer, in the tile's rows and columns.
  /// - Parameter step: pixels per unit.
  package func units(step: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    func part(_ own: Range<Int>, _ start: Int) -> Range<Int> {
      (own.lowerBound - start) / step..<(own.upperBound - start + step - 1) / step
    }
    return (part(ownY, y), part(ownX, x))
  }

  /// Rows of tiles, from the top; one tile if `side` is 0 or the picture is no larger.
  /// - Parameters:
  ///   - side: of a tile's own pixels; rounded up to whole steps.
  ///   - step, halo: of the deepest layer: pixels per unit, and how many more it sees on each side.
  package static func rows(width: Int, height: Int, side: Int, step: Int, halo: Int) -> [[StyleTile]] {
    let across = parts(of: width, side, step, halo), down = parts(of: height, side, step, halo)
    return down.map { y in
      across.map { x in
        StyleTile(
          x: x.all.lowerBound, y: y.all.lowerBound, width: x.all.count, height: y.all.count, ownX: x.own,
          ownY: y.own)
      }
    }
  }

  /// Divides one side. All parts have the same length, except the last one if steps do not divide the side:
  /// poolings must align with those of the whole picture.
  private static func parts(
    of length: Int, _ side: Int, _ step: Int, _ halo: Int
  ) -> [(all: Range<Int>, own: Range<Int>)] {
    func up(_ n: Int) -> Int { (n + step - 1) / step * step }
    let own = up(side), margin = up(halo), extent = own + 2 * margin
    guard side > 0, extent < length else { return [(0..<length, 0..<length)] }
    var parts: [(all: Range<Int>, own: Range<Int>)] = []
    for first in stride(from: 0, to: length, by: own) {
      let end = min(length, first + own)
      let last = (length - extent) / step * step, start = max(0, min(first - margin, last))
      parts.append((start..<(start == last ? length : start + extent), first..<end))
    }
    return parts
  }
}
