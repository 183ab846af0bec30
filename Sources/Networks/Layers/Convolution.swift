import CSystem
import Tensors

/// Convolution, then normalisation, then activation: [b, h, w, c] to [b, h', w', filters]. With groups, each
/// result sees the c / groups channels of its group.
package struct Convolution: EndedLayer {
  package let name: String
  package let filters: Int
  package let kernel: Sides
  package var stride: Sides = 1
  /// The distance of a window's taps.
  package var dilation: Sides = 1
  package var groups = 1
  package var padding = Padding.valid
  package var hasBias = true
  package var ending = Ending()

  static var kind: StaticString { "convolution" }
  var tensorName: String? { name }

  func output(for input: Extent) -> Extent {
    let sides = reach.sides
    return input.mapped(
      rows: { ($0 + padding.rows - sides.height) / stride.height + 1 },
      columns: { ($0 + padding.columns - sides.width) / stride.width + 1 }, channels: filters)
  }

  func check(_ input: Extent) throws(Failure) {
    guard input.channels % groups == 0, filters % groups == 0 else {
      throw .invalidArgument(
        "\(name): \(input.channels) channels to \(filters) in \(groups) groups; expected equal groups"
      )
    }
  }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? {
    axis == .rows
      ? .init(size: reach.sides.height, stride: stride.height, start: -padding.top)
      : .init(size: reach.sides.width, stride: stride.width, start: -padding.left)
  }

  private var reach: DilatedWindow { DilatedWindow(kernel: kernel, dilation: dilation) }

  /// Of the weights.
  private func extents(_ input: Extent) -> [Int] {
    [filters, input.channels / max(groups, 1), kernel.height, kernel.width]
  }

  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] {
    var list = [TensorSpecification(name: name + ".weight", extents: extents(input), kind: .weight)]
    if hasBias { list.append(TensorSpecification(name: name + ".bias", extents: [filters], kind: .bias)) }
    return list + ending.tensors(name, filters)
  }

  func multiplyAdds(for input: Extent) -> Int {
    let result = output(for: input)
    return (result.height ?? 0) * (result.width ?? 0) * filters * (input.channels / max(groups, 1))
      * kernel.area
  }

  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element> {
    LoadedTensors(
      filter: try tensors.filter(
        name, extents(input), stride: stride, groups: groups, padding: padding, dilation: dilation,
        hasBias: hasBias, ending))
  }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.convolution(inputs[0], loaded.whole(name))
  }

  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    let y = try pass.tape.convolution(
      inputs[0], weights: pass.tape.dilated(pass.variable(name + ".weight"), by: dilation),
      bias: pass.bias(name, hasBias, ending), stride: stride.height, strideX: stride.width, groups: groups,
      padding: padding)
    return try ending.train(y, pass)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let filter = try node.loaded.whole(name), x = node.inputs[0]
    if let part = try planner.part(node) { return part }
    if try planner.waits(node, filter) { return x }
    return try planner.convolve(filter, node, to: node.destination)
  }

  package init(
    name: String, filters: Int, kernel: Sides, stride: Sides = 1, dilation: Sides = 1, groups: Int = 1,
    padding: Padding = .valid, hasBias: Bool = true, ending: Ending = Ending()
  ) {
    self.name = name
    (self.filters, self.kernel, self.stride, self.groups) = (filters, kernel, stride, groups)
    self.dilation = dilation
    self.padding = padding
    self.hasBias = hasBias
    self.ending = ending
  }

  init(from text: inout LayerText) throws(Failure) {
    name = text.takeTensorName()
    filters = try text.number("filters", LayerLimits.channels)
    kernel = try text.sides("kernel", LayerLimits.window)
    stride = try text.sides("stride", LayerLimits.stride, usual: 1)
    dilation = try text.sides("dilation", LayerLimits.stride, usual: 1)
    groups = try text.number("groups", LayerLimits.channels, usual: 1)
    padding = try Padding(from: &text)
    hasBias = try text.flag("bias", usual: true)
    ending = try Ending(from: &text)
    let sides = reach.sides
    guard LayerLimits.window.contains(sides.height), LayerLimits.window.contains(sides.width) else {
      throw text.refusal(
        "dilation", "\(dilation.height)x\(dilation.width)",
        "a window of up to \(LayerLimits.window.upperBound) with it")
    }
  }

  func write(to text: inout LayerText) {
    text.set(tensorName: name)
    text.set("filters", filters)
    text.set("kernel", kernel)
    text.set("stride", stride, usual: 1)
    text.set("dilation", dilation, usual: 1)
    text.set("groups", groups, usual: 1)
    padding.write(to: &text)
    text.set("bias", hasBias, usual: true)
    ending.write(to: &text)
  }
}

extension Layer {
  /// Convolution, then normalisation, then activation.
  @inline(never)
  package static func convolution(
    _ name: String, _ filters: Int, kernel: Int, stride: Int = 1, groups: Int = 1, padding: Padding = .valid,
    hasBias: Bool = true, normalisation: Normalisation = .none, activation: Activation = .none
  ) -> Layer {
    .single(
      .convolution(
        Convolution(
          name: name, filters: filters, kernel: Sides(kernel), stride: Sides(stride), groups: groups,
          padding: padding, hasBias: hasBias,
          ending: Ending(normalisation: normalisation, activation: activation))))
  }
}

