import CSystem
import Images
import Networks
import Tensors

/// A face that a network may have found at its first look at a picture.
struct Candidate: Scored {
  let face: Face
  /// Whether it is sure, and had about the size at which the network sees best.
  let wasSeenWell: Bool

  var box: Box { face.box }
  /// Of one face at two sizes of the picture the one that was seen well is kept, if it is nearly as sure.
  var score: Float { wasSeenWell ? face.score : 0.9 * face.score }
}

/// Looks again at each face that a network of YuNet's kind may have found: by itself, at the size at which
/// the network sees best, and then aligned. What is a face is found each time, and so its score, the
/// geometric mean of all looks', is high; that of anything else seldom is.
struct SecondLook {
  let network: Executor
  let architecture: Architecture
  /// The longer side of a face in the network's input.
  let faceSide: Float
  /// Nil for a model without a network for it.
  let alignedLook: AlignedLook?

  /// A side of the input: the face and what is around it.
  private static let side = 128
  /// The least overlap (IoU) of a face with the one that is looked at again.
  private static let minOverlap: Float = 0.3
  /// The least score of a face that is looked at again, and in a second look.
  private static let minFirstScore: Float = 0.05, minSecondScore: Float = 0.02
  private static let minSecondLogit = Float(log(Double(minSecondScore) / (1 - Double(minSecondScore))))
  /// A face whose side at the first look was between these parts of `faceSide` was seen well then.
  private static let minPart: Float = 1 / 1.5, maxPart: Float = 2
  /// The first score of a face that is sure.
  private static let minSure: Float = 0.9

  /// The first score from which a face may reach a final one, the geometric mean of two or three.
  static func minFirstScore(for final: Float, hasAlignedLook: Bool) -> Float {
    max(final * final * (hasAlignedLook ? final : 1), minFirstScore)
  }

  /// Whether a face is sure, and seen well as its longer side has so many pixels in the network's input: a
  /// second look would be the first one again.
  func seesWell(_ face: Face, side: Float) -> Bool {
    let part = side / faceSide
    return part >= SecondLook.minPart && part <= SecondLook.maxPart && face.score >= SecondLook.minSure
  }

  /// The faces that are found again, with a score of at least `minScore`.
  func faces(_ candidates: [Candidate], in image: Image, minScore: Float) throws(Failure) -> [Face] {
    var found: [Face] = []
    for candidate in candidates {
      guard let face = try face(candidate, in: image, minScore), face.score >= minScore else { continue }
      found.append(face)
    }
    return found
  }

  /// Nil also for a face whose score can no longer reach `minScore`: it is not looked at any further.
  private func face(
    _ candidate: Candidate, in image: Image, _ minScore: Float
  ) throws(Failure) -> Face? {
    // A little less, as the mean is rounded.
    let least = minScore * minScore * (alignedLook == nil ? 1 : minScore) * 0.999
    guard candidate.face.score >= least,
      let view = try View(candidate.box, in: image, faceSide, SecondLook.side)
    else { return nil }
    var face = view.face(candidate.face)
    // By one network alone a face is looked at twice; else a good first look stands for the second one, too.
    if alignedLook == nil || !candidate.wasSeenWell {
      guard let again = try found(face.box, in: view) else { return nil }
      face = again
    }
    face.score *= candidate.face.score
    guard face.score >= least else { return nil }
    if let alignedLook {
      guard let sight = try alignedLook.look(at: face.landmarks, in: view.picture) else { return nil }
      face.landmarks = sight.points
      face.score *= sight.score
      // Two estimates, one by all that the network sees of the face, one by its points alone.
      face.box = .mean(face.box, Box(faceWith: sight.points))
    }
    face.score = alignedLook == nil ? face.score.squareRoot() : cbrtf(face.score)
    return view.inPicture(face)
  }

