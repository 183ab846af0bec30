import CSystem

// Depthwise convolution, one filter per channel: a vector of channels at a time.

/// Depthwise convolution of a run of output pixels.
/// `y[p, c] = f(sum over taps t of x[pixel(p, t), c] * w[t, c] + bias[c])`
///
/// `x` is [N, H, W, C], `weights` [taps, C]; `y` has C numbers per pixel, `stride` apart, which are set or,
/// with `accumulate`, added to.
package func depthwiseBlock(
  _ window: Window, _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>,
  _ stride: Int, _ accumulate: Bool, _ epilogue: Epilogue, _ firstPixel: Int, _ pixelCount: Int
) {
  let inner = interior(window), together = 4
  var pixel = firstPixel
  let end = firstPixel + pixelCount
  while pixel < end {
    let row = OutputRow(window, pixel / window.outWidth)
    let start = pixel, begin = pixel % window.outWidth
    var column = begin
    let last = min(window.outWidth, column + end - pixel)
    let isThree = window.kernelWidth == 3 && window.kernelHeight == 3 && row.taps.count == 3
    let room = min(inner.upperBound, last)
    while column < last {
      let target = y + pixel * stride
      if isThree, inner.contains(column), column < room {
        rowOfThree(
          window, x + row.offset + (column * window.strideX - window.padLeft) * window.channels, weights,
          target, stride, room - column, accumulate, epilogue)
        pixel += room - column
      } else if inner.contains(column), column + together <= room {
        fourPixels(window, x, row, column, weights, target, stride, accumulate, epilogue)
        pixel += together
      } else {
        onePixel(window, x, row, column, weights, target, accumulate, epilogue)
        pixel += 1
      }
      column = begin + pixel - start
    }
  }
}

/// The first channel of the next vector: the last vector overlaps the one before it if the channels do not
/// fill it, and the same numbers are written again. Past the last channel if none is left; the ones that are
/// left if sums are added to what is there, or if there are fewer channels than lanes.
@inline(__always) private func nextVector(_ c: Int, _ channels: Int, _ accumulate: Bool) -> Int {
  let following = c + lanes
  let overlaps = following < channels && following + lanes > channels && channels >= lanes && !accumulate
  return overlaps ? channels - lanes : following
}

/// A run of a row whose windows, of three rows and columns, are inside the picture: the nine weights of a
/// vector of channels stay in registers.
private func rowOfThree(
  _ window: Window, _ picture: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ stride: Int, _ count: Int, _ accumulate: Bool, _ epilogue: Epilogue
) {
  let channels = window.channels
  var c = 0
  while c + lanes <= channels {
    let w = Nine(weights + c, channels), finish = Finish(epilogue, c)
    let source = picture + c, line = window.width * channels, target = y + c
    switch window.strideX {
    case 1: slide(1, w, source, channels, line, target, stride, count, accumulate, finish)
    case 2: slide(2, w, source, channels, line, target, stride, count, accumulate, finish)
    default: slide(window.strideX, w, source, channels, line, target, stride, count, accumulate, finish)
    }
    c = nextVector(c, channels, accumulate)
  }
  guard c < channels else { return }
  for i in 0..<count {
    lastChannels(
      window, picture + i * window.strideX * channels, 0..<3, 0..<3, weights, y + i * stride, c, accumulate,
      epilogue)
  }
}

/// The weights of a window of three rows and columns.
private struct Nine {
  let w0, w1, w2, w3, w4, w5, w6, w7, w8: Vector

  @inline(__always) init(_ w: UnsafePointer<Float>, _ channels: Int) {
    (w0, w1, w2) = (load(w), load(w + channels), load(w + 2 * channels))
    (w3, w4, w5) = (load(w + 3 * channels), load(w + 4 * channels), load(w + 5 * channels))
    (w6, w7, w8) = (load(w + 6 * channels), load(w + 7 * channels), load(w + 8 * channels))
  }

  /// Of three columns of the picture, row by row.
  @inline(__always) func sum(_ left: Three, _ middle: Three, _ right: Three) -> Vector {
    var sum = Vector.zero
    multiplyAdd(&sum, left.a, w0)
    multiplyAdd(&sum, middle.a, w1)
    multiplyAdd(&sum, right.a, w2)
    multiplyAdd(&sum, left.b, w3)
    multiplyAdd(&sum, middle.b, w4)
    multiplyAdd(&sum, right.b, w5)
    multiplyAdd(&sum, left.c, w6)
    multiplyAdd(&sum, middle.c, w7)
    multiplyAdd(&sum, right.c, w8)
    return sum
  }
}