extension LoadedTensors {
  /// The filter of a layer that has one.
  func whole(_ name: String) throws(Failure) -> Filter<Element> {
    guard let filter else { throw .internalError("the weights of \(name) were not read") }
    return filter
  }
}

extension Tape {
  /// Convolution with bias and activation.
  /// `y[n, i, j, o] = f(sum over ky, kx, c of x[n, i s + ky - p, j s + kx - p, c] w[o, c, ky, kx] + bias[o])`
  ///
  /// `x` is [batch, height, width, inputs], `y` is [batch, height', width', outputs] with
  /// height' = (height + 2 p - k) / s + 1.
  /// - Parameter finish: replaces the filter's own bias and activation.
  package func convolution(
    _ x: Variable<Element>, _ filter: Filter<Element>, _ finish: Finish<Element>? = nil
  ) throws(Failure) -> Variable<Element> {
    let effective = finish ?? filter.finish
    let window = try filter.window(over: x.shape)
    // The sign of a parametric rectifier's result does not determine the sign of its input when a slope is
    // negative, so its gradient needs the sum itself: computed in two steps.
    let isSplit = x.isDifferentiable && effective.activation == .parametric
    let y = try Tensor<Element>([window.batch, window.outHeight, window.outWidth, filter.outputs])
    let finish = isSplit ? effective.activated(.none) : effective
    try Element.convolve(window, x.tensor.pointer, filter.forward(), y.pointer, finish, workspace)

    // dx = w turned by 180 degrees, convolved with dy (spread to the input's grid if the stride is not 1); dy
    // is 0 where the rectifier is inactive.
    let result = record(y, from: [x]) { tape, dy throws(Failure) in
      if finish.activation == .rectifier { try tape.passBack(&dy, throughRectifier: y) }
      let spread = try spreadOut(dy, filter.stride, filter.strideX)
      let dx = try Tensor<Element>(x.shape)
      let back = filter.backwardWindow(of: window, height: spread.shape[1], width: spread.shape[2])
      try Element.convolve(back, spread.pointer, filter.backward(), dx.pointer, .nothing, tape.workspace)
      try tape.accumulate(dx, into: x)
    }
    return isSplit ? try parametricRectifier(result, effective) : result
  }
}

extension Tape {
  /// Convolution whose weights are learned.
  /// `y[n, i, j, o] = sum over ky, kx, c of x[n, i s + ky - p, j s + kx - p, c] w[o, c, ky, kx] + bias[o]`
  ///
  /// - Parameters:
  ///   - x: [batch, height, width, inputs]
  ///   - weights: [outputs, inputs / groups, k, k]; the window may also be a rectangle.
  ///   - strideX: of columns; nil: that of rows.
  ///   - bias: [outputs], or nil for none.
  package func convolution(
    _ x: Variable<Element>, weights: Variable<Element>, bias: Variable<Element>?, stride: Int = 1,
    strideX: Int? = nil, groups: Int = 1, padding: Padding
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
      weights: weights.tensor, finish: finish, stride: stride, strideX: strideX, groups: groups,
      padding: padding)
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
        let spread = try spreadOut(dy, filter.stride, filter.strideX)
        let dx = try Tensor<Element>(x.shape)
        let back = filter.backwardWindow(of: window, height: spread.shape[1], width: spread.shape[2])
        try Element.convolve(back, spread.pointer, filter.backward(), dx.pointer, .nothing, tape.workspace)
        try tape.accumulate(dx, into: x)
      }
    }
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
  // Sixteen outputs at a time: their numbers are adjacent in the products.
  withPointers(products, dw) { products, dw in
    ThreadPool.shared.run(groups * ((each + 15) / 16)) { task, _ in
      let group = task / ((each + 15) / 16), first = task % ((each + 15) / 16) * 16
      let source = products + group * taps * inputs * each
      let target = dw + group * each * inputs * taps
      transposeLoop(source, target, first..<min(first + 16, each), outputs: each, inputs: inputs, taps: taps)
    }
  }
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

/// `y[n, i s, j t, c] = x[n, i, j, c]`, zeros between.
private func spreadOut<Element: Scalar>(
  _ x: Tensor<Element>, _ strideY: Int, _ strideX: Int
) throws(Failure) -> Tensor<Element> {
  if strideY == 1, strideX == 1 { return x }
  let batch = x.shape[0], height = x.shape[1], width = x.shape[2], channels = x.shape[3]
  let wide = (width - 1) * strideX + 1, high = (height - 1) * strideY + 1
  let y = try Tensor<Element>([batch, high, wide, channels], repeating: 0)
  ThreadPool.shared.run(batch) { n, _ in
    for i in 0..<height {
      for j in 0..<width {
        let target = y.pointer + ((n * high + i * strideY) * wide + j * strideX) * channels
        target.update(from: x.pointer + ((n * height + i) * width + j) * channels, count: channels)
      }
    }
  }
  return y
}
