import CSystem
import Tensors

extension Tape {
  /// Convolution with bias and activation.
  /// `y[n, i, j, o] = f(sum over ky, kx, c of x[n, i s + ky - p, j s + kx - p, c] w[o, c, ky, kx] + bias[o])`
  ///
  /// `x` is [batch, height, width, inputs], `y` is [batch, height', width', outputs] with
  /// height' = (height + 2 p - k) / s + 1.
  package func convolution(
    _ x: Variable<Element>, _ filter: Filter<Element>
  ) throws(Failure) -> Variable<Element> {
    let window = try filter.window(over: x.shape)
    // The sign of a parametric rectifier's result does not tell the sign of its input when a slope is negative,
    // so its gradient needs the sum itself: do it in two steps.
    let isSplit = x.isDifferentiable && filter.finish.activation == .parametric
    let y = try Tensor<Element>([window.batch, window.outHeight, window.outWidth, filter.outputs])
    let finish = isSplit ? filter.finish.activated(.none) : filter.finish
    try Element.convolve(window, x.tensor.pointer, filter.forward(), y.pointer, finish, workspace)

    // dx = w turned by 180 degrees, convolved with dy (spread to the input's grid if the stride is not 1);
    // where the rectifier was shut, dy is 0.
    let result = record(y, from: [x]) { tape, dy throws(Failure) in
      if finish.activation == .rectifier { try dy.gate(by: y) }
      let spread = try filter.stride == 1 ? dy : spreadOut(dy, stride: filter.stride)
      let dx = try Tensor<Element>(x.shape)
      let back = filter.backwardWindow(of: window, height: spread.shape[1], width: spread.shape[2])
      try Element.convolve(back, spread.pointer, filter.backward(), dx.pointer, .nothing, tape.workspace)
      try tape.accumulate(dx, into: x)
    }
    return isSplit ? try parametricRectifier(result, filter.finish) : result
  }
}

/// `y[n, i s, j s, c] = x[n, i, j, c]`, zeros between.
private func spreadOut<Element: Scalar>(_ x: Tensor<Element>, stride: Int) throws(Failure) -> Tensor<Element> {
  let batch = x.shape[0], height = x.shape[1], width = x.shape[2], channels = x.shape[3]
  let wide = (width - 1) * stride + 1, high = (height - 1) * stride + 1
  let y = try Tensor<Element>([batch, high, wide, channels], repeating: 0)
  for n in 0..<batch {
    for i in 0..<height {
      for j in 0..<width {
        let target = y.pointer + ((n * high + i * stride) * wide + j * stride) * channels
        target.update(from: x.pointer + ((n * height + i) * width + j) * channels, count: channels)
      }
    }
  }
  return y
}
