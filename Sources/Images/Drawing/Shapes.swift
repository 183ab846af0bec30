// Shapes with smooth edges: a pixel is covered by the distance of its centre from the edge.

extension Canvas {
  /// A filled rectangle with round corners.
  package func fill(_ area: Rectangle, radius: Double, _ ink: Ink) {
    let shape = RoundedRectangle(area, radius: radius)
    paint(ink, in: area) { 0.5 - shape.distance($0) }
  }

  /// The outline of a rectangle, `line` pixels wide inside its edges.
  package func outline(_ area: Rectangle, line: Int, radius: Double, _ ink: Ink) {
    let shape = RoundedRectangle(area, radius: radius)
    let band = line + Int(radius.rounded(.up))
    let across = min(band, (area.width + 1) / 2), down = min(band, (area.height + 1) / 2)
    var top = area, bottom = area, left = area, right = area
    top.bottom = area.top + down
    bottom.top = max(area.bottom - down, top.bottom)
    (left.top, left.bottom, left.right) = (top.bottom, bottom.top, area.left + across)
    (right.top, right.bottom, right.left) = (top.bottom, bottom.top, max(area.right - across, left.right))
    // Only the pixels near the edges are visited: a face may fill a large picture.
    for part in [top, left, right, bottom] {
      paint(ink, in: part) { place in
        let distance = shape.distance(place)
        return min(0.5 - distance, distance + Double(line) + 0.5)
      }
    }
  }

  /// A filled circle.
  package func dot(_ centre: SIMD2<Double>, radius: Double, _ ink: Ink) {
    paint(ink, in: Rectangle(around: centre, centre, by: radius + 1)) { place in
      radius + 0.5 - (place - centre).length
    }
  }

  /// A line through the points, drawn with a round pen; a single point is a dot.
  func stroke(_ strokes: [[SIMD2<Double>]], pen: Double, _ ink: Ink) {
    let points = strokes.joined(), reach = pen / 2 + 1
    guard var low = points.first else { return }
    var high = low
    for point in points { (low, high) = (pointwiseMin(low, point), pointwiseMax(high, point)) }
    let area = Rectangle(around: low, high, by: reach).cut(to: width, height)
    guard area.width > 0, area.height > 0 else { return }
    // Each part of a stroke is near few pixels: distances are collected there.
    var squares = [Double](repeating: .infinity, count: area.width * area.height)
    for stroke in strokes {
      for i in stroke.indices where i > 0 || stroke.count == 1 {
        let (a, b) = (stroke[max(i - 1, 0)], stroke[i])
        let near = Rectangle(around: pointwiseMin(a, b), pointwiseMax(a, b), by: reach).cut(to: width, height)
        for y in near.top..<max(near.bottom, near.top) {
          for x in near.left..<max(near.right, near.left) {
            let place = (y - area.top) * area.width + x - area.left
            squares[place] = min(squares[place], squaredDistance(SIMD2(Double(x), Double(y)), a, b))
          }
        }
      }
    }
    paint(ink, in: area) { place in
      pen / 2 + 0.5
        - squares[(Int(place.y) - area.top) * area.width + Int(place.x) - area.left].squareRoot()
    }
  }
}

/// From a point to a line between two others.
private func squaredDistance(_ place: SIMD2<Double>, _ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double {
  let line = b - a, length = (line * line).sum()
  let along = length > 0 ? min(max(((place - a) * line).sum() / length, 0), 1) : 0
  let away = place - a - along * line
  return (away * away).sum()
}

private struct RoundedRectangle {
  let centre, half: SIMD2<Double>
  let radius: Double

  init(_ area: Rectangle, radius: Double) {
    // Pixels are around their centres: the left edge of pixel 0 is at -0.5.
    centre = SIMD2(Double(area.left + area.right - 1) / 2, Double(area.top + area.bottom - 1) / 2)
    half = SIMD2(Double(area.width) / 2, Double(area.height) / 2)
    self.radius = max(0, min(radius, half.min()))
  }

  /// Negative inside.
  func distance(_ place: SIMD2<Double>) -> Double {
    let offset = place - centre
    let from = SIMD2(abs(offset.x), abs(offset.y)) - half + radius
    return pointwiseMax(from, .zero).length + min(from.max(), 0) - radius
  }
}

extension SIMD2<Double> {
  fileprivate var length: Double { (self * self).sum().squareRoot() }
}

extension Rectangle {
  /// The pixels around two corners. Numbers that no picture reaches are brought near.
  init(around low: SIMD2<Double>, _ high: SIMD2<Double>, by distance: Double) {
    func whole(_ value: Double) -> Int { Int(min(max(value, -1e7), 1e7)) }
    self.init(
      left: whole((low.x - distance).rounded(.down)), top: whole((low.y - distance).rounded(.down)),
      right: whole((high.x + distance).rounded(.up)) + 1, bottom: whole((high.y + distance).rounded(.up)) + 1)
  }

  /// Its part in a picture.
  fileprivate func cut(to width: Int, _ height: Int) -> Rectangle {
    Rectangle(
      left: max(left, 0), top: max(top, 0), right: min(right, width), bottom: min(bottom, height))
  }
}
