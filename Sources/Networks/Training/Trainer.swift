import Tensors

/// Trains one network, step by step. Everything that a step changes is in `parameters`, the optimiser's state
/// and `step`: a checkpoint stores them, and resuming from it gives the same bits, for any number of threads.
package final class Trainer {
  package let architecture: Architecture
  package let settings: TrainingSettings
  package let network: TrainableNetwork<Float>
  /// What is trained for the loss in addition to the network.
  package let head: [Parameter<Float>]
  /// Steps completed.
  package private(set) var step = 0
  /// Additional contents of a checkpoint: the identity and position of the data. "step" and the texts of the
  /// settings belong to the trainer.
  package var counters: [String: [UInt64]] = [:]
  package var texts: [String: String] = [:]
  /// Replaces numbers by their mean over all processes that train together. Called once per step, with all
  /// gradients, then everything else that a step changes (running statistics, centres), then the loss. So the
  /// networks of all processes stay equal, and a NaN loss ends the step in all of them.
  package var allReduce: ((Storage<Float>) throws(Failure) -> Void)?

  private let optimiser: Optimiser<Float>
  /// Running averages of the network's parameters, in the same order; empty without.
  private let averages: [Parameter<Float>]
  /// The latest embeddings, for a loss that compares a batch with them. Each of several processes has its
  /// own.
  private let memory: Parameter<Float>?
  private let recycling = Memory.Recycling()

  /// The result of a step.
  package struct Report {
    package let loss, rate: Double
    /// Before clipping.
    package let gradientNorm: Double
    package let mining: MiningStatistics?
    /// Of a detector's loss.
    package let detection: DetectionParts?
  }

  /// - Parameter weights: the initial weights; by default random numbers from the settings' seed.
  /// - Throws: `.invalidArgument` for settings out of range, `.badData` for weights of another network.
  package init(
    _ architecture: Architecture, _ settings: TrainingSettings, weights: WeightFile? = nil
  ) throws(Failure) {
    try settings.check()
    if case .crossEntropy = settings.loss, settings.classes != 0, settings.classes != architecture.dimension {
      throw .invalidArgument(
        "\(settings.classes) classes for a network that answers \(architecture.dimension) scores")
    }
    self.architecture = architecture
    self.settings = settings
    var generator = Generator(seed: settings.seed)
    network = try TrainableNetwork(
      settings.loss.trainedPart(of: architecture.graph), input: architecture.input,
      results: settings.loss.results
    ) {
      specification throws(Failure) in
      if let weights { return try weights.tensor(specification.name, specification.extents) }
      return try architecture.initialTensor(specification, &generator)
    }
    var head: [Parameter<Float>] = []
    let dimension = architecture.dimension
    for parameter in try settings.loss.headParameters(
      dimension: dimension, classes: settings.classes, seed: settings.seed &+ 1)
    {
      head.append(Parameter("head." + parameter.name, parameter.tensor, isTrained: parameter.isOptimised))
    }
    self.head = head
    if settings.loss.wanted == .faces { try architecture.checkCells() }
    memory =
      settings.loss.memory == 0
      ? nil
      : Parameter(
        "memory", try StrangerMemory(rows: settings.loss.memory, dimension: dimension).tensor,
        isTrained: false)
    optimiser = try Optimiser(settings.rule, network.parameters + head)
    averages =
      try settings.average == nil
      ? []
      : network.parameters.map { parameter throws(Failure) in
        Parameter("average." + parameter.name, try parameter.value.copy())
      }
  }

  package var rate: Double { settings.schedule.rate(at: step) }
  package var dimension: Int { architecture.dimension }
  /// The upper bound of labels: the network's own dimension if it is the classifier.
  package var classes: Int { if case .crossEntropy = settings.loss { dimension } else { settings.classes } }

  /// Trains one step on a batch; changes nothing if it throws.
  ///
  /// - Parameter pictures: [batch, height, width, channels], preprocessed.
  /// - Throws: `.badData` if the loss or its gradient is not finite: the rate is too high, or a picture is
  ///   damaged.
  package func step(_ pictures: Tensor<Float>, _ targets: Targets<Float>) throws(Failure) -> Report {
    // A pass updates the running statistics before it is known whether the step succeeds.
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
    for parameter in head {
      headLeaves.append(parameter.isTrained ? tape.leaf(parameter.value) : tape.constant(parameter.value))
    }
    let passSeed = Generator(seed: settings.seed, 0xD120, UInt64(step)).first
    let answers = try network.results(
      tape.constant(pictures), leaves, .training, seed: passSeed, on: tape)
    let embeddings = try tape.reshaped(
      answers[0], [answers[0].shape[0], answers[0].shape.count / max(answers[0].shape[0], 1)])
    let loss: Variable<Float>, mining: MiningStatistics?, detection: DetectionParts?
    if case .detection(let settings) = settings.loss {
      guard case .faces(let faces) = targets else { throw .invalidArgument("a batch without faces") }
      let assignment = try CellAssignment(answers.map { $0.tensor }, faces, settings)
      let found = try tape.detectionLoss(answers, faces, assignment, settings)
      (loss, mining, detection) = (found.loss, nil, found.parts)
    } else {
      let found = try settings.loss.value(
        embeddings: embeddings, targets: targets, head: headLeaves,
        memory: memory.map { StrangerMemory($0.value) }, on: tape)
      (loss, mining, detection) = (found.loss, found.statistics, nil)
    }
    guard loss.scalar.isFinite || allReduce != nil else {
      throw .badData("step \(step): the loss is \(loss.scalar)")
    }
    var trained: [Variable<Float>] = []
    for (leaf, parameter) in zip(leaves + headLeaves, network.parameters + head) where parameter.isTrained {
      trained.append(leaf)
    }
    var gradients = try tape.gradients(of: loss, at: trained)
    var moved: [Tensor<Float>] = []
    let nextHead = try settings.loss.updatedHead(
      head.map { $0.value }, embeddings: embeddings.tensor, targets: targets)
    for (parameter, numbers) in zip(head, nextHead) where !parameter.isTrained { moved.append(numbers) }
    var nextMemory: Tensor<Float>?
    if let memory, case .teacher(_, let people) = targets {
      nextMemory = try StrangerMemory(memory.value).adding(embeddings.tensor, people: people)
    }
    var value = loss.tensor
    if let allReduce {
      let statistics = network.parameters.filter { !$0.isTrained }
      var means = try means(of: gradients + statistics.map { $0.value } + moved + [value], allReduce)[...]
      for i in gradients.indices { gradients[i] = means.removeFirst() }
      for parameter in statistics { parameter.fill(means.removeFirst()) }
      for i in moved.indices { moved[i] = means.removeFirst() }
      value = means.removeFirst()
      guard value[0].isFinite else {
        throw .badData("step \(step): the loss is \(loss.scalar), over all processes \(value[0])")
      }
    }
    let norm: Double
    if let longest = settings.longestGradient {
      norm = try clip(&gradients, toNorm: longest)
    } else {
      norm = gradientNorm(gradients)
    }
    guard norm.isFinite else {
      throw .badData("step \(step): the gradient is not finite, the loss \(value[0])")
    }
    // Everything that may fail comes before any update; an optimiser updates all or nothing.
    let rate = self.rate
    try optimiser.step(
      gradients, rate: Float(rate), momentum: settings.schedule.beta1(at: step).map { Float($0) })
    for (parameter, numbers) in zip(head.filter { !$0.isTrained }, moved) { parameter.fill(numbers) }
    if let nextMemory { memory?.fill(nextMemory) }
    moveAverages()
    step += 1
    return Report(
      loss: Double(value[0]), rate: rate, gradientNorm: norm, mining: mining, detection: detection)
  }

  /// `average += (1 - keep) (value - average)`. At first averages keep less, so that the initial weights are
  /// soon forgotten: `keep = min(settings.average, (1 + step) / (10 + step))`, as in TensorFlow.
  private func moveAverages() {
    guard let average = settings.average else { return }
    let share = Float(1 - min(average, Double(1 + step) / Double(10 + step)))
    for (parameter, average) in zip(network.parameters, averages) {
      let count = parameter.value.count
      withPointers(parameter.value, average.value) { value, average in
        for i in 0..<count { average[i] += share * (value[i] - average[i]) }
      }
    }
  }

  /// The network's parameters as in use: their averages, if there are any.
  private var used: [Tensor<Float>] {
    (averages.isEmpty ? network.parameters : averages).map { $0.value }
  }

  /// In a single call, so that processes communicate once per step.
  private func means(
    of tensors: [Tensor<Float>], _ body: (Storage<Float>) throws(Failure) -> Void
  ) throws(Failure) -> [Tensor<Float>] {
    var count = 0
    for tensor in tensors { count += tensor.count }
    let all = try Storage<Float>(count: count)
    var offset = 0
    for tensor in tensors {
      withPointers(all, tensor.storage) { ($0 + offset).update(from: $1, count: tensor.count) }
      offset += tensor.count
    }
    try body(all)
    offset = 0
    var means: [Tensor<Float>] = []
    for tensor in tensors {
      let mean = try Tensor<Float>(tensor.shape)
      withPointers(mean.storage, all) { $0.update(from: $1 + offset, count: mean.count) }
      offset += mean.count
      means.append(mean)
    }
    return means
  }

  /// The network's result as in use: with running statistics, without dropout, at unit length or as
  /// probabilities if the architecture says so, whatever the loss sees.
  /// - Returns: [batch, dimension]
  package func embed(_ pictures: Tensor<Float>) throws(Failure) -> Tensor<Float> {
    let tape = Tape<Float>()
    let answer = try network.run(
      tape.constant(pictures), used.map { tape.constant($0) }, .frozen, on: tape)
    let embeddings = try tape.reshaped(
      answer, [answer.shape[0], answer.shape.count / max(answer.shape[0], 1)])
    guard let end = architecture.graph.nodes.first(where: { !settings.loss.trains($0.layer) }) else {
      return embeddings.tensor
    }
    return try end.layer.run([embeddings], LoadedTensors(), .maximum, on: tape).tensor
  }

  /// Writes only the network, as a weight file that `Model` reads.
  /// - Parameter metadata: in addition to the architecture's name.
  package func export(
    path: String, _ format: WeightFileWriter.Numbers, metadata: [String: String] = [:]
  ) throws(Failure) {
    var writer = WeightFileWriter()
    writer.metadata = metadata
    writer.metadata["architecture"] = "\(architecture.name)"
    if architecture.isGraph { writer.metadata[Architecture.graphKey] = architecture.text }
    for (parameter, value) in zip(network.parameters, used) {
      try writer.add(parameter.name, value, as: format)
    }
    try writer.write(path: path)
  }

  // MARK: Checkpoints

  private var checkpoint: Checkpoint<Float> {
    Checkpoint(
      architecture.identity, network.parameters + head + averages + (memory.map { [$0] } ?? []),
      optimiser.state)
  }

  /// Writes everything needed to resume; an older file stays intact until the new one is complete.
  package func save(path: String) throws(Failure) {
    let checkpoint = checkpoint
    checkpoint.counters = counters
    checkpoint.counters["step"] = [UInt64(step)]
    checkpoint.texts = texts
    for (key, text) in settings.texts { checkpoint.texts[key] = text }
    try checkpoint.write(path: path)
  }

  /// Resumes from a checkpoint of the same network and settings.
  /// - Throws: the errors of `Checkpoint.read`, naming the setting that differs; nothing is changed then.
  package func resume(path: String) throws(Failure) {
    let checkpoint = checkpoint
    checkpoint.texts = settings.texts
    let file = try WeightFile(path: path)
    let step = try Checkpoint<Float>.step(file)
    try checkpoint.read(file)
    self.step = step
    counters = checkpoint.counters
    counters["step"] = nil
    texts = checkpoint.texts
    for key in settings.texts.keys { texts[key] = nil }
  }
}

extension Loss {
  /// The part of a network that the loss sees.
  func trainedPart(of graph: Graph) -> Graph { graph.without { !trains($0) } }

  /// A plain classifier and centres see the embedding before it is normalised: on unit vectors, a softmax
  /// over many people could never be certain. A network that is the classifier is seen before its own
  /// softmax.
  fileprivate func trains(_ layer: AnyLayer) -> Bool {
    switch (self, layer) {
    case (.softmax, .unitLength), (.centre, .unitLength), (.crossEntropy, .softmax): false
    default: true
    }
  }
}

extension Parameter {
  fileprivate func fill(_ numbers: Tensor<Element>) {
    withPointers(value, numbers) { $0.update(from: $1, count: value.count) }
  }
}

extension Generator {
  /// The first number, if only one is needed.
  fileprivate var first: UInt64 {
    var generator = self
    return generator.next()
  }
}
