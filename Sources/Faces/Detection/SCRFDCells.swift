import Tensors

extension PublishedHeads.Cells {
  /// The faces of an SCRFD.
  ///
  /// With d the box's numbers of a face at the cell in row i and column j, p those of the points, and s the
  /// stride: the edges are `d s` to the left, above, to the right and below of `(j s, i s)`; landmark k is at
  /// `((j + p[2k]) s, (i + p[2k + 1]) s)`.
  /// Source: Guo, Deng, Lattas, Zafeiriou, "Sample and computation redistribution for efficient face
  /// detection", 2021, and InsightFace's code.
  func forEachSCRFDFace(minScore: Float, _ place: CellGrid.Mapping, _ use: (Face) -> Void) {
    let s = Float(stride)
    for row in 0..<rows {
      for column in 0..<columns {
        for anchor in 0..<anchors {
          let n = (row * columns + column) * anchors + anchor
          guard score[n] >= minScore else { continue }
          let d = box + 4 * n, x = Float(column) * s, y = Float(row) * s
          let corners = (x - d[0] * s, y - d[1] * s, x + d[2] * s, y + d[3] * s)
          let face =
            if let p = points.map({ $0 + 10 * n }) {
              Face(corners, score: min(score[n], 1), place, points: 5) { k in
                (x + p[2 * k] * s, y + p[2 * k + 1] * s)
              }
            } else {
              Face(corners, score: min(score[n], 1), place, points: 0) { _ in (0, 0) }
            }
          if let face { use(face) }
        }
      }
    }
  }
}
