import Tensors

/// A transposed convolution as an ordinary one: the stride^2 pixels that grow from one are computed as that
/// many groups of channels, each from the few weights that reach it, and spread out by `depthToSpace`. No
/// zeros are multiplied but those that fill up the smaller groups.
///
/// Along one axis: pixel `s a + p` of the result, p from 0 to s - 1, is the sum over i of `x[i] w[s (a - i) +
/// p + crop]`, so that tap t of the ordinary window, which lies at `i = a - before + t`, has weight `w[s
/// (before - t) + p + crop]`.
struct TransposedWindow {
  let kernel, stride, crop: Int
  /// How many pixels before and behind its own place a result depends on.
  let before, after: Int
  var side: Int { before + after + 1 }

  init(kernel: Int, stride: Int, crop: Int) throws(Failure) {
    guard kernel >= 1, kernel < 1 << 12, stride >= 1, stride < 1 << 8, crop >= 0, crop < kernel else {
      throw .invalidArgument(
        "a transposed window of \(kernel), stride \(stride), crop \(crop), wanted a crop below the window")
    }
    (self.kernel, self.stride, self.crop) = (kernel, stride, crop)
    before = (kernel - 1 - crop) / stride
    after = (stride - 1 + crop) / stride
  }

  /// Of tap `t` and phase `p`; nil where there is none.
  private func weight(_ t: Int, _ p: Int) -> Int? {
    let k = stride * (before - t) + p + crop
    return k >= 0 && k < kernel ? k : nil
  }

  /// For each weight of the ordinary window [stride^2 outputs, inputs, side, side] that is one of [inputs,
  /// outputs, kernel, kernel]: the numbers of both.
  func forEachWeight(inputs: Int, outputs: Int, _ body: (_ ordinary: Int, _ transposed: Int) -> Void) {
    for p in 0..<stride {
      for q in 0..<stride {
        for ty in 0..<side {
          for tx in 0..<side {
            guard let ky = weight(ty, p), let kx = weight(tx, q) else { continue }
            for o in 0..<outputs {
              let row = (p * stride + q) * outputs + o
              for c in 0..<inputs {
                body(
                  ((row * inputs + c) * side + ty) * side + tx,
                  ((c * outputs + o) * kernel + ky) * kernel + kx)
              }
            }
          }
        }
      }
    }
  }
}

extension Filter {
  /// - Parameters:
  ///   - weights: [inputs, outputs, kernel, kernel], as PyTorch keeps those of a transposed convolution.
  ///   - bias: [outputs]
  /// The answer is that of `depthToSpace` behind it.
  convenience init(
    transposed weights: Tensor<Float>, bias: Tensor<Float>?, stride: Int, crop: Int
  ) throws(Failure) {
    let window = try TransposedWindow(kernel: weights.shape[2], stride: stride, crop: crop)
    let inputs = weights.shape[0], outputs = weights.shape[1]
    let ordinary = try Tensor<Element>(
      [stride * stride * outputs, inputs, window.side, window.side], repeating: 0)
    window.forEachWeight(inputs: inputs, outputs: outputs) {
      ordinary.pointer[$0] = Element(weights.pointer[$1])
    }
    var biases: [Element] = []
    if let bias { for i in 0..<(stride * stride * outputs) { biases.append(Element(bias[i % outputs])) } }
    try self.init(
      weights: ordinary, finish: Finish(bias: bias == nil ? nil : biases),
      padding: .uneven(before: window.before, after: window.after))
  }
}

extension Tape {
  /// Transposed convolution: each pixel adds its number times the window's weights to the larger picture.
  /// `z[n, s i + ky, s j + kx, o] += x[n, i, j, c] w[c, o, ky, kx]`, `y[n, a, b, o] = z[n, a + crop, b +
  /// crop, o] + bias[o]`
  ///
  /// TensorFlow's "SAME" with a window of 3 and a stride of 2 has crop 0; PyTorch's padding is the crop, with
  /// the output padding that gives stride times the size.
  ///
  /// - Parameters:
  ///   - x: [batch, height, width, inputs]
  ///   - weights: [inputs, outputs, k, k]
  ///   - bias: [outputs], or nil for none.
  /// - Returns: [batch, s height, s width, outputs]
  package func transposedConvolution(
    _ x: Variable<Element>, weights: Variable<Element>, bias: Variable<Element>?, stride: Int, crop: Int = 0
  ) throws(Failure) -> Variable<Element> {
    guard weights.shape.rank == 4, weights.shape[2] == weights.shape[3], x.shape.rank == 4,
      weights.shape[0] == x.shape[3]
    else {
      throw .invalidArgument(
        "transposed weights \(weights.shape.description) for \(x.shape.description), wanted [inputs, outputs, k, k]"
      )
    }
    let window = try TransposedWindow(kernel: weights.shape[2], stride: stride, crop: crop)
    let outputs = weights.shape[1]
    let groups = try convolution(
      x, weights: ordinaryWeights(weights, window), bias: nil,
      padding: .uneven(before: window.before, after: window.after))
    let y = try depthToSpace(groups, stride)
    guard let bias else { return y }
    let rows = try reshaped(y, [y.shape.count / max(outputs, 1), outputs])
    return try reshaped(addingRow(rows, bias), y.shape.extents)
  }

  private func ordinaryWeights(
    _ weights: Variable<Element>, _ window: TransposedWindow
  ) throws(Failure) -> Variable<Element> {
    let inputs = weights.shape[0], outputs = weights.shape[1]
    let y = try Tensor<Element>(
      [window.stride * window.stride * outputs, inputs, window.side, window.side], repeating: 0)
    window.forEachWeight(inputs: inputs, outputs: outputs) { y.pointer[$0] = weights.tensor[$1] }
    // dw: from where it went; each weight serves in one place
    return record(y, from: [weights]) { tape, dy throws(Failure) in
      let dw = try Tensor<Element>(weights.shape.extents, repeating: 0)
      let (source, target) = (dy.pointer, dw.pointer)
      window.forEachWeight(inputs: inputs, outputs: outputs) { target[$1] += source[$0] }
      try tape.accumulate(dw, into: weights)
    }
  }
}
