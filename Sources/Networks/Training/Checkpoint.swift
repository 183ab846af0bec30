import Tensors

/// Everything that a training needs to resume bit-exactly: parameters, the optimiser's state, counters
/// (steps, generator states) and texts (options, which must match on resumption).
///
/// A safetensors file. Parameters have their own names, so that a checkpoint can also be read as a weight
/// file; the optimiser's tensors are stored under `optimiser.`, counters as bytes under `counter.`, texts as
/// metadata under `text.`.
package final class Checkpoint<Element: Scalar> {
  /// The network that the parameters belong to; checkpoints of others are rejected.
  package let network: String
  package var counters: [String: [UInt64]] = [:]
  package var texts: [String: String] = [:]
  private let parameters: [Parameter<Element>]
  private let optimiser: OptimiserState<Element>

  private static var version: String { "1" }
  /// Our weight files do not store Double: it is kept as bytes.
  private static var isSingle: Bool { MemoryLayout<Element>.size == MemoryLayout<Float>.size }
  private static var number: String { isSingle ? "F32" : "F64" }

  /// - Parameters:
  ///   - parameters: all of the network's, including running statistics. They and the optimiser's tensors are
  ///     written to a checkpoint, and filled when one is read.
  package init(_ network: String, _ parameters: [Parameter<Element>], _ optimiser: OptimiserState<Element>) {
    self.network = network
    self.parameters = parameters
    self.optimiser = optimiser
  }

  /// Writes the file atomically: an older one stays intact until the new one is on the disk.
  /// - Throws: `.io` with the system's reason; `.invalidArgument` for two tensors of one name.
  package func write(path: String) throws(Failure) { try writer().write(path: path) }

  package func bytes() throws(Failure) -> Storage<UInt8> { try writer().bytes() }

  private func writer() throws(Failure) -> WeightFileWriter {
    var writer = WeightFileWriter()
    writer.metadata = [
      "checkpoint": Checkpoint.version, "network": network, "optimiser": optimiser.name,
      "number": Checkpoint.number
    ]
    for (key, text) in texts { writer.metadata["text." + key] = text }
    for (name, value) in tensors() { try Checkpoint.add(name, value, to: &writer) }
    for (name, words) in counters where !words.isEmpty {
      try writer.add("counter." + name, bytes: Checkpoint.bytes(words))
    }
    try writer.add("optimiser.counters", bytes: Checkpoint.bytes(optimiser.counters))
    return writer
  }

  /// Parameters and the optimiser's tensors, under their names in the file.
  private func tensors() -> [(name: String, value: Tensor<Element>)] {
    var tensors: [(name: String, value: Tensor<Element>)] = []
    for parameter in parameters { tensors.append((parameter.name, parameter.value)) }
    for tensor in optimiser.tensors { tensors.append(("optimiser." + tensor.name, tensor.value)) }
    return tensors
  }

  /// Restores parameters, optimiser, counters and texts from a file; changes nothing if it throws.
  ///
  /// - Throws: `.io` if it cannot be read; `.wrongModel` for a checkpoint of another network, optimiser or
  ///   number type, or if a text of `texts` is different or missing, naming the difference; `.badData` for a
  ///   file that is not a checkpoint, is damaged, or has a missing or surplus tensor.
  package func read(path: String) throws(Failure) { try read(WeightFile(path: path)) }

  package func read(_ file: WeightFile) throws(Failure) {
    guard let version = file.metadata["checkpoint"] else {
      throw .badData("checkpoint: the file is none, its metadata has no \"checkpoint\"")
    }
    guard version == Checkpoint.version else {
      throw .badData("checkpoint: version \(version); expected \(Checkpoint.version)")
    }
    try Checkpoint.require("network", file, network)
    try Checkpoint.require("optimiser", file, optimiser.name)
    try Checkpoint.require("number", file, Checkpoint.number)
    try Checkpoint.check(file, texts)

    // Checks everything before it changes anything.
    let tensors = tensors()
    var known: Set<String> = ["optimiser.counters"]
    for (name, value) in tensors {
      known.insert(name)
      try Checkpoint.fill(value, from: file, name, checking: true)
    }
    let steps = try Checkpoint.words(file, "optimiser.counters")
    guard steps.count == optimiser.counters.count else {
      throw .badData(
        "checkpoint: optimiser.counters has \(steps.count) numbers; expected \(optimiser.counters.count)")
    }
    var counters: [String: [UInt64]] = [:]
    let prefix = "counter."
    for name in file.names where !known.contains(name) {
      guard name.hasPrefix(prefix) else {
        throw .badData("checkpoint: \(name) is no tensor of this training")
      }
      counters[String(name.dropFirst(prefix.count))] = try Checkpoint.words(file, name)
    }
    for (name, value) in tensors { try Checkpoint.fill(value, from: file, name, checking: false) }
    optimiser.counters = steps
    self.counters = counters
    texts = [:]
    let textPrefix = "text."
    for (key, text) in file.metadata where key.hasPrefix(textPrefix) {
      texts[String(key.dropFirst(textPrefix.count))] = text
    }
  }

  private static func require(_ key: String, _ file: WeightFile, _ expected: String) throws(Failure) {
    let found = file.metadata[key]
    guard found == expected else { throw differing(key, expected, found) }
  }

  /// Compares required texts with those of a file.
  /// - Throws: `.wrongModel` for the first difference, or else for the first text that is missing: another
  ///   optimiser has other settings, and the error must name the optimiser.
  package static func check(_ file: WeightFile, _ texts: [String: String]) throws(Failure) {
    let ordered = texts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for (key, expected) in ordered {
      if let found = file.metadata["text." + key], found != expected { throw differing(key, expected, found) }
    }
    for (key, expected) in ordered where file.metadata["text." + key] == nil {
      throw differing(key, expected, nil)
    }
  }

  /// "steps is 80; the checkpoint has 60"
  private static func differing(_ key: String, _ expected: String, _ found: String?) -> Failure {
    .wrongModel("\(key) is \(expected); the checkpoint has \(found ?? "none")")
  }

  private static func add(
    _ name: String, _ tensor: Tensor<Element>, to writer: inout WeightFileWriter
  ) throws(Failure) {
    guard isSingle else {
      return try writer.add(name, bytes: tensor.storage.withBytes { Array($0) })
    }
    let singles = try Tensor<Float>(tensor.shape)
    tensor.storage.withSpan { singles.storage.copy($0.bytes) }
    try writer.add(name, singles)
  }

  private static func fill(
    _ tensor: Tensor<Element>, from file: WeightFile, _ name: String, checking: Bool
  ) throws(Failure) {
    guard isSingle else {
      let bytes = try file.bytes(name), size = tensor.count * MemoryLayout<Element>.size
      guard bytes.count == size else {
        throw .badData("weights: \(name) has \(bytes.count) bytes; expected \(size)")
      }
      if !checking { tensor.storage.copy(bytes.span.bytes) }
      return
    }
    guard !file.isNarrow(name) else { throw .badData("weights: \(name) has less than 32 bits a number") }
    guard !checking else { return try file.check(name, tensor.shape.extents) }
    let singles = try file.tensor(name, tensor.shape.extents)
    singles.storage.withSpan { tensor.storage.copy($0.bytes) }
  }

  /// Little-endian.
  private static func bytes(_ words: [UInt64]) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in words { for i in 0..<8 { bytes.append(UInt8(word >> UInt64(8 * i) & 0xFF)) } }
    return bytes
  }

  /// The counter "step" of a file.
  package static func step(_ file: WeightFile) throws(Failure) -> Int {
    let words = try file.contains("counter.step") ? words(file, "counter.step") : []
    guard words.count == 1, words[0] < 1 << 40 else {
      throw .badData("checkpoint: it does not say how many steps were done")
    }
    return Int(words[0])
  }

  /// The values of a counter, under its name in the file.
  package static func words(_ file: WeightFile, _ name: String) throws(Failure) -> [UInt64] {
    let bytes = try file.bytes(name)
    guard bytes.count % 8 == 0 else {
      throw .badData("checkpoint: \(name) has \(bytes.count) bytes; expected a multiple of 8")
    }
    var words = [UInt64](repeating: 0, count: bytes.count / 8)
    for (i, byte) in bytes.enumerated() { words[i / 8] |= UInt64(byte) << UInt64(8 * (i % 8)) }
    return words
  }
}
