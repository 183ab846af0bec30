import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// Cells of zeros: scores of a half, boxes as large as their cells.
private func cells<Element: Scalar>(
  _ width: Int, _ height: Int, pictures: Int = 1, _: Element.Type = Element.self
) throws -> [Tensor<Element>] {
  try FaceCells.strides.map {
    try Tensor([pictures, height / $0, width / $0, FaceCells.numbers], repeating: 0)
  }
}

private func random(
  _ width: Int, _ height: Int, pictures: Int = 1, seed: UInt64 = 5
) throws -> [Tensor<Double>] {
  var numbers = Numbers(seed: seed)
  return try FaceCells.strides.map {
    try numbers.tensor([pictures, height / $0, width / $0, FaceCells.numbers])
  }
}

/// A face of 16x16 pixels in a picture of 64x64.
private let face = FaceTarget(left: 16, top: 16, right: 32, bottom: 32)

@Suite struct CellAssignmentTests {
  private func assigned(
    _ cells: [Tensor<Double>], _ faces: [FaceTarget], _ options: DetectionLoss = DetectionLoss()
  ) throws -> [Int: Int32] {
    let assignment = try CellAssignment(cells, [faces], options)
    var found: [Int: Int32] = [:]
    for (cell, face) in assignment.faces.enumerated() where face != CellAssignment.none { found[cell] = face }
    #expect(assignment.count == found.values.filter { $0 >= 0 }.count)
    return found
  }

  /// By hand: the cell of stride 8 in row 3 and column 3 lies within the face, IoU 64 / 256; the best ten
  /// IoUs are 0.25 twice, 1 / 7 four times and 1 / 9 four times, 1.5 together: one cell.
  @Test func `a face takes as many cells as its best overlaps add up to, the cheapest first`() throws {
    #expect(try assigned(cells(64, 64), [face]) == [27: 0])
    // The cell of stride 16 in row and column 1, number 64 + 5, hits exactly: they add up to 2.4.
    let better = try cells(64, 64, Double.self)
    let place = 5 * FaceCells.numbers
    better[1].storage[place + 1] = 0.5
    better[1].storage[place + 2] = 0.5
    #expect(try assigned(better, [face]) == [27: 0, 69: 0])
    let assignment = try CellAssignment(better, [[face]], DetectionLoss())
    #expect(assignment.overlaps[27] == 0.25 && abs(assignment.overlaps[69] - 1) < 1e-6)
    #expect(assignment.overlaps[0] == 0 && assignment.count == 2 && assignment.cellsOfPicture == 84)
  }

  /// The cell of stride 16 in row and column 1 has IoU 1 / 7: it costs log 2 + 3 log 7 = 6.5, cell 27 costs 3
  /// log 4 = 4.2 and what its score costs.
  @Test func `a low score makes a cell dear, and the weight of the overlap says how much that counts`() throws
  {
    let unsure = try cells(64, 64, Double.self)
    unsure[0].storage[27 * FaceCells.numbers] = -5
    #expect(try assigned(unsure, [face]) == [69: 0])
    var options = DetectionLoss()
    options.overlapCost = 100
    #expect(try assigned(unsure, [face], options) == [27: 0])
  }

  @Test func `a cell that two faces want goes to the one that it costs least`() throws {
    // 12x12 around the same centre: IoU 64 / 144.
    let inner = FaceTarget(left: 18, top: 18, right: 30, bottom: 30)
    #expect(try assigned(cells(64, 64), [face, inner])[27] == 1)
    #expect(try assigned(cells(64, 64), [inner, face])[27] == 0)
    #expect(try assigned(cells(64, 64), [face, face]) == [27: 0])
  }

  @Test func `cells in a face to be ignored take no part, but for those of other faces`() throws {
    var ignored = face
    ignored.isIgnored = true
    let found = try assigned(cells(64, 64), [ignored])
    // Centres of stride 8 at 20 and 28; of 16 at 24; of 32 at 16: as near as half a stride.
    #expect(Set(found.keys) == [18, 19, 26, 27, 69, 80] && found.values.allSatisfy { $0 == -2 })
    #expect(try assigned(cells(64, 64), [ignored, face])[27] == 1)
    let tiny = FaceTarget(left: 19, top: 19, right: 21, bottom: 21, isIgnored: true)
    #expect(try assigned(cells(64, 64), [tiny])[18] == -2)
  }

