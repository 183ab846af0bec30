import Tensors

/// Layers whose weights are learned: the same `[Layer]` that inference runs, on the tape, with every tensor of the weight
/// file a parameter.
///
/// A convolution's bias before a batch normalisation cancels against the mean: in training it is a constant.
package final class TrainableNetwork<Element: Scalar> {
  /// In the order of the layers; running statistics among them.
  package let parameters: [Parameter<Element>]
  private let steps: [Step]

  /// What a batch normalisation does, and whether numbers are dropped.
  package enum Mode { case training, frozen }

  private indirect enum Step {
    case convolution(Convolution, stride: Int, groups: Int, padding: Padding)
    case dense(Convolution)
    case plain(Layer)
    case concatenation([[Step]])
    case residual([Step], [Step])
  }

  /// A convolution or dense layer with what follows it; numbers are places in `parameters`.
  private struct Convolution {
    let weights: Int
    var bias: Int?
    var normalisation: Normalisation?
    var rectifies = false
    var slopes: Int?
  }

  private struct Normalisation {
    let gamma, beta, mean, variance: Int
  }

  /// What a tensor of the weight file is: what it starts as depends on it.
  package enum Kind: Equatable { case weights, bias, gamma, beta, mean, variance, slopes }

  /// - Parameter initial: gives each tensor its first numbers, by the weight file's name and shape.
  /// - Throws: `.invalidArgument` for a layer that training does not know.
  package init(
    _ layers: [Layer], input: Extent, _ initial: @escaping (String, [Int], Kind) throws(Failure) -> Tensor<Element>
  ) throws(Failure) {
    var builder = Builder(initial: initial)
    steps = try builder.build(layers, input)
    parameters = builder.parameters
  }

  /// A pass's variables for the parameters: leaves where they are trained.
  package func leaves(on tape: Tape<Element>) -> [Variable<Element>] {
    parameters.map { $0.isTrained ? tape.leaf($0.value) : tape.constant($0.value) }
  }

  /// Through all layers.
  /// - Parameters:
  ///   - x: [batch, height, width, channels]
  ///   - leaves: of this tape.
  /// - Returns: what the last layer gives.
  package func run(
    _ x: Variable<Element>, _ leaves: [Variable<Element>], _ mode: Mode, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    guard leaves.count == parameters.count else {
      throw .internalError("\(leaves.count) variables for \(parameters.count) parameters")
    }
    return try run(steps, x, Pass(leaves: leaves, mode: mode, tape: tape))
  }

  private struct Pass {
    let leaves: [Variable<Element>]
    let mode: Mode
    let tape: Tape<Element>
  }

  private func run(_ steps: [Step], _ x: Variable<Element>, _ pass: Pass) throws(Failure) -> Variable<Element> {
    var x = x
    let tape = pass.tape
    for step in steps {
      switch step {
      case .convolution(let layer, let stride, let groups, let padding):
        x = try tape.convolution(
          x, weights: pass.leaves[layer.weights], bias: bias(layer, pass), stride: stride, groups: groups, padding: padding)
        x = try finish(x, layer, pass)
      case .dense(let layer):
        let y = try tape.dense(x, weights: pass.leaves[layer.weights], bias: bias(layer, pass))
        x = try finish(tape.reshaped(y, [y.shape[0], 1, 1, y.shape[1]]), layer, pass)
      case .plain(let layer):
        x = try apply(layer, x, tape)
      case .concatenation(let branches):
        var parts: [Variable<Element>] = []
        for branch in branches { parts.append(try run(branch, x, pass)) }
        x = try tape.concatenation(parts)
      case .residual(let body, let shortCut):
        x = try tape.sum(run(body, x, pass), run(shortCut, x, pass))
      }
    }
    return x
  }

  private func bias(_ layer: Convolution, _ pass: Pass) -> Variable<Element>? {
    guard let bias = layer.bias else { return nil }
    let isCancelled = layer.normalisation != nil && pass.mode == .training
    return isCancelled ? pass.tape.constant(parameters[bias].value) : pass.leaves[bias]
  }

  private func finish(
    _ x: Variable<Element>, _ layer: Convolution, _ pass: Pass
  ) throws(Failure) -> Variable<Element> {
    var x = x
    let tape = pass.tape
    if let normalisation = layer.normalisation {
      let statistics = BatchStatistics(
        mean: parameters[normalisation.mean].value, variance: parameters[normalisation.variance].value)
      x = try tape.batchNormalisation(
        x, gamma: pass.leaves[normalisation.gamma], beta: pass.leaves[normalisation.beta], statistics,
        isTraining: pass.mode == .training, rectifies: layer.rectifies)
    } else if layer.rectifies {
      x = try tape.rectifier(x)
    }
    return x
  }

  private func apply(_ layer: Layer, _ x: Variable<Element>, _ tape: Tape<Element>) throws(Failure) -> Variable<Element> {
    switch layer {
    case .pool(let kind, let kernel, let stride, let padding, let roundsUp):
      return try tape.pool(x, kind, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp)
    case .chosenPool: return try tape.pool(x, .maximum, kernel: 2, stride: 2, roundsUp: true)
    case .euclideanPool(let kernel, let stride): return try tape.euclideanPool(x, kernel: kernel, stride: stride)
    case .globalAverage: return try tape.globalAverage(x)
    case .rectifier: return try tape.rectifier(x)
    case .softmax: return try tape.softmax(x)
    case .responseNormalisation(let constants): return try tape.responseNormalisation(x, constants)
    case .unitLength: return try tape.unitLength(x)
    case .border(let top, let left, let bottom, let right):
      return try tape.embedding(
        x, top: top, left: left, height: top + x.shape[1] + bottom, width: left + x.shape[2] + right,
        channels: x.shape[3])
    case .tap: return x
    case .convolution, .dense, .concatenation, .residual, .head:
      throw .internalError("a layer with parts of its own was not compiled")
    }
  }

  private struct Builder {
    let initial: (String, [Int], Kind) throws(Failure) -> Tensor<Element>
    var parameters: [Parameter<Element>] = []

    init(initial: @escaping (String, [Int], Kind) throws(Failure) -> Tensor<Element>) { self.initial = initial }

    mutating func add(_ name: String, _ extents: [Int], _ kind: Kind) throws(Failure) -> Int {
      let value = try initial(name, extents, kind)
      parameters.append(Parameter(name, value, isTrained: kind != .mean && kind != .variance))
      return parameters.count - 1
    }

    mutating func build(_ layers: [Layer], _ input: Extent) throws(Failure) -> [Step] {
      var steps: [Step] = [], extent = input
      for layer in layers {
        steps.append(try step(layer, extent))
        extent = layer.output(for: extent)
      }
      return steps
    }

    private mutating func step(_ layer: Layer, _ input: Extent) throws(Failure) -> Step {
      switch layer {
      case .convolution(
        let name, let filters, let kernel, let stride, let groups, let padding, let normalisation, let activation):
        let weights = try add(name + ".weight", [filters, input.channels / groups, kernel, kernel], .weights)
        let bias = try add(name + ".bias", [filters], .bias)
        let layer = try finish(Convolution(weights: weights, bias: bias), name, filters, normalisation, activation)
        return .convolution(layer, stride: stride, groups: groups, padding: padding)
      case .dense(let name, let outputs, let hasBias, let activation):
        guard let height = input.height, let width = input.width else {
          throw .internalError("the size of the input to the dense layer \(name) is not known")
        }
        let weights = try add(name + ".weight", [outputs, height * width * input.channels], .weights)
        let bias = hasBias ? try add(name + ".bias", [outputs], .bias) : nil
        return .dense(try finish(Convolution(weights: weights, bias: bias), name, outputs, .none, activation))
      case .concatenation(let branches):
        var built: [[Step]] = []
        for branch in branches { built.append(try build(branch, input)) }
        return .concatenation(built)
      case .residual(let body, let shortCut):
        return .residual(try build(body, input), try build(shortCut, input))
      case .head:
        throw .invalidArgument("a network with heads of its own cannot be trained yet")
      case .pool, .chosenPool, .euclideanPool, .globalAverage, .rectifier, .softmax, .responseNormalisation,
        .unitLength, .border, .tap:
        return .plain(layer)
      }
    }

    private mutating func finish(
      _ layer: Convolution, _ name: String, _ outputs: Int, _ normalisation: Layer.Normalisation,
      _ activation: Layer.Activation
    ) throws(Failure) -> Convolution {
      var layer = layer
      switch normalisation {
      case .none: break
      case .batch(let statistics):
        layer.normalisation = Normalisation(
          gamma: try add(statistics + ".weight", [outputs], .gamma), beta: try add(statistics + ".bias", [outputs], .beta),
          mean: try add(statistics + ".running_mean", [outputs], .mean),
          variance: try add(statistics + ".running_var", [outputs], .variance))
      case .affine:
        throw .invalidArgument("\(name) has a fixed scale, which cannot be trained yet")
      }
      switch activation {
      case .none: break
      case .rectifier: layer.rectifies = true
      case .parametric(let slopes): layer.slopes = try add(slopes + ".weight", [outputs], .slopes)
      }
      return layer
    }
  }
}
