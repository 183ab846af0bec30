import Foundation
import Networks
import TestSupport
import Tensors
import Testing

private let rules: [UpdateRule] = [
  .sgd(SGD(momentum: 0.9)), .adam(Adam()), .adam(Adam(weightDecay: 0.1, isDecoupled: true)),
  .rmsProp(RMSProp(momentum: 0.5))
]

private func opened(_ bytes: Storage<UInt8>) throws -> WeightFile {
  try bytes.withSpan { try WeightFile(copying: $0) }
}

/// Ten steps and ten more, from a checkpoint or straight on.
private func numbers<Element: Scalar>(
  _ rule: UpdateRule, stops: Bool, _ type: Element.Type
) throws -> [Element] {
  let reference = try OptimisersReference.load()
  var training = try SmallTraining<Element>(reference)
  var optimiser = try Optimiser(rule, training.parameters)
  let statistic = Parameter<Element>("running.mean", try Tensor([2], [1, 2]), isTrained: false)
  _ = try training.train(optimiser, steps: 10, rate: 0.05)
  if stops {
    let checkpoint = Checkpoint("small", training.parameters + [statistic], optimiser.state)
    checkpoint.counters["generator"] = [1, .max, 0, 0x0123_4567_89AB_CDEF]
    checkpoint.texts["rate"] = "0.05"
    statistic.value.pointer[1] = 7
    let file = try opened(checkpoint.bytes())

    training = try SmallTraining(reference)
    optimiser = try Optimiser(rule, training.parameters)
    statistic.value.pointer[1] = 0
    let next = Checkpoint("small", training.parameters + [statistic], optimiser.state)
    next.texts["rate"] = "0.05"
    try next.read(file)
    #expect(
      next.counters == ["generator": [1, .max, 0, 0x0123_4567_89AB_CDEF]] && next.texts == ["rate": "0.05"])
    #expect(statistic.value[1] == 7 && optimiser.steps == 10)
  }
  _ = try training.train(optimiser, steps: 10, rate: 0.05)
  return training.numbers
}

private func small(
  network: String = "small", units: Int = 2, rule: UpdateRule = .adam(Adam())
) throws -> Checkpoint<Float> {
  let parameters = [
    Parameter<Float>("weight", try Tensor([units, 3], repeating: 1)),
    Parameter<Float>("bias", try Tensor([units], repeating: 2))
  ]
  return Checkpoint(network, parameters, try Optimiser(rule, parameters).state)
}

