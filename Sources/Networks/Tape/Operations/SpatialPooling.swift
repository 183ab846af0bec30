import Tensors

extension Tape {
  /// Pooling over one, two or three axes, channel by channel.
  /// maximum: `y = max over the window of x`; average: `y = mean of x over the pixels inside the picture`.
  ///
  /// - Parameters:
  ///   - x: [batch, n1 ... nd, channels], d from 1 to 3.
  ///   - kernel, stride: the same along each axis.
  ///   - padding: at most half the kernel, so that every window covers a pixel; not counted in an average.
  /// - Returns: [batch, n1' ... nd', channels] with `n' = (n + 2 padding - kernel) / stride + 1`.
  package func spatialPool(
    _ x: Variable<Element>, _ kind: Pooling, kernel: Int, stride: Int, padding: Int = 0
  ) throws(Failure) -> Variable<Element> {
    guard padding >= 0, padding <= kernel / 2 else {
      throw .invalidArgument(
        "padding \(padding) of a window of \(kernel); expected 0 to \(max(0, kernel / 2))")
    }
    let window = try SpatialWindow(
      x.shape, kernel: [Int](repeating: kernel, count: max(0, x.shape.rank - 2)), stride: stride,
      padding: padding)
    guard kind != .euclidean else {
      throw .invalidArgument("L2 pooling over axes; expected average or maximum")
    }
    let channels = window.channels
    let y = try Tensor<Element>(
      [window.batch] + window.outputExtents + [channels], repeating: kind == .maximum ? -.infinity : 0)
    let inEach = window.inputPixels * channels, outEach = window.outputPixels * channels
    for n in 0..<window.batch {
      switch kind {
      case .average: averageLoop(window, x.tensor.pointer + n * inEach, y.pointer + n * outEach)
      case .maximum: maximumLoop(window, x.tensor.pointer + n * inEach, y.pointer + n * outEach)
      case .euclidean: break
      }
    }
    // average: dx = sum over the windows that cover a pixel of dy / covered.
    // maximum: dy goes to the first pixel of the window that equals y.
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape.extents, repeating: 0)
      let given = try Storage<Bool>(repeating: false, count: y.count)
      given.withPointer { given in
        for n in 0..<window.batch {
          let dy = dy.pointer + n * outEach, dx = dx.pointer + n * inEach
          switch kind {
          case .average: averageGradientLoop(window, dy, dx)
          case .maximum:
            maximumGradientLoop(
              window, x.tensor.pointer + n * inEach, y.pointer + n * outEach, dy, dx, given + n * outEach)
          case .euclidean: break
          }
        }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

/// `y` starts as zeros.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func averageLoop<Element: Scalar>(
  _ window: SpatialWindow, _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>
) {
  let channels = window.channels
  window.forEachTap { output, input, _, covered in
    let share = 1 / Element(covered)
    for c in 0..<channels { y[output * channels + c] += x[input * channels + c] * share }
  }
}

/// `y` starts as -infinity; NaN propagates.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func maximumLoop<Element: Scalar>(
  _ window: SpatialWindow, _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>
) {
  let channels = window.channels
  window.forEachTap { output, input, _, _ in
    for c in 0..<channels {
      let value = x[input * channels + c], largest = y[output * channels + c]
      if !(value <= largest) && !largest.isNaN { y[output * channels + c] = value }
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func averageGradientLoop<Element: Scalar>(
  _ window: SpatialWindow, _ dy: UnsafePointer<Element>, _ dx: UnsafeMutablePointer<Element>
) {
  let channels = window.channels
  window.forEachTap { output, input, _, covered in
    let share = 1 / Element(covered)
    for c in 0..<channels { dx[input * channels + c] += dy[output * channels + c] * share }
  }
}

/// One winner per window: `given` records which outputs have passed on their gradient.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func maximumGradientLoop<Element: Scalar>(
  _ window: SpatialWindow, _ x: UnsafePointer<Element>, _ y: UnsafePointer<Element>,
  _ dy: UnsafePointer<Element>,
  _ dx: UnsafeMutablePointer<Element>, _ given: UnsafeMutablePointer<Bool>
) {
  let channels = window.channels
  window.forEachTap { output, input, _, _ in
    for c in 0..<channels {
      let i = input * channels + c, o = output * channels + c
      if x[i] == y[o] && !given[o] {
        given[o] = true
        dx[i] += dy[o]
      }
    }
  }
}
