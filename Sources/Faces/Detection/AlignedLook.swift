import Images
import Networks
import Tensors

/// Looks at a face that is aligned by the points found so far, with a network of its own (`FacePoints`), as
/// it is and in a mirror: moves the points to where they are, and says how sure it is that there is a face.
/// Each number is the mean of both.
package struct AlignedLook {
  private let executor: Executor
  private let architecture = Architecture.facePoints
  private let template = AlignmentTemplate.meanFace.scaled(to: FacePoints.side)
  /// The template's eyes, in pixels.
  private let eyeDistance: Float

  /// The metadata that names the network whose tensors a detector's file has too.
  private static let key = "aligned_look"
  /// The least score.
  private static let minScore: Float = 0.001

  /// nil if the model does not ask for it.
  /// - Throws: `.badData` for another network's name and for missing tensors.
  package init?(_ model: Model) throws(Failure) {
    guard let name = model.weights.metadata[AlignedLook.key] else { return nil }
    guard name == "\(FacePoints.name)" else {
      throw .badData("model: \(AlignedLook.key) \"\(name)\"; expected \(FacePoints.name)")
    }
    executor = Executor(
      try Network(FacePoints.layers, input: architecture.input, weights: model.weights),
      .init([FacePoints.result]))
    eyeDistance = template.points[1].x - template.points[0].x
  }

  /// What a look at a face shows.
  package struct Sight {
    package let points: [Point]
    /// 0 to 1, that there is a face.
    package let score: Float
  }

  /// nil if the points lie all in one place, or if the network's answer is not finite.
  /// - Parameters:
  ///   - points: of a face, in pixels of `picture`.
  ///   - picture: shows the face in about the size of the training's, whose eyes were 32 pixels apart.
  package func look(at points: [Point], in picture: Image) throws(Failure) -> Sight? {
    guard let map = try? template.map(points), let back = map.inverse else { return nil }
    let side = FacePoints.side
    let chip = try picture.warped(by: map, width: side, height: side)
    // One after the other: both at a time would take twice the memory.
    let plain = try answer(to: chip, isMirrored: false), mirrored = try answer(to: chip, isMirrored: true)
    func point(_ i: Int, of answer: [Float]) -> Point {
      let place = template.points[i]
      return Point(place.x + eyeDistance * answer[2 * i], place.y + eyeDistance * answer[2 * i + 1])
    }
    var moved: [Point] = []
    for (i, other) in Face.mirroredLandmarks.enumerated() {
      let a = point(i, of: plain), b = point(other, of: mirrored)
      let x = (a.x + Float(side - 1) - b.x) / 2, y = (a.y + b.y) / 2
      let better = back(Double(x), Double(y))
      moved.append(Point(Float(better.x), Float(better.y)))
    }
    let certainty = (plain[FacePoints.count - 1] + mirrored[FacePoints.count - 1]) / 2
    guard certainty.isFinite, moved.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return nil }
    let score = (certainty / FacePoints.certainty + 1) / 2
    return Sight(points: moved, score: min(max(score, AlignedLook.minScore), 1))
  }

  private func answer(to chip: Image, isMirrored: Bool) throws(Failure) -> [Float] {
    let side = FacePoints.side
    return try executor.run(batch: 1, height: side, width: side) { numbers in
      chip.withPixels { architecture.fill(numbers, $0, height: side, width: side) }
      if isMirrored { mirrorRows(numbers, side, width: side, channels: 3) }
    } _: { answers in
      (0..<FacePoints.count).map { answers[0][$0] }
    }
  }
}