/// A column of a window of three rows.
private struct Three {
  var a, b, c: Vector

  @inline(__always) init(_ p: UnsafePointer<Float>, _ line: Int) {
    (a, b, c) = (load(p), load(p + line), load(p + 2 * line))
  }
}

/// One vector of channels along a row.
/// - Parameters:
///   - step: the window's stride: a number known to the compiler where it is 1 or 2.
///   - line: distance of the picture's rows.
@inline(__always) private func slide(
  _ step: Int, _ w: Nine, _ picture: UnsafePointer<Float>, _ channels: Int, _ line: Int,
  _ y: UnsafeMutablePointer<Float>, _ stride: Int, _ count: Int, _ accumulate: Bool, _ finish: Finish
) {
  var source = picture, target = y, count = count
  #if REGISTERS32 || arch(arm64)
    // Two neighbours at a time, whose sums do not wait for each other; what they share with the next ones
    // stays in registers.
    var left = Three(source, line), middle = Three(source + channels, line)
    for _ in 0..<(count / 2) {
      if step != 1 { middle = Three(source + channels, line) }
      if step > 2 { left = Three(source, line) }
      let right = Three(source + 2 * channels, line), next = source + step * channels
      let second = step == 1 ? middle : step == 2 ? right : Three(next, line)
      let third = step == 1 ? right : Three(next + channels, line), fourth = Three(next + 2 * channels, line)
      var sum = w.sum(left, middle, right), other = w.sum(second, third, fourth)
      if accumulate {
        sum += load(target)
        other += load(target + stride)
      }
      store(target, finish(sum))
      store(target + stride, finish(other))
      source += 2 * step * channels
      target += 2 * stride
      if step == 1 { (left, middle) = (third, fourth) }
      if step == 2 { left = fourth }
    }
    count %= 2
  #endif
  for _ in 0..<count {
    var sum = w.sum(Three(source, line), Three(source + channels, line), Three(source + 2 * channels, line))
    if accumulate { sum += load(target) }
    store(target, finish(sum))
    source += step * channels
    target += stride
  }
}

/// Neighbours inside the picture: each weight is loaded once for all four.
@inline(__always) private func fourPixels(
  _ window: Window, _ x: UnsafePointer<Float>, _ row: OutputRow, _ column: Int,
  _ weights: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool,
  _ epilogue: Epilogue
) {
  let channels = window.channels, step = window.strideX * channels
  let picture = x + row.offset + (column * window.strideX - window.padLeft) * channels
  var c = 0
  while c + lanes <= channels {
    var s0 = Vector.zero, s1 = Vector.zero, s2 = Vector.zero, s3 = Vector.zero
    for ky in row.taps {
      var source = picture + ky * window.width * channels + c
      var weight = weights + ky * window.kernelWidth * channels + c
      for _ in 0..<window.kernelWidth {
        let w = load(weight)
        multiplyAdd(&s0, load(source), w)
        multiplyAdd(&s1, load(source + step), w)
        multiplyAdd(&s2, load(source + 2 * step), w)
        multiplyAdd(&s3, load(source + 3 * step), w)
        source += channels
        weight += channels
      }
    }
    let target = y + c, finish = Finish(epilogue, c)
    if accumulate {
      s0 += load(target)
      s1 += load(target + stride)
      s2 += load(target + 2 * stride)
      s3 += load(target + 3 * stride)
    }
    store(target, finish(s0))
    store(target + stride, finish(s1))
    store(target + 2 * stride, finish(s2))
    store(target + 3 * stride, finish(s3))
    c = nextVector(c, channels, accumulate)
  }
  guard c < channels else { return }
  for i in 0..<4 {
    lastChannels(
      window, picture + i * step, row.taps, 0..<window.kernelWidth, weights, y + i * stride, c, accumulate,
      epilogue)
  }
}

