import Images
import Networks
import Tensors

/// Finds faces with CascadeCNN: windows of 12 pixels over a pyramid of reduced pictures, then the remaining
/// ones at 24 and at 48 pixels. Each stage classifies windows as face or not, moves those that it keeps
/// closer to the face, and suppresses overlapping ones with lower scores: within a level of the pyramid, in
/// the last stage across levels.
///
/// It sees only luma and does not find landmarks. A box is a square around eyes and mouth, as in training:
/// the eyes are at a third of its height, three tenths of its side apart. Source: Li, Lin, Shen, Brandt, Hua
/// 2015, section 3. (There the last stage suppresses windows before it moves them.)
package final class CascadeDetector: WindowFinder, @unchecked Sendable {
  private struct Stage {
    let side: Int
    let threshold: Float
    let classifier, calibrator: Executor
  }

  private let options: DetectorOptions
  private let stages: [Stage]

  /// Windows with a larger intersection over union belong to one face.
  private static let overlapOfLevel: Float = 0.5, overlapOfAll: Float = 0.3

  /// - Throws: `.badData` for a model without the networks of a stage, or without "thresholds": a score per
  ///   stage. There may be fewer than three, in a training that mines for its next stage.
  package init(_ model: Model, _ options: DetectorOptions) throws(Failure) {
    guard let text = model.weights.metadata["thresholds"] else {
      throw .badData("model: no thresholds in the metadata of a cascade, scores that pass its stages")
    }
    let own = try numbers(text, count: 1...CascadeCNN.maxStages, "thresholds")
    for threshold in own where threshold < 0 || threshold > 1 {
      throw .badData("model: threshold \(threshold); expected 0 to 1")
    }
    var stages: [Stage] = []
    for (i, threshold) in own.enumerated() {
      let side = CascadeCNN.side(ofStage: i)
      // The first network runs on pictures of any size.
      let classifier = try Network<Float>(
        CascadeCNN.classifier(side: side), channels: 1, side: i == 0 ? nil : side, weights: model.weights)
      let calibrator = try Network<Float>(
        CascadeCNN.calibrator(side: side), channels: 1, side: side, weights: model.weights)
      stages.append(
        Stage(
          side: side, threshold: options.threshold(ofStage: i) ?? threshold,
          classifier: Executor(classifier, .init(["face"])),
          calibrator: Executor(calibrator, .init(["patterns"]))))
    }
    self.options = options
    self.stages = stages
  }

  package var findsPoints: Bool { false }
  package var seesLumaAlone: Bool { true }

  private struct Candidate: Scored {
    var box: Box
    var score: Float
    let level: Int
  }

  package func faces(in image: Image) throws(Failure) -> [Face] {
    var candidates: [Candidate] = []
    for (i, stage) in stages.enumerated() {
      candidates = i == 0 ? try windows(of: image, stage) : try classified(candidates, in: image, stage)
      try calibrate(&candidates, in: image, stage)
      candidates =
        i == stages.count - 1
        ? candidates.suppressed(CascadeDetector.overlapOfAll) : suppressedInLevels(candidates)
    }
    return candidates.map { Face(box: $0.box, score: $0.score, landmarks: []) }
  }

  /// Candidates are ordered by level, and stay so.
  private func suppressedInLevels(_ candidates: [Candidate]) -> [Candidate] {
    var all: [Candidate] = [], first = 0
    while first < candidates.count {
      var end = first
      while end < candidates.count, candidates[end].level == candidates[first].level { end += 1 }
      all += Array(candidates[first..<end]).suppressed(CascadeDetector.overlapOfLevel)
      first = end
    }
    return all
  }

  // MARK: The pyramid

  private func windows(of image: Image, _ stage: Stage) throws(Failure) -> [Candidate] {
    var all: [Candidate] = []
    var scale = Double(stage.side) / Double(options.minFace), level = 0
    while true {
      let height = Int((Double(image.height) * scale).rounded()),
        width = Int((Double(image.width) * scale).rounded())
      guard min(height, width) >= stage.side else { return all }
      all += try windows(of: image, stage, level, height, width)
      scale *= Double(options.scaleStep)
      level += 1
    }
  }

  private func windows(
    of image: Image, _ stage: Stage, _ level: Int, _ height: Int, _ width: Int
  ) throws(Failure) -> [Candidate] {
    // From pixels of the level to those of the picture.
    let across = Float(image.width) / Float(width), down = Float(image.height) / Float(height)
    var found: [Candidate] = []
    try stage.classifier.run(batch: 1, height: height, width: width) { input throws(Failure) in
      try CascadeDetector.input.write(
        image, rows: 0..<image.height, columns: 0..<image.width, to: height, width: width, into: input)
    } _: { answers in
      let face = answers[0], extents = answers.extents(0), columns = extents[2]
      for cell in 0..<(extents[1] * columns) where face[2 * cell + 1] >= stage.threshold {
        let x = Float(cell % columns * CascadeCNN.windowStep),
          y = Float(cell / columns * CascadeCNN.windowStep)
        let end = Float(stage.side)
        found.append(
          Candidate(
            box: Box(left: x * across, top: y * down, right: (x + end) * across, bottom: (y + end) * down),
            score: face[2 * cell + 1], level: level))
      }
    }
    return found.surestOfLevel()
  }

  // MARK: The windows

  private func classified(
    _ candidates: [Candidate], in image: Image, _ stage: Stage
  ) throws(Failure) -> [Candidate] {
    var passed: [Candidate] = []
    try forEachAnswer(stage.classifier, candidates, in: image, side: stage.side) { i, answers, row in
      let score = answers[0][2 * row + 1]
      guard score >= stage.threshold else { return }
      var candidate = candidates[i]
      candidate.score = score
      passed.append(candidate)
    }
    return passed
  }

  private func calibrate(_ candidates: inout [Candidate], in image: Image, _ stage: Stage) throws(Failure) {
    var boxes = candidates.map { $0.box }
    try forEachAnswer(stage.calibrator, candidates, in: image, side: stage.side) { i, answers, row in
      let patterns = answers[0] + row * CascadeCNN.Adjustment.count
      guard let adjustment = CascadeCNN.Adjustment(meanOf: { patterns[$0] }) else { return }
      boxes[i] = boxes[i].adjusted(by: adjustment)
    }
    for i in boxes.indices { candidates[i].box = boxes[i] }
  }

  static var input: WindowInput { .grey }

  static func pixels(_ first: Float, _ last: Float) -> (lower: Int, upper: Int) {
    (Int(first.rounded()), Int(last.rounded()))
  }
}

