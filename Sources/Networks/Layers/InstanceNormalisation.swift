import Tensors

/// Normalises each channel of each picture to mean 0 and deviation 1, then applies gamma and beta under this
/// name and an optional rectifier: `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`.
///
/// Gamma and beta of several styles are mixed when the network is built (Dumoulin, Shlens, Kudlur, "A learned
/// representation for artistic style", 2016).
package struct InstanceNormalisation: LayerKind {
  package let name: String
  package let epsilon: Double
  package let rectifies: Bool
  /// Rows of gamma and beta.
  package let styles: Int

  static var kind: StaticString { "instance-normalisation" }
  var tensorName: String? { name }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { nil }

  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] {
    let extents = styles == 1 ? [input.channels] : [styles, input.channels]
    return [
      TensorSpecification(name: name + ".weight", extents: extents, kind: .gamma),
      TensorSpecification(name: name + ".bias", extents: extents, kind: .beta)
    ]
  }

  func checkTrainable() throws(Failure) {
    guard styles == 1 else {
      throw .invalidArgument("\(name) has \(styles) styles; expected one in a network to be trained")
    }
  }

  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element> {
    LoadedTensors(vectors: [
      try tensors.mixed(name + ".weight", styles, input.channels),
      try tensors.mixed(name + ".bias", styles, input.channels)
    ])
  }

  private func scaling<Element: Scalar>(
    _ loaded: LoadedTensors<Element>
  ) throws(Failure) -> InstanceScaling<Element> {
    guard loaded.vectors.count == 2 else { throw .internalError("the factors of \(name) were not read") }
    return InstanceScaling(
      gamma: loaded.vectors[0], beta: loaded.vectors[1], epsilon: Element(epsilon), rectifies: rectifies)
  }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.instanceNormalisation(inputs[0], scaling(loaded))
  }

  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    try pass.tape.instanceNormalisation(
      inputs[0], gamma: pass.variable(name + ".weight"), beta: pass.variable(name + ".bias"),
      epsilon: Element(epsilon), rectifies: rectifies)
  }

  /// In place, or added to the destination.
  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0], scaling = try scaling(node.loaded)
    guard scaling.gamma.count == x.channels, x.isWhole else {
      throw .invalidArgument("\(scaling.gamma.count) factors for a picture of \(x.channels) channels")
    }
    var y = node.isOurs ? x : nil
    var accumulate = false, rectify = false
    if let destination = node.destination, destination.place.isWhole, destination.place.buffer != x.buffer,
      destination.place.extent == x.extent
    {
      y = destination.place
      (accumulate, rectify) = (destination.accumulate, destination.rectify)
    }
    let target = try planner.place(y, or: x.extent)
    let rows = x.height * x.width, room = instanceRoomCount(rows: rows, channels: x.channels)
    planner.record(from: x, to: target, scratch: room) { [accumulate] memory throws(Failure) in
      let room = try memory.workspace.take(room)
      for n in 0..<x.batch {
        let first = n * rows * x.channels
        normaliseInstance(
          memory.pointer(x) + first, memory.pointer(target) + first, rows: rows, scaling,
          accumulate: accumulate, room)
      }
    }
    if rectify { planner.rectify(target) }
    return target
  }

  init(name: String, epsilon: Double, rectifies: Bool) {
    (self.name, self.epsilon, self.rectifies, styles) = (name, epsilon, rectifies, 1)
  }

  init(from text: inout LayerText) throws(Failure) {
    name = text.takeTensorName()
    epsilon = try text.real("epsilon", usual: 1e-5)
    rectifies = try text.flag("rectifies")
    styles = try text.number("styles", LayerLimits.styles, usual: 1)
    guard epsilon > 0 else { throw text.refusal("epsilon", "\(epsilon)", "more than 0") }
  }

  func write(to text: inout LayerText) {
    text.set(tensorName: name)
    text.set("epsilon", epsilon)
    text.set("rectifies", rectifies)
    text.set("styles", styles, usual: 1)
  }
}

extension Layer {
  /// Normalises each channel of each picture to mean 0 and deviation 1, then gamma, beta and rectifier.
  package static func instanceNormalisation(
    _ name: String, epsilon: Double = 1e-5, rectifies: Bool = false
  ) -> Layer {
    .single(
      .instanceNormalisation(InstanceNormalisation(name: name, epsilon: epsilon, rectifies: rectifies)))
  }
}

/// An instance normalisation with known weights.
struct InstanceScaling<Element: Scalar> {
  let gamma, beta: [Element]
  let epsilon: Element
  let rectifies: Bool
}

