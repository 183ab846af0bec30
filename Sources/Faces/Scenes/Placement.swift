import CSystem
import Images
import Networks
import Tensors

/// Where a photo lies in a view: enlarged or reduced, turned and mirrored about one of its points. Pixels
/// count from top left corners.
struct Placement {
  /// Pixels of the view for one of the photo.
  let scale: Double
  private let sine, cosine: Double
  private let isFlipped: Bool
  /// A point of the photo, and where it lies in the view.
  private let pivot, place: (x: Double, y: Double)

  init(
    scale: Double, turn: Double, isFlipped: Bool, pivot: (x: Double, y: Double), place: (x: Double, y: Double)
  ) {
    (self.scale, sine, cosine) = (scale, sin(turn), cos(turn))
    (self.isFlipped, self.pivot, self.place) = (isFlipped, pivot, place)
  }

  /// From the photo to the view.
  func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    let across = (isFlipped ? pivot.x - x : x - pivot.x) * scale, down = (y - pivot.y) * scale
    return (place.x + cosine * across - sine * down, place.y + sine * across + cosine * down)
  }

  /// From the view's pixels to those of the photo in another size, both by their centres.
  func map(photoScale: Double) -> Affine {
    let a = cosine / scale, b = sine / scale, mirror: Double = isFlipped ? -1 : 1
    // photo - pivot = mirrored, turned back (view - place), for corners; centres are half a pixel off.
    let x = -(a * place.x + b * place.y) * mirror + pivot.x, y = b * place.x - a * place.y + pivot.y
    let (p, q, r, s) = (mirror * a, mirror * b, -b, a)
    return Affine(
      p * photoScale, q * photoScale, (x + (p + q) / 2) * photoScale - 0.5,
      r * photoScale, s * photoScale, (y + (r + s) / 2) * photoScale - 0.5)
  }

  /// The smallest upright rectangle around a rectangle of the photo.
  func around(_ area: Area) -> Area {
    let corners = [
      self(area.left, area.top), self(area.right, area.top), self(area.left, area.bottom),
      self(area.right, area.bottom)
    ]
    var found = Area(left: corners[0].x, top: corners[0].y, right: corners[0].x, bottom: corners[0].y)
    for corner in corners.dropFirst() {
      found.left = min(found.left, corner.x)
      found.top = min(found.top, corner.y)
      found.right = max(found.right, corner.x)
      found.bottom = max(found.bottom, corner.y)
    }
    return found
  }

  /// A face of the photo in the view: the box around the turned ellipse of its box; a mirrored face's left
  /// eye is its right one.
  func callAsFunction(_ face: FaceTarget) -> FaceTarget {
    let centre = self(Double(face.left + face.right) / 2, Double(face.top + face.bottom) / 2)
    let (a, b) = (Double(face.width) / 2 * scale, Double(face.height) / 2 * scale)
    let across = (a * a * cosine * cosine + b * b * sine * sine).squareRoot()
    let down = (a * a * sine * sine + b * b * cosine * cosine).squareRoot()
    var points: [Float] = []
    if face.points.count == 10 {
      for k in isFlipped ? Face.mirroredLandmarks : [0, 1, 2, 3, 4] {
        let point = self(Double(face.points[2 * k]), Double(face.points[2 * k + 1]))
        points += [Float(point.x), Float(point.y)]
      }
    }
    return FaceTarget(
      left: Float(centre.x - across), top: Float(centre.y - down), right: Float(centre.x + across),
      bottom: Float(centre.y + down), points: points, isIgnored: face.isIgnored)
  }
}

/// A rectangle, in pixels from a top left corner.
struct Area: Equatable {
  var left, top, right, bottom: Double

  init(left: Double, top: Double, right: Double, bottom: Double) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
  }

  init(_ face: FaceTarget) {
    self.init(
      left: Double(face.left), top: Double(face.top), right: Double(face.right), bottom: Double(face.bottom))
  }

  var width: Double { right - left }
  var height: Double { bottom - top }

  func intersection(_ other: Area) -> Area {
    Area(
      left: max(left, other.left), top: max(top, other.top), right: min(right, other.right),
      bottom: min(bottom, other.bottom))
  }

  func reduced(by margin: Double) -> Area {
    Area(left: left + margin, top: top + margin, right: right - margin, bottom: bottom - margin)
  }

  /// The part of it that another one covers.
  func part(inside other: Area) -> Double {
    let common = intersection(other)
    guard common.width > 0, common.height > 0, width > 0, height > 0 else { return 0 }
    return common.width * common.height / (width * height)
  }
}

extension LevelView {
  /// Paints a rectangle of a photo over the view, bilinear.
  ///
  /// - Parameters:
  ///   - part: of the photo, in its pixels.
  ///   - feather: pixels of the photo over which the rectangle's edge fades; 0 for a hard edge.
  ///   - window: the part of the view to paint in.
  func paint(
    _ photo: ScenePhotos.Photo, _ placement: Placement, part: Area, feather: Double = 0, in window: Area
  ) {
    // The size whose pixels are at most one and a half of the view's.
    var size = 0
    while size + 1 < photo.sizes.count, placement.scale * Double(2 << size) <= 1.5 * photo.scale { size += 1 }
    let image = photo.sizes[size]
    let scale = Double(image.width) / Double(photo.sizes[0].width) * photo.scale
    let map = placement.map(photoScale: scale)
    let bounds = placement.around(part).intersection(window)
    func pixel(_ place: Double, _ side: Int) -> Int { Int(min(max(place.rounded(), 0), Double(side))) }
    let columns = (pixel(bounds.left, width), pixel(bounds.right, width))
    let rows = (pixel(bounds.top, height), pixel(bounds.bottom, height))
    guard columns.0 < columns.1, rows.0 < rows.1 else { return }
    let inner = Area(
      left: part.left * scale - 0.5, top: part.top * scale - 0.5, right: part.right * scale - 0.5,
      bottom: part.bottom * scale - 0.5)
    image.withPixels { pixels in
      let source = BilinearSource(pixels, width: image.width, height: image.height)
      for y in rows.0..<rows.1 {
        let start = (x: map.b * Double(y) + map.c, y: map.e * Double(y) + map.f)
        paintRow(y, columns, source, (map.a, map.d), start, inner, feather * scale)
      }
    }
  }

  private func paintRow(
    _ y: Int, _ columns: (Int, Int), _ source: BilinearSource, _ step: (x: Double, y: Double),
    _ start: (x: Double, y: Double), _ inner: Area, _ feather: Double
  ) {
    let fade = feather > 0 ? 1 / feather : 1e9
    for x in columns.0..<columns.1 {
      let px = step.x * Double(x) + start.x, py = step.y * Double(x) + start.y
      let edge = min(min(px - inner.left, inner.right - px), min(py - inner.top, inner.bottom - py))
      guard edge > 0 else { continue }
      let share = Float(min(edge * fade, 1))
      let target = levels + 3 * (y * width + x)
      source.forEachLevel(px, py) { c, level in
        // Memory that was never written may hold no number.
        target[c] = share < 1 ? target[c] + share * (level - target[c]) : level
      }
    }
  }
}
