import Tensors

/// All that a training must keep to go on with the very bits that it would have had: parameters, what the
/// optimiser remembers, counters (steps, the words of generators) and texts (options, which must be the same
/// then).
///
/// It is a safetensors file. Parameters lie under their own names, so that a checkpoint can be read as a
/// weight file too; the optimiser's tensors under `optimiser.`, counters as bytes under `counter.`, texts as
/// metadata under `text.`.
package final class Checkpoint<Element: Scalar> {
  /// What the parameters belong to: a checkpoint of another network is refused.
  package let network: String
  package var counters: [String: [UInt64]] = [:]
  package var texts: [String: String] = [:]
  private let parameters: [Parameter<Element>]
  private let optimiser: OptimiserState<Element>

  private static var version: String { "1" }
  /// Double has no place in our weight files: it is kept as bytes.
  private static var isSingle: Bool { MemoryLayout<Element>.size == MemoryLayout<Float>.size }
  private static var number: String { isSingle ? "F32" : "F64" }

  /// - Parameters:
  ///   - parameters: all of the network's, running statistics too. Theirs and the optimiser's tensors are
  ///     what is written, and what is filled when a checkpoint is read.
  package init(_ network: String, _ parameters: [Parameter<Element>], _ optimiser: OptimiserState<Element>) {
    self.network = network
    self.parameters = parameters
    self.optimiser = optimiser
  }

  /// Writes the file whole or not at all: an older one stays as it was until the new one is on the disk.
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

  /// Parameters and the optimiser's tensors, under the names of the file.
  private func tensors() -> [(name: String, value: Tensor<Element>)] {
    var tensors: [(name: String, value: Tensor<Element>)] = []
    for parameter in parameters { tensors.append((parameter.name, parameter.value)) }
    for tensor in optimiser.tensors { tensors.append(("optimiser." + tensor.name, tensor.value)) }
    return tensors
  }

  /// Fills parameters, optimiser, counters and texts from a file; nothing is changed when it throws.
  ///
  /// - Throws: `.io` when it cannot be read; `.wrongModel` for a checkpoint of another network or optimiser
  ///   or kind of number, or with another text under a key of `texts`, or none: the reason names what
  ///   differs; `.badData` for a file that is no checkpoint, or damaged, or lacks a tensor or has one too
  ///   many.
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

    // All of it is looked at before anything is changed.
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

  private static func require(_ key: String, _ file: WeightFile, _ wanted: String) throws(Failure) {
    let found = file.metadata[key]
    guard found == wanted else { throw differing(key, wanted, found) }
  }

  /// Compares texts that must be the same with those of a file.
  /// - Throws: `.wrongModel` for the first that differs, before the first that the file lacks: another
  ///   optimiser has other settings, and it is the optimiser that is to be named.
  package static func check(_ file: WeightFile, _ texts: [String: String]) throws(Failure) {
    let ordered = texts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for (key, wanted) in ordered {
      if let found = file.metadata["text." + key], found != wanted { throw differing(key, wanted, found) }
    }
    for (key, wanted) in ordered where file.metadata["text." + key] == nil {
      throw differing(key, wanted, nil)
    }
  }

  /// "steps is 80; the checkpoint has 60"
  private static func differing(_ key: String, _ wanted: String, _ found: String?) -> Failure {
    .wrongModel("\(key) is \(wanted); the checkpoint has \(found ?? "none")")
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

  /// Lowest byte first.
  private static func bytes(_ words: [UInt64]) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in words { for i in 0..<8 { bytes.append(UInt8(word >> UInt64(8 * i) & 0xFF)) } }
    return bytes
  }

  /// The numbers of a counter, under its name in the file.
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
