import Tensors

/// How far eyes and mouth are open: the mean of their heights over their width, from dense points.
///
/// `(|p2 p6| + |p3 p5|) / (2 |p1 p4|)` of the six points of an eye, and its like for eight. Source: Soukupová,
/// Čech, "Real-time eye blink detection using facial landmarks", 2016.
package struct FaceOpenness: Equatable, Sendable {
  /// As seen in the picture.
  package let leftEye, rightEye: Float
  /// Of the inner lips.
  package let mouth: Float

  /// - Parameter points: 68 as iBUG has them, or 98 as WFLW.
  /// - Throws: `.invalidArgument` for another number of points, and for an eye or mouth without a width.
  package init(_ points: [Point]) throws(Failure) {
    // From corner to corner: the first one, those of the upper edge, the other corner, those below on the way
    // back.
    let parts: [Range<Int>]
    switch points.count {
    case 68: parts = [36..<42, 42..<48, 60..<68]
    case 98: parts = [60..<68, 68..<76, 88..<96]
    default:
      throw .invalidArgument("\(points.count) points of a face; expected 68 as iBUG has them, or 98 as WFLW")
    }
    var ratios: [Float] = []
    for part in parts {
      let ring = Array(points[part]), half = ring.count / 2
      let width = ring[0].distance(to: ring[half])
      guard width > 0, width < .infinity else {
        throw .invalidArgument("an eye or a mouth \(width) pixels wide; expected more than 0")
      }
      var height: Float = 0
      for i in 1..<half { height += ring[i].distance(to: ring[ring.count - i]) }
      ratios.append(height / (Float(half - 1) * width))
    }
    (leftEye, rightEye, mouth) = (ratios[0], ratios[1], ratios[2])
  }
}