  /// The surest face where the first look saw one.
  private func found(_ wanted: Box, in view: View) throws(Failure) -> Face? {
    let side = SecondLook.side
    return try network.run(batch: 1, height: side, width: side) { numbers in
      PaddedInput(numbers: numbers, height: side, width: side, format: architecture)
        .write(view.picture, 0..<view.height, 0..<view.width)
    } _: { answers in
      var best: Face?
      for (i, side) in YuNet.cellSides.enumerated() {
        let grid = CellGrid(
          numbers: answers[i], side: side, columns: answers.extents(i)[2], height: view.height,
          width: view.width)
        grid.forEachFace(minLogit: SecondLook.minSecondLogit, .init(), where: { $0 > best?.score ?? 0 }) {
          if Overlap.union.share($0.box, wanted) > SecondLook.minOverlap { best = $0 }
        }
      }
      return best
    }
  }
}

/// The part of a picture around a face, at the network's size.
private struct View {
  let picture: Image
  private let left, top: Float
  /// Pixels of the picture per pixel of the view.
  private let across, down: Float

  var height: Int { picture.height }
  var width: Int { picture.width }

  /// Nil for a box beside the picture.
  init?(_ box: Box, in image: Image, _ faceSide: Float, _ side: Int) throws(Failure) {
    let longer = max(box.width, box.height, 1), scale = faceSide / longer
    let reach = Float(side) / scale / 2
    func range(_ first: Float, _ last: Float, _ count: Int) -> Range<Int> {
      let middle = (first + last) / 2, end = Float(count)
      let lower = Int(min(max(middle - reach, 0), end).rounded(.down))
      return lower..<max(lower, Int(min(max(middle + reach, 0), end).rounded(.up)))
    }
    let columns = range(box.left, box.right, image.width), rows = range(box.top, box.bottom, image.height)
    guard !columns.isEmpty, !rows.isEmpty else { return nil }
    func scaled(_ count: Int) -> Int { min(max(Int((Float(count) * scale).rounded()), 1), side) }
    let part = try image.cropped(
      x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
    picture = try part.resized(
      width: scaled(columns.count), height: scaled(rows.count), filter: scale < 1 ? .area : .bilinear)
    (left, top) = (Float(columns.lowerBound), Float(rows.lowerBound))
    across = Float(columns.count) / Float(picture.width)
    down = Float(rows.count) / Float(picture.height)
  }

  /// A face of the picture, in the view.
  func face(_ face: Face) -> Face {
    let box = face.box
    return Face(
      box: Box(
        left: (box.left - left) / across, top: (box.top - top) / down, right: (box.right - left) / across,
        bottom: (box.bottom - top) / down),
      score: face.score,
      landmarks: face.landmarks.map {
        Point(($0.x + 0.5 - left) / across - 0.5, ($0.y + 0.5 - top) / down - 0.5)
      })
  }

  func inPicture(_ face: Face) -> Face {
    let box = face.box
    return Face(
      box: Box(
        left: box.left * across + left, top: box.top * down + top, right: box.right * across + left,
        bottom: box.bottom * down + top),
      score: face.score,
      // A point counts from the centre of the first pixel.
      landmarks: face.landmarks.map {
        Point(($0.x + 0.5) * across + left - 0.5, ($0.y + 0.5) * down + top - 0.5)
      })
  }
}

extension Box {
  /// The usual box around a face with these points. Of 577 faces that no training saw, found with a score of
  /// at least 0.9, in parts of the points' spread (the root of their squared distances from their middle,
  /// summed), medians: 1.576 wide, 2.136 high, its middle 0.145 above that of the points.
  fileprivate init(faceWith points: [Point]) {
    let count = Float(max(points.count, 1)), x = points.reduce(0) { $0 + $1.x } / count
    let y = points.reduce(0) { $0 + $1.y } / count
    let spread = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) + ($1.y - y) * ($1.y - y) }.squareRoot()
    let half = (width: 1.576 / 2 * spread, height: 2.136 / 2 * spread), middle = y - 0.145 * spread
    // A point counts from the centre of the first pixel.
    self.init(
      left: x + 0.5 - half.width, top: middle + 0.5 - half.height, right: x + 0.5 + half.width,
      bottom: middle + 0.5 + half.height)
  }

  fileprivate static func mean(_ a: Box, _ b: Box) -> Box {
    Box(
      left: (a.left + b.left) / 2, top: (a.top + b.top) / 2, right: (a.right + b.right) / 2,
      bottom: (a.bottom + b.bottom) / 2)
  }
}
