import CSystem
import Images
import Tensors

/// The effects of cameras and transmission on a photo. Each returns a new picture of the same size.
extension Image {
  /// `(1 - share) x + share y`, rounded; y has the size of x.
  package func blended(with other: Span<UInt8>, share: Float) throws(Failure) -> Image {
    try Image(width: width, height: height) { y, target in
      let source = row(y)
      // In 1/65536, so that the sum needs no clamping.
      let weight = UInt32(min(max(share, 0), 1) * 65536)
      other.extracting((y * stride)..<((y + 1) * stride)).withUnsafeBufferPointer { other in
        for i in 0..<target.count {
          let sum = UInt32(source[i]) * (65536 - weight) + UInt32(other[i]) * weight
          target[i] = UInt8(truncatingIfNeeded: (sum + 32768) >> 16)
        }
      }
    }
  }

  /// Defocus: a Gaussian filter, `w(k) ~ exp(-k^2 / (2 deviation^2))` over |k| <= 3 deviations, along rows
  /// and columns; the edge is repeated.
  /// - Parameter deviation: in pixels, at most 64.
  package func blurred(deviation: Float) throws(Failure) -> Image {
    let radius = Int((3 * min(deviation, 64)).rounded(.up))
    guard deviation > 0, radius > 0 else { return self }
    var weights: [Float] = [], sum: Float = 0
    for k in -radius...radius {
      weights.append(expf(-Float(k * k) / (2 * deviation * deviation)))
      sum += weights[k + radius]
    }
    for k in weights.indices { weights[k] /= sum }

    let count = stride
    let between = try Storage<Float>(count: count * height)
    let padded = try Storage<Float>(count: count + 6 * radius)
    let line = try Storage<Float>(count: count)
    return try withPointers(between, padded, line) { between, padded, line throws(Failure) in
      withPixels { pixels in
        for y in 0..<height {
          let source = pixels + y * count, inner = padded + 3 * radius
          for i in 0..<count { inner[i] = Float(source[i]) }
          for k in 0..<(3 * radius) {
            padded[k] = inner[k % 3]
            inner[count + k] = inner[count - 3 + k % 3]
          }
          let target = between + y * count
          target.initialize(repeating: 0, count: count)
          for (k, weight) in weights.enumerated() { addLoop(padded + 3 * k, weight, target, count) }
        }
      }
      return try Image(width: width, height: height) { y, target in
        line.initialize(repeating: 0.5, count: count)
        for (k, weight) in weights.enumerated() {
          let from = min(max(y + k - radius, 0), height - 1)
          addLoop(between + from * count, weight, line, count)
        }
        for i in 0..<count { target[i] = UInt8(truncatingIfNeeded: min(255, Int32(line[i]))) }
      }
    }
  }

  /// Low resolution: reduces the picture to this width (and proportional height) by area means, and enlarges
  /// it bilinearly.
  package func coarsened(pixels: Int) throws(Failure) -> Image {
    let few = max(pixels, 1)
    guard few < width else { return self }
    let small = try resized(width: few, height: max(1, height * few / width), filter: .area)
    return try small.resized(width: width, height: height, filter: .bilinear)
  }

  /// JPEG artefacts of a quality from 1 to 100.
  package func compressed(quality: Int) throws(Failure) -> Image {
    try encode(as: .jpeg, quality: quality).withSpan { file throws(Failure) in try Image.decode(file) }
  }
}

/// `target += weight * source`
private func addLoop(
  _ source: UnsafePointer<Float>, _ weight: Float, _ target: UnsafeMutablePointer<Float>, _ count: Int
) {
  for i in 0..<count { target[i] += weight * source[i] }
}