@inline(__always) private func onePixel(
  _ window: Window, _ x: UnsafePointer<Float>, _ row: OutputRow, _ column: Int,
  _ weights: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ accumulate: Bool, _ epilogue: Epilogue
) {
  let channels = window.channels, left = column * window.strideX - window.padLeft
  let picture = x + row.offset + left * channels
  let columns = max(0, -left)..<max(max(0, -left), min(window.kernelWidth, window.width - left))
  var c = 0
  while c + lanes <= channels {
    var sum = Vector.zero
    for ky in row.taps {
      for kx in columns {
        let value = load(picture + (ky * window.width + kx) * channels + c)
        multiplyAdd(&sum, value, load(weights + (ky * window.kernelWidth + kx) * channels + c))
      }
    }
    if accumulate { sum += load(y + c) }
    store(y + c, Finish(epilogue, c)(sum))
    c = nextVector(c, channels, accumulate)
  }
  if c < channels {
    lastChannels(window, picture, row.taps, columns, weights, y, c, accumulate, epilogue)
  }
}

/// Of one pixel, the channels that do not fill a vector: surplus lanes are dropped.
private func lastChannels(
  _ window: Window, _ picture: UnsafePointer<Float>, _ rows: Range<Int>, _ columns: Range<Int>,
  _ weights: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ first: Int, _ accumulate: Bool,
  _ epilogue: Epilogue
) {
  let channels = window.channels, count = channels - first
  var sum = Vector.zero
  for ky in rows {
    for kx in columns {
      let value = loadPart(picture + (ky * window.width + kx) * channels + first, count)
      let weight = loadPart(weights + (ky * window.kernelWidth + kx) * channels + first, count)
      multiplyAdd(&sum, value, weight)
    }
  }
  if accumulate { sum += loadPart(y + first, count) }
  let result = Finish(epilogue, first)(sum)
  storePart(y + first, result, count)
}

/// The part of the weights' gradient that comes from a run of the result's rows.
/// `dw[t, c] += sum over pixels p of x[pixel(p, t), c] * dy[p, c]`
///
/// `x` is [N, H, W, C], `dy` [N, H', W', C], `dw` [taps, C].
package func depthwiseGradientBlock(
  _ window: Window, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
  _ firstRow: Int, _ rowCount: Int
) {
  let channels = window.channels, step = window.strideX * channels
  for r in firstRow..<(firstRow + rowCount) {
    let row = OutputRow(window, r)
    let dy = dy + r * window.outWidth * channels
    for ky in row.taps {
      let line = row.offset + ky * window.width * channels
      for kx in 0..<window.kernelWidth {
        let inside = columns(window, ofTap: kx)
        guard !inside.isEmpty else { continue }
        addProducts(
          x + line + (inside.lowerBound * window.strideX + kx - window.padLeft) * channels, step,
          dy + inside.lowerBound * channels, inside.count, channels,
          dw + (ky * window.kernelWidth + kx) * channels)
      }
    }
  }
}

/// `sums[c] += sum over i of x[i * step + c] * dy[i * channels + c]`
@inline(__always) private func addProducts(
  _ x: UnsafePointer<Float>, _ step: Int, _ dy: UnsafePointer<Float>, _ count: Int, _ channels: Int,
  _ sums: UnsafeMutablePointer<Float>
) {
  var c = 0
  while c + 4 * lanes <= channels {
    var x = x + c, dy = dy + c
    var s0 = Vector.zero, s1 = Vector.zero, s2 = Vector.zero, s3 = Vector.zero
    for _ in 0..<count {
      multiplyAdd(&s0, load(x), load(dy))
      multiplyAdd(&s1, load(x + lanes), load(dy + lanes))
      multiplyAdd(&s2, load(x + 2 * lanes), load(dy + 2 * lanes))
      multiplyAdd(&s3, load(x + 3 * lanes), load(dy + 3 * lanes))
      x += step
      dy += channels
    }
    store(sums + c, load(sums + c) + s0)
    store(sums + c + lanes, load(sums + c + lanes) + s1)
    store(sums + c + 2 * lanes, load(sums + c + 2 * lanes) + s2)
    store(sums + c + 3 * lanes, load(sums + c + 3 * lanes) + s3)
    c += 4 * lanes
  }
  while c + lanes <= channels {
    var x = x + c, dy = dy + c
    var sum = Vector.zero
    for _ in 0..<count {
      multiplyAdd(&sum, load(x), load(dy))
      x += step
      dy += channels
    }
    store(sums + c, load(sums + c) + sum)
    c += lanes
  }
  while c < channels {
    var sum: Float = 0
    for i in 0..<count { sum += x[i * step + c] * dy[i * channels + c] }
    sums[c] += sum
    c += 1
  }
}
