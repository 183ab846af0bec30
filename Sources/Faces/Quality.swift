import CSystem
import Images
import Networks
import Tensors

/// How suitable a face is for recognition: measures, and the reasons to reject it.
///
/// Light and sharpness are measured on the aligned face at a fixed scale, 112 pixels wide with 39 between the
/// eyes, in the middle 60 % of the width and 75 % of the height, which is nearly all skin. A larger face is
/// first reduced by area means, a smaller one enlarged: so a small or blurred face is as unsharp as a network
/// sees it.
///
/// A face without landmarks is measured as if the mean face looked straight out of its box; its pose is
/// unknown, and not a reason to reject it.
package struct FaceQuality {
  package struct Reasons: OptionSet {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static var small: Reasons { Reasons(rawValue: 1) }
    package static var blurred: Reasons { Reasons(rawValue: 2) }
    package static var turned: Reasons { Reasons(rawValue: 4) }
    package static var tilted: Reasons { Reasons(rawValue: 8) }
    package static var dark: Reasons { Reasons(rawValue: 16) }
    package static var bright: Reasons { Reasons(rawValue: 32) }
    package static var flat: Reasons { Reasons(rawValue: 64) }
    package static var cutOff: Reasons { Reasons(rawValue: 128) }
  }

  package struct Options {
    package var minEyeDistance: Float = 20
    package var minSharpness: Float = 30
    package var maxYaw: Float = 40
    package var maxPitch: Float = 30
    package var maxRoll: Float = 45
    package var minBrightness: Float = 50
    package var maxBrightness: Float = 210
    package var maxClipped: Float = 0.25
    package var minContrast: Float = 15
    package var maxOutside: Float = 0.05
    package init() {}

    /// Beyond these limits an answer from a photo is measurably worse. Between them pose, light and contrast
    /// made no difference. (docs/reference/faces.md: Labeled Faces in the Wild, with dlib's network.)
    package static var forAnswers: Options {
      var limits = Options()
      (limits.minEyeDistance, limits.minSharpness, limits.maxOutside) = (12, 10, 0.05)
      (limits.maxYaw, limits.maxPitch, limits.maxRoll) = (.infinity, .infinity, .infinity)
      (limits.minBrightness, limits.maxBrightness, limits.maxClipped) = (0, .infinity, .infinity)
      limits.minContrast = 0
      return limits
    }
  }

  /// Pixels of the picture between the eyes; for a face without landmarks, those of the mean face in its box.
  package let eyeDistance: Float
  /// Variance of the Laplacian, levels squared: the mean square deviation of `up + down + left + right - 4
  /// centre`. Source: Pech-Pacheco, Cristobal, Chamorro-Martinez, Fernandez-Valdivia, "Diatom autofocusing in
  /// brightfield microscopy", 2000.
  package let sharpness: Float
  /// nil for a face without points.
  package let pose: Pose?
  /// Mean luma, `0.299 R + 0.587 G + 0.114 B` (BT.601), 0 to 255.
  package let brightness: Float
  /// Standard deviation of the luma (Peli, "Contrast in complex images", 1990).
  package let contrast: Float
  /// The fraction of pixels with a luma below 5, and above 250.
  package let dark, bright: Float
  /// The fraction of the face outside the picture.
  package let outside: Float
  /// 0 to 1: ranks photos of one person; not a probability. The product of: the eye distance as a fraction of
  /// the crop's 39 pixels, at most 1; sharpness / (sharpness + the minimum sharpness); the cosines of yaw and
  /// pitch; the fractions that are not clipped and not outside.
  package let score: Float
  private let limits: Options

  package var reasons: Reasons { reasons(by: limits) }

  private static let side = 112
  private static let rows = 17..<101, columns = 22..<90

  /// - Throws: `.invalidArgument` for options that are NaN, and landmarks that are not finite or coincide;
  ///   or, for a face without landmarks, a box that is not finite or has no area.
  package init(of face: Face, in image: Image, _ options: Options) throws(Failure) {
    try self.init(of: face, in: (image.width, image.height), options) { map, side throws(Failure) in
      try image.warped(by: map, width: side, height: side, border: .edge)
    }
  }

  /// The same for a face of the frame's upright picture, bit for bit; reads only the face's part of the
  /// frame.
  package init(of face: Face, in frame: Frame, _ options: Options) throws(Failure) {
    try self.init(of: face, in: (frame.uprightWidth, frame.uprightHeight), options) {
      map, side throws(Failure) in
      try frame.warped(by: map, width: side, height: side, border: .edge)
    }
  }

  /// - Parameters:
  ///   - size: of the picture.
  ///   - warped: the picture moved by a map into a square with this side.
  private init(
    of face: Face, in size: (width: Int, height: Int), _ options: Options,
    warped: (Affine, Int) throws(Failure) -> Image
  ) throws(Failure) {
    for limit in [
      options.minEyeDistance, options.minSharpness, options.maxYaw, options.maxPitch, options.maxRoll,
      options.minBrightness, options.maxBrightness, options.maxClipped, options.minContrast,
      options.maxOutside
    ] where limit.isNaN { throw .invalidArgument("a limit of quality is \(limit); expected a number") }
    let points = face.landmarks.isEmpty ? try FaceQuality.meanPoints(in: face.box) : face.landmarks
    guard points.count == 5 else {
      throw .invalidArgument("a face with \(points.count) points; expected 5 or none")
    }
    let crop = try Crop(of: points, in: size, warped: warped)
    let (left, right) = (points[0], points[1])
    let (dx, dy) = (Double(right.x) - Double(left.x), Double(right.y) - Double(left.y))
    eyeDistance = Float((dx * dx + dy * dy).squareRoot())
    pose = face.landmarks.isEmpty ? nil : Pose(points)
    limits = options
    outside = crop.outside
    let light = crop.light
    (brightness, contrast, dark, bright, sharpness) = (
      light.mean, light.deviation, light.dark, light.bright, light.sharpness
    )

    let needed = max(options.minSharpness, 0)
    func cosine(_ degrees: Float) -> Float { Float(max(0, cos(Double(degrees) * .pi / 180))) }
    let size = min(1, eyeDistance / Crop.eyeDistance),
      detail = sharpness > 0 ? 1 / (1 + needed / sharpness) : 0
    let front = pose.map { cosine($0.yaw) * cosine($0.pitch) } ?? 1
    score = size * detail * front * max(0, 1 - dark - bright) * (1 - outside)
  }

  /// Why the limits reject the face.
  package func reasons(by limits: Options) -> Reasons {
    var reasons = Reasons()
    if eyeDistance < limits.minEyeDistance { reasons.insert(.small) }
    if sharpness < limits.minSharpness { reasons.insert(.blurred) }
    if let pose {
      if pose.yaw.magnitude > limits.maxYaw || pose.pitch.magnitude > limits.maxPitch {
        reasons.insert(.turned)
      }
      if pose.roll.magnitude > limits.maxRoll { reasons.insert(.tilted) }
    }
    if brightness < limits.minBrightness || dark > limits.maxClipped { reasons.insert(.dark) }
    if brightness > limits.maxBrightness || bright > limits.maxClipped { reasons.insert(.bright) }
    if contrast < limits.minContrast { reasons.insert(.flat) }
    if outside > limits.maxOutside { reasons.insert(.cutOff) }
    return reasons
  }

  /// The mean face's landmarks in a box of a detector without landmarks: its 150-pixel square picture takes
  /// five sixths of the box, around the same centre. So its eyes are 0.294 of the box's side apart and at
  /// 0.343 of its height; the mean over 6713 faces of Caltech 10k Web Faces, in the boxes that such detectors
  /// learn, is 0.295 and 0.34.
  private static func meanPoints(in box: Box) throws(Failure) -> [Point] {
    guard box.left.isFinite, box.top.isFinite, box.width > 0, box.height > 0, box.width.isFinite,
      box.height.isFinite
    else {
      throw .invalidArgument(
        "a face without points in a box of \(box.width)x\(box.height) at (\(box.left), \(box.top)); expected an area"
      )
    }
    let square = box.squared, template = AlignmentTemplate.meanFace
    let scale = square.width / Float(template.side) * 5 / 6, centre = Float(template.side) / 2
    let x = (square.left + square.right) / 2, y = (square.top + square.bottom) / 2
    return template.points.map { Point(x + ($0.x - centre) * scale, y + ($0.y - centre) * scale) }
  }

  /// The luma of the aligned face.
  private struct Crop {
    private(set) var levels: [Float] = []
    /// The fraction of its middle that lies outside the picture.
    private(set) var outside: Float = 0

    /// Between the eyes of the crop: those of the mean face are 52.93 of 150 pixels apart.
    static var eyeDistance: Float { 52.92696 * Float(FaceQuality.side) / 150 }

    init(
      of points: [Point], in size: (width: Int, height: Int), warped: (Affine, Int) throws(Failure) -> Image
    ) throws(Failure) {
      let coarse = try AlignmentTemplate.meanFace.scaled(to: FaceQuality.side).map(points)
      // Pixels of the picture per pixel of the crop, along a side; that many are sampled for each.
      let ratio = 1 / (coarse.a * coarse.a + coarse.d * coarse.d).squareRoot()
      let fold = ratio < 8 ? max(1, Int(ratio.rounded(.up))) : 8
      // Pixel x of the crop covers fold * x ... fold * x + fold - 1 of the fine one.
      let scale = Double(fold), shift = (scale - 1) / 2
      let map = Affine(
        scale * coarse.a, scale * coarse.b, scale * coarse.c + shift, scale * coarse.d, scale * coarse.e,
        scale * coarse.f + shift)
      let fine = try warped(map, fold * FaceQuality.side)
      levels = [Float](repeating: 0, count: FaceQuality.side * FaceQuality.side)
      fine.withPixels { pixels in
        for y in 0..<fine.height {
          let row = pixels + y * fine.stride
          for x in 0..<fine.width {
            levels[y / fold * FaceQuality.side + x / fold] += luma(
              Float(row[3 * x]), Float(row[3 * x + 1]), Float(row[3 * x + 2]))
          }
        }
      }
      for i in levels.indices { levels[i] /= Float(fold * fold) }
      guard let back = coarse.inverse else { return }  // the warp has rejected it
      var beyond = 0
      for y in FaceQuality.rows {
        for x in FaceQuality.columns {
          let place = back(Double(x), Double(y))
          let isInside =
            place.x >= -0.5 && place.y >= -0.5 && place.x < Double(size.width) - 0.5
            && place.y < Double(size.height) - 0.5
          if !isInside { beyond += 1 }
        }
      }
      outside = Float(beyond) / Float(FaceQuality.rows.count * FaceQuality.columns.count)
    }

    var light: (mean: Float, deviation: Float, dark: Float, bright: Float, sharpness: Float) {
      // Differences from one of the levels: for a uniform face both sums are 0, and so is its contrast.
      let centre = Double(
        levels[FaceQuality.rows.lowerBound * FaceQuality.side + FaceQuality.columns.lowerBound])
      var sum = 0.0, squares = 0.0, edges = 0.0, edgeSquares = 0.0
      var dark = 0, bright = 0
      for y in FaceQuality.rows {
        for x in FaceQuality.columns {
          let side = FaceQuality.side, i = y * side + x, value = Double(levels[i])
          sum += value - centre
          squares += (value - centre) * (value - centre)
          if value < 5 { dark += 1 }
          if value > 250 { bright += 1 }
          let around =
            Double(levels[i - side]) + Double(levels[i + side]) + Double(levels[i - 1])
            + Double(levels[i + 1])
          edges += around - 4 * value
          edgeSquares += (around - 4 * value) * (around - 4 * value)
        }
      }
      let count = Double(FaceQuality.rows.count * FaceQuality.columns.count)
      func variance(_ sum: Double, _ squares: Double) -> Double {
        max(0, squares / count - sum / count * (sum / count))
      }
      return (
        Float(centre + sum / count), Float(variance(sum, squares).squareRoot()), Float(Double(dark) / count),
        Float(Double(bright) / count), Float(variance(edges, edgeSquares))
      )
    }
  }
}
