import CSystem
import Networks
import Tensors

/// The cells of one size that YuNet gives for a picture: square after square of `side` pixels, row by row, 15
/// numbers each.
///
/// With d the numbers of the cell in row i and column j, and s the side: the logit of the score is d0; the
/// box has its centre at `((j + d1) s, (i + d2) s)`, the width `exp(d3) s` and the height `exp(d4) s`;
/// landmark k is at `((j + d[5 + 2k]) s, (i + d[6 + 2k]) s)`. The picture's top left corner is (0, 0).
package struct CellGrid {
  private let numbers: UnsafePointer<Float>
  private let side: Int
  /// All cells of a row.
  private let columns: Int
  /// Of the picture, which may end before the cells do.
  private let height, width: Int

  package init(numbers: UnsafePointer<Float>, side: Int, columns: Int, height: Int, width: Int) {
    (self.numbers, self.side, self.columns) = (numbers, side, columns)
    (self.height, self.width) = (height, width)
  }

  /// A place in a picture from (0, 0), its top left corner, to that of another one.
  package struct Mapping {
    package var across: Float, down: Float
    package var left: Float, top: Float

    package init(across: Float = 1, down: Float = 1, left: Float = 0, top: Float = 0) {
      (self.across, self.down) = (across, down)
      (self.left, self.top) = (left, top)
    }

    func callAsFunction(_ x: Float, _ y: Float) -> (x: Float, y: Float) {
      ((x + left) * across, (y + top) * down)
    }
  }

  /// Calls `use` for every face whose logit is at least `minLogit`; most cells cost a comparison. A cell
  /// whose numbers are too large for a face, or none, is left out.
  /// - Parameters:
  ///   - place: from the network's picture to the searched one.
  ///   - isWanted: whether a face of this score is of use.
  package func forEachFace(
    minLogit: Float, _ place: Mapping, where isWanted: (_ score: Float) -> Bool = { _ in true },
    _ use: (Face) -> Void
  ) {
    for row in 0..<((height + side - 1) / side) {
      for column in 0..<((width + side - 1) / side) {
        let numbers = numbers + (row * columns + column) * YuNet.numbersPerCell
        guard numbers[0] >= minLogit else { continue }
        let score = 1 / (1 + expf(-numbers[0]))
        if isWanted(score), let face = face(numbers, row, column, score, place) { use(face) }
      }
    }
  }

  private func face(
    _ d: UnsafePointer<Float>, _ row: Int, _ column: Int, _ score: Float, _ place: Mapping
  ) -> Face? {
    let s = Float(side), i = Float(row), j = Float(column)
    let box = CellBox((d[1], d[2], d[3], d[4]), row: i, column: j, stride: s)
    return Face(
      (box.left, box.top, box.right, box.bottom), score: score, place, points: 5
    ) { k in ((j + d[5 + 2 * k]) * s, (i + d[6 + 2 * k]) * s) }
  }
}
