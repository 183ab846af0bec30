import CFaceStyle
import Glibc

/// A square picture that is painted layer by layer, in coordinates of what it shows: -0.5 to 0.5.
final class Easel {
  private let side: Int
  private var colours: [SIMD3<Double>]
  /// Where each pixel lies in what is shown.
  private let places: [SIMD2<Double>]

  init(side: Int, _ view: DrawnPerson.View) {
    self.side = side
    colours = .init(repeating: .zero, count: side * side)
    let (cosine, sine) = (cos(view.roll), sin(view.roll))
    places = (0..<side * side).map { pixel in
      let x = (Double(pixel % side) / Double(side) - 0.5 - view.x) / view.scale
      let y = (Double(pixel / side) / Double(side) - 0.5 - view.y) / view.scale
      return SIMD2(cosine * x + sine * y, cosine * y - sine * x)
    }
  }

  func fill(_ colour: (SIMD2<Double>) -> SIMD3<Double>) { colours = places.map(colour) }

  /// Paints over it, as much as `cover` says, 0 to 1.
  func put(_ colour: SIMD3<Double>, _ cover: (SIMD2<Double>) -> Double) { put({ _ in colour }, cover) }

  func put(_ colour: (SIMD2<Double>) -> SIMD3<Double>, _ cover: (SIMD2<Double>) -> Double) {
    for i in colours.indices {
      let share = cover(places[i])
      if share > 0 { colours[i] += (colour(places[i]) - colours[i]) * share }
    }
  }

  func picture() throws(Failure) -> Picture {
    let bytes = colours.flatMap { colour in
      (0..<3).map { UInt8(min(max(colour[$0], 0), 255)) }
    }
    return try Picture(rgb: bytes, width: side, height: side)
  }

  // MARK: Shapes: distances from an edge, negative inside

  static func ellipse(
    _ place: SIMD2<Double>, _ x: Double, _ y: Double, _ width: Double, _ height: Double
  ) -> Double {
    let across = (place.x - x) / width, down = (place.y - y) / height
    return ((across * across + down * down).squareRoot() - 1) * min(width, height)
  }

  /// 1 inside, 0 outside, with an edge that is `soft` 160ths of the picture wide.
  static func inside(_ distance: Double, soft: Double) -> Double { share(0.5 - distance / (soft / 160)) }

  static func share(_ value: Double) -> Double { min(max(value, 0), 1) }

  /// A spot that fades.
  static func glow(
    _ place: SIMD2<Double>, _ x: Double, _ y: Double, _ width: Double, _ height: Double
  ) -> Double {
    let across = (place.x - x) / width, down = (place.y - y) / height
    return exp(-(across * across + down * down))
  }
}
