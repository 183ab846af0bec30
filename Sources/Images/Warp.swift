import Tensors

/// A map of the plane: `x' = a x + b y + c, y' = d x + e y + f`, the 2x3 matrix row by row.
package struct Affine: Equatable {
  package var a, b, c, d, e, f: Double

  package init(_ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double) {
    (self.a, self.b, self.c, self.d, self.e, self.f) = (a, b, c, d, e, f)
  }

  package func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    (a * x + b * y + c, d * x + e * y + f)
  }

  /// The inverse map; nil if there is none or it does not fit a Double.
  package var inverse: Affine? {
    let area = a * e - b * d
    guard area != 0, area.isFinite else { return nil }
    let (p, q, r, s) = (e / area, -b / area, -d / area, a / area)
    let (x, y) = (-(p * c + q * f), -(r * c + s * f))
    guard p.isFinite, q.isFinite, r.isFinite, s.isFinite, x.isFinite, y.isFinite else { return nil }
    return Affine(p, q, x, r, s, y)
  }
}

extension Affine {
  /// The part of a picture of `width` x `height` that a result of `warped` with `size` pixels depends on: at
  /// least one pixel of the edge, which may have to be repeated.
  package func seen(size: (width: Int, height: Int), of width: Int, _ height: Int) -> Region {
    guard let back = inverse else { return Region(x: 0, y: 0, width: 1, height: 1) }
    let (right, bottom) = (Double(size.width - 1), Double(size.height - 1))
    let corners = [back(0, 0), back(right, 0), back(0, bottom), back(right, bottom)]
    // Two more pixels on each side: the neighbour that is mixed in, and one for rounding.
    func span(_ a: Double, _ b: Double, _ c: Double, _ d: Double, _ side: Int) -> Range<Int> {
      guard a.isFinite, b.isFinite, c.isFinite, d.isFinite else { return 0..<side }
      func inside(_ place: Double) -> Int { Int(min(max(place, 0), Double(side - 1))) }
      return inside(min(min(a, b), min(c, d)) - 2)..<(inside(max(max(a, b), max(c, d)) + 2) + 1)
    }
    let columns = span(corners[0].x, corners[1].x, corners[2].x, corners[3].x, width)
    let rows = span(corners[0].y, corners[1].y, corners[2].y, corners[3].y, height)
    return Region(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }
}

/// The surroundings of a picture: black, or the nearest pixel of its edge.
package enum Border { case black, edge }

extension Image {
  /// The picture moved by `map`, which maps its pixels to those of the new one. Bilinear; black outside, also
  /// as a neighbour: a point just beyond the edge fades. Equals cv2.warpAffine with INTER_LINEAR and
  /// BORDER_CONSTANT in OpenCV 5; OpenCV 4 rounds positions to 1/32 of a pixel.
  ///
  /// - Parameter place: the position of this picture in a larger one, to which `map` and `border` then refer;
  ///   it must contain all pixels of the larger one that are needed (`Affine.seen`). The result equals that
  ///   of the larger one, bit for bit.
  /// - Throws: `.invalidArgument` for a map without an inverse or a size outside the limits.
  package func warped(
    by map: Affine, width: Int, height: Int, border: Border = .black, place: Place? = nil
  ) throws(Failure) -> Image {
    guard let back = map.inverse else {
      throw .invalidArgument(
        "matrix \(map.a) \(map.b) \(map.c) \(map.d) \(map.e) \(map.f); expected one with an inverse")
    }
    let place = place ?? Place(x: 0, y: 0, width: self.width, height: self.height)
    let (right, bottom) = (Double(place.width), Double(place.height))
    return try withPixels { pixels throws(Failure) in
      try Image(width: width, height: height) { row, target in
        for column in 0..<width {
          var (x, y) = back(Double(column), Double(row))
          if border == .edge { (x, y) = (min(max(x, 0), right - 1), min(max(y, 0), bottom - 1)) }
          // Also false for numbers too large for an Int.
          if x > -1, y > -1, x < right, y < bottom {
            mix(pixels, x, y, place, into: target, at: 3 * column)
          } else {
            for channel in 0..<3 { target[3 * column + channel] = 0 }
          }
        }
      }
    }
  }

  /// The position of a picture in a larger one of `width` x `height`.
  package struct Place {
    let x, y, width, height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
      (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }
  }

  /// The colour at (x, y), -1 < x < width, -1 < y < height, mixed from the four surrounding pixels.
  @inline(__always)
  private func mix(
    _ pixels: UnsafePointer<UInt8>, _ x: Double, _ y: Double, _ place: Place,
    into target: UnsafeMutableBufferPointer<UInt8>, at index: Int
  ) {
    let left = Int(x + 1) - 1  // the floor, as x + 1 > 0
    let top = Int(y + 1) - 1
    let (toRight, toBottom) = (Float(x - Double(left)), Float(y - Double(top)))
    let (column, row) = (left - place.x, top - place.y)
    var sums = (red: Float(0.5), green: Float(0.5), blue: Float(0.5))
    add(pixels, column, row, (1 - toRight) * (1 - toBottom), to: &sums)
    add(pixels, column + 1, row, toRight * (1 - toBottom), to: &sums)
    add(pixels, column, row + 1, (1 - toRight) * toBottom, to: &sums)
    add(pixels, column + 1, row + 1, toRight * toBottom, to: &sums)
    // Weights sum to 1, so at most 255.5 and a rounding error.
    target[index] = UInt8(truncatingIfNeeded: min(255, Int(sums.red)))
    target[index + 1] = UInt8(truncatingIfNeeded: min(255, Int(sums.green)))
    target[index + 2] = UInt8(truncatingIfNeeded: min(255, Int(sums.blue)))
  }

  /// One pixel with its weight; zero outside.
  @inline(__always)
  private func add(
    _ pixels: UnsafePointer<UInt8>, _ x: Int, _ y: Int, _ share: Float,
    to sums: inout (red: Float, green: Float, blue: Float)
  ) {
    guard x >= 0, y >= 0, x < width, y < height else { return }
    let pixel = pixels + y * stride + 3 * x
    sums.red += Float(pixel[0]) * share
    sums.green += Float(pixel[1]) * share
    sums.blue += Float(pixel[2]) * share
  }
}
