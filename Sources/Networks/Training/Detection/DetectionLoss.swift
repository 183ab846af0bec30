import Tensors

/// The loss of a one-pass face detector: boxes, points and scores of its cells. A member for each setting.
///
/// `boxWeight * mean of 1 - overlap + pointWeight * mean of the points' loss + scoreWeight * sum of the
/// scores' loss / cells with a face`
///
/// The first two means are over the cells with a face (and points). A score's target is 0 without a face, `1
/// - quality + quality * IoU` with one. Cells in faces to be ignored take part in none.
package struct DetectionLoss: Equatable, Sendable {
  package var overlap = BoxOverlap.eiou
  package var pointLoss = PointLoss.smoothL1
  package var scoreLoss = ScoreLoss.crossEntropy
  package var boxWeight: Float = 5, pointWeight: Float = 10, scoreWeight: Float = 1
  /// The range of the points' loss, in sizes of the face, and the bend of the wing.
  package var pointRange: Float = 0.1, pointBend: Float = 0.02
  /// The exponent of the quality focal loss.
  package var focus: Float = 2
  /// The part of the IoU in the target of a score.
  package var quality: Float = 0.5
  /// For `CellAssignment`: in strides, the half side of the square around a face's centre; the most cells of
  /// a face; the weight of -log(IoU).
  package var centreRadius: Float = 2.5
  package var candidates = 10
  package var overlapCost: Float = 3

  package init() {}
}

extension DetectionLoss: Settings {
  package var settings: [Setting] {
    overlap.setting
    pointLoss.setting
    scoreLoss.setting
    Setting("box weight", boxWeight, .atLeast(0))
    Setting("point weight", pointWeight, .atLeast(0))
    Setting("score weight", scoreWeight, .atLeast(0))
    Setting("point range", pointRange, .from(0.001, to: 10))
    Setting("point bend", pointBend, .from(0.001, to: 10))
    Setting("focus", focus, .from(1, to: 8))
    Setting("quality", quality, .from(0, to: 1))
    Setting("centre radius", centreRadius, .from(0.5, to: 100))
    Setting("candidates", candidates, .from(1, to: 100))
    Setting("overlap cost", overlapCost, .atLeast(0))
  }
}

/// The parts of a detection loss, weighted: they sum to the loss.
package struct DetectionParts: Equatable, Sendable {
  package var box = 0.0, points = 0.0, score = 0.0
  /// Faces that take part, and the cells that learn them.
  package var faces = 0, cells = 0
  /// The mean IoU of these cells' boxes.
  package var overlap = 0.0

  package init() {}
}

extension Tape {
  /// The detection loss of cells whose faces are assigned. The assignment and the scores' targets are
  /// constants: no gradient flows through them.
  ///
  /// - Parameters:
  ///   - cells: [batch, height, width, 15], one for each stride.
  ///   - faces: of each picture, those of the assignment.
  /// - Throws: `.invalidArgument` for another assignment's shapes or faces.
  package func detectionLoss(
    _ cells: [Variable<Element>], _ faces: [[FaceTarget]], _ assignment: CellAssignment,
    _ options: DetectionLoss
  ) throws(Failure) -> (loss: Variable<Element>, parts: DetectionParts) {
    let tensors = cells.map { $0.tensor }
    try FaceCells.check(tensors)
    let pictures = tensors[0].shape[0]
    guard faces.count == pictures, assignment.faces.count == pictures * assignment.cellsOfPicture else {
      throw .invalidArgument(
        "faces of \(faces.count) pictures and an assignment of \(assignment.faces.count) cells; expected those of \(pictures) pictures"
      )
    }
    var gradients: [Tensor<Element>] = []
    for tensor in tensors { gradients.append(try Tensor(tensor.shape.extents, repeating: 0)) }
    var sums = DetectionSums<Element>(faces, assignment, options)
    withPointers(tensors) { numbers in
      withPointers(gradients) { slopes in
        for picture in 0..<pictures {
          let grids = cellGrids(tensors, numbers, picture), targets = cellGrids(gradients, slopes, picture)
          for (grid, slopes) in zip(grids, targets) { sums.add(grid, slopes.numbers, picture) }
        }
      }
    }
    let loss = sums.box + sums.points + sums.score
    let result = record(try Tensor([1], [loss]), from: cells) { tape, dy throws(Failure) in
      for (variable, gradient) in zip(cells, gradients) {
        try tape.accumulate(dy[0] == 1 ? gradient : gradient.scaled(by: dy[0]), into: variable)
      }
    }
    return (result, sums.parts)
  }
}

