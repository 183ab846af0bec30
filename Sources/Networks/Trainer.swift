import Tensors

/// How a training goes: what is made small, by which rule, at which rate.
package struct TrainingPlan: Sendable {
  package var loss: Loss
  package var rule = UpdateRule.adam(Adam())
  package var schedule = Schedule.constant(1e-3)
  /// Gradients are shortened to this length, all together; 0 for as they are.
  package var longestGradient = 0.0
  /// For a loss with a classifier.
  package var classes = 0
  /// Of first weights and of what dropout drops.
  package var seed: UInt64 = 0

  package init(loss: Loss) { self.loss = loss }
}

/// Trains one network, step by step. Everything that a step changes is in `parameters`, the optimiser's state and `step`:
/// a checkpoint holds them, and what follows it is the same to the last bit, for any number of threads.
package final class Trainer {
  package let architecture: Architecture
  package let plan: TrainingPlan
  package let network: TrainableNetwork<Float>
  /// What the loss is trained with besides the network.
  package let head: [Parameter<Float>]
  /// Steps done.
  package private(set) var step = 0
  /// What a checkpoint keeps besides: where the data stands. "step" is the trainer's own.
  package var counters: [String: [UInt64]] = [:]
  /// Makes numbers their mean over all processes that train together; called once a step with all gradients.
  package var allReduce: ((UnsafeMutablePointer<Float>, Int) throws(Failure) -> Void)?

  private let optimiser: Optimiser<Float>
  private let recycling = Memory.Recycling()

  /// What a step did.
  package struct Report {
    package let loss, rate: Double
    /// Before it was shortened.
    package let gradientNorm: Double
    package let mining: MiningStatistics?
  }

  /// - Parameter weights: what the network starts with; random numbers by the plan's seed where there is none.
  /// - Throws: `.invalidArgument` for a plan out of range, `.badData` for weights of another network.
  package init(_ architecture: Architecture, _ plan: TrainingPlan, weights: WeightFile? = nil) throws(Failure) {
    try plan.schedule.check()
    guard plan.longestGradient >= 0 else {
      throw .invalidArgument("gradients clipped to a length of \(plan.longestGradient), 0 or more wanted")
    }
    self.architecture = architecture
    self.plan = plan
    var generator = Generator(seed: plan.seed)
    network = try TrainableNetwork(plan.loss.trainedLayers(architecture.layers), input: architecture.input) {
      specification throws(Failure) in
      if let weights { return try weights.tensor(specification.name, specification.extents) }
      return try initialTensor(specification, &generator)
    }
    var head: [Parameter<Float>] = []
    let dimension = architecture.dimension
    for parameter in try plan.loss.headParameters(dimension: dimension, classes: plan.classes, seed: plan.seed &+ 1) {
      head.append(Parameter("head." + parameter.name, parameter.tensor, isTrained: parameter.isOptimised))
    }
    self.head = head
    optimiser = try Optimiser(plan.rule, network.parameters + head)
  }

  package var rate: Double { plan.schedule.rate(at: step) }
  package var dimension: Int { architecture.dimension }

  /// One step on a batch; nothing is changed when it throws.
  ///
  /// - Parameter pictures: [batch, height, width, channels], preprocessed.
  /// - Throws: `.badData` when the loss or its gradient is no finite number: the rate is too high, or a picture is damaged.
  package func step(_ pictures: Tensor<Float>, _ targets: Targets<Float>) throws(Failure) -> Report {
    // A pass moves the running statistics before anybody knows whether the step succeeds.
    let statistics = network.parameters.filter { !$0.isTrained }
    var before: [Tensor<Float>] = []
    for parameter in statistics { before.append(try parameter.value.copy()) }
    do throws(Failure) {
      return try attempt(pictures, targets)
    } catch {
      for (parameter, numbers) in zip(statistics, before) { parameter.fill(numbers) }
      throw error
    }
  }

  private func attempt(_ pictures: Tensor<Float>, _ targets: Targets<Float>) throws(Failure) -> Report {
    let tape = Tape<Float>()
    let leaves = network.leaves(on: tape)
    var headLeaves: [Variable<Float>] = []
    for parameter in head { headLeaves.append(parameter.isTrained ? tape.leaf(parameter.value) : tape.constant(parameter.value)) }
    let passSeed = Generator(seed: plan.seed, 0xD120, UInt64(step)).first
    let answer = try network.run(tape.constant(pictures), leaves, .training, seed: passSeed, on: tape)
    let embeddings = try tape.reshaped(answer, [answer.shape[0], answer.shape.count / max(answer.shape[0], 1)])
    let (loss, mining) = try plan.loss.value(embeddings: embeddings, targets: targets, head: headLeaves, on: tape)
    guard loss.scalar.isFinite else { throw .badData("step \(step): the loss is \(loss.scalar)") }
    var trained: [Variable<Float>] = []
    for (leaf, parameter) in zip(leaves + headLeaves, network.parameters + head) where parameter.isTrained { trained.append(leaf) }
    var gradients = try tape.gradients(of: loss, at: trained)
    if let allReduce { try reduce(&gradients, allReduce) }
    let norm: Double
    if plan.longestGradient > 0 {
      norm = try clip(&gradients, toNorm: plan.longestGradient)
    } else {
      norm = gradientNorm(gradients)
    }
    guard norm.isFinite else { throw .badData("step \(step): the gradient is not finite, the loss \(loss.scalar)") }
    // All that may fail comes before anything is moved; an optimiser moves all or nothing.
    let moved = try plan.loss.updatedHead(head.map { $0.value }, embeddings: embeddings.tensor, targets: targets)
    let rate = self.rate
    try optimiser.step(gradients, rate: Float(rate), momentum: plan.schedule.beta1(at: step).map { Float($0) })
    for (parameter, numbers) in zip(head, moved) where !parameter.isTrained { parameter.fill(numbers) }
    step += 1
    return Report(loss: Double(loss.scalar), rate: rate, gradientNorm: norm, mining: mining)
  }

  /// All gradients in one piece, so that processes meet once a step.
  private func reduce(
    _ gradients: inout [Tensor<Float>], _ body: (UnsafeMutablePointer<Float>, Int) throws(Failure) -> Void
  ) throws(Failure) {
    var count = 0
    for gradient in gradients { count += gradient.count }
    let all = try Tensor<Float>([count])
    var offset = 0
    for gradient in gradients {
      (all.pointer + offset).update(from: gradient.pointer, count: gradient.count)
      offset += gradient.count
    }
    try body(all.pointer, count)
    offset = 0
    for i in gradients.indices {
      let reduced = try Tensor<Float>(gradients[i].shape)
      reduced.pointer.update(from: all.pointer + offset, count: reduced.count)
      offset += reduced.count
      gradients[i] = reduced
    }
  }

  /// What the network answers as it will when it is used: with running statistics, nothing dropped.
  /// - Returns: [batch, dimension]
  package func embed(_ pictures: Tensor<Float>) throws(Failure) -> Tensor<Float> {
    let tape = Tape<Float>()
    let constants = network.parameters.map { tape.constant($0.value) }
    let answer = try network.run(tape.constant(pictures), constants, .frozen, on: tape)
    return try answer.tensor.reshaped([answer.shape[0], answer.shape.count / max(answer.shape[0], 1)])
  }

  /// Writes the network alone as a weight file that `Model` reads.
  /// - Parameter metadata: besides the architecture's name.
  package func export(path: String, _ format: WeightFileWriter.Numbers, metadata: [String: String] = [:]) throws(Failure) {
    var writer = WeightFileWriter()
    writer.metadata = metadata
    writer.metadata["architecture"] = "\(architecture.name)"
    for parameter in network.parameters { try writer.add(parameter.name, parameter.value, as: format) }
    try writer.write(path: path)
  }

  // MARK: Checkpoints

  private var checkpoint: Checkpoint<Float> {
    Checkpoint("\(architecture.name)", network.parameters + head, optimiser.state)
  }

  /// Writes all that is needed to go on; an older file stays whole until the new one is.
  package func save(path: String) throws(Failure) {
    let checkpoint = checkpoint
    checkpoint.counters = counters
    checkpoint.counters["step"] = [UInt64(step)]
    checkpoint.texts["loss"] = plan.loss.name
    try checkpoint.write(path: path)
  }

  /// Goes on from a checkpoint of the same network, loss and optimiser.
  /// - Throws: what `Checkpoint.read` throws; nothing is changed then.
  package func resume(path: String) throws(Failure) {
    let checkpoint = checkpoint
    let file = try WeightFile(path: path)
    guard let loss = file.metadata["text.loss"] else {
      throw .badData("checkpoint: the file is none of a training, its metadata has no \"text.loss\"")
    }
    guard loss == plan.loss.name else { throw .wrongModel("the checkpoint's loss is \"\(loss)\", \"\(plan.loss.name)\" wanted") }
    // A number that no training reaches would overflow.
    let words = try Checkpoint<Float>.words(file, "counter.step")
    guard words.count == 1, words[0] < 1 << 40 else { throw .badData("checkpoint: \(words) steps were done, wanted a number below 2^40") }
    try checkpoint.read(file)
    step = Int(words[0])
    counters = checkpoint.counters
    counters["step"] = nil
  }
}

extension Loss {
  /// A plain classifier and centres see the embedding before it is brought to unit length: of unit vectors, a softmax over
  /// many people could never be sure.
  func trainedLayers(_ layers: [Layer]) -> [Layer] {
    switch self {
    case .softmax, .centre:
      return layers.filter { if case .unitLength = $0 { false } else { true } }
    default: return layers
    }
  }
}

extension Parameter {
  fileprivate func fill(_ numbers: Tensor<Element>) {
    value.pointer.update(from: numbers.pointer, count: value.count)
    withExtendedLifetime(numbers) {}
  }
}

extension Generator {
  /// The first number, where one is all that is wanted.
  fileprivate var first: UInt64 {
    var generator = self
    return generator.next()
  }
}