  @Test func `a face beyond the picture, and pictures without faces, have no cells`() throws {
    #expect(try assigned(cells(64, 64), []).isEmpty)
    #expect(
      try assigned(cells(64, 64), [FaceTarget(left: 900, top: 900, right: 950, bottom: 950)]).isEmpty)
    let two = try CellAssignment(cells(64, 64, pictures: 2, Double.self), [[], [face]], DetectionLoss())
    #expect(two.count == 1 && two.faces[84 + 27] == 0)
  }

  @Test func `numbers that are none are no candidates, and the same numbers give the same cells`() throws {
    let bad = try cells(64, 64, Double.self)
    for i in 0..<bad[0].count { bad[0].storage[i] = .nan }
    let found = try assigned(bad, [face])
    #expect(!found.isEmpty && found.keys.allSatisfy { $0 >= 64 })
    let one = try CellAssignment(random(96, 64), [[face]], DetectionLoss())
    #expect(try one == CellAssignment(random(96, 64), [[face]], DetectionLoss()) && one.count > 0)
  }

  @Test func `refuses cells of other shapes and faces that are none`() throws {
    let tensors = try cells(64, 64, Double.self)
    func refusal(_ cells: [Tensor<Double>], _ faces: [[FaceTarget]]) -> String {
      outcome { try CellAssignment(cells, faces, DetectionLoss()) }
    }
    #expect(refusal([tensors[0]], [[]]) == "invalidArgument: 1 pictures of cells; expected 3")
    #expect(
      refusal([tensors[1], tensors[0], tensors[2]], [[]])
        == "invalidArgument: cells of stride 8 are [1, 4, 4, 15]; expected [1, 8, 8, 15]")
    #expect(refusal(tensors, []) == "invalidArgument: faces of 0 pictures; expected 1")
    #expect(
      refusal(tensors, [[FaceTarget(left: 3, top: 0, right: 3, bottom: 5)]])
        == "invalidArgument: the box 3.0, 0.0, 3.0, 5.0; expected left < right and top < bottom, within a million"
    )
    #expect(
      refusal(tensors, [[FaceTarget(left: 0, top: 0, right: 3, bottom: 5, points: [1])]])
        == "invalidArgument: points of 1 numbers; expected none or 10, within a million")
  }
}

@Suite struct DetectionLossTests {
  /// Two faces, one of them with points, and one to be ignored, in the first of two pictures.
  private let faces = [
    [
      FaceTarget(
        left: 3, top: 5, right: 21, bottom: 26, points: [7, 12, 17, 11, 12, 16, 8, 21, 15, 20]),
      FaceTarget(left: 18, top: 9, right: 31, bottom: 24),
      FaceTarget(left: 0, top: 26, right: 9, bottom: 32, isIgnored: true)
    ], []
  ]

  private static let kinds: [DetectionLoss] = BoxOverlap.allCases.enumerated().map { i, overlap in
    var options = DetectionLoss()
    options.overlap = overlap
    options.pointLoss = i % 2 == 0 ? .smoothL1 : .wing
    options.scoreLoss = i % 2 == 0 ? .qualityFocal : .crossEntropy
    return options
  }

  @Test(arguments: kinds) func `has the derivatives of its definition`(options: DetectionLoss) throws {
    let inputs = try random(32, 32, pictures: 2), assignment = try CellAssignment(inputs, faces, options)
    #expect(assignment.count >= 2)
    let worst = try checkDerivatives(
      of: { tape, x throws(Failure) in try tape.detectionLoss(x, faces, assignment, options).loss },
      at: inputs)
    #expect(worst.ratio <= 1, "\(worst.description)")
  }

