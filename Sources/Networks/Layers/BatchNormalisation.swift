import Tensors

/// Batch normalisation with statistics under this name, epsilon 1e-5, then activation. With known statistics
/// it is a factor and an addend per channel, which are usually folded into the preceding sum.
package struct BatchNormalisation: LayerKind {
  package let name: String
  package let activation: Activation

  static var kind: StaticString { "batch-normalisation" }
  var tensorName: String? { name }

  private var ending: Ending { Ending(normalisation: .batch(name), activation: activation) }

  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] {
    ending.tensors(name, input.channels)
  }

  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element> {
    var bias = [Element](repeating: 0, count: input.channels)
    let scales = try tensors.normalise(name, &bias)
    return LoadedTensors(
      vectors: [scales, bias], finish: try tensors.finish(bias: nil, activation, input.channels))
  }

  private func scaling<Element: Scalar>(
    _ loaded: LoadedTensors<Element>
  ) throws(Failure) -> Scaling<Element> {
    guard loaded.vectors.count == 2 else { throw .internalError("the statistics of \(name) were not read") }
    return Scaling(scales: loaded.vectors[0], biases: loaded.vectors[1], finish: loaded.finish)
  }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.scaled(inputs[0], scaling(loaded))
  }

  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    try ending.train(inputs[0], pass)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    try planner.rescale(node, scaling(node.loaded))
  }

  init(name: String, activation: Activation) {
    self.name = name
    self.activation = activation
  }

  init(from text: inout LayerText) throws(Failure) {
    name = text.takeTensorName()
    let ending = try Ending(from: &text)
    guard ending.normalisation == .none else {
      throw text.refusal("normalisation", "given", "none: the layer is one")
    }
    activation = ending.activation
  }

  func write(to text: inout LayerText) {
    text.set(tensorName: name)
    Ending(activation: activation).write(to: &text)
  }
}

extension Layer {
  /// Batch normalisation, then activation.
  package static func batchNormalisation(_ name: String, activation: Activation = .none) -> Layer {
    .single(.batchNormalisation(BatchNormalisation(name: name, activation: activation)))
  }
}

/// The parameters of a batch normalisation, and its running statistics for use outside training.
package struct BatchStatistics<Element: Scalar> {
  /// Running mean and (unbiased) variance of each channel, updated in place by every training batch.
  package let mean, variance: Tensor<Element>
  /// The weight of a batch's statistics in the running ones.
  package var momentum: Element = 0.1

  package init(mean: Tensor<Element>, variance: Tensor<Element>) {
    self.mean = mean
    self.variance = variance
  }
}

