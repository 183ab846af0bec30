import Networks
import Tensors

/// What the trainings of networks that make pictures share: the network and its optimiser, the rate, the
/// model's file and checkpoints.
final class PictureTraining {
  let network: TrainableNetwork<Float>
  private let architecture: Architecture
  private let optimiser: Optimiser<Float>
  private let rate: Float
  private let end: Int?
  private let recycling = Memory.Recycling()
  /// Steps completed.
  private(set) var steps = 0

  /// - Parameters:
  ///   - rate: Adam's.
  ///   - end: after this count of steps the rate is a hundredth, falling by half a cosine; nil: it stays.
  ///   - initial: supplies the initial value of each tensor.
  init(
    _ architecture: Architecture, rate: Float, end: Int?,
    _ initial: (TensorSpecification) throws(Failure) -> Tensor<Float>
  ) throws(Failure) {
    self.architecture = architecture
    self.rate = rate
    self.end = end
    network = try TrainableNetwork(architecture.graph, input: architecture.input, initial)
    optimiser = try Optimiser(.adam(Adam()), network.parameters)
  }

  /// The gradients of a cost, as `step` takes them.
  func gradients(
    of cost: Variable<Float>, _ leaves: [Variable<Float>], on tape: Tape<Float>
  ) throws(Failure) -> [Tensor<Float>] {
    var trained: [Variable<Float>] = []
    for (leaf, parameter) in zip(leaves, network.parameters) where parameter.isTrained {
      trained.append(leaf)
    }
    return try tape.gradients(of: cost, at: trained)
  }

  /// Updates the weights; changes nothing if it throws.
  func step(_ gradients: [Tensor<Float>]) throws(Failure) {
    try optimiser.step(gradients, rate: nextRate)
    steps += 1
  }

  /// - Throws: `.badData` for a total cost that is not finite.
  func check(_ total: Double) throws(Failure) {
    guard total.isFinite else { throw .badData("step \(steps): the cost is \(total)") }
  }

  private var nextRate: Float {
    guard let end else { return rate }
    let rate = Double(rate)
    return Float(Schedule.cosine(rate: rate, minimum: rate / 100, steps: end).rate(at: steps))
  }

  /// Writes the network as a model.
  /// - Parameters:
  ///   - sizes: what the architecture is made from, by its name in the metadata.
  ///   - metadata: more texts.
  func saveModel(
    path: String, _ numbers: WeightFileWriter.Numbers, sizes: [(String, Int)], metadata: [String: String]
  ) throws(Failure) {
    var file = WeightFileWriter()
    file.metadata = metadata
    file.metadata["architecture"] = "\(architecture.name)"
    for (name, size) in sizes { file.metadata[name] = "\(size)" }
    for parameter in network.parameters { try file.add(parameter.name, parameter.value, as: numbers) }
    try file.write(path: path)
  }

  // MARK: Checkpoints

  private func checkpoint(_ texts: [String: String]) -> Checkpoint<Float> {
    let checkpoint = Checkpoint("\(architecture.name)", network.parameters, optimiser.state)
    checkpoint.texts = texts
    return checkpoint
  }

  /// Writes everything needed to resume; an older file stays intact until the new one is complete.
  /// - Parameter texts: what a training that resumes must have too.
  func save(path: String, _ texts: [String: String]) throws(Failure) {
    let checkpoint = checkpoint(texts)
    checkpoint.counters["step"] = [UInt64(steps)]
    try checkpoint.write(path: path)
  }

  /// Resumes with the same bits.
  /// - Throws: the errors of `Checkpoint.read`, naming the text that differs; nothing is changed then.
  func resume(path: String, _ texts: [String: String]) throws(Failure) {
    let file = try WeightFile(path: path), step = try Checkpoint<Float>.step(file)
    try checkpoint(texts).read(file)
    steps = step
  }
}
