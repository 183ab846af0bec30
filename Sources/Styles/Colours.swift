import Images
import Tensors

/// The colours of the painted picture.
package enum Colours: Int32, CaseIterable, Sendable {
  /// The style's, as the network transfers them.
  case ofStyle = 0
  /// The content's: only luma is painted, from the luma of both, the style's with the content's mean and
  /// deviation.
  case luminance = 1
  /// The content's: the style is first shifted to its mean and covariance, by Cholesky factors.
  case cholesky = 2
  /// The same by symmetric square roots (principal axes).
  case principal = 3
  /// The content's: the style is first matched to its histograms, channel by channel.
  case histogram = 4

  /// The style, prepared for painting.
  /// Source: Gatys, Bethge, Hertzmann, Shechtman, "Preserving color in neural artistic style transfer", 2016.
  package func prepared(style: Image, for content: Image) throws(Failure) -> Image {
    switch self {
    case .ofStyle: return style
    case .luminance: return try greyed(style, like: content)
    case .cholesky:
      return try linearlyMatched(style, to: content) { covariance throws(Failure) in
        try choleskyFactor(covariance)
      }
    case .principal:
      return try linearlyMatched(style, to: content) { covariance throws(Failure) in
        try symmetricRoot(covariance)
      }
    case .histogram: return try histogramMatched(style, to: content)
    }
  }

  /// The content, prepared for painting.
  package func prepared(content: Image) throws(Failure) -> Image {
    self == .luminance ? try grey(content) { $0 } : content
  }

  /// The painted picture with the requested colours.
  package func finished(_ painted: Image, content: Image) throws(Failure) -> Image {
    guard self == .luminance else { return painted }
    // Y, I, Q with the painted Y equals the content shifted along grey.
    func forEachSample(_ body: (_ place: Int, _ level: Double) -> Void) {
      for pixel in stride(from: 0, to: 3 * content.width * content.height, by: 3) {
        let change = luma(painted, pixel) - luma(content, pixel)
        for place in pixel..<pixel + 3 { body(place, content.level(place) + change) }
      }
    }
    guard painted.deep != nil else {
      let finished = try Image(width: content.width, height: content.height)
      forEachSample { finished.pixels.pointer[$0] = level($1) }
      return finished
    }
    let deep = try Storage<UInt16>(count: 3 * content.width * content.height)
    forEachSample { deep.pointer[$0] = UInt16(level: Float($1)) }
    return try Image(width: content.width, height: content.height, deep: deep)
  }
}

/// The luma of the pixel that begins at a sample.
private func luma(_ image: Image, _ place: Int) -> Double {
  0.299 * image.level(place) + 0.587 * image.level(place + 1) + 0.114 * image.level(place + 2)
}

private func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Double {
  0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)
}

private func level(_ x: Double) -> UInt8 {
  let rounded = x.rounded()
  return rounded > 0 ? (rounded < 255 ? UInt8(rounded) : 255) : 0
}

private func grey(_ image: Image, _ change: (Double) -> Double) throws(Failure) -> Image {
  try Image(width: image.width, height: image.height) { y, row in
    let source = image.row(y)
    for x in 0..<image.width {
      let level = level(change(luma(source[3 * x], source[3 * x + 1], source[3 * x + 2])))
      for c in 3 * x..<3 * x + 3 { row[c] = level }
    }
  }
}

private func greyed(_ style: Image, like content: Image) throws(Failure) -> Image {
  func moments(_ image: Image) -> (mean: Double, deviation: Double) {
    // From differences to the first pixel: a uniform picture then has deviation exactly 0.
    let corner = image.row(0), first = luma(corner[0], corner[1], corner[2])
    var sum = 0.0, squares = 0.0
    for y in 0..<image.height {
      let row = image.row(y)
      for x in 0..<image.width {
        let difference = luma(row[3 * x], row[3 * x + 1], row[3 * x + 2]) - first
        sum += difference
        squares += difference * difference
      }
    }
    let count = Double(image.width * image.height), shift = sum / count
    return (first + shift, max(0, squares / count - shift * shift).squareRoot())
  }
  let from = moments(style), to = moments(content)
  let factor = from.deviation > 1e-3 ? to.deviation / from.deviation : 1
  return try grey(style) { ($0 - from.mean) * factor + to.mean }
}

// MARK: Mean and covariance