@Suite struct CheckpointTests {
  @Test(arguments: rules.indices)
  func `goes on with the same bits`(index: Int) throws {
    let float = try numbers(rules[index], stops: false, Float.self)
    #expect(
      try numbers(rules[index], stops: true, Float.self).map { $0.bitPattern } == float.map { $0.bitPattern })
    let double = try numbers(rules[index], stops: false, Double.self)
    #expect(
      try numbers(rules[index], stops: true, Double.self).map { $0.bitPattern }
        == double.map { $0.bitPattern })
  }

  @Test func `can be read as a weight file`() throws {
    let file = try opened(small().bytes())
    #expect(try file.tensor("weight", [2, 3]).values == [Float](repeating: 1, count: 6))
  }

  @Test func `is written to a file and read again`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "facestyle-\(UUID().uuidString).safetensors"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let checkpoint = try small()
    checkpoint.counters["step"] = [12]
    try checkpoint.write(path: path)
    let next = try small()
    try next.read(path: path)
    #expect(next.counters["step"] == [12])
    #expect(outcome { try next.read(path: path + ".none") }.hasPrefix("io: "))
  }

  @Test func `is refused by another network, optimiser or kind of number`() throws {
    let file = try opened(small().bytes())
    #expect(
      outcome { try small(network: "large").read(file) }
        == "wrongModel: network is large; the checkpoint has small")
    #expect(
      outcome { try small(rule: .sgd(SGD())).read(file) }
        == "wrongModel: optimiser is sgd; the checkpoint has adam")
    let double = [Parameter<Double>("weight", try Tensor([2, 3], repeating: 1))]
    #expect(
      outcome { try Checkpoint("small", double, Optimiser(.adam(Adam()), double).state).read(file) }
        == "wrongModel: number is F64; the checkpoint has F32")
    #expect(
      outcome { try small(units: 3).read(file) } == "badData: weights: weight is [2, 3]; expected [3, 3]")
  }

  @Test
  func `names the one text that differs, and one that the file lacks only where all others are the same`()
    throws
  {
    let kept = try small()
    kept.texts = ["steps": "60", "seed": "1"]
    let file = try opened(kept.bytes())
    func refusal(_ texts: [String: String]) throws -> String {
      let next = try small()
      next.texts = texts
      return outcome { try next.read(file) }
    }
    #expect(try refusal(["steps": "60", "seed": "1"]) == "")
    #expect(try refusal(["steps": "80", "seed": "1"]) == "wrongModel: steps is 80; the checkpoint has 60")
    #expect(
      try refusal(["steps": "60", "seed": "1", "rate": "3"])
        == "wrongModel: rate is 3; the checkpoint has none")
    #expect(try refusal(["steps": "80", "rate": "3"]) == "wrongModel: steps is 80; the checkpoint has 60")
  }

  @Test func `names what is missing, too much or no checkpoint, and changes nothing`() throws {
    var plain = TensorFile()
    plain.add("weight", [2, 3], [Float](repeating: 5, count: 6))
    #expect(
      outcome { try small().read(plain.weightFile()) }
        == "badData: checkpoint: the file is none, its metadata has no \"checkpoint\"")

    func file(
      _ version: String = "1", without: String = "", with: String = "", counterBytes: Int = 8
    ) throws -> WeightFile {
      var writer = WeightFileWriter()
      writer.metadata = ["checkpoint": version, "network": "small", "optimiser": "sgd", "number": "F32"]
      for (name, extents) in [
        ("weight", [2, 3]), ("bias", [2]), ("optimiser.velocity.weight", [2, 3]),
        ("optimiser.velocity.bias", [2]), (with, [1])
      ]
      where name != without && name != "" {
        try writer.add(name, Tensor(extents, repeating: 9))
      }
      try writer.add("optimiser.counters", bytes: [UInt8](repeating: 1, count: counterBytes))
      return try opened(writer.bytes())
    }
    let parameter = Parameter<Float>("weight", try Tensor([2, 3], repeating: 1)),
      bias = Parameter<Float>("bias", try Tensor([2], repeating: 1))
    let optimiser = try Optimiser(.sgd(SGD()), [parameter, bias])
    let checkpoint = Checkpoint("small", [parameter, bias], optimiser.state)
    for (wrong, reason) in [
      (try file("2"), "badData: checkpoint: version 2; expected 1"),
      (try file(without: "bias"), "badData: weights: bias is missing"),
      (try file(without: "optimiser.velocity.bias"), "badData: weights: optimiser.velocity.bias is missing"),
      (try file(with: "third"), "badData: checkpoint: third is no tensor of this training"),
      (try file(with: "counter.x"), "badData: weights: counter.x is stored as numbers; expected bytes"),
      (
        try file(counterBytes: 7),
        "badData: checkpoint: optimiser.counters has 7 bytes; expected a multiple of 8"
      ),
      (try file(counterBytes: 16), "badData: checkpoint: optimiser.counters has 2 numbers; expected 1")
    ] {
      #expect(outcome { try checkpoint.read(wrong) } == reason)
      #expect(parameter.value[0] == 1 && bias.value[1] == 1 && optimiser.steps == 0)
    }
    try checkpoint.read(file())
    #expect(parameter.value[0] == 9 && bias.value[1] == 9 && optimiser.steps == 0x0101_0101_0101_0101)
  }

  @Test func `names two tensors of one name`() throws {
    let x = Parameter<Float>("x", try Tensor([1], repeating: 1))
    #expect(
      outcome { try Checkpoint("n", [x, x], Optimiser(.sgd(SGD()), []).state).bytes() }
        == "invalidArgument: two tensors named x")
  }

  /// Whatever the bytes, a checkpoint is refused with a reason or read.
  @Test func `stands a file cut short or changed at any byte`() throws {
    let checkpoint = try small(), bytes = try checkpoint.bytes().values
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(outcome { try checkpoint.read(TensorFile.open(Array(bytes[..<count]))) }.hasPrefix("badData"))
    }
    for place in stride(from: 0, to: bytes.count, by: 3) {
      var changed = bytes
      changed[place] ^= 0x15
      let reason = outcome { try checkpoint.read(TensorFile.open(changed)) }
      #expect(reason == "" || reason.hasPrefix("badData") || reason.hasPrefix("wrongModel"), "\(reason)")
    }
  }
}
