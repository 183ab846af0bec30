import CSystem
import Tensors

extension PublishedHeads.Cells {
  /// The faces of a RetinaFace.
  ///
  /// A cell has two priors, squares around its centre, the second twice as large. With d the box's
  /// numbers of one, p those of the points, (x, y) its centre and a its side: the box has its centre at
  /// `(x + 0.1 a d0, y + 0.1 a d1)` and the sides `a exp(0.2 d2)` and `a exp(0.2 d3)`; landmark k is at
  /// `(x + 0.1 a p[2k], y + 0.1 a p[2k + 1])`. Of the two scores the second is a face's.
  /// Source: Deng, Guo, Zhou, Yu, Kotsia, Zafeiriou, "RetinaFace: single-stage dense face localisation in the
  /// wild", 2019, and biubug6's Pytorch_Retinaface: sides 16 and 32, 64 and 128, 256 and 512 at the strides 8,
  /// 16 and 32, variances 0.1 and 0.2.
  func forEachRetinaFace(minScore: Float, _ place: CellGrid.Mapping, _ use: (Face) -> Void) {
    guard let points else { return }
    let s = Float(stride)
    // 16 at 8, 64 at 16, 256 at 32.
    let smallest = s * s / 4
    for row in 0..<rows {
      for column in 0..<columns {
        for anchor in 0..<anchors {
          let n = (row * columns + column) * anchors + anchor
          guard score[2 * n + 1] >= minScore else { continue }
          let d = box + 4 * n, p = points + 10 * n, a = smallest * Float(1 + anchor)
          let x = (Float(column) + 0.5) * s, y = (Float(row) + 0.5) * s
          let centre = (x: x + 0.1 * a * d[0], y: y + 0.1 * a * d[1])
          let half = (width: a * expf(0.2 * d[2]) / 2, height: a * expf(0.2 * d[3]) / 2)
          let face = Face(
            (
              centre.x - half.width, centre.y - half.height, centre.x + half.width, centre.y + half.height
            ), score: min(score[2 * n + 1], 1), place, points: 5
          ) { k in (x + 0.1 * a * p[2 * k], y + 0.1 * a * p[2 * k + 1]) }
          if let face { use(face) }
        }
      }
    }
  }
}
