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

/// The gradient of `responseBlock`. With s[c] the base:
/// `dx[c] = dy[c] s[c]^-0.75 - 1.5 scale x[c] sum over |k - c| <= half of dy[k] x[k] s[k]^-1.75`
///
/// - Parameter lines: room for three lines of `channels + 2 * half` numbers and a vector.
package func responseGradientBlock(
  _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, _ channels: Int,
  _ scale: Float, _ half: Int, _ firstPixel: Int, _ pixelCount: Int, _ lines: UnsafeMutablePointer<Float>
) {
  let length = channels + 2 * half + lanes
  let squares = lines, terms = lines + length, factors = lines + 2 * length
  for i in 0..<(3 * length) { lines[i] = 0 }
  for pixel in firstPixel..<(firstPixel + pixelCount) {
    let x = x + pixel * channels, dy = dy + pixel * channels, dx = dx + pixel * channels
    for c in 0..<channels { squares[half + c] = x[c] * x[c] }
    var c = 0
    while c < channels {
      var sum = Vector.zero
      for k in 0..<(2 * half + 1) { sum += load(squares + c + k) }
      let root = inverseFourthRoot(sum * scale + 1)
      let factor = root * root * root
      let seventh = factor * factor * root
      if c + lanes <= channels {
        store(factors + c, factor)
        store(terms + half + c, load(dy + c) * load(x + c) * seventh)
      } else {
        for i in c..<channels {
          factors[i] = factor[i - c]
          terms[half + i] = dy[i] * x[i] * seventh[i - c]
        }
      }
      c += lanes
    }
    c = 0
    while c < channels {
      var sum = Vector.zero
      for k in 0..<(2 * half + 1) { sum += load(terms + c + k) }
      if c + lanes <= channels {
        store(dx + c, load(dy + c) * load(factors + c) - load(x + c) * sum * (1.5 * scale))
      } else {
        for i in c..<channels { dx[i] = dy[i] * factors[i] - x[i] * sum[i - c] * (1.5 * scale) }
      }
      c += lanes
    }
  }
}

/// `x ^ (-1 / 4)` for x >= 1, by Newton's method from an exponent-based guess: Swift computes roots of
/// vectors lane by lane.
@inline(__always) private func inverseFourthRoot(_ x: Vector) -> Vector {
  // A quarter of the bits, subtracted from 1.25 times the bits of 1: off by at most a thirtieth.
  let bits = Integers(repeating: 0x4F58_0000) &- (unsafeBitCast(x, to: Integers.self) &>> 2)
  var y = unsafeBitCast(bits, to: Vector.self)
  let quarter = x * 0.25
  for _ in 0..<4 {
    let square = y * y
    y *= 1.25 - quarter * (square * square)
  }
  return y.replacing(with: 0, where: x .== .infinity)
}
