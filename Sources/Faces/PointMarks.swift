import Images
import Tensors

extension Image {
  /// A copy with a dot at each point, dark around it; points beyond the picture are not drawn.
  /// - Parameter radius: of a dot, in pixels; nil: a hundredth of the side that the points cover, at least 1.
  /// - Throws: `.invalidArgument` for points that are not finite, and a radius outside its range.
  package func marked(at points: [Point], radius: Float?) throws(Failure) -> Image {
    for (i, point) in points.enumerated() where !(abs(point.x) <= 1e6 && abs(point.y) <= 1e6) {
      throw .invalidArgument("point \(i) at (\(point.x), \(point.y)); expected at most 1e6")
    }
    if let radius, !(radius >= 0.5 && radius <= 200) {
      throw .invalidArgument("dots of radius \(radius); expected 0.5 to 200")
    }
    let canvas = try Canvas(copying: self)
    let radius = radius.map { Double($0) } ?? max(1, Double(Image.spread(of: points)) / 100)
    let shade = Ink(0, 0, 0, opacity: 0.45), ink = Ink(255, 209, 51)
    for point in points {
      canvas.dot(SIMD2(Double(point.x), Double(point.y)), radius: radius + max(1, radius / 3), shade)
    }
    for point in points { canvas.dot(SIMD2(Double(point.x), Double(point.y)), radius: radius, ink) }
    return try canvas.finish()
  }

  /// The longer side of what they cover.
  private static func spread(of points: [Point]) -> Float {
    guard var low = points.first else { return 0 }
    var high = low
    for point in points {
      (low.x, low.y) = (min(low.x, point.x), min(low.y, point.y))
      (high.x, high.y) = (max(high.x, point.x), max(high.y, point.y))
    }
    return max(high.x - low.x, high.y - low.y)
  }
}