/// `x' = F_content F_style^-1 (x - mean_style) + mean_content`, levels divided by 255, where F F^T is the
/// covariance.
private func linearlyMatched(
  _ style: Image, to content: Image, _ factor: ([Double]) throws(Failure) -> [Double]
) throws(Failure) -> Image {
  let (styleMean, styleCovariance) = colourMoments(style),
    (contentMean, contentCovariance) = colourMoments(content)
  let map = product(try factor(contentCovariance), inverse(try factor(styleCovariance)))
  return try Image(width: style.width, height: style.height) { y, row in
    let source = style.row(y)
    for x in 0..<style.width {
      for i in 0..<3 {
        var sum = contentMean[i]
        for j in 0..<3 { sum += map[3 * i + j] * (Double(source[3 * x + j]) / 255 - styleMean[j]) }
        row[3 * x + i] = level(255 * sum)
      }
    }
  }
}

/// Of R, G, B divided by 255; the covariance's diagonal is raised so that it is invertible.
private func colourMoments(_ image: Image) -> (mean: [Double], covariance: [Double]) {
  var mean = [Double](repeating: 0, count: 3), covariance = [Double](repeating: 0, count: 9)
  let count = Double(image.width * image.height)
  func forEachPixel(_ body: (_ colour: (Int) -> Double) -> Void) {
    for y in 0..<image.height {
      let row = image.row(y)
      for x in 0..<image.width { body { Double(row[3 * x + $0]) / 255 } }
    }
  }
  forEachPixel { colour in for i in 0..<3 { mean[i] += colour(i) } }
  for i in 0..<3 { mean[i] /= count }
  forEachPixel { colour in
    for i in 0..<3 {
      let di = colour(i) - mean[i]
      for j in 0..<3 { covariance[3 * i + j] += di * (colour(j) - mean[j]) }
    }
  }
  for i in covariance.indices { covariance[i] = covariance[i] / count + (i % 4 == 0 ? 1e-5 : 0) }
  return (mean, covariance)
}

/// `V diagonal(sqrt(lambda)) V^T`
private func symmetricRoot(_ a: [Double]) throws(Failure) -> [Double] {
  let (values, vectors) = try symmetricEigenvectors(a, side: 3)
  var root = [Double](repeating: 0, count: 9)
  for k in 0..<3 {
    for i in 0..<3 {
      for j in 0..<3 {
        root[3 * i + j] += max(values[k], 0).squareRoot() * vectors[3 * k + i] * vectors[3 * k + j]
      }
    }
  }
  return root
}

private func product(_ a: [Double], _ b: [Double]) -> [Double] {
  var c = [Double](repeating: 0, count: 9)
  for i in 0..<3 {
    for j in 0..<3 {
      for k in 0..<3 { c[3 * i + j] += a[3 * i + k] * b[3 * k + j] }
    }
  }
  return c
}

/// By cofactors; the factor of a covariance with a raised diagonal is not singular.
private func inverse(_ a: [Double]) -> [Double] {
  func cofactor(_ i: Int, _ j: Int) -> Double {
    let (r, s) = ((i + 1) % 3, (i + 2) % 3), (c, d) = ((j + 1) % 3, (j + 2) % 3)
    return a[3 * r + c] * a[3 * s + d] - a[3 * r + d] * a[3 * s + c]
  }
  let determinant = a[0] * cofactor(0, 0) + a[1] * cofactor(0, 1) + a[2] * cofactor(0, 2)
  var b = [Double](repeating: 0, count: 9)
  for i in 0..<3 { for j in 0..<3 { b[3 * i + j] = cofactor(j, i) / determinant } }
  return b
}

// MARK: Histograms

/// Maps each level to the content's level with the nearest share of pixels at or below it, interpolating
/// between two levels.
private func histogramMatched(_ style: Image, to content: Image) throws(Failure) -> Image {
  /// For each level, the share of pixels that are as dark or darker.
  func shares(_ image: Image, _ channel: Int) -> [Double] {
    var counts = [Int](repeating: 0, count: 256)
    for y in 0..<image.height {
      let row = image.row(y)
      for x in 0..<image.width { counts[Int(row[3 * x + channel])] += 1 }
    }
    var sum = 0
    return counts.map { count in
      sum += count
      return Double(sum) / Double(image.width * image.height)
    }
  }
  var maps: [[UInt8]] = []
  for channel in 0..<3 {
    let from = shares(style, channel), to = shares(content, channel)
    // The content's levels, with their ascending shares.
    let known = (0..<256).filter { to[$0] > ($0 == 0 ? 0 : to[$0 - 1]) }
    maps.append(
      from.map { share in
        guard let above = known.first(where: { to[$0] >= share - 1e-12 }) else {
          return UInt8(known.last ?? 0)
        }
        guard let below = known.last(where: { to[$0] < share - 1e-12 }) else { return UInt8(above) }
        let part = (share - to[below]) / (to[above] - to[below])
        return level(Double(below) + part * Double(above - below))
      })
  }
  return try Image(width: style.width, height: style.height) { y, row in
    let source = style.row(y)
    for i in 0..<(3 * style.width) { row[i] = maps[i % 3][Int(source[i])] }
  }
}
