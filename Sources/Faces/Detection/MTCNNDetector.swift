import Images
import Networks
import Tensors

/// Finds faces with MTCNN: P-Net proposes boxes over a pyramid of reduced pictures, R-Net and O-Net refine
/// them.
///
/// Pictures are reduced, and boxes cropped, by area means. Boxes count pixels from 1, as in the training of
/// the published weights and in facenet-pytorch, the reference of the tests. Source: Zhang, Zhang, Li, Qiao
/// 2016.
package final class MTCNNDetector: WindowFinder, @unchecked Sendable {
  private let options: DetectorOptions
  /// Minimum scores of the three stages.
  private let thresholds: (Float, Float, Float)
  private let proposal, refinement, output: Executor

  package init(_ model: Model, _ options: DetectorOptions) throws(Failure) {
    self.options = options
    let (first, second, third) = options.thresholds
    thresholds = (first ?? 0.6, second ?? 0.7, third ?? 0.7)  // facenet-pytorch's
    proposal = Executor(try Network(MTCNN.proposal, weights: model.weights), .init(["face", "box"]))
    refinement = Executor(
      try Network(MTCNN.refinement, side: 24, weights: model.weights), .init(["face", "box"]))
    output = Executor(
      try Network(MTCNN.output, side: 48, weights: model.weights), .init(["face", "box", "points"]))
  }

  /// The faces of a picture, highest score first.
  package func faces(in image: Image) throws(Failure) -> [Face] {
    var candidates = try proposals(image)
    candidates = try refined(candidates, in: image)
    return try outputs(candidates, in: image)
  }

  private struct Candidate: Scored {
    var box: Box
    var score: Float
    var shift: (Float, Float, Float, Float)
  }

  // MARK: The pyramid

  private func proposals(_ image: Image) throws(Failure) -> [Candidate] {
    var all: [Candidate] = []
    var scale = 12 / Double(options.minFace)
    while Double(min(image.width, image.height)) * scale >= 12 {
      all += try level(image, scale).suppressed(0.5)
      scale *= Double(options.scaleStep)
    }
    all = all.suppressed(0.7)
    for i in all.indices {
      let box = all[i].box
      all[i].box = box.moved(by: all[i].shift, box.width, box.height).squared
    }
    return all
  }

  private func level(_ image: Image, _ scale: Double) throws(Failure) -> [Candidate] {
    let height = Int(Double(image.height) * scale + 1), width = Int(Double(image.width) * scale + 1)
    var found: [Candidate] = []
    try proposal.run(batch: 1, height: height, width: width) { input throws(Failure) in
      try MTCNNDetector.input.write(
        image, rows: 0..<image.height, columns: 0..<image.width, to: height, width: width, into: input)
    } _: { answers in
      let face = answers[0], box = answers[1], extents = answers.extents(0), columns = extents[2]
      for cell in 0..<(extents[1] * columns) where face[2 * cell + 1] >= thresholds.0 {
        let x = Double(cell % columns), y = Double(cell / columns)
        // A cell sees 12 pixels; cells are 2 apart.
        found.append(
          Candidate(
            box: Box(
              left: Float(((2 * x + 1) / scale).rounded(.down)),
              top: Float(((2 * y + 1) / scale).rounded(.down)),
              right: Float(((2 * x + 12) / scale).rounded(.down)),
              bottom: Float(((2 * y + 12) / scale).rounded(.down))),
            score: face[2 * cell + 1],
            shift: (box[4 * cell], box[4 * cell + 1], box[4 * cell + 2], box[4 * cell + 3])))
      }
    }
    return found.surestOfLevel()
  }

  // MARK: The refinements

  private func refined(_ candidates: [Candidate], in image: Image) throws(Failure) -> [Candidate] {
    var passed: [Candidate] = []
    try forEachAnswer(refinement, candidates, in: image, side: 24) { candidate, answers, i in
      let score = answers[0][2 * i + 1], box = answers[1]
      if score > thresholds.1 {
        passed.append(
          Candidate(
            box: candidates[candidate].box, score: score,
            shift: (box[4 * i], box[4 * i + 1], box[4 * i + 2], box[4 * i + 3])))
      }
    }
    passed = passed.suppressed(0.7)
    for i in passed.indices {
      let box = passed[i].box
      passed[i].box = box.moved(by: passed[i].shift, box.width + 1, box.height + 1).squared
    }
    return passed
  }

  private func outputs(_ candidates: [Candidate], in image: Image) throws(Failure) -> [Face] {
    var faces: [Face] = []
    try forEachAnswer(output, candidates, in: image, side: 48) { candidate, answers, i in
      let score = answers[0][2 * i + 1], shift = answers[1], points = answers[2]
      guard score > thresholds.2 else { return }
      let box = candidates[candidate].box
      let width = box.width + 1, height = box.height + 1
      var landmarks: [Point] = []
      for k in 0..<5 {
        landmarks.append(
          Point(width * points[10 * i + k] + box.left - 1, height * points[10 * i + 5 + k] + box.top - 1))
      }
      let moved = box.moved(
        by: (shift[4 * i], shift[4 * i + 1], shift[4 * i + 2], shift[4 * i + 3]), width, height)
      faces.append(Face(box: moved, score: score, landmarks: landmarks))
    }
    return faces.suppressed(0.7, by: .smaller, extra: 1)
  }

  // MARK: The windows

  static var input: WindowInput { .colours(scale: MTCNN.scale, mean: MTCNN.mean) }

  /// Counted from 1, like boxes.
  static func pixels(_ first: Float, _ last: Float) -> (lower: Int, upper: Int) {
    (max(Int(first), 1) - 1, Int(last))
  }
}
