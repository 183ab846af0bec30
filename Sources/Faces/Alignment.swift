import Images
import Networks
import Tensors

/// Where a network was trained to see the five landmarks of a face, in pixels of a square. A network with
/// pictures that are not square sees that square stretched.
package struct AlignmentTemplate {
  package let side: Int
  package let points: [Point]

  package init(side: Int, points: [Point]) {
    self.side = side
    self.points = points
  }

  /// dlib's mean face in a 150x150 chip with padding 0.25; nn4.small2 and others were trained with the same
  /// template in other sizes.
  package static var meanFace: AlignmentTemplate {
    AlignmentTemplate(
      side: 150,
      points: [
        Point(47.54918, 46.59903), Point(100.47614, 46.59903), Point(74.01270, 76.5625),
        Point(50.41490, 103.02330),
        Point(97.61040, 103.02330)
      ])
  }

  /// InsightFace's five landmarks in 112x112, with which ArcFace and the MobileFaceNets of its time were
  /// trained: the 96x112 of SphereFace (Liu et al. 2017), shifted 8 pixels to the right. Eyes are 35 pixels
  /// apart; it includes more around the face than `meanFace`.
  package static var arcFace: AlignmentTemplate {
    AlignmentTemplate(
      side: 112,
      points: [
        Point(38.2946, 51.6963), Point(73.5318, 51.5014), Point(56.0252, 71.7366), Point(41.5493, 92.3655),
        Point(70.7299, 92.2041)
      ])
  }

  /// The template of a network with square pictures if its file does not specify one, as files of this
  /// library's trainer do: that of the published weights. FaceNet's paper has no alignment: those networks
  /// are trained here with the mean face, as are unregistered ones.
  package static func published(for architecture: String, side: Int) -> AlignmentTemplate {
    switch RegisteredArchitecture.named(architecture)?.template ?? .meanFace {
    case .meanFace: meanFace.scaled(to: side)
    case .arcFace: arcFace.scaled(to: side)
    }
  }

  /// The same template in a picture of `side` pixels with an additional `margin` on each edge.
  package func scaled(to side: Int, margin: Int = 0) -> AlignmentTemplate {
    let scale = Float(side) / Float(self.side), shift = Float(margin)
    return AlignmentTemplate(
      side: side + 2 * margin, points: points.map { Point($0.x * scale + shift, $0.y * scale + shift) })
  }

  /// The face at `landmarks`, rotated, scaled, cropped and stretched to a size.
  package func chip(_ image: Image, _ landmarks: [Point], width: Int, height: Int) throws(Failure) -> Image {
    try image.warped(by: map(landmarks, width: width, height: height), width: width, height: height)
  }

  /// Equals `chip` of the frame's upright picture, bit for bit; reads only the face's part of the frame.
  package func chip(_ frame: Frame, _ landmarks: [Point], width: Int, height: Int) throws(Failure) -> Image {
    try frame.warped(by: map(landmarks, width: width, height: height), width: width, height: height)
  }

  /// The landmarks in a picture that the square is stretched to.
  package func points(width: Int, height: Int) -> [Point] {
    let x = Float(width) / Float(side), y = Float(height) / Float(side)
    return points.map { Point($0.x * x, $0.y * y) }
  }

  /// Maps a photo to the aligned square, for a training's crops, an embedder's chips and quality measures
  /// alike.
  /// - Parameter landmarks: of the face, in pixels of the photo.
  package func map(_ landmarks: [Point]) throws(Failure) -> Affine {
    guard !landmarks.isEmpty else {
      throw .invalidArgument(
        "the face has no points: to align it, find it with a detector that tells them, MTCNN")
    }
    return try similarity(from: landmarks, to: points)
  }

  /// The same for the picture that the square is stretched to.
  private func map(_ landmarks: [Point], width: Int, height: Int) throws(Failure) -> Affine {
    let map = try map(landmarks)
    let x = Double(width) / Double(side), y = Double(height) / Double(side)
    return Affine(map.a * x, map.b * x, map.c * x, map.d * y, map.e * y, map.f * y)
  }
}

extension AlignmentTemplate {
  /// As stored in models and checkpoints: "x y" per landmark, separated by blanks.
  package var text: String {
    points.map { "\($0.x) \($0.y)" }.joined(separator: " ")
  }

  /// - Parameter side: of the square, which the text does not contain.
  /// - Throws: `.badData` for a text not in the format of `text`.
  package init(_ text: String, side: Int) throws(Failure) {
    let numbers = try numbers(text, count: 10...10, Framing.key)
    self.init(side: side, points: (0..<5).map { Point(numbers[2 * $0], numbers[2 * $0 + 1]) })
  }
}

/// The similarity (rotation, scale, shift) that maps `source` to `target` with the least squared error.
/// `minimise sum of |s R source[i] + t - target[i]|^2`
///
/// - Throws: `.invalidArgument` for fewer than two points, and for points that are not finite or all
///   coincide.
/// Source: Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991,
/// equations 34 to 43.
package func similarity(from source: [Point], to target: [Point]) throws(Failure) -> Affine {
  guard source.count == target.count, source.count >= 2 else {
    throw .invalidArgument("\(source.count) points to \(target.count); expected the same number, at least 2")
  }
  for point in source + target where !point.x.isFinite || !point.y.isFinite {
    throw .invalidArgument("a landmark at (\(point.x), \(point.y)); expected finite numbers")
  }
  let count = Double(source.count)
  func mean(_ points: [Point]) -> (x: Double, y: Double) {
    var x = 0.0, y = 0.0
    for point in points {
      x += Double(point.x) / count
      y += Double(point.y) / count
    }
    return (x, y)
  }
  let from = mean(source), to = mean(target)
  var variance = 0.0
  var covariance = [0.0, 0.0, 0.0, 0.0]  // of target with source
  for (a, b) in zip(source, target) {
    let ax = Double(a.x) - from.x, ay = Double(a.y) - from.y
    let bx = Double(b.x) - to.x, by = Double(b.y) - to.y
    variance += ax * ax + ay * ay
    covariance[0] += bx * ax
    covariance[1] += bx * ay
    covariance[2] += by * ax
    covariance[3] += by * ay
  }
  guard variance > 1e-9 else { throw .invalidArgument("the landmarks all fall on (\(from.x), \(from.y))") }
  let (u, s, vt) = try singularValues(covariance, rows: 2, columns: 2)
  func determinant(_ m: [Double]) -> Double { m[0] * m[3] - m[1] * m[2] }
  // Without this sign the best orthogonal matrix may be a reflection.
  let sign: Double = determinant(u) * determinant(vt) < 0 ? -1 : 1
  let r = [
    u[0] * vt[0] + sign * u[1] * vt[2], u[0] * vt[1] + sign * u[1] * vt[3],
    u[2] * vt[0] + sign * u[3] * vt[2], u[2] * vt[1] + sign * u[3] * vt[3]
  ]
  let scale = (s[0] + sign * s[1]) / variance
  return Affine(
    scale * r[0], scale * r[1], to.x - scale * (r[0] * from.x + r[1] * from.y),
    scale * r[2], scale * r[3], to.y - scale * (r[2] * from.x + r[3] * from.y))
}
