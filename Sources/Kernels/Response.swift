/// Local response normalisation of a run of pixels, exponent 0.75:
/// `y[c] = x[c] / (1 + scale * sum over |k - c| <= half of x[k]^2) ^ 0.75`
///
/// - Parameter line: room for `channels + 2 * half` numbers and a vector.
package func responseBlock(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ channels: Int, _ scale: Float, _ half: Int,
  _ firstPixel: Int, _ pixelCount: Int, _ line: UnsafeMutablePointer<Float>
) {
  // Squares with `half` zeros on either side.
  let length = channels + 2 * half + lanes
  for i in 0..<length { line[i] = 0 }
  for pixel in firstPixel..<(firstPixel + pixelCount) {
    let source = x + pixel * channels, target = y + pixel * channels
    for c in 0..<channels { line[half + c] = source[c] * source[c] }
    var c = 0
    while c < channels {
      var sum = Vector.zero
      for k in 0..<(2 * half + 1) { sum += load(line + c + k) }
      let root = (sum * scale + 1).squareRoot()
      let divisor = root * root.squareRoot()
      if c + lanes <= channels {
        store(target + c, load(source + c) / divisor)
      } else {
        for i in c..<channels { target[i] = source[i] / divisor[i - c] }
      }
      c += lanes
    }
  }
}
