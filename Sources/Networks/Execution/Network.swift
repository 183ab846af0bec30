import CSystem
import Tensors

/// Layers with their weights, ready to run; immutable, shared between threads.
///
/// Normalisation with trained statistics is folded into the convolution before it:
/// `w' = w s`, `bias' = (bias - mean) s + beta` with `s = gamma / sqrt(variance + epsilon)`.
package final class Network<Element: Scalar>: @unchecked Sendable {
  let steps: [Step]
  /// Of the input picture.
  package let channels: Int
  /// Numbers read from the weight file.
  package let parameterCount: Int

  indirect enum Step {
    case convolution(Filter<Element>)
    case dense(Filter<Element>)
    /// A batch normalisation with no sum before it to be folded into.
    case scaling(Scaling<Element>)
    case instanceNormalisation(InstanceScaling<Element>)
    case plain(Layer)
    case concatenation([[Step]])
    case residual([Step], [Step])
    case head([Step])
  }

  /// - Parameter input: the picture's size; needed by dense layers, which take a fixed number of inputs.
  package init(_ layers: [Layer], input: Extent, weights: WeightFile) throws(Failure) {
    var builder = Builder(weights: weights)
    steps = try builder.build(layers, input)
    channels = input.channels
    parameterCount = builder.parameterCount
  }

  package convenience init(_ architecture: Architecture, weights: WeightFile) throws(Failure) {
    try self.init(architecture.layers, input: architecture.input, weights: weights)
  }

  /// For square pictures.
  package convenience init(
    _ layers: [Layer], channels: Int = 3, side: Int? = nil, weights: WeightFile
  ) throws(Failure) {
    try self.init(layers, input: Extent(height: side, width: side, channels: channels), weights: weights)
  }

  /// What a run is asked for.
  package struct Request {
    package var pooling: Pooling
    /// Taps to bring back; the run stops once it has all.
    package var taps: [String]

    package init(_ taps: [String], pooling: Pooling = .average) {
      self.taps = taps
      self.pooling = pooling
    }
  }

  /// Runs `x` [batch, height, width, channels] until all taps are known.
  /// - Returns: the taps' values, in the order of the request.
  /// - Throws: `.notFound` for a tap that the network lacks.
  package func run(
    _ x: Variable<Element>, _ request: Request, on tape: Tape<Element>
  ) throws(Failure) -> [Variable<Element>] {
    var found: [String: Variable<Element>] = [:]
    _ = try run(steps, x, request, &found, tape)
    var answer: [Variable<Element>] = []
    for tap in request.taps {
      guard let value = found[tap] else { throw .notFound("the network has no layer \"\(tap)\"") }
      answer.append(value)
    }
    return answer
  }

  /// Forward only: nothing is kept for a gradient.
  package func run(_ x: Tensor<Element>, _ request: Request) throws(Failure) -> [Tensor<Element>] {
    let tape = Tape<Element>()
    var tensors: [Tensor<Element>] = []
    for value in try run(tape.constant(x), request, on: tape) { tensors.append(value.tensor) }
    return tensors
  }

  private func run(
    _ steps: [Step], _ x: Variable<Element>, _ request: Request, _ found: inout [String: Variable<Element>],
    _ tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    var x = x
    for (i, step) in steps.enumerated() {
      switch step {
      case .convolution(let filter):
        // "conv4_2.linear" is what conv4_2's rectifier is given.
        if i + 1 < steps.count, case .plain(.tap(let name)) = steps[i + 1],
          request.taps.contains(name + linearSuffix)
        {
          x = try tape.convolution(x, filter, filter.finish.activated(.none))
          found[name + linearSuffix] = x
          if allKnown(request, found) { return x }
          x = try tape.rectifier(x)
        } else {
          x = try tape.convolution(x, filter)
        }
      case .dense(let filter):
        x = try tape.convolution(
          tape.reshaped(x, [x.shape[0], 1, 1, x.shape.count / max(x.shape[0], 1)]), filter)
      case .scaling(let scaling):
        x = try tape.scaled(x, scaling)
      case .instanceNormalisation(let scaling):
        x = try tape.instanceNormalisation(x, scaling)
      case .plain(.tap(let name)):
        // Only what was asked for is kept.
        for tap in request.taps where tap == name { found[name] = x }
        if allKnown(request, found) { return x }
      case .plain(let layer):
        x = try tape.apply(layer, to: x, pooling: request.pooling)
      case .concatenation(let branches):
        var parts: [Variable<Element>] = []
        for branch in branches { parts.append(try run(branch, x, request, &found, tape)) }
        x = try tape.concatenation(parts)
      case .residual(let body, let shortCut):
        x = try tape.sum(run(body, x, request, &found, tape), run(shortCut, x, request, &found, tape))
      case .head(let head):
        _ = try run(head, x, request, &found, tape)
        if allKnown(request, found) { return x }
      }
    }
    return x
  }

  private func allKnown(_ request: Request, _ found: [String: Variable<Element>]) -> Bool {
    for tap in request.taps where found[tap] == nil { return false }
    return true
  }

  /// Turns layers into steps, following the size of the picture through them.
  private struct Builder {
    let weights: WeightFile
    var parameterCount = 0

    init(weights: WeightFile) { self.weights = weights }

    mutating func build(_ layers: [Layer], _ input: Extent) throws(Failure) -> [Step] {
      var steps: [Step] = [], extent = input, rest = layers[...]
      while let layer = rest.popFirst() {
        if case .dropout = layer { continue }
        var normalisation: Layer?
        if let next = rest.first, case .batchNormalisation = next, layer.isSum {
          normalisation = next
          rest.removeFirst()
        }
        steps.append(try step(layer, extent, normalisation))
        // A transposed convolution's sums lie in channels still.
        if case .transposedConvolution(_, _, _, let stride, _, _) = layer {
          steps.append(.plain(.depthToSpace(stride)))
        }
        extent = layer.output(for: extent)
      }
      return steps
    }

    /// - Parameter following: a batch normalisation to fold into the layer.
    private mutating func step(_ layer: Layer, _ input: Extent, _ following: Layer?) throws(Failure) -> Step {
      switch layer {
      case .convolution(
        let name, let filters, let kernel, let stride, let groups, let padding, let hasBias,
        var normalisation,
        var activation):
        if case .batchNormalisation(let statistics, let active)? = following {
          (normalisation, activation) = (.batch(statistics), active)
        }
        return .convolution(
          try filter(
            name, [filters, input.channels / groups, kernel, kernel], stride, groups, padding,
            hasBias: hasBias,
            normalisation, activation))
      case .transposedConvolution(let name, let filters, let kernel, let stride, let crop, let hasBias):
        let weights = try read(name + ".weight", [input.channels, filters, kernel, kernel])
        let bias = try hasBias ? read(name + ".bias", [filters]) : nil
        return .convolution(try Filter(transposed: weights, bias: bias, stride: stride, crop: crop))
      case .instanceNormalisation(let name, let epsilon, let rectifies):
        let gamma = try read(name + ".weight", [input.channels]),
          beta = try read(name + ".bias", [input.channels])
        return .instanceNormalisation(
          InstanceScaling(
            gamma: gamma.values.map { Element($0) }, beta: beta.values.map { Element($0) },
            epsilon: Element(epsilon),
            rectifies: rectifies))
      case .dense(let name, let outputs, let hasBias, var activation):
        var normalisation = Layer.Normalisation.none
        if case .batchNormalisation(let statistics, let active)? = following {
          (normalisation, activation) = (.batch(statistics), active)
        }
        guard let height = input.height, let width = input.width else {
          throw .internalError("the size of the input to the dense layer \(name) is not known")
        }
        return .dense(
          try filter(
            name, [outputs, height * width * input.channels, 1, 1], 1, 1, .valid, hasBias: hasBias,
            normalisation, activation))
      case .batchNormalisation(let name, let activation):
        var bias = [Element](repeating: 0, count: input.channels)
        let scales = try normalise(name, &bias)
        return .scaling(
          Scaling(scales: scales, biases: bias, finish: try finish(bias: nil, activation, input.channels)))
      case .concatenation(let branches):
        var compiled: [[Step]] = []
        for branch in branches { compiled.append(try build(branch, input)) }
        return .concatenation(compiled)
      case .residual(let body, let shortCut):
        return .residual(try build(body, input), try build(shortCut, input))
      case .head(let head):
        return .head(try build(head, input))
      case .pool, .chosenPool, .euclideanPool, .globalAverage, .rectifier, .sigmoid, .softmax, .maxout,
        .dropout,
        .responseNormalisation, .unitLength, .border, .reflection, .upsampling, .depthToSpace,
        .hyperbolicTangent, .linear,
        .tap:
        return .plain(layer)
      }
    }

    /// A tensor of the file, counted.
    mutating func read(_ name: String, _ extents: [Int]) throws(Failure) -> Tensor<Float> {
      let tensor = try weights.tensor(name, extents)
      parameterCount += tensor.count
      return tensor
    }

    mutating func filter(
      _ name: String, _ extents: [Int], _ stride: Int, _ groups: Int, _ padding: Padding, hasBias: Bool,
      _ normalisation: Layer.Normalisation, _ activation: Layer.Activation
    ) throws(Failure) -> Filter<Element> {
      let outputs = extents[0]
      // Dense weights are stored as [outputs, inputs].
      let isDense = extents[2] == 1 && !weightsAreSquare(name)
      let stored = isDense ? [outputs, extents[1]] : extents
      try weights.check(name + ".weight", stored)
      parameterCount += try Shape(stored).count
      var bias = [Element](repeating: 0, count: outputs)
      if hasBias {
        let raw = try read(name + ".bias", [outputs])
        for o in 0..<outputs { bias[o] = Element(raw[o]) }
      }
      var factors: [Element]?
      switch normalisation {
      case .none: break
      case .batch(let statistics): factors = try normalise(statistics, &bias)
      case .affine:
        let gamma = try read(name + ".gamma", [outputs]), beta = try read(name + ".beta", [outputs])
        factors = gamma.values.map { Element($0) }
        for o in 0..<outputs { bias[o] = bias[o] * Element(gamma[o]) + Element(beta[o]) }
      }
      let finish = try finish(bias: bias, activation, outputs)
      // The weights themselves are read when they are first multiplied by; those that nothing was folded into
      // stay as narrow as the file has them.
      var narrow: (() throws(Failure) -> WeightReader)?
      if factors == nil, weights.isNarrow(name + ".weight") {
        narrow = { [weights] () throws(Failure) in try weights.reader(name + ".weight", stored) }
      }
      let each = try Shape(extents).count / outputs
      return try Filter(
        extents, finish: finish, stride: stride, groups: groups, padding: padding,
        weights: { [weights, factors] () throws(Failure) in
          let reader = try weights.reader(name + ".weight", stored)
          return { output, first, count, target in
            reader.read(output * each + first, count, scale: factors.map { $0[output] } ?? 1, into: target)
          }
        }, narrow: narrow)
    }

    /// Reads the statistics of a batch normalisation: what it makes of a bias, and the factors before that.
    private mutating func normalise(_ name: String, _ bias: inout [Element]) throws(Failure) -> [Element] {
      let gamma = try read(name + ".weight", [bias.count]), beta = try read(name + ".bias", [bias.count])
      let mean = try read(name + ".running_mean", [bias.count])
      let variance = try read(name + ".running_var", [bias.count])
      var factors: [Element] = []
      for o in bias.indices {
        let factor = Element(gamma[o]) / (Element(variance[o]) + Element(batchEpsilon)).squareRoot()
        factors.append(factor)
        bias[o] = (bias[o] - Element(mean[o])) * factor + Element(beta[o])
      }
      return factors
    }

    private mutating func finish(
      bias: [Element]?, _ activation: Layer.Activation, _ channels: Int
    ) throws(Failure) -> Finish<Element> {
      var slopes: [Element]?
      if case .parametric(let name) = activation {
        let raw = try read(name + ".weight", [channels])
        slopes = raw.values.map { Element($0) }
      }
      return try Finish(bias: bias, rectify: activation == .rectifier, slopes: slopes)
    }

    /// Whether the file keeps this 1x1 kernel as a convolution's, with four axes.
    private func weightsAreSquare(_ name: String) -> Bool { weights.rank(name + ".weight") == 4 }
  }
}

/// Of a tap's name: before the rectifier.
package let linearSuffix = ".linear"

extension Layer {
  /// Whether its result is a sum of products and nothing more.
  fileprivate var isSum: Bool {
    switch self {
    case .convolution(_, _, _, _, _, _, _, .none, .none), .dense(_, _, _, .none): true
    default: false
    }
  }
}