extension CascadeCNN.Adjustment {
  /// The probability above which a pattern counts: several times that of 45 equally likely ones.
  private static var minProbability: Float { 0.1 }

  /// The mean of the patterns that count, given the probability of each; nil if there are none.
  /// Source: Li et al. 2015, equations 1 to 3.
  package init?(meanOf probability: (Int) -> Float) {
    var sum = CascadeCNN.Adjustment(scale: 0, x: 0, y: 0), count: Float = 0
    for number in 0..<CascadeCNN.Adjustment.count
    where probability(number) > CascadeCNN.Adjustment.minProbability {
      let pattern = CascadeCNN.Adjustment(number: number)
      sum.scale += pattern.scale
      sum.x += pattern.x
      sum.y += pattern.y
      count += 1
    }
    guard count > 0 else { return nil }
    self.init(scale: sum.scale / count, x: sum.x / count, y: sum.y / count)
  }
}

extension Box {
  /// The position of the face from which this box is off by `adjustment`.
  package func adjusted(by adjustment: CascadeCNN.Adjustment) -> Box {
    let width = width / adjustment.scale, height = height / adjustment.scale
    let left = left - adjustment.x * width, top = top - adjustment.y * height
    return Box(left: left, top: top, right: left + width, bottom: top + height)
  }
}
