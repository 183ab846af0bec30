import CSystem

/// Pooling of a run of output pixels, a vector of channels at a time; windows cover what lies inside the picture.
/// average: `y = mean of x`; maximum: `y = max of x` (a NaN stays); euclidean: `y = sqrt(sum of x^2)`.
///
/// `x` is [N, H, W, C], `y` is [N, H', W', C]; every window covers at least one pixel.
package func poolBlock(
  _ window: Window, _ kind: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ firstPixel: Int, _ pixelCount: Int
) {
  let channels = window.channels
  let isMaximum = kind == poolingMaximum, isEuclidean = kind == poolingEuclidean
  for pixel in firstPixel..<(firstPixel + pixelCount) {
    let outX = pixel % window.outWidth, outY = pixel / window.outWidth % window.outHeight
    let picture = x + pixel / (window.outWidth * window.outHeight) * window.height * window.width * channels
    let top = max(outY * window.strideY - window.padTop, 0)
    let bottom = min(outY * window.strideY - window.padTop + window.kernelHeight, window.height)
    let left = max(outX * window.strideX - window.padLeft, 0)
    let right = min(outX * window.strideX - window.padLeft + window.kernelWidth, window.width)
    let share = 1 / Float((bottom - top) * (right - left))
    let target = y + pixel * channels
    var c = 0
    while c < channels && channels >= lanes {
      // The last vector goes back over channels that are done: they come out the same again.
      c = min(c, channels - lanes)
      var result = Vector(repeating: isMaximum ? -.infinity : 0)
      for row in top..<bottom {
        var p = picture + (row * window.width + left) * channels + c
        for _ in left..<right {
          let value = load(p)
          if isMaximum {
            // Replaced unless the value is no larger, or the result is NaN already.
            result.replace(with: value, where: .!(value .<= result) .& (result .== result))
          } else {
            result += isEuclidean ? value * value : value
          }
          p += channels
        }
      }
      store(target + c, isMaximum ? result : isEuclidean ? result.squareRoot() : result * share)
      c += lanes
    }
    while c < channels {
      var result: Float = isMaximum ? -.infinity : 0
      for row in top..<bottom {
        for column in left..<right {
          let value = picture[(row * window.width + column) * channels + c]
          if !isMaximum {
            result += isEuclidean ? value * value : value
          } else if !(value <= result) && result == result {
            result = value
          }
        }
      }
      target[c] = isMaximum ? result : isEuclidean ? result.squareRoot() : result * share
      c += 1
    }
  }
}
