import Tensors

/// Layers whose weights are learned: the same `[Layer]` that inference runs, on the tape, with every tensor
/// of the weight file a parameter.
///
/// A convolution's bias before a batch normalisation cancels against the mean: in training it is a constant.
package final class TrainableNetwork<Element: Scalar> {
  /// In the order of the layers; running statistics among them.
  package let parameters: [Parameter<Element>]
  private let steps: [Step]

  /// What a batch normalisation does, and whether numbers are dropped.
  package enum Mode: Sendable { case training, frozen }

  private indirect enum Step {
    case convolution(Convolution, stride: Int, groups: Int, padding: Padding)
    case dense(Convolution)
    case finish(Finish)
    case transposed(weights: Int, bias: Int?, stride: Int, crop: Int)
    case instanceNormalisation(gamma: Int, beta: Int, epsilon: Double, rectifies: Bool)
    case plain(Layer)
    case concatenation([[Step]])
    case residual([Step], [Step])
  }

  /// A convolution or dense layer with what follows it; numbers are places in `parameters`.
  private struct Convolution {
    let weights: Int
    let bias: Int?
    let finish: Finish
  }

  /// A normalisation, then an activation, as far as there is one.
  private struct Finish {
    var normalisation: Normalisation?
    var rectifies = false
    var slopes: Int?
  }

  private struct Normalisation {
    let gamma, beta, mean, variance: Int
  }

  /// - Parameter initial: gives each tensor of the weight file its first numbers.
  /// - Throws: `.invalidArgument` for a layer that training does not know.
  package init(
    _ layers: [Layer], input: Extent, _ initial: (TensorSpecification) throws(Failure) -> Tensor<Element>
  ) throws(Failure) {
    var parameters: [Parameter<Element>] = [], places: [String: Int] = [:]
    for specification in try tensors(of: layers, input: input) {
      guard places.updateValue(parameters.count, forKey: specification.name) == nil else {
        throw .internalError("two layers share the tensor \(specification.name)")
      }
      let value = try initial(specification)
      guard value.shape.extents == specification.extents else {
        throw .invalidArgument(
          "\(specification.name) is \(value.shape.description), wanted \(try Shape(specification.extents).description)"
        )
      }
      parameters.append(Parameter(specification.name, value, isTrained: specification.isLearned))
    }
    self.parameters = parameters
    steps = try Builder(places: places).build(layers)
  }

  /// A pass's variables for the parameters: leaves where they are trained.
  package func leaves(on tape: Tape<Element>) -> [Variable<Element>] {
    parameters.map { $0.isTrained ? tape.leaf($0.value) : tape.constant($0.value) }
  }

  /// Through all layers.
  /// - Parameters:
  ///   - x: [batch, height, width, channels]
  ///   - leaves: of this tape.
  ///   - seed: of what dropout drops in this pass.
  /// - Returns: what the last layer gives.
  package func run(
    _ x: Variable<Element>, _ leaves: [Variable<Element>], _ mode: Mode, seed: UInt64 = 0,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    guard leaves.count == parameters.count else {
      throw .internalError("\(leaves.count) variables for \(parameters.count) parameters")
    }
    return try run(steps, x, Pass(leaves: leaves, mode: mode, tape: tape, seed: seed))
  }

  private final class Pass {
    let leaves: [Variable<Element>]
    let mode: Mode
    let tape: Tape<Element>
    /// Of dropout.
    var generator: Generator

    init(leaves: [Variable<Element>], mode: Mode, tape: Tape<Element>, seed: UInt64) {
      self.leaves = leaves
      self.mode = mode
      self.tape = tape
      generator = Generator(seed: seed)
    }
  }

  private func run(_ steps: [Step], _ x: Variable<Element>, _ pass: Pass) throws(Failure) -> Variable<Element>
  {
    var x = x
    let tape = pass.tape
    for step in steps {
      switch step {
      case .convolution(let layer, let stride, let groups, let padding):
        x = try tape.convolution(
          x, weights: pass.leaves[layer.weights], bias: bias(layer, pass), stride: stride, groups: groups,
          padding: padding)
        x = try finish(x, layer.finish, pass)
      case .dense(let layer):
        let y = try tape.dense(x, weights: pass.leaves[layer.weights], bias: bias(layer, pass))
        x = try finish(tape.reshaped(y, [y.shape[0], 1, 1, y.shape[1]]), layer.finish, pass)
      case .finish(let layer):
        x = try finish(x, layer, pass)
      case .transposed(let weights, let bias, let stride, let crop):
        x = try tape.transposedConvolution(
          x, weights: pass.leaves[weights], bias: bias.map { pass.leaves[$0] }, stride: stride, crop: crop)
      case .instanceNormalisation(let gamma, let beta, let epsilon, let rectifies):
        x = try tape.instanceNormalisation(
          x, gamma: pass.leaves[gamma], beta: pass.leaves[beta], epsilon: Element(epsilon),
          rectifies: rectifies)
      case .plain(.tap): break
      case .plain(.dropout(let probability)):
        x = try tape.dropout(x, probability: probability, isTraining: pass.mode == .training, &pass.generator)
      case .plain(let layer):
        x = try tape.apply(layer, to: x, pooling: .maximum)
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
    let isCancelled = layer.finish.normalisation != nil && pass.mode == .training
    return isCancelled ? pass.tape.constant(parameters[bias].value) : pass.leaves[bias]
  }

  private func finish(
    _ x: Variable<Element>, _ layer: Finish, _ pass: Pass
  ) throws(Failure) -> Variable<Element> {
    var x = x
    if let normalisation = layer.normalisation {
      let statistics = BatchStatistics(
        mean: parameters[normalisation.mean].value, variance: parameters[normalisation.variance].value)
      x = try pass.tape.batchNormalisation(
        x, gamma: pass.leaves[normalisation.gamma], beta: pass.leaves[normalisation.beta], statistics,
        isTraining: pass.mode == .training, rectifies: layer.rectifies)
    } else if layer.rectifies {
      x = try pass.tape.rectifier(x)
    }
    if let slopes = layer.slopes { x = try pass.tape.parametricRectifier(x, slopes: pass.leaves[slopes]) }
    return x
  }

  /// Turns layers into steps that know where in `parameters` their tensors are.
  private struct Builder {
    let places: [String: Int]

    func place(_ name: String) throws(Failure) -> Int {
      guard let place = places[name] else { throw .internalError("no tensor \(name) was listed") }
      return place
    }

    func build(_ layers: [Layer]) throws(Failure) -> [Step] {
      var steps: [Step] = []
      for layer in layers { steps.append(try step(layer)) }
      return steps
    }

    private func step(_ layer: Layer) throws(Failure) -> Step {
      switch layer {
      case .convolution(
        let name, _, _, let stride, let groups, let padding, let hasBias, let normalisation, let activation):
        let layer = try convolution(name, hasBias: hasBias, normalisation, activation)
        return .convolution(layer, stride: stride, groups: groups, padding: padding)
      case .dense(let name, _, let hasBias, let activation):
        return .dense(try convolution(name, hasBias: hasBias, .none, activation))
      case .transposedConvolution(let name, _, _, let stride, let crop, let hasBias):
        return .transposed(
          weights: try place(name + ".weight"), bias: hasBias ? try place(name + ".bias") : nil,
          stride: stride, crop: crop)
      case .instanceNormalisation(let name, let epsilon, let rectifies):
        return .instanceNormalisation(
          gamma: try place(name + ".weight"), beta: try place(name + ".bias"), epsilon: epsilon,
          rectifies: rectifies)
      case .batchNormalisation(let name, let activation):
        return .finish(try finish(name, .batch(name), activation))
      case .concatenation(let branches):
        var built: [[Step]] = []
        for branch in branches { built.append(try build(branch)) }
        return .concatenation(built)
      case .residual(let body, let shortCut): return .residual(try build(body), try build(shortCut))
      case .head: throw .invalidArgument("a network with heads of its own cannot be trained")
      case .pool, .chosenPool, .euclideanPool, .globalAverage, .rectifier, .sigmoid, .softmax, .maxout,
        .dropout,
        .responseNormalisation, .unitLength, .border, .reflection, .upsampling, .depthToSpace,
        .hyperbolicTangent, .linear,
        .tap:
        return .plain(layer)
      }
    }

    private func normalisation(_ name: String) throws(Failure) -> Normalisation {
      Normalisation(
        gamma: try place(name + ".weight"), beta: try place(name + ".bias"),
        mean: try place(name + ".running_mean"),
        variance: try place(name + ".running_var"))
    }

    private func convolution(
      _ name: String, hasBias: Bool, _ normalisation: Layer.Normalisation, _ activation: Layer.Activation
    ) throws(Failure) -> Convolution {
      Convolution(
        weights: try place(name + ".weight"), bias: hasBias ? try place(name + ".bias") : nil,
        finish: try finish(name, normalisation, activation))
    }

    private func finish(
      _ name: String, _ normalisation: Layer.Normalisation, _ activation: Layer.Activation
    ) throws(Failure) -> Finish {
      var finish = Finish()
      switch normalisation {
      case .none: break
      case .batch(let statistics): finish.normalisation = try self.normalisation(statistics)
      case .affine:
        throw .invalidArgument("\(name) has a scale of its own, with which no network here is trained")
      }
      switch activation {
      case .none: break
      case .rectifier: finish.rectifies = true
      case .parametric(let slopes): finish.slopes = try place(slopes + ".weight")
      }
      return finish
    }
  }
}