extension Tape {
  /// Instance normalisation: each channel of each picture to mean 0 and deviation 1, then an optional
  /// rectifier. `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`, mean and (biased) variance over
  /// the picture's pixels
  ///
  /// - Parameters:
  ///   - x: [batch, height, width, channels]
  ///   - gamma, beta: [channels]
  /// Source: Ulyanov, Vedaldi, Lempitsky, "Instance normalization: the missing ingredient for fast
  /// stylization", 2016.
  package func instanceNormalisation(
    _ x: Variable<Element>, gamma: Variable<Element>, beta: Variable<Element>, epsilon: Element = 1e-5,
    rectifies: Bool = false
  ) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 4, x.tensor.count > 0, gamma.shape.extents == [x.shape[3]],
      beta.shape.extents == [x.shape[3]]
    else {
      throw .invalidArgument(
        "instance normalisation of \(x.shape.description) with \(gamma.tensor.count) factors; expected a picture and one a channel"
      )
    }
    let batch = x.shape[0], channels = x.shape[3], rows = x.shape[1] * x.shape[2], each = rows * channels
    let y = try Tensor<Element>(x.shape)
    let mean = try Tensor<Element>([batch, channels]), inverse = try Tensor<Element>([batch, channels])
    let factors = try Tensor<Element>([2 * channels]),
      sums = try Tensor<Element>([columnSumsCount(rows, channels)])
    withPointers(factors, sums) { factors, sums in
      for n in 0..<batch {
        let source = x.tensor.pointer + n * each, m = mean.pointer + n * channels,
          d = inverse.pointer + n * channels
        columnMoments(source, rows, channels, m, d, sums)
        for c in 0..<channels {
          d[c] = 1 / (d[c] + epsilon).squareRoot()
          factors[c] = gamma.tensor[c] * d[c]
          factors[channels + c] = beta.tensor[c]
        }
        forEachBlock(ofRows: rows, channels) { block in
          scaleLoop(source, m, factors, y.pointer + n * each, channels, block, rectifies)
        }
      }
    }

    // With h = (x - mean) / sqrt(variance + epsilon), dy 0 where the rectifier is inactive, and sums over a
    // picture's pixels: dbeta = sum of dy, dgamma = sum of dy h (over all pictures), dx = gamma /
    // sqrt(variance + epsilon) * (dy - (sum of dy + h sum of dy h) / pixels)
    return record(y, from: [x, gamma, beta]) { tape, dy throws(Failure) in
      if rectifies { try tape.passBack(&dy, throughRectifier: y) }
      let dx = try Tensor<Element>(x.shape), terms = try Tensor<Element>([3 * channels])
      let dgamma = try Tensor<Element>([channels], repeating: 0),
        dbeta = try Tensor<Element>([channels], repeating: 0)
      let sums = try Tensor<Element>([columnSumsCount(rows, channels)])
      withPointers(terms, sums, mean) { terms, sums, mean in
        for n in 0..<batch {
          let source = x.tensor.pointer + n * each, slope = dy.pointer + n * each, m = mean + n * channels
          columnSums(source, rows, channels, .products(slope, m), sums)
          for c in 0..<channels {
            let d = inverse[n * channels + c], a = gamma.tensor[c] * d, products = sums[channels + c] * d
            dbeta.pointer[c] += sums[c]
            dgamma.pointer[c] += products
            terms[c] = a
            terms[channels + c] = -(a * d * products / Element(rows))
            terms[2 * channels + c] = -(a * sums[c] / Element(rows))
          }
          forEachBlock(ofRows: rows, channels) { block in
            gradientLoop(source, m, slope, terms, dx.pointer + n * each, channels, block, usesX: true)
          }
        }
      }
      try tape.accumulate(dx, into: x)
      try tape.accumulate(dgamma, into: gamma)
      try tape.accumulate(dbeta, into: beta)
    }
  }

  /// The same with constants.
  func instanceNormalisation(
    _ x: Variable<Element>, _ scaling: InstanceScaling<Element>
  ) throws(Failure) -> Variable<Element> {
    let channels = scaling.gamma.count
    return try instanceNormalisation(
      x, gamma: constant(Tensor([channels], scaling.gamma)), beta: constant(Tensor([channels], scaling.beta)),
      epsilon: scaling.epsilon, rectifies: scaling.rectifies)
  }
}

/// One picture, for inference: `y = f(...)`, or `y += f(...)` if `accumulate`; `y` may be `x` unless it
/// accumulates.
/// - Parameter room: `instanceRoomCount` numbers.
func normaliseInstance(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, rows: Int, _ scaling: InstanceScaling<Float>,
  accumulate: Bool, _ room: UnsafeMutablePointer<Float>
) {
  let channels = scaling.gamma.count
  let mean = room, factors = room + channels, sums = room + 3 * channels
  columnMoments(x, rows, channels, mean, factors, sums)
  for c in 0..<channels {
    factors[c] = scaling.gamma[c] / (factors[c] + scaling.epsilon).squareRoot()
    factors[channels + c] = scaling.beta[c]
  }
  forEachBlock(ofRows: rows, channels) { block in
    if accumulate {
      addScaledLoop(x, mean, factors, y, channels, block, scaling.rectifies)
    } else {
      scaleLoop(x, mean, factors, y, channels, block, scaling.rectifies)
    }
  }
}

func instanceRoomCount(rows: Int, channels: Int) -> Int { 3 * channels + columnSumsCount(rows, channels) }

private func addScaledLoop(
  _ x: UnsafePointer<Float>, _ mean: UnsafePointer<Float>, _ factors: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ channels: Int, _ rows: Range<Int>, _ rectifies: Bool
) {
  let shifts = factors + channels
  for row in rows {
    let x = x + row * channels, y = y + row * channels
    for c in 0..<channels {
      let value = (x[c] - mean[c]) * factors[c] + shifts[c]
      y[c] += rectifies && value < 0 ? 0 : value
    }
  }
}
