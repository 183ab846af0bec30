import Tensors

extension Tape {
  /// Convolution over one, two or three axes, as a product: the patches that the window sees, times the
  /// weights. `y[n, i, o] = sum over c, k of x[n, i stride + k - padding, c] w[o, c, k] + bias[o]`, i and k
  /// running over all axes
  ///
  /// A plain reference; for two axes `convolution` is faster.
  ///
  /// - Parameters:
  ///   - x: [batch, n1 ... nd, inputs], d from 1 to 3.
  ///   - weights: [outputs, inputs, k1 ... kd].
  ///   - bias: [outputs].
  /// - Returns: [batch, n1' ... nd', outputs] with `n' = (n + 2 padding - k) / stride + 1`.
  /// - Throws: `.invalidArgument` for shapes that do not match.
  package func spatialConvolution(
    _ x: Variable<Element>, weights: Variable<Element>, bias: Variable<Element>? = nil, stride: Int = 1,
    padding: Int = 0
  ) throws(Failure) -> Variable<Element> {
    let window = try SpatialWindow(x.shape, weights: weights.shape, stride: stride, padding: padding)
    let outputs = weights.shape[0]
    if let bias, bias.shape.extents != [outputs] {
      throw .invalidArgument("a bias \(bias.shape.description) for \(outputs) outputs; expected [outputs]")
    }
    let pixels = window.outputPixels, depth = weights.shape.count / outputs
    let y = try Tensor<Element>([window.batch] + window.outputExtents + [outputs])
    // One row per output pixel; ordered (c, k) like the weights.
    let patches = try Tensor<Element>([pixels, depth], repeating: 0)
    let matrix = try Element.pack(
      depth: depth, columns: outputs, weights.tensor.pointer, rowStride: 1, columnStride: depth)
    let finish = try Finish(bias: bias?.tensor.values)
    let each = window.inputPixels * window.channels
    for n in 0..<window.batch {
      gatherLoop(window, x.tensor.pointer + n * each, patches.pointer)
      try Element.multiply(
        rows: pixels, patches.pointer, rowStride: depth, columnStride: 1, matrix,
        y.pointer + n * pixels * outputs,
        accumulate: false, finish, workspace)
    }

    // dw = transpose(dy) patches;  d patches = dy w, and each number of a patch is added to its pixel; db =
    // sum of dy
    return record(y, from: [x, weights] + (bias.map { [$0] } ?? [])) { tape, dy throws(Failure) in
      let patches = try Tensor<Element>([pixels, depth], repeating: 0)
      if weights.isDifferentiable {
        let dw = try Tensor<Element>(weights.shape.extents, repeating: 0)
        for n in 0..<window.batch {
          gatherLoop(window, x.tensor.pointer + n * each, patches.pointer)
          let packed = try Element.pack(
            depth: pixels, columns: depth, patches.pointer, rowStride: depth, columnStride: 1)
          try Element.multiply(
            rows: outputs, dy.pointer + n * pixels * outputs, rowStride: 1, columnStride: outputs, packed,
            dw.pointer,
            accumulate: true, .nothing, tape.workspace)
        }
        try tape.accumulate(dw, into: weights)
      }
      if x.isDifferentiable {
        let dx = try Tensor<Element>(x.shape.extents, repeating: 0)
        let back = try Element.pack(
          depth: outputs, columns: depth, weights.tensor.pointer, rowStride: depth, columnStride: 1)
        for n in 0..<window.batch {
          try Element.multiply(
            rows: pixels, dy.pointer + n * pixels * outputs, rowStride: outputs, columnStride: 1, back,
            patches.pointer,
            accumulate: false, .nothing, tape.workspace)
          scatterLoop(window, patches.pointer, dx.pointer + n * each)
        }
        try tape.accumulate(dx, into: x)
      }
      if let bias, bias.isDifferentiable {
        try tape.accumulate(columnSum(dy, bias.shape), into: bias)
      }
    }
  }
}

/// The shape of `spatialConvolution`'s result for these two shapes.
package func spatialConvolutionShape(
  _ x: Shape, weights: Shape, stride: Int, padding: Int
) throws(Failure) -> Shape {
  let window = try SpatialWindow(x, weights: weights, stride: stride, padding: padding)
  return try Shape([window.batch] + window.outputExtents + [weights[0]])
}

/// `patches[pixel, c * taps + tap] = x[pixel under the tap, c]`; pixels outside are left at zero.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func gatherLoop<Element: Scalar>(
  _ window: SpatialWindow, _ x: UnsafePointer<Element>, _ patches: UnsafeMutablePointer<Element>
) {
  let channels = window.channels, taps = window.taps
  window.forEachTap { output, input, tap, _ in
    for c in 0..<channels { patches[(output * channels + c) * taps + tap] = x[input * channels + c] }
  }
}

/// The transpose: each number of a patch is added to its pixel.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func scatterLoop<Element: Scalar>(
  _ window: SpatialWindow, _ patches: UnsafePointer<Element>, _ x: UnsafeMutablePointer<Element>
) {
  let channels = window.channels, taps = window.taps
  window.forEachTap { output, input, tap, _ in
    for c in 0..<channels { x[input * channels + c] += patches[(output * channels + c) * taps + tap] }
  }
}
