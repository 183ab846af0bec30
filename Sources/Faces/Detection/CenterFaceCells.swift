import CSystem
import Tensors

extension PublishedHeads.Cells {
  /// The faces of a CenterFace.
  ///
  /// With d the box's numbers at the cell in row i and column j, p those of the points, and s the stride: the
  /// box has its centre at `((j + d3 + 0.5) s, (i + d2 + 0.5) s)`, the height `exp(d0) s` and the width
  /// `exp(d1) s`; landmark k is `p[2k]` heights below and `p[2k + 1]` widths to the right of its corner.
  /// Source: Xu, Yan, Sun, Lee, Chien, "CenterFace: joint face detection and alignment using face as point",
  /// 2019, and the authors' code.
  func forEachCenterFace(minScore: Float, _ place: CellGrid.Mapping, _ use: (Face) -> Void) {
    guard let points else { return }
    let s = Float(stride)
    for row in 0..<rows {
      for column in 0..<columns {
        let n = row * columns + column
        guard score[n] >= minScore else { continue }
        let d = box + 4 * n, p = points + 10 * n
        let height = expf(d[0]) * s, width = expf(d[1]) * s
        let left = (Float(column) + d[3] + 0.5) * s - width / 2
        let top = (Float(row) + d[2] + 0.5) * s - height / 2
        let face = Face(
          (left, top, left + width, top + height), score: min(score[n], 1), place, points: 5
        ) { k in (left + p[2 * k + 1] * width, top + p[2 * k] * height) }
        if let face { use(face) }
      }
    }
  }
}
