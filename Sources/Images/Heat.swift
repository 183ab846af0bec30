import CSystem
import Tensors

/// How much each pixel counts, from a gradient by R, G and B: `sqrt(red^2 + green^2 + blue^2)`, then a
/// Gaussian filter over `deviation` pixels, `w(k) ~ exp(-k^2 / (2 deviation^2))` over |k| <= 3 deviations, as
/// single pixels of a gradient say little. What the filter would read beyond an edge has no weight.
///
/// - Parameters:
///   - gradient: [height, width, 3]
///   - deviation: 0 to 64; 0: no filter.
/// - Returns: [height, width]
package func pixelHeat(
  _ gradient: Span<Float>, width: Int, height: Int, deviation: Float
) throws(Failure) -> Storage<Float> {
  try Image.check(width: width, height: height)
  guard gradient.count == 3 * width * height else {
    throw .invalidArgument("a gradient of \(gradient.count) numbers; expected \(3 * width * height)")
  }
  guard deviation >= 0, deviation <= 64 else {
    throw .invalidArgument("a blur of \(deviation) pixels; expected 0 to 64")
  }
  let heat = try Storage<Float>(count: width * height)
  heat.withMutableSpan { heat in
    for i in 0..<heat.count {
      let (red, green, blue) = (gradient[3 * i], gradient[3 * i + 1], gradient[3 * i + 2])
      // In Double, so that no square overflows.
      let sum = Double(red) * Double(red) + Double(green) * Double(green) + Double(blue) * Double(blue)
      heat[i] = Float(sum.squareRoot())
    }
  }
  guard deviation > 0 else { return heat }
  var weights: [Float] = []
  for k in 0...Int((3 * deviation).rounded(.up)) {
    weights.append(expf(-Float(k * k) / (2 * deviation * deviation)))
  }
  let across = try Storage<Float>(count: heat.count)
  for y in 0..<height { smooth(heat, across, from: y * width, step: 1, count: width, weights) }
  for x in 0..<width { smooth(across, heat, from: x, step: width, count: height, weights) }
  return heat
}

/// One row or column.
/// - Parameter weights: from the middle outwards.
private func smooth(
  _ source: Storage<Float>, _ target: Storage<Float>, from first: Int, step: Int, count: Int,
  _ weights: [Float]
) {
  source.withSpan { source in
    target.withMutableSpan { target in
      for i in 0..<count {
        var sum: Float = 0, whole: Float = 0
        for j in max(0, i - weights.count + 1)..<min(count, i + weights.count) {
          let weight = weights[abs(j - i)]
          sum += weight * source[first + j * step]
          whole += weight
        }
        target[first + i * step] = sum / whole
      }
    }
  }
}

extension Image {
  /// A picture of heat over another, which is shown in grey below: three fifths viridis, two fifths grey.
  /// - Parameters:
  ///   - heat: [height, width] of the picture.
  ///   - highest: the heat that gets the last colour.
  package convenience init(
    heat: Span<Float>, over picture: Image, highest: Float
  ) throws(Failure) {
    let (width, height) = (picture.width, picture.height)
    let colours = try Image(
      map: heat, width: width, height: height, stride: 1, lowest: 0, highest: highest, .viridis)
    try self.init(width: width, height: height) { y, row in
      let below = picture.row(y), above = colours.row(y)
      for x in 0..<width {
        // JPEG's luma.
        let grey =
          0.299 * Float(below[3 * x]) + 0.587 * Float(below[3 * x + 1]) + 0.114 * Float(below[3 * x + 2])
        for c in 0..<3 { row[3 * x + c] = UInt8((0.4 * grey + 0.6 * Float(above[3 * x + c])).rounded()) }
      }
    }
  }

  /// Signed numbers as a picture: 0 is mid-grey, 128, and `largest` one of the two ends, `128 + 127 x /
  /// largest`; NaN is mid-grey.
  /// - Parameters:
  ///   - values: [height, width, 3]
  ///   - largest: nil: what one in 200 of the magnitudes that are not 0 is beyond, as a few are far larger
  ///     than all others.
  package convenience init(
    signed values: Span<Float>, width: Int, height: Int, largest: Float?
  ) throws(Failure) {
    try Image.check(width: width, height: height)
    guard values.count == 3 * width * height else {
      throw .invalidArgument("\(values.count) values; expected \(3 * width * height)")
    }
    var limit: Float = 0
    if let largest {
      guard largest > 0, largest.isFinite else {
        throw .invalidArgument("a largest value of \(largest); expected more than 0")
      }
      limit = largest
    } else {
      var magnitudes: [Float] = []
      for i in 0..<values.count where abs(values[i]) > 0 { magnitudes.append(abs(values[i])) }
      magnitudes.sort(by: >)
      if !magnitudes.isEmpty { limit = magnitudes[magnitudes.count / 200] }
    }
    try self.init(width: width, height: height) { y, row in
      for i in 0..<row.count {
        let share = limit > 0 ? values[y * row.count + i] / limit : 0
        row[i] = share.isNaN ? 128 : UInt8((128 + 127 * min(max(share, -1), 1)).rounded())
      }
    }
  }
}
