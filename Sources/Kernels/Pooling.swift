import CSystem

/// Pooling of a run of output pixels, a vector of channels at a time; windows cover only pixels inside the
/// picture.
/// average: `y = mean of x`; maximum: `y = max of x` (NaN propagates); euclidean: `y = sqrt(sum of x^2)`.
///
/// `x` is [N, H, W, C], `y` is [N, H', W', C]; every window covers at least one pixel.
package func poolBlock(
  _ window: Window, _ kind: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ firstPixel: Int, _ pixelCount: Int
) {
  guard kind == poolingMaximum, window.kernelHeight == 2, window.kernelWidth == 2 else {
    return poolPixels(window, kind, x, y, firstPixel, pixelCount)
  }
  // Runs of a row whose windows of two rows and columns are inside the picture.
  let inner = interior(window), end = firstPixel + pixelCount
  var pixel = firstPixel
  while pixel < end {
    let row = OutputRow(window, pixel / window.outWidth), column = pixel % window.outWidth
    let last = min(window.outWidth, column + end - pixel), room = min(inner.upperBound, last)
    if row.taps.count == 2, inner.contains(column), column < room {
      largestOfFour(
        window, x + row.offset + (column * window.strideX - window.padLeft) * window.channels,
        y + pixel * window.channels, room - column)
      pixel += room - column
    } else {
      let count = column < inner.lowerBound && row.taps.count == 2 ? min(inner.lowerBound, last) : last
      poolPixels(window, kind, x, y, pixel, count - column)
      pixel += count - column
    }
  }
}

/// A vector of a pixel's channels, or all of them if they are fewer.
@inline(__always) private func channels(_ p: UnsafePointer<Float>, _ count: Int) -> Vector {
  count == lanes ? load(p) : loadPart(p, count)
}

@inline(__always) private func storeChannels(
  _ p: UnsafeMutablePointer<Float>, _ value: Vector, _ count: Int
) {
  if count == lanes { store(p, value) } else { storePart(p, value, count) }
}

/// Replaces what is not larger. NaN stays.
@inline(__always) private func raise(_ result: inout Vector, to value: Vector) {
  result.replace(with: value, where: .!(value .<= result) .& (result .== result))
}

private func largestOfFour(
  _ window: Window, _ picture: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int
) {
  let all = window.channels, line = window.width * all, step = window.strideX * all, some = min(lanes, all)
  for i in 0..<count {
    let p = picture + i * step
    var c = 0
    while c < all {
      // The last vector overlaps finished channels and recomputes the same values.
      c = min(c, all - some)
      var result = channels(p + c, some)
      for other in 1..<4 {
        raise(&result, to: channels(p + (other & 1) * all + (other >> 1) * line + c, some))
      }
      storeChannels(y + i * all + c, result, some)
      c += some
    }
  }
}

private func poolPixels(
  _ window: Window, _ kind: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ firstPixel: Int, _ pixelCount: Int
) {
  let all = window.channels, some = min(lanes, all)
  let isMaximum = kind == poolingMaximum, isEuclidean = kind == poolingEuclidean
  for pixel in firstPixel..<(firstPixel + pixelCount) {
    let outX = pixel % window.outWidth, outY = pixel / window.outWidth % window.outHeight
    let picture = x + pixel / (window.outWidth * window.outHeight) * window.height * window.width * all
    let top = max(outY * window.strideY - window.padTop, 0)
    let bottom = min(outY * window.strideY - window.padTop + window.kernelHeight, window.height)
    let left = max(outX * window.strideX - window.padLeft, 0)
    let right = min(outX * window.strideX - window.padLeft + window.kernelWidth, window.width)
    let share = 1 / Float((bottom - top) * (right - left))
    let target = y + pixel * all
    var c = 0
    while c < all {
      // As above.
      c = min(c, all - some)
      var result = Vector(repeating: isMaximum ? -.infinity : 0)
      for row in top..<bottom {
        var p = picture + (row * window.width + left) * all + c
        for _ in left..<right {
          let value = channels(p, some)
          if isMaximum { raise(&result, to: value) } else { result += isEuclidean ? value * value : value }
          p += all
        }
      }
      storeChannels(target + c, isMaximum ? result : isEuclidean ? result.squareRoot() : result * share, some)
      c += some
    }
  }
}

/// The gradient of `poolBlock`, for a run of pictures.
/// average: `dx += dy / covered`; maximum: dy goes to the first pixel of the window that equals y;
/// euclidean: `dx += dy x / y`, 0 where y is 0.
package func poolGradientBlock(
  _ window: Window, _ kind: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
  _ dy: UnsafePointer<Float>,
  _ dx: UnsafeMutablePointer<Float>, _ firstPicture: Int, _ pictureCount: Int
) {
  let channels = window.channels, inputs = window.height * window.width * channels
  let outputs = window.outHeight * window.outWidth * channels
  for picture in firstPicture..<(firstPicture + pictureCount) {
    let x = x + picture * inputs, dx = dx + picture * inputs, y = y + picture * outputs,
      dy = dy + picture * outputs
    dx.update(repeating: 0, count: inputs)
    for outY in 0..<window.outHeight {
      let top = max(outY * window.strideY - window.padTop, 0)
      let bottom = min(outY * window.strideY - window.padTop + window.kernelHeight, window.height)
      for outX in 0..<window.outWidth {
        let left = max(outX * window.strideX - window.padLeft, 0)
        let right = min(outX * window.strideX - window.padLeft + window.kernelWidth, window.width)
        guard top < bottom, left < right else { continue }
        let share = 1 / Float((bottom - top) * (right - left))
        let output = (outY * window.outWidth + outX) * channels
        var c = 0
        while c < channels {
          let isWhole = c + lanes <= channels
          let result = isWhole ? load(y + output + c) : loadPart(y + output + c, channels - c)
          var given = isWhole ? load(dy + output + c) : loadPart(dy + output + c, channels - c)
          if kind == poolingAverage {
            given *= share
          } else if kind == poolingEuclidean {
            given /= result
          }
          for row in top..<bottom {
            var offset = (row * window.width + left) * channels + c
            for _ in left..<right {
              let value = isWhole ? load(x + offset) : loadPart(x + offset, channels - c)
              var term = given
              if kind == poolingMaximum {
                let isWinner = value .== result
                term.replace(with: Vector.zero, where: .!isWinner)
                // Consumed: nothing is left for a second pixel of the same value.
                given.replace(with: Vector.zero, where: isWinner)
              } else if kind == poolingEuclidean {
                // Masked last: 0 times NaN would be NaN.
                term = (term * value).replacing(with: Vector.zero, where: .!(result .> 0))
              }
              if isWhole {
                store(dx + offset, load(dx + offset) + term)
              } else {
                for lane in 0..<(channels - c) { dx[offset + lane] += term[lane] }
              }
              offset += channels
            }
          }
          c += lanes
        }
      }
    }
  }
}