/// The parts of the loss, summed cell by cell, with their slopes.
private struct DetectionSums<Element: Scalar> {
  var box: Element = 0, points: Element = 0, score: Element = 0
  private let faces: [[FaceTarget]]
  private let assignment: CellAssignment
  private let options: DetectionLoss
  /// The factors of the terms.
  private let boxShare, pointShare, scoreShare: Element
  private let focus, range, bend: Element

  init(_ faces: [[FaceTarget]], _ assignment: CellAssignment, _ options: DetectionLoss) {
    (self.faces, self.assignment, self.options) = (faces, assignment, options)
    var pointed = 0
    for picture in faces.indices {
      let first = picture * assignment.cellsOfPicture
      for cell in first..<(first + assignment.cellsOfPicture) {
        let face = Int(assignment.faces[cell])
        if face >= 0, face < faces[picture].count, !faces[picture][face].points.isEmpty { pointed += 1 }
      }
    }
    let learning = Element(max(assignment.count, 1))
    boxShare = Element(options.boxWeight) / learning
    scoreShare = Element(options.scoreWeight) / learning
    // The loss of a face's points is the mean over its ten numbers.
    pointShare = Element(options.pointWeight) / Element(10 * max(pointed, 1))
    focus = Element(options.focus)
    (range, bend) = (Element(options.pointRange), Element(options.pointBend))
  }

  var parts: DetectionParts {
    var parts = DetectionParts()
    (parts.box, parts.points, parts.score) = (Double(box), Double(points), Double(score))
    for picture in faces { for face in picture where !face.isIgnored { parts.faces += 1 } }
    parts.cells = assignment.count
    var overlap = 0.0
    for value in assignment.overlaps { overlap += Double(value) }
    parts.overlap = overlap / Double(max(assignment.count, 1))
    return parts
  }

  mutating func add(_ grid: CellGrid<Element>, _ slopes: UnsafeMutablePointer<Element>, _ picture: Int) {
    let first = picture * assignment.cellsOfPicture + grid.first
    var scores: Element = 0
    for cell in 0..<(grid.height * grid.width) {
      let face = Int(assignment.faces[first + cell])
      guard face != Int(CellAssignment.ignored) else { continue }
      let d = grid.numbers + cell * FaceCells.numbers, slope = slopes + cell * FaceCells.numbers
      var target: Element = 0
      if face >= 0, face < faces[picture].count {
        let overlap = assignment.overlaps[first + cell]
        target = Element(1 - options.quality + options.quality * overlap)
        learn(faces[picture][face], d, slope, grid, cell)
      }
      let term = options.scoreLoss.value(d[0], target: target, focus: focus)
      scores += term.value
      slope[0] = scoreShare * term.slope
    }
    score += scoreShare * scores
  }

  /// Box and points of a cell with a face.
  private mutating func learn(
    _ face: FaceTarget, _ d: UnsafeMutablePointer<Element>, _ slope: UnsafeMutablePointer<Element>,
    _ grid: CellGrid<Element>, _ cell: Int
  ) {
    let s = Element(grid.stride)
    let column = Element(cell % grid.width), row = Element(cell / grid.width)
    let cellBox = CellBox((d[1], d[2], d[3], d[4]), row: row, column: column, stride: s)
    let found = options.overlap.value(
      (cellBox.left, cellBox.top, cellBox.right, cellBox.bottom),
      (Element(face.left), Element(face.top), Element(face.right), Element(face.bottom)))
    box += boxShare * (1 - found.value)
    let g = found.slopes
    slope[1] = -boxShare * s * (g.left + g.right)
    slope[2] = -boxShare * s * (g.top + g.bottom)
    slope[3] = -boxShare * cellBox.width / 2 * (g.right - g.left)
    slope[4] = -boxShare * cellBox.height / 2 * (g.bottom - g.top)
    guard face.points.count == 10 else { return }
    let size = Element((face.width * face.height).squareRoot())
    for k in 0..<10 {
      let origin = k % 2 == 0 ? column : row
      let error = ((origin + d[5 + k]) * s - Element(face.points[k])) / size
      let term = options.pointLoss.value(error, range: range, bend: bend)
      points += pointShare * term.value
      slope[5 + k] = pointShare * term.slope * s / size
    }
  }
}