extension Tape {
  /// Batch normalisation over all rows of each channel, then an optional rectifier, plain or parametric.
  /// `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`, epsilon 1e-5
  ///
  /// In training, mean and (biased) variance are the batch's, and the running ones move towards them; frozen,
  /// they are the running ones. Source: Ioffe and Szegedy 2015, algorithm 1.
  ///
  /// - Parameters:
  ///   - x: [..., channels]
  ///   - gamma, beta: [channels]
  ///   - slopes: [channels], of a parametric rectifier. What it receives is not stored: its pullback computes
  ///     it again, while the rows are in the cache.
  /// - Throws: `.invalidArgument` for a batch of a single row, which has no variance.
  package func batchNormalisation(
    _ x: Variable<Element>, gamma: Variable<Element>, beta: Variable<Element>,
    _ statistics: BatchStatistics<Element>,
    isTraining: Bool, rectifies: Bool = false, slopes: Variable<Element>? = nil
  ) throws(Failure) -> Variable<Element> {
    let channels = x.shape.extents.last ?? 0
    guard channels > 0, x.tensor.count > 0, gamma.tensor.count == channels, beta.tensor.count == channels,
      statistics.mean.count == channels, statistics.variance.count == channels
    else {
      throw .invalidArgument(
        "batch normalisation of \(x.shape.description) with \(gamma.tensor.count) factors and \(statistics.mean.count) means"
      )
    }
    guard slopes.map({ $0.tensor.count == channels && !rectifies }) ?? true else {
      throw .invalidArgument(
        "slopes \(slopes?.shape.description ?? "") for \(x.shape.description); expected one a channel")
    }
    let rows = x.tensor.count / channels
    guard !isTraining || rows > 1 else {
      throw .invalidArgument(
        "batch normalisation of \(x.shape.description): one row has no variance; expected at least 2")
    }
    let mean = try Tensor<Element>([channels]), inverse = try Tensor<Element>([channels])
    if isTraining {
      let partial = try Tensor<Element>([columnSumsCount(rows, channels)])
      partial.withPointer {
        columnMoments(x.tensor.pointer, rows, channels, mean.pointer, inverse.pointer, $0)
      }
      let count = Element(rows)
      for c in 0..<channels {
        let biased = inverse[c]
        inverse.pointer[c] = 1 / (biased + Element(batchEpsilon)).squareRoot()
        let running = statistics.mean.pointer, spread = statistics.variance.pointer
        running[c] += statistics.momentum * (mean[c] - running[c])
        spread[c] += statistics.momentum * (biased * count / (count - 1) - spread[c])
      }
    } else {
      for c in 0..<channels {
        mean.pointer[c] = statistics.mean[c]
        inverse.pointer[c] = 1 / (statistics.variance[c] + Element(batchEpsilon)).squareRoot()
      }
    }
    let factors = try Tensor<Element>([2 * channels])
    for c in 0..<channels {
      factors.pointer[c] = gamma.tensor[c] * inverse[c]
      factors.pointer[channels + c] = beta.tensor[c]
    }
    let y = try Tensor<Element>(x.shape)
    withPointers(factors, mean) { factors, mean in
      forEachBlock(ofRows: rows, channels) { block in
        if let slopes {
          scaleLoop(x.tensor.pointer, mean, factors, slopes.tensor.pointer, y.pointer, channels, block)
        } else {
          scaleLoop(x.tensor.pointer, mean, factors, y.pointer, channels, block, rectifies)
        }
      }
    }

    // With h = (x - mean) / sqrt(variance + epsilon), and dy 0 where the rectifier is inactive: dbeta = sum
    // of dy, dgamma = sum of dy h, dx = gamma / sqrt(variance + epsilon) * (dy - (dbeta + h dgamma) / rows);
    // frozen: without the subtracted term. Below 0 a parametric rectifier multiplies dy by its slope, whose
    // gradient is the sum of dy times what it received there.
    let inputs = [x, gamma, beta]
    return record(y, from: slopes.map { inputs + [$0] } ?? inputs) { tape, dy throws(Failure) in
      if rectifies { try tape.passBack(&dy, throughRectifier: y) }
      let sums = try Tensor<Element>([columnSumsCount(rows, channels)])
      if let slopes {
        if !dy.isUnique() { dy = try dy.copy() }
        let ofSlopes = try Tensor<Element>([columnSumsCount(rows, channels)])
        slopedColumnSums(
          x.tensor.pointer, rows, channels, mean.pointer, factors.pointer, slopes.tensor.pointer, dy.pointer,
          sums.pointer, ofSlopes.pointer)
        let dslopes = try Tensor<Element>(slopes.shape)
        for c in 0..<channels { dslopes.pointer[c] = ofSlopes[c] }
        try tape.accumulate(dslopes, into: slopes)
      } else {
        columnSums(x.tensor.pointer, rows, channels, .products(dy.pointer, mean.pointer), sums.pointer)
      }
      let dgamma = try Tensor<Element>([channels]), dbeta = try Tensor<Element>([channels])
      for c in 0..<channels {
        dbeta.pointer[c] = sums[c]
        dgamma.pointer[c] = sums[channels + c] * inverse[c]
      }
      if x.isDifferentiable {
        // dx = a dy + b (x - mean) + c: subtracting the mean first avoids cancellation where it is large.
        let terms = try Tensor<Element>([3 * channels], repeating: 0)
        let count = Element(rows)
        for c in 0..<channels {
          let a = gamma.tensor[c] * inverse[c]
          terms.pointer[c] = a
          guard isTraining else { continue }
          terms.pointer[channels + c] = -(a * inverse[c] * dgamma[c] / count)
          terms.pointer[2 * channels + c] = -(a * dbeta[c] / count)
        }
        let dx = try dy.isUnique() ? dy : Tensor<Element>(x.shape)
        withPointers(terms, mean) { terms, mean in
          forEachBlock(ofRows: rows, channels) { block in
            gradientLoop(
              x.tensor.pointer, mean, dy.pointer, terms, dx.pointer, channels, block, usesX: isTraining)
          }
        }
        try tape.accumulate(dx, into: x)
      }
      try tape.accumulate(dgamma, into: gamma)
      try tape.accumulate(dbeta, into: beta)
    }
  }
}

/// Shared with inference, which folds the normalisation into the preceding convolution.
package let batchEpsilon = 1e-5
