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

  /// The map back, or nil if there is none or it does not fit a Double.
  package var inverse: Affine? {
    let area = a * e - b * d
    guard area != 0, area.isFinite else { return nil }
    let (p, q, r, s) = (e / area, -b / area, -d / area, a / area)
    let (x, y) = (-(p * c + q * f), -(r * c + s * f))
    guard p.isFinite, q.isFinite, r.isFinite, s.isFinite, x.isFinite, y.isFinite else { return nil }
    return Affine(p, q, x, r, s, y)
  }
}

/// What lies outside of a picture: black, or the nearest pixel of its edge.
package enum Border { case black, edge }

extension Image {
  /// The picture moved by `map`, which leads from its pixels to those of the new one. Bilinear; black outside, also
  /// as a neighbour: a point just beyond the edge fades. It is cv2.warpAffine with INTER_LINEAR and BORDER_CONSTANT of
  /// OpenCV 5; OpenCV 4 rounds places to 1/32 of a pixel.
  /// - Throws: `.invalidArgument` for a map without an inverse or a size outside the limits.
  package func warped(by map: Affine, width: Int, height: Int, border: Border = .black) throws(Failure) -> Image {
    guard let back = map.inverse else {
      throw .invalidArgument("matrix \(map.a) \(map.b) \(map.c) \(map.d) \(map.e) \(map.f), one with an inverse wanted")
    }
    let (right, bottom) = (Double(self.width), Double(self.height))
    return try Image(width: width, height: height) { row, target in
      for column in 0..<width {
        var (x, y) = back(Double(column), Double(row))
        if border == .edge { (x, y) = (min(max(x, 0), right - 1), min(max(y, 0), bottom - 1)) }
        // Also false for numbers too large for an Int.
        if x > -1, y > -1, x < right, y < bottom {
          mix(x, y, into: target, at: 3 * column)
        } else {
          for channel in 0..<3 { target[3 * column + channel] = 0 }
        }
      }
    }
  }

  /// The colour at (x, y), -1 < x < width, -1 < y < height, mixed from the four pixels around.
  @inline(__always)
  private func mix(_ x: Double, _ y: Double, into target: UnsafeMutableBufferPointer<UInt8>, at place: Int) {
    let left = Int(x + 1) - 1  // the floor, as x + 1 > 0
    let top = Int(y + 1) - 1
    let (toRight, toBottom) = (Float(x - Double(left)), Float(y - Double(top)))
    var sums = (red: Float(0.5), green: Float(0.5), blue: Float(0.5))
    add(left, top, (1 - toRight) * (1 - toBottom), to: &sums)
    add(left + 1, top, toRight * (1 - toBottom), to: &sums)
    add(left, top + 1, (1 - toRight) * toBottom, to: &sums)
    add(left + 1, top + 1, toRight * toBottom, to: &sums)
    // Shares sum to 1, so at most 255.5 and a rounding error.
    target[place] = UInt8(truncatingIfNeeded: min(255, Int(sums.red)))
    target[place + 1] = UInt8(truncatingIfNeeded: min(255, Int(sums.green)))
    target[place + 2] = UInt8(truncatingIfNeeded: min(255, Int(sums.blue)))
  }

  /// A share of one pixel; of those outside, nothing.
  @inline(__always)
  private func add(_ x: Int, _ y: Int, _ share: Float, to sums: inout (red: Float, green: Float, blue: Float)) {
    guard x >= 0, y >= 0, x < width, y < height else { return }
    let pixel = pixels.pointer + y * stride + 3 * x
    sums.red += Float(pixel[0]) * share
    sums.green += Float(pixel[1]) * share
    sums.blue += Float(pixel[2]) * share
  }
}
