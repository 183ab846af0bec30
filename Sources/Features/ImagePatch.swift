import Images
import Networks
import Tensors

extension Image {
  /// All pixels that a box of the scaled picture touches; the whole picture if there are none.
  func region(_ box: ReceptiveField.Box, of height: Int, _ width: Int) -> Region {
    func side(_ range: Range<Int>, _ scaled: Int, _ whole: Int) -> (first: Int, count: Int) {
      guard !range.isEmpty else { return (0, whole) }
      func down(_ x: Int) -> Int { x >= 0 ? x / scaled : -((-x + scaled - 1) / scaled) }
      let first = down(range.lowerBound * whole), last = -down(-range.upperBound * whole)
      return (first, last - first)
    }
    let y = side(box.rows, height, self.height), x = side(box.columns, width, self.width)
    return Region(x: x.first, y: y.first, width: x.count, height: y.count)
  }

  /// The contents of a rectangle that may extend past the edges, where it is mid-grey.
  package func patch(_ region: Region) throws(Failure) -> Image {
    try Image(width: region.width, height: region.height) { row, target in
      target.update(repeating: 128)
      let y = region.y + row, columns = (region.x..<region.x + region.width).clamped(to: 0..<self.width)
      guard y >= 0, y < self.height, !columns.isEmpty else { return }
      let source = self.row(y).extracting((3 * columns.lowerBound)..<(3 * columns.upperBound))
      _ = target.extracting((3 * (columns.lowerBound - region.x))...).update(fromContentsOf: source)
    }
  }
}
