import Tensors

/// Colours for numbers from 0 to 1.
package enum Palette: Int32, CaseIterable {
  case grey = 0  // black to white
  case viridis = 1  // dark blue over green to yellow; its lightness grows evenly, also for colour-blind eyes

  func colour(_ share: Float) -> (UInt8, UInt8, UInt8) {
    // NaN is not > 0.
    let share = share > 0 ? min(share, 1) : 0
    switch self {
    case .grey:
      let level = UInt8((255 * share).rounded())
      return (level, level, level)
    case .viridis:
      let place = share * Float(viridisColours.count - 1)
      let low = min(Int(place), viridisColours.count - 2), part = place - Float(low)
      func mixed(_ a: Float, _ b: Float) -> UInt8 { UInt8((a + part * (b - a)).rounded()) }
      let (a, b) = (viridisColours[low], viridisColours[low + 1])
      return (mixed(a.0, b.0), mixed(a.1, b.1), mixed(a.2, b.2))
    }
  }
}

/// Every sixteenth of matplotlib's 256 colours; linear interpolation is accurate to 6 levels.
/// Source: Smith and van der Walt, 2015, CC0.
private let viridisColours: [(Float, Float, Float)] = [
  (68, 1, 84), (72, 24, 106), (71, 45, 123), (66, 64, 134), (59, 82, 139), (51, 99, 141), (44, 114, 142),
  (38, 130, 142),
  (33, 145, 140), (31, 159, 136), (39, 173, 129), (61, 188, 116), (92, 200, 99), (129, 211, 77),
  (170, 220, 50), (213, 226, 26),
  (253, 231, 37)
]

extension Image {
  /// Numbers as a picture: `values[stride (width y + x)]`. `lowest` and below get the palette's first colour,
  /// `highest` and above its last. NaN gets the first, and so do all numbers if both limits are equal.
  package convenience init(
    map values: Span<Float>, width: Int, height: Int, stride: Int, lowest: Float, highest: Float,
    _ palette: Palette
  ) throws(Failure) {
    try Image.check(width: width, height: height)
    guard lowest.isFinite, highest.isFinite, lowest <= highest else {
      throw .invalidArgument(
        "a map from \(lowest) to \(highest); expected finite numbers, the second not less")
    }
    guard stride >= 1, values.count >= 1, (values.count - 1) / stride >= width * height - 1 else {
      throw .invalidArgument("\(values.count) values; expected \(width)x\(height) with a step of \(stride)")
    }
    // Halved, so that no difference of two numbers overflows.
    let range = highest / 2 - lowest / 2
    try self.init(width: width, height: height) { y, row in
      for x in 0..<width {
        let value = values[stride * (width * y + x)]
        let colour = palette.colour(range > 0 ? (value / 2 - lowest / 2) / range : 0)
        (row[3 * x], row[3 * x + 1], row[3 * x + 2]) = colour
      }
    }
  }
}