  @Test func `without faces it is the scores' loss`() throws {
    let tape = Tape<Double>(), zeros = try cells(64, 64, Double.self)
    let assignment = try CellAssignment(zeros, [[]], DetectionLoss())
    let (loss, parts) = try tape.detectionLoss(
      zeros.map { tape.constant($0) }, [[]], assignment, DetectionLoss())
    #expect(abs(loss.scalar - 84 * log(2)) < Tolerance.double)
    #expect(parts.score == loss.scalar && parts.box == 0 && parts.points == 0)
    #expect(parts.faces == 0 && parts.cells == 0 && parts.overlap == 0)
  }

  /// One cell, row and column 3 of stride 8: its box is 8x8 around (24, 24) in a face of 16x16.
  @Test func `a face costs its box, its points and its score`() throws {
    var options = DetectionLoss()
    options.overlap = .iou
    (options.boxWeight, options.pointWeight, options.scoreWeight, options.quality) = (2, 3, 1, 1)
    options.pointRange = 0.1
    // All points at the cell's corner, (24, 24), but one 8 pixels off: half a face.
    var target = face
    target.points = [24, 24, 24, 24, 32, 24, 24, 24, 24, 24]
    let zeros = try cells(64, 64, Double.self), tape = Tape<Double>()
    let assignment = try CellAssignment(zeros, [[target]], options)
    let (loss, parts) = try tape.detectionLoss(
      zeros.map { tape.constant($0) }, [[target]], assignment, options)
    #expect(abs(parts.box - 2 * 0.75) < Tolerance.double)
    #expect(abs(parts.points - 3 * (0.5 - 0.05) / 10) < 1e-7)  // the settings are Float
    #expect(abs(parts.score - 84 * log(2)) < Tolerance.double)  // of logits 0, whatever the target
    #expect(abs(loss.scalar - (parts.box + parts.points + parts.score)) < Tolerance.double)
    #expect(parts.faces == 1 && parts.cells == 1 && parts.overlap == 0.25)
  }

  @Test func `cells in faces to be ignored have no slope, and Float gives what Double gives`() throws {
    let inputs = try random(32, 32, pictures: 2), options = DetectionLoss()
    let assignment = try CellAssignment(inputs, faces, options)
    let tape = Tape<Double>(), leaves = inputs.map { tape.leaf($0) }
    let (loss, parts) = try tape.detectionLoss(leaves, faces, assignment, options)
    let slopes = try tape.gradients(of: loss, at: leaves)
    var cell = 0, ignored = 0
    for tensor in slopes {
      for place in 0..<(tensor.count / 2 / FaceCells.numbers) {
        let first = place * FaceCells.numbers
        if assignment.faces[cell] == CellAssignment.ignored {
          ignored += 1
          #expect((first..<(first + FaceCells.numbers)).allSatisfy { tensor[$0] == 0 })
        } else {
          #expect(tensor[first] != 0)
          #expect((assignment.faces[cell] >= 0) == (tensor[first + 1] != 0))
        }
        cell += 1
      }
    }
    #expect(ignored > 0 && parts.faces == 2)
    let floats = try inputs.map { try Tensor<Float>($0.shape.extents, $0.values.map { Float($0) }) }
    let other = Tape<Float>()
    let found = try other.detectionLoss(
      floats.map { other.constant($0) }, faces, CellAssignment(floats, faces, options), options)
    #expect(abs(Double(found.loss.scalar) - loss.scalar) < Tolerance.float * loss.scalar)
  }

  @Test func `every setting has its text and its range`() {
    var options = DetectionLoss()
    #expect(options.settings.count == members(of: options).count)
    #expect(outcome { try options.check() } == "")
    options.focus = 0.5
    #expect(outcome { try options.check() } == "invalidArgument: focus 0.5; expected 1 to 8")
    options = DetectionLoss()
    options.candidates = 0
    #expect(outcome { try options.check() } == "invalidArgument: candidates 0; expected 1 to 100")
  }

  @Test func `embeddings are no cells`() throws {
    let tape = Tape<Float>()
    #expect(
      outcome {
        try Loss.detection(DetectionLoss()).value(
          embeddings: tape.constant(Tensor([2, 3], repeating: 0)), targets: .faces([[], []]), head: [],
          on: tape)
      } == "invalidArgument: a detector's loss of embeddings; expected cells")
  }
}
