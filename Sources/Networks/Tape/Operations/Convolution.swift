import CSystem
import Tensors

extension Tape {
  /// Convolution with bias and activation.
  /// `y[n, i, j, o] = f(sum over ky, kx, c of x[n, i s + ky - p, j s + kx - p, c] w[o, c, ky, kx] + bias[o])`
  ///
  /// `x` is [batch, height, width, inputs], `y` is [batch, height', width', outputs] with
  /// height' = (height + 2 p - k) / s + 1.
  /// - Parameter finish: in place of the filter's own bias and activation.
  package func convolution(
    _ x: Variable<Element>, _ filter: Filter<Element>, _ finish: Finish<Element>? = nil
  ) throws(Failure) -> Variable<Element> {
    let wanted = finish ?? filter.finish
    let window = try filter.window(over: x.shape)
    // The sign of a parametric rectifier's result does not tell the sign of its input when a slope is
    // negative, so its gradient needs the sum itself: do it in two steps.
    let isSplit = x.isDifferentiable && wanted.activation == .parametric
    let y = try Tensor<Element>([window.batch, window.outHeight, window.outWidth, filter.outputs])
    let finish = isSplit ? wanted.activated(.none) : wanted
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
    return isSplit ? try parametricRectifier(result, wanted) : result
  }
}

extension Tape {
  /// Convolution whose weights are learned.
  /// `y[n, i, j, o] = sum over ky, kx, c of x[n, i s + ky - p, j s + kx - p, c] w[o, c, ky, kx] + bias[o]`
  ///
  /// - Parameters:
  ///   - x: [batch, height, width, inputs]
  ///   - weights: [outputs, inputs / groups, k, k]
  ///   - bias: [outputs], or nil for none.
  package func convolution(
    _ x: Variable<Element>, weights: Variable<Element>, bias: Variable<Element>?, stride: Int = 1,
    groups: Int = 1,
    padding: Padding
  ) throws(Failure) -> Variable<Element> {
    let finish: Finish<Element>
    if let bias {
      guard bias.tensor.count == weights.shape.extents.first else {
        throw .invalidArgument("\(bias.tensor.count) biases for weights \(weights.shape.description)")
      }
      finish = try Finish(bias: bias.tensor.values)
    } else {
      finish = .nothing
    }
    let filter = try Filter(
      weights: weights.tensor, finish: finish, stride: stride, groups: groups, padding: padding)
    let window = try filter.window(over: x.shape)
    let y = try Tensor<Element>([window.batch, window.outHeight, window.outWidth, filter.outputs])
    try Element.convolve(window, x.tensor.pointer, filter.forward(), y.pointer, finish, workspace)

    // dx as above; dw[o, c, ky, kx] = sum over n, i, j of dy[n, i, j, o] x[n, i s + ky - p, j s + kx - p, c];
    // dbias[o] = sum over n, i, j of dy[n, i, j, o]
    let inputs = bias.map { [x, weights, $0] } ?? [x, weights]
    return record(y, from: inputs) { tape, dy throws(Failure) in
      if weights.isDifferentiable {
        try tape.accumulate(
          weightGradient(window, x.tensor, dy, weights.shape, groups: groups, tape.workspace), into: weights)
      }
      if let bias, bias.isDifferentiable { try tape.accumulate(columnSum(dy, bias.shape), into: bias) }
      if x.isDifferentiable {
        let spread = try stride == 1 ? dy : spreadOut(dy, stride: stride)
        let dx = try Tensor<Element>(x.shape)
        let back = filter.backwardWindow(of: window, height: spread.shape[1], width: spread.shape[2])
        try Element.convolve(back, spread.pointer, filter.backward(), dx.pointer, .nothing, tape.workspace)
        try tape.accumulate(dx, into: x)
      }
    }
  }

  /// Every number of a row to every output: `y[n, o] = sum over i of x[n, i] w[o, i] + bias[o]`
  ///
  /// - Parameters:
  ///   - x: [batch, ...], each row read through.
  ///   - weights: [outputs, inputs]
  /// - Returns: [batch, outputs]
  package func dense(
    _ x: Variable<Element>, weights: Variable<Element>, bias: Variable<Element>?
  ) throws(Failure) -> Variable<Element> {
    let batch = x.shape.extents.first ?? 0
    guard weights.shape.rank == 2, batch > 0, x.tensor.count == batch * weights.shape[1] else {
      throw .invalidArgument(
        "a dense layer of weights \(weights.shape.description) for \(x.shape.description)")
    }
    let row = try reshaped(x, [batch, 1, 1, weights.shape[1]])
    let kernel = try reshaped(weights, [weights.shape[0], weights.shape[1], 1, 1])
    let y = try convolution(row, weights: kernel, bias: bias, padding: .valid)
    return try reshaped(y, [batch, weights.shape[0]])
  }
}

/// In the order of the weights: [outputs, inputs / groups, k, k].
private func weightGradient<Element: Scalar>(
  _ window: Window, _ x: Tensor<Element>, _ dy: Tensor<Element>, _ shape: Shape, groups: Int,
  _ workspace: Workspace
) throws(Failure) -> Tensor<Element> {
  let outputs = shape[0], inputs = shape[1], taps = window.taps
  let products = try Tensor<Element>([groups, taps * inputs, outputs / groups])
  try Element.weightGradient(
    window, x.pointer, dy.pointer, outputs: outputs, groups: groups, products.pointer, workspace)
  let dw = try Tensor<Element>(shape)
  let each = outputs / groups
  // Sixteen outputs at a time: their numbers lie together in the products.
  ThreadPool.shared.run(groups * ((each + 15) / 16)) { task, _ in
    let group = task / ((each + 15) / 16), first = task % ((each + 15) / 16) * 16
    let source = products.pointer + group * taps * inputs * each
    let target = dw.pointer + group * each * inputs * taps
    transposeLoop(source, target, first..<min(first + 16, each), outputs: each, inputs: inputs, taps: taps)
  }
  withExtendedLifetime(products) {}
  return dw
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func transposeLoop<Element: Scalar>(
  _ source: UnsafePointer<Element>, _ target: UnsafeMutablePointer<Element>, _ range: Range<Int>,
  outputs: Int,
  inputs: Int, taps: Int
) {
  for tap in 0..<taps {
    for c in 0..<inputs {
      let row = source + (tap * inputs + c) * outputs
      for o in range { target[(o * inputs + c) * taps + tap] = row[o] }
    }
  }
}

/// `y[n, i s, j s, c] = x[n, i, j, c]`, zeros between.
private func spreadOut<Element: Scalar>(_ x: Tensor<Element>, stride: Int) throws(Failure) -> Tensor<Element>
{
  let batch = x.shape[0], height = x.shape[1], width = x.shape[2], channels = x.shape[3]
  let wide = (width - 1) * stride + 1, high = (height - 1) * stride + 1
  let y = try Tensor<Element>([batch, high, wide, channels], repeating: 0)
  ThreadPool.shared.run(batch) { n, _ in
    for i in 0..<height {
      for j in 0..<width {
        let target = y.pointer + ((n * high + i * stride) * wide + j * stride) * channels
        target.update(from: x.pointer + ((n * height + i) * width + j) * channels, count: channels)
      }
    }
  }
  return y
}
