import CSystem
import Images
import Networks
import Tensors

/// Looks again at each face that a network of YuNet's kind may have found: by itself, at the size at which
/// the network sees best, and once more in a mirror. What is a face is found three times, and where it lies
/// on average is nearer the truth than each; what is none seldom is.
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

  /// The first score from which a face may reach a final one, the geometric mean of three or four.
  static func minFirstScore(for final: Float, hasAlignedLook: Bool) -> Float {
    max(final * final * final * (hasAlignedLook ? final : 1), minFirstScore)
  }

  /// The faces that are found again, with a score of at least `minScore`.
  func faces(_ candidates: [Face], in image: Image, minScore: Float) throws(Failure) -> [Face] {
    var found: [Face] = []
    for candidate in candidates {
      guard let face = try face(candidate, in: image), face.score >= minScore else { continue }
      found.append(face)
    }
    return found
  }

  private func face(_ candidate: Face, in image: Image) throws(Failure) -> Face? {
    guard let view = try View(candidate.box, in: image, faceSide, SecondLook.side) else { return nil }
    let side = SecondLook.side, wanted = view.box(candidate.box)
    let found: Face? = try network.run(batch: 2, height: side, width: side) { numbers in
      PaddedInput(numbers: numbers, height: side, width: side, format: architecture)
        .write(view.picture, 0..<view.height, 0..<view.width)
      mirror(numbers, width: view.width, to: numbers + 3 * side * side)
    } _: { answers in
      guard let plain = best(answers, 0, view, wanted, { $0 }),
        let mirrored = best(answers, 1, view, wanted, { $0.mirrored(width: view.width) })
      else { return nil }
      return plain.mean(with: mirrored, score: cbrtf(candidate.score * plain.score * mirrored.score))
    }
    guard var face = found else { return nil }
    if let alignedLook {
      guard let sight = try alignedLook.look(at: face.landmarks, in: view.picture) else { return nil }
      face.landmarks = sight.points
      // The geometric mean of four scores, three of which are in the face's.
      face.score = (face.score * face.score * face.score * sight.score).squareRoot().squareRoot()
    }
    return view.inPicture(face)
  }

  /// The surest face of one of the two pictures that is where the candidate was.
  private func best(
    _ answers: Executor.Answers, _ picture: Int, _ view: View, _ wanted: Box, _ upright: (Face) -> Face
  ) -> Face? {
    var best: Face?
    for (i, side) in YuNet.cellSides.enumerated() {
      let extents = answers.extents(i), each = extents[1] * extents[2] * extents[3]
      let grid = CellGrid(
        numbers: answers[i] + picture * each, side: side, columns: extents[2], height: view.height,
        width: view.width)
      grid.forEachFace(minLogit: SecondLook.minSecondLogit, .init(), where: { $0 > best?.score ?? 0 }) {
        let face = upright($0)
        if Overlap.union.share(face.box, wanted) > SecondLook.minOverlap { best = face }
      }
    }
    return best
  }

  /// Writes the mirror image of a picture of `width` pixels at the left of `from`, zeros behind it.
  private func mirror(
    _ from: UnsafeMutablePointer<Float>, width: Int, to target: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<SecondLook.side {
      let row = 3 * row * SecondLook.side
      for column in 0..<SecondLook.side {
        let pixel = target + row + 3 * column
        if column < width {
          pixel.update(from: from + row + 3 * (width - 1 - column), count: 3)
        } else {
          pixel.update(repeating: 0, count: 3)
        }
      }
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

  /// A box of the picture, in the view.
  func box(_ box: Box) -> Box {
    Box(
      left: (box.left - left) / across, top: (box.top - top) / down, right: (box.right - left) / across,
      bottom: (box.bottom - top) / down)
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

extension Face {
  /// Seen in a mirror, in a picture of `width` pixels.
  fileprivate func mirrored(width: Int) -> Face {
    return Face(
      box: Box(
        left: Float(width) - box.right, top: box.top, right: Float(width) - box.left, bottom: box.bottom),
      score: score,
      landmarks: Face.mirroredLandmarks.map { Point(Float(width - 1) - landmarks[$0].x, landmarks[$0].y) })
  }

  fileprivate func mean(with other: Face, score: Float) -> Face {
    func mean(_ a: Float, _ b: Float) -> Float { (a + b) / 2 }
    return Face(
      box: Box(
        left: mean(box.left, other.box.left), top: mean(box.top, other.box.top),
        right: mean(box.right, other.box.right), bottom: mean(box.bottom, other.box.bottom)),
      score: score,
      landmarks: zip(landmarks, other.landmarks).map { Point(mean($0.x, $1.x), mean($0.y, $1.y)) })
  }
}
