import Networks
import Tensors

extension PublishedHeads.Cells {
  /// The faces of a published YuNet.
  ///
  /// With d the box's numbers at the cell in row i and column j, p those of the points, and s the stride: the
  /// score is the root of class times object; the box has its centre at `((j + d0) s, (i + d1) s)` and the
  /// sides `exp(d2) s` and `exp(d3) s`; landmark k is at `((j + p[2k]) s, (i + p[2k + 1]) s)`.
  /// Source: Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023; OpenCV's FaceDetectorYN.
  func forEachYuNetFace(minScore: Float, _ place: CellGrid.Mapping, _ use: (Face) -> Void) {
    guard let object, let points else { return }
    let s = Float(stride), minProduct = minScore * minScore
    for row in 0..<rows {
      for column in 0..<columns {
        let cell = row * columns + column
        let product = min(max(score[cell], 0), 1) * min(max(object[cell], 0), 1)
        guard product >= minProduct else { continue }
        let d = box + 4 * cell, p = points + 10 * cell, i = Float(row), j = Float(column)
        let found = CellBox((d[0], d[1], d[2], d[3]), row: i, column: j, stride: s)
        let face = Face(
          (found.left, found.top, found.right, found.bottom), score: product.squareRoot(), place, points: 5
        ) { k in ((j + p[2 * k]) * s, (i + p[2 * k + 1]) * s) }
        if let face { use(face) }
      }
    }
  }
}
