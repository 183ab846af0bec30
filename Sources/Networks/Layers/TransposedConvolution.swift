import Tensors

/// Transposed convolution: each pixel, times the window's weights, is added to the larger picture. [b, h, w,
/// c] to [b, stride h, stride w, filters]; `crop` rows and columns of the full sum are cut off at the top and
/// left.
package struct TransposedConvolution: LayerKind {
  package let name: String
  package let filters, kernel, stride, crop: Int
  package let hasBias: Bool

  static var kind: StaticString { "transposed-convolution" }
  var tensorName: String? { name }

  func output(for input: Extent) -> Extent { input.mapped({ $0 * stride }, channels: filters) }
  func check(_ input: Extent) throws(Failure) {
    _ = try TransposedWindow(kernel: kernel, stride: stride, crop: crop)
  }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { nil }
  func pixels(of units: Range<Int>, side: Int, _ axis: ReceptiveField.Axis) -> Range<Int> {
    // unit = stride pixel + tap - crop
    let low = max(0, units.lowerBound + crop - kernel + stride) / stride
    return low..<max(low, (units.upperBound - 1 + crop) / stride + 1)
  }

  private func extents(_ input: Extent) -> [Int] { [input.channels, filters, kernel, kernel] }

  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] {
    var list = [TensorSpecification(name: name + ".weight", extents: extents(input), kind: .weight)]
    if hasBias { list.append(TensorSpecification(name: name + ".bias", extents: [filters], kind: .bias)) }
    return list
  }

  func multiplyAdds(for input: Extent) -> Int {
    (input.height ?? 0) * (input.width ?? 0) * input.channels * filters * kernel * kernel
  }

  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element> {
    let weights = try tensors.read(name + ".weight", extents(input))
    let bias = try hasBias ? tensors.read(name + ".bias", [filters]) : nil
    return LoadedTensors(filter: try Filter(transposed: weights, bias: bias, stride: stride, crop: crop))
  }

  /// Computes the sums of an ordinary convolution, then moves channels to pixels.
  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.depthToSpace(tape.convolution(inputs[0], loaded.whole(name)), stride)
  }

  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    try pass.tape.transposedConvolution(
      inputs[0], weights: pass.variable(name + ".weight"),
      bias: hasBias ? pass.variable(name + ".bias") : nil, stride: stride, crop: crop)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let sums = try planner.convolve(node.loaded.whole(name), node.inputs[0], to: nil)
    return try DepthToSpace(side: stride).plan(sums, in: planner)
  }

  package init(name: String, filters: Int, kernel: Int, stride: Int, crop: Int, hasBias: Bool) {
    self.name = name
    (self.filters, self.kernel, self.stride, self.crop) = (filters, kernel, stride, crop)
    self.hasBias = hasBias
  }

  init(from text: inout LayerText) throws(Failure) {
    self.init(
      name: text.takeTensorName(), filters: try text.number("filters", 1...(1 << 16)),
      kernel: try text.number("kernel", LayerLimits.window),
      stride: try text.number("stride", 1...(LayerLimits.stride.upperBound - 1)),
      crop: try text.number("crop", LayerLimits.padding, usual: 0),
      hasBias: try text.flag("bias", usual: true))
  }

  func write(to text: inout LayerText) {
    text.set(tensorName: name)
    text.set("filters", filters)
    text.set("kernel", kernel)
    text.set("stride", stride)
    text.set("crop", crop, usual: 0)
    text.set("bias", hasBias, usual: true)
  }
}

extension Layer {
  /// Each pixel, times the window's weights, is added to the larger picture.
  package static func transposedConvolution(
    _ name: String, _ filters: Int, kernel: Int, stride: Int, crop: Int = 0, hasBias: Bool = true
  ) -> Layer {
    .single(
      .transposedConvolution(
        TransposedConvolution(
          name: name, filters: filters, kernel: kernel, stride: stride, crop: crop, hasBias: hasBias)))
  }
}

/// A transposed convolution as an ordinary one: the stride^2 pixels that result from one are computed as that
/// many groups of channels, each from the few weights that reach it, and spread out by `depthToSpace`. The
/// only zeros multiplied are those that pad the smaller groups.
///
/// Along one axis: pixel `s a + p` of the result, p from 0 to s - 1, is the sum over i of `x[i] w[s (a - i) +
/// p + crop]`, so that tap t of the ordinary window, at `i = a - before + t`, has weight `w[s (before - t) +
/// p + crop]`.
struct TransposedWindow {
  let kernel, stride, crop: Int
  /// The number of pixels before and after its own position that a result depends on.
  let before, after: Int
  var side: Int { before + after + 1 }

  init(kernel: Int, stride: Int, crop: Int) throws(Failure) {
    guard kernel >= 1, kernel < 1 << 12, stride >= 1, stride < 1 << 8, crop >= 0, crop < kernel else {
      throw .invalidArgument(
        "a transposed window of \(kernel), stride \(stride), crop \(crop); expected a crop below the window")
    }
    (self.kernel, self.stride, self.crop) = (kernel, stride, crop)
    before = (kernel - 1 - crop) / stride
    after = (stride - 1 + crop) / stride
  }

  /// The weight of tap `t` and phase `p`; nil if there is none.
  private func weight(_ t: Int, _ p: Int) -> Int? {
    let k = stride * (before - t) + p + crop
    return k >= 0 && k < kernel ? k : nil
  }

  /// For each weight of the ordinary window [stride^2 outputs, inputs, side, side] that has a counterpart in
  /// [inputs, outputs, kernel, kernel]: the indices of both.
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
  ///   - weights: [inputs, outputs, kernel, kernel], PyTorch's order for a transposed convolution.
  ///   - bias: [outputs]
  /// Its result is the input of `depthToSpace`.
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
  /// Transposed convolution: each pixel, times the window's weights, is added to the larger picture. `z[n, s
  /// i + ky, s j + kx, o] += x[n, i, j, c] w[c, o, ky, kx]`, `y[n, a, b, o] = z[n, a + crop, b + crop, o] +
  /// bias[o]`
  ///
  /// TensorFlow's "SAME" with a window of 3 and a stride of 2 has crop 0; the crop is PyTorch's padding, with
  /// the output padding that makes the size a multiple by the stride.
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
        "transposed weights \(weights.shape.description) for \(x.shape.description); expected [inputs, outputs, k, k]"
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
    // dw: gathered from where each weight was used; each is used in one place
    return record(y, from: [weights]) { tape, dy throws(Failure) in
      let dw = try Tensor<Element>(weights.shape.extents, repeating: 0)
      let (source, target) = (dy.pointer, dw.pointer)
      window.forEachWeight(inputs: inputs, outputs: outputs) { target[$1] += source[$0] }
      try tape.accumulate(dw, into: weights)
    }
  }
}
