import CSystem

// Convolution of a picture of few channels, such as a network's first: a row of the window is one short run
// of numbers, read in place. Eight neighbours at a time, a vector of columns of them.

private let together = 8

/// Convolution of a run of output pixels.
/// `y[p, n] = f(sum over taps t, channels c of x[pixel(p, t), c] * w[t, c, n] + bias[n])`
///
/// `x` is [N, H, W, C], `packed` is [panels][taps * C][tileColumns]; `y` has `columns` numbers per pixel,
/// `stride` apart, which are set or, with `accumulate`, added to.
package func fewInputsBlock(
  _ window: Window, _ x: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ stride: Int, _ columns: Int, _ accumulate: Bool, _ epilogue: Epilogue,
  _ firstPixel: Int, _ pixelCount: Int
) {
  let inner = interior(window)
  var pixel = firstPixel
  let end = firstPixel + pixelCount
  while pixel < end {
    let row = OutputRow(window, pixel / window.outWidth)
    let isInside = row.taps.count == window.kernelHeight
    let start = pixel, begin = pixel % window.outWidth, last = min(window.outWidth, begin + end - pixel)
    var column = begin
    while column < last {
      let picture = x + row.offset + (column * window.strideX - window.padLeft) * window.channels
      // The last ones of a row may begin at pixels that are already computed: the same numbers again.
      let back = accumulate ? 0 : max(0, column + together - min(inner.upperBound, last))
      if isInside, inner.contains(column), column - back >= max(begin, inner.lowerBound),
        column - back + together <= last
      {
        eightPixels(
          window, picture - back * window.strideX * window.channels, packed, y + (pixel - back) * stride,
          stride, columns, accumulate, epilogue)
        pixel += together - back
      } else {
        let left = column * window.strideX - window.padLeft
        onePixel(
          window, picture, row.taps,
          max(0, -left)..<max(max(0, -left), min(window.kernelWidth, window.width - left)),
          packed, y + pixel * stride, columns, accumulate, epilogue)
        pixel += 1
      }
      column = begin + pixel - start
    }
  }
}

/// The weights of the vector of columns from `column` on.
@inline(__always) private func panel(
  _ window: Window, _ packed: UnsafePointer<Float>, _ column: Int
) -> UnsafePointer<Float> {
  packed + column / tileColumns * window.kernelHeight * window.kernelWidth * window.channels * tileColumns
    + column % tileColumns
}

@inline(__always) private func eightPixels(
  _ window: Window, _ picture: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ stride: Int, _ columns: Int, _ accumulate: Bool, _ epilogue: Epilogue
) {
  let step = window.strideX * window.channels, length = window.kernelWidth * window.channels
  var column = 0
  while column < columns {
    var s0 = Vector.zero, s1 = Vector.zero, s2 = Vector.zero, s3 = Vector.zero
    var s4 = Vector.zero, s5 = Vector.zero, s6 = Vector.zero, s7 = Vector.zero
    var weight = panel(window, packed, column)
    for ky in 0..<window.kernelHeight {
      let p0 = picture + ky * window.width * window.channels
      let p1 = p0 + step, p2 = p1 + step, p3 = p2 + step, p4 = p3 + step, p5 = p4 + step, p6 = p5 + step,
        p7 = p6 + step
      for i in 0..<length {
        let w = load(weight)
        multiplyAdd(&s0, Vector(repeating: p0[i]), w)
        multiplyAdd(&s1, Vector(repeating: p1[i]), w)
        multiplyAdd(&s2, Vector(repeating: p2[i]), w)
        multiplyAdd(&s3, Vector(repeating: p3[i]), w)
        multiplyAdd(&s4, Vector(repeating: p4[i]), w)
        multiplyAdd(&s5, Vector(repeating: p5[i]), w)
        multiplyAdd(&s6, Vector(repeating: p6[i]), w)
        multiplyAdd(&s7, Vector(repeating: p7[i]), w)
        weight += tileColumns
      }
    }
    let target = y + column, count = min(lanes, columns - column), finish = Finish(epilogue, column)
    put(target, s0, count, accumulate, finish)
    put(target + stride, s1, count, accumulate, finish)
    put(target + 2 * stride, s2, count, accumulate, finish)
    put(target + 3 * stride, s3, count, accumulate, finish)
    put(target + 4 * stride, s4, count, accumulate, finish)
    put(target + 5 * stride, s5, count, accumulate, finish)
    put(target + 6 * stride, s6, count, accumulate, finish)
    put(target + 7 * stride, s7, count, accumulate, finish)
    column += lanes
  }
}

/// Sets or adds to the first `count` numbers.
@inline(__always) private func put(
  _ target: UnsafeMutablePointer<Float>, _ sum: Vector, _ count: Int, _ accumulate: Bool, _ finish: Finish
) {
  if count == lanes {
    store(target, finish(accumulate ? sum + load(target) : sum))
  } else {
    storePart(target, finish(accumulate ? sum + loadPart(target, count) : sum), count)
  }
}

/// At the edges, where `rows` and `taps` of the window are inside the picture.
private func onePixel(
  _ window: Window, _ picture: UnsafePointer<Float>, _ rows: Range<Int>, _ taps: Range<Int>,
  _ packed: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ columns: Int, _ accumulate: Bool,
  _ epilogue: Epilogue
) {
  let channels = window.channels
  var column = 0
  while column < columns {
    let count = min(lanes, columns - column), weights = panel(window, packed, column)
    var sum = Vector.zero
    for ky in rows {
      let source = picture + ky * window.width * channels
      let weight = weights + ky * window.kernelWidth * channels * tileColumns
      for i in (taps.lowerBound * channels)..<(taps.upperBound * channels) {
        multiplyAdd(&sum, Vector(repeating: source[i]), load(weight + i * tileColumns))
      }
    }
    put(y + column, sum, count, accumulate, Finish(epilogue, column))
    column += lanes
  }
}
