import Tensors

/// A copy of a picture over which shapes are painted: in its 8 or 16 bits, and in its alpha.
package final class Canvas {
  package let width, height: Int
  private let pixels: Pixels
  private let alpha: Storage<UInt8>?

  /// The colours before they are blended over white.
  private enum Pixels {
    case shallow(Storage<UInt8>)
    case deep(Storage<UInt16>)
  }

  package init(copying picture: Image) throws(Failure) {
    (width, height) = (picture.width, picture.height)
    let colours = picture.unblended
    if let deep = colours.deep {
      pixels = .deep(try deep.first(deep.count))
    } else {
      pixels = .shallow(try colours.pixels.first(colours.pixels.count))
    }
    if let layer = picture.alpha { alpha = try layer.first(layer.count) } else { alpha = nil }
  }

  /// The picture as it is now. The canvas is not to be used any more.
  package func finish() throws(Failure) -> Image {
    let colours =
      switch pixels {
      case .shallow(let samples): Image(Raster(samples, width: width, height: height))
      case .deep(let samples): try Image(Raster(samples, width: width, height: height))
      }
    guard let alpha else { return colours }
    return try .blended(colours, alpha)
  }

  /// Paints a colour over the pixels of `area`, as far as it lies in the picture.
  /// - Parameter coverage: how much of the pixel around a point is painted: 1 or more all, 0 or less nothing.
  func paint(_ ink: Ink, in area: Rectangle, coverage: (SIMD2<Double>) -> Double) {
    switch pixels {
    case .shallow(let samples): paint(ink, in: area, on: samples, coverage)
    case .deep(let samples): paint(ink, in: area, on: samples, coverage)
    }
  }

  @inline(__always)
  private func paint<Sample: Level>(
    _ ink: Ink, in area: Rectangle, on samples: Storage<Sample>, _ coverage: (SIMD2<Double>) -> Double
  ) {
    let levels = ink.levels(Sample.self)
    let columns = max(area.left, 0)..<max(min(area.right, width), max(area.left, 0))
    for y in max(area.top, 0)..<max(min(area.bottom, height), max(area.top, 0)) {
      for x in columns {
        let share = min(coverage(SIMD2(Double(x), Double(y))), 1) * ink.opacity
        guard share > 0 else { continue }
        let place = y * width + x
        let weight = alpha.map { uncover($0, place, share) } ?? share
        for c in 0..<3 {
          let old = Double(samples[3 * place + c])
          samples[3 * place + c] = Sample((old + (levels[c] - old) * weight).rounded())
        }
      }
    }
  }

  /// Paints over a pixel that is not opaque, and returns the weight of the paint's colour in the new one.
  private func uncover(_ alpha: Storage<UInt8>, _ place: Int, _ share: Double) -> Double {
    let before = Double(alpha[place]) / 255, after = share + before * (1 - share)
    alpha[place] = UInt8((255 * after).rounded())
    return share / after
  }
}

/// A colour, in 8-bit sRGB, and how much it covers.
package struct Ink {
  package var red, green, blue: UInt8
  package var opacity: Double

  package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, opacity: Double = 1) {
    (self.red, self.green, self.blue, self.opacity) = (red, green, blue, opacity)
  }

  /// Its levels in a picture's samples.
  fileprivate func levels<Sample: Level>(_ sample: Sample.Type) -> SIMD3<Double> {
    let largest = Double(Sample.max) / 255
    return SIMD3(Double(red), Double(green), Double(blue)) * largest
  }

  /// How light it looks, 0 to 1 (BT.601's luma).
  package var lightness: Double {
    (0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)) / 255
  }
}

/// Pixels from `left` and `top` to before `right` and `bottom`; may reach beyond the picture.
package struct Rectangle: Equatable {
  package var left, top, right, bottom: Int

  package init(left: Int, top: Int, right: Int, bottom: Int) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
  }

  package var width: Int { right - left }
  package var height: Int { bottom - top }

  /// With all sides farther out, or, by a negative distance, farther in.
  package func grown(by distance: Int) -> Rectangle {
    Rectangle(
      left: left - distance, top: top - distance, right: right + distance, bottom: bottom + distance)
  }

  /// How many pixels both have.
  package func overlap(_ other: Rectangle) -> Int {
    max(0, min(right, other.right) - max(left, other.left))
      * max(0, min(bottom, other.bottom) - max(top, other.top))
  }
}
