import Images
import Tensors

extension Image {
  /// A map of the features that identify a person: white at eyes and mouth, fading to black around them.
  /// - Parameter faces: with their five landmarks, in the pixels of the map.
  /// - Throws: `.invalidArgument` for a face without landmarks.
  package static func map(of faces: [Face], width: Int, height: Int) throws(Failure) -> Image {
    var parts: [Part] = []
    for face in faces {
      guard face.landmarks.count == 5 else {
        throw .invalidArgument("a face without points; expected one that has eyes and a mouth")
      }
      for point in face.landmarks
      where !point.x.isFinite || !point.y.isFinite || abs(point.x) > 1e6 || abs(point.y) > 1e6 {
        throw .invalidArgument("a face with a point at \(point.x), \(point.y)")
      }
      let points = face.landmarks, radius = 0.35 * points[0].distance(to: points[1])
      parts += [
        Part(from: points[0], to: points[0], radius: radius),
        Part(from: points[1], to: points[1], radius: radius),
        Part(from: points[3], to: points[4], radius: radius)
      ]
    }
    return try Image(width: width, height: height) { y, row in
      row.update(repeating: 0)
      for part in parts where part.reaches(y) {
        for x in 0..<width {
          let level = UInt8((255 * part.share(Float(x), Float(y))).rounded())
          for c in 3 * x..<3 * x + 3 { row[c] = max(row[c], level) }
        }
      }
    }
  }
}

/// The neighbourhood of a line between two points: full weight within the radius, none beyond twice that.
private struct Part {
  let from, to: Point
  let radius: Float

  func reaches(_ y: Int) -> Bool {
    radius > 0 && Float(y) >= min(from.y, to.y) - 2 * radius && Float(y) <= max(from.y, to.y) + 2 * radius
  }

  func share(_ x: Float, _ y: Float) -> Float {
    let (dx, dy) = (to.x - from.x, to.y - from.y), square = dx * dx + dy * dy
    let along = square > 0 ? min(max(((x - from.x) * dx + (y - from.y) * dy) / square, 0), 1) : 0
    let away = Point(x, y).distance(to: Point(from.x + along * dx, from.y + along * dy))
    return min(max(2 - away / radius, 0), 1)
  }
}
