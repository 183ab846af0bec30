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
    var k = 0
    while k + lanes <= channels {
      let value = load(source + k)
      store(line + half + k, value * value)
      k += lanes
    }
    while k < channels {
      line[half + k] = source[k] * source[k]
      k += 1
    }
    var c = 0
    while c < channels {
      var sum = Vector.zero
      for k in 0..<(2 * half + 1) { sum += load(line + c + k) }
      let root = inverseFourthRoot(sum * scale + 1)
      let factor = root * root * root
      if c + lanes <= channels {
        store(target + c, load(source + c) * factor)
      } else {
        for i in c..<channels { target[i] = source[i] * factor[i - c] }
      }
      c += lanes
    }
  }
}

/// `x ^ (-1 / 4)` for x of 1 and more, by Newton's method from a guess at the exponent: Swift takes roots of vectors
/// one lane after the other.
@inline(__always) private func inverseFourthRoot(_ x: Vector) -> Vector {
  // A quarter of the bits, subtracted from 1.25 times those of 1: off by a part in thirty at most.
  let bits = Integers(repeating: 0x4F58_0000) &- (unsafeBitCast(x, to: Integers.self) &>> 2)
  var y = unsafeBitCast(bits, to: Vector.self)
  let quarter = x * 0.25
  for _ in 0..<4 {
    let square = y * y
    y *= 1.25 - quarter * (square * square)
  }
  return y.replacing(with: 0, where: x .== .infinity)
}
