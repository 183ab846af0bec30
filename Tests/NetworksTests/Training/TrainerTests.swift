import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// A network of every kind of state: running statistics, dropout, slopes.
private func small(_ name: StaticString = "small", units: Int = 6) -> Architecture {
  Architecture(
    name: name, side: 12, mean: (0, 0, 0), scale: 1,
    layers: [
      .convolution(
        "c", 8, kernel: 3, stride: 2, padding: .zeros(1), normalisation: .batch("n"), activation: .rectifier),
      .pool(.maximum, kernel: 2, stride: 2), .dropout(0.2),
      .dense("d", units, activation: .parametric("p")), .unitLength, .tap("embedding")
    ])
}

/// Twelve pictures of three people: each person's own picture, and noise.
private func pictures(seed: UInt64 = 1) throws -> Tensor<Float> {
  var numbers = Numbers(seed: 100), noise = Numbers(seed: 200 + seed)
  let own: [Float] = numbers.array(3 * 432), values: [Float] = noise.array(12 * 432)
  let patterns = try Tensor<Float>([12, 12, 12, 3])
  for i in 0..<patterns.count {
    patterns.pointer[i] = 0.5 * values[i] + own[Int(people[i / 432]) * 432 + i % 432]
  }
  return patterns
}

/// Neighbours are pairs of one person and of two, by turns.
private let people: [Int32] = [0, 0, 1, 2, 1, 1, 2, 0, 2, 2, 0, 1]

private func targets(_ loss: Loss) throws -> Targets<Float> {
  switch loss.wanted {
  case .nothing: return .nothing
  case .people, .classes: return .labels(people)
  case .pairs: return .pairs((0..<6).map { people[2 * $0] == people[2 * $0 + 1] ? 0 : 1 })
  case .faces: return .faces([])
  case .teacher:
    var numbers = Numbers(seed: 300)
    let own: [Float] = numbers.array(3 * 6)  // a direction for each person
    return .teacher(
      try Tensor([12, 6], people.flatMap { own[(6 * Int($0))..<(6 * Int($0) + 6)] }), people: people)
  }
}

private func settings(_ loss: Loss, _ rule: UpdateRule = .adam(Adam())) -> TrainingSettings {
  var settings = TrainingSettings(loss: loss)
  settings.rule = rule
  settings.schedule = .cosine(rate: 0.01, minimum: 0.001, steps: 20)
  settings.classes = 3
  settings.seed = 7
  return settings
}

private func train(_ trainer: Trainer, steps: Int) throws -> [Double] {
  try (0..<steps).map { _ in
    try trainer.step(pictures(seed: UInt64(trainer.step)), targets(trainer.settings.loss)).loss
  }
}

/// Every bit that a step may change.
private func state(_ trainer: Trainer) -> [[UInt32]] {
  (trainer.network.parameters + trainer.head).map { $0.value.values.map(\.bitPattern) } + [
    [UInt32(trainer.step)]
  ]
}

private final class TemporaryFile {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent(
    "facestyle-\(UUID().uuidString).safetensors"
  ).path
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

private let centre = Loss.centre(lambda: 0.1, rate: 0.5, .mean)

@Suite struct TrainerTests {
  @Test(arguments: [
    Loss.softmax(.mean), centre, .minedTriplet(.hard, margin: 0.5, .mean),
    .minedTriplet(.semiHard, margin: 0.5, .mean),
    .angularMargin(.angle(0.3), scale: 8, .mean), .contrastive(margin: 1, epsilon: 1e-6, .mean),
    .pairwise(.chiSquare, .mean),
    .distillation(Distillation(cosine: 1, similarity: 1)), .distillation(Distillation(strangers: 1)),
    .teacherDistance
  ])
  func `the loss falls`(loss: Loss) throws {
    let losses = try train(try Trainer(small(), settings(loss)), steps: 30)
    func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
    let (first, last) = (mean(losses[..<5]), mean(losses[25...]))
    #expect(losses.allSatisfy { $0.isFinite })
    #expect(last < 0.97 * first, "\(first) to \(last)")
  }

  /// Three classes are told from the network's own scores: nothing is trained besides it.
  @Test func `a network that is the classifier is trained whole`() throws {
    let classifier = Architecture(
      name: "classifier", side: 12, mean: (0, 0, 0), scale: 1,
      layers: [
        .convolution("c", 8, kernel: 3, stride: 2, activation: .rectifier), .dense("d", 3), .tap("scores"),
        .softmax,
        .tap("classes")
      ])
    var whole = settings(.crossEntropy(.mean))
    whole.classes = 0
    let trainer = try Trainer(classifier, whole)
    #expect(trainer.head.isEmpty && trainer.classes == 3)
    let losses = try train(trainer, steps: 30)
    #expect(losses[29] < 0.5 * losses[0], "\(losses[0]) to \(losses[29])")

    let file = TemporaryFile()
    try trainer.export(path: file.path, .float32)
    let network = try Network<Float>(classifier, weights: WeightFile(path: file.path))
    let expected = try network.run(pictures(), .init(["classes"]))[0], answers = try trainer.embed(pictures())
    #expect(answers.shape.extents == [12, 3])
    #expect(largestDifference(answers.values, expected.values) < Tolerance.float)
    let sure = (0..<12).filter { answers[3 * $0 + Int(people[$0])] > 0.5 }
    #expect(sure.count >= 10, "of 12 pictures that it learnt from")

    #expect(
      outcome { try trainer.step(pictures(), .labels([Int32](repeating: 3, count: 12))) }
        == "invalidArgument: label 3; expected 0 to 2")
    whole.classes = 4
    #expect(
      outcome { try Trainer(classifier, whole) }
        == "invalidArgument: 4 classes for a network that answers 3 scores")
  }

  @Test func `a plain classifier and centres see embeddings of any length, others of length 1`() throws {
    let free = try Trainer(small(), settings(.softmax(.mean))),
      unit = try Trainer(small(), settings(.minedTriplet(.all, margin: 1, .sum)))
    func length(_ trainer: Trainer) throws -> Float {
      let tape = Tape<Float>()
      let seen = try trainer.network.run(
        tape.constant(pictures()), trainer.network.leaves(on: tape), .frozen, on: tape)
      return seen.tensor.values[..<6].reduce(0) { $0 + $1 * $1 }
    }
    #expect(try abs(length(unit) - 1) < Float(Tolerance.float) && abs(length(free) - 1) > 0.01)
  }

  @Test(arguments: [Loss.minedTriplet(.hard, margin: 0.5, .mean), .softmax(.mean)])
  func `embeds as the exported network does`(loss: Loss) throws {
    let trainer = try Trainer(small(), settings(loss))
    _ = try train(trainer, steps: 3)
    let file = TemporaryFile()
    try trainer.export(path: file.path, .float32, metadata: ["note": "three steps"])
    let weights = try WeightFile(path: file.path)
    #expect(weights.metadata["architecture"] == "small" && weights.metadata["note"] == "three steps")
    let expected = try Network<Float>(small(), weights: weights).run(pictures(), .init(["embedding"]))[0]
    let embeddings = try trainer.embed(pictures())
    #expect(embeddings.shape.extents == [12, 6])
    #expect(largestDifference(embeddings.values, expected.values) < Tolerance.float)
    #expect(
      try state(Trainer(small(), settings(centre), weights: weights)).prefix(9) == state(trainer).prefix(9),
      "and begins with it")
  }

  @Test(arguments: [
    (centre, UpdateRule.adam(Adam())),
    (.minedTriplet(.semiHard, margin: 0.5, .mean), .sgd(SGD(momentum: 0.9))),
    (.angularMargin(.cosine(0.2), scale: 16, .mean), .rmsProp(RMSProp())),
    (.pairwise(.absoluteDifference, .sum), .adam(Adam(isDecoupled: true))),
    (
      .distillation(Distillation(strangers: 5, strangerLimit: -0.5, memory: 30)),
      .adam(Adam())
    )
  ])
  func `goes on from a checkpoint with the same bits`(loss: Loss, rule: UpdateRule) throws {
    let file = TemporaryFile(), straight = try Trainer(small(), settings(loss, rule))
    _ = try train(straight, steps: 4)
    straight.counters["photos"] = [3, 1, 4]
    try straight.save(path: file.path)
    let losses = try train(straight, steps: 4)

    let resumed = try Trainer(small(), settings(loss, rule))
    _ = try train(resumed, steps: 1)
    try resumed.resume(path: file.path)
    #expect(resumed.step == 4 && resumed.counters == ["photos": [3, 1, 4]])
    #expect(try train(resumed, steps: 4) == losses)
    #expect(state(resumed) == state(straight))
  }

  @Test func `refuses a checkpoint of another loss, network, optimiser or head, and changes nothing`() throws
  {
    let file = TemporaryFile(), trainer = try Trainer(small(), settings(centre))
    _ = try train(trainer, steps: 2)
    try trainer.save(path: file.path)
    func refusal(_ architecture: Architecture, _ settings: TrainingSettings) throws -> String {
      let other = try Trainer(architecture, settings)
      _ = try train(other, steps: 1)
      other.counters["photos"] = [1]
      let before = state(other)
      let reason = outcome { try other.resume(path: file.path) }
      #expect(state(other) == before && other.counters == ["photos": [1]])
      return reason
    }
    #expect(
      try refusal(small(), settings(.softmax(.mean)))
        == "wrongModel: loss is softmax; the checkpoint has centre")
    #expect(
      try refusal(small("other"), settings(centre))
        == "wrongModel: network is other; the checkpoint has small")
    #expect(
      try refusal(small(), settings(centre, .sgd(SGD())))
        == "wrongModel: optimiser is sgd; the checkpoint has adam")
    #expect(try refusal(small(units: 5), settings(centre)).hasPrefix("badData: weights: d.weight is [6, "))
    var more = settings(centre)
    more.classes = 4
    #expect(try refusal(small(), more) == "wrongModel: classes is 4; the checkpoint has 3")
    #expect(outcome { try trainer.resume(path: file.path + ".none") }.hasPrefix("io: "))

    let before = state(trainer), model = TemporaryFile(), damaged = TemporaryFile()
    try trainer.export(path: model.path, .float32)
    #expect(
      outcome { try trainer.resume(path: model.path) }
        == "badData: checkpoint: it does not say how many steps were done")
    var writer = WeightFileWriter()
    writer.metadata["text.loss"] = "centre"
    try writer.write(path: damaged.path)
    #expect(
      outcome { try trainer.resume(path: damaged.path) }
        == "badData: checkpoint: it does not say how many steps were done")
    try writer.add("counter.step", bytes: [UInt8](repeating: 0xFF, count: 8))
    try writer.write(path: damaged.path)
    #expect(
      outcome { try trainer.resume(path: damaged.path) }
        == "badData: checkpoint: it does not say how many steps were done")
    #expect(state(trainer) == before)
  }

  /// average += (1 - keep)(value - average), keep = min(0.4, (1 + step) / (10 + step))
  @Test func `a running average of the weights is what is saved, and goes on with the same bits`() throws {
    var averaged = settings(.softmax(.mean))
    averaged.average = 0.4
    let plain = try Trainer(small(), settings(.softmax(.mean)))
    var expected = plain.network.parameters.map { $0.value.values.map { Double($0) } }
    for step in 0..<8 {
      _ = try train(plain, steps: 1)
      let share = 1 - min(0.4, Double(1 + step) / Double(10 + step))
      for (i, parameter) in plain.network.parameters.enumerated() {
        for (k, value) in parameter.value.values.enumerated() {
          expected[i][k] += share * (Double(value) - expected[i][k])
        }
      }
    }
    let trainer = try Trainer(small(), averaged), checkpoint = TemporaryFile(), model = TemporaryFile()
    _ = try train(trainer, steps: 5)
    try trainer.save(path: checkpoint.path)
    let resumed = try Trainer(small(), averaged)
    try resumed.resume(path: checkpoint.path)
    for trainer in [trainer, resumed] {
      _ = try train(trainer, steps: 3)
      #expect(state(trainer) == state(plain))
      try trainer.export(path: model.path, .float32)
      let weights = try WeightFile(path: model.path)
      for (i, parameter) in plain.network.parameters.enumerated() {
        let saved = try weights.tensor(parameter.name, parameter.value.shape.extents).values
        #expect(
          largestDifference(saved.map { Double($0) }, expected[i]) < Tolerance.float, "\(parameter.name)")
        // A bias before a batch normalisation stays 0.
        #expect(saved != parameter.value.values || saved.allSatisfy { $0 == 0 })
      }
      let answer = try Network<Float>(small(), weights: weights).run(pictures(), .init(["embedding"]))[0]
      #expect(try largestDifference(trainer.embed(pictures()).values, answer.values) < 10 * Tolerance.float)
    }
    #expect(
      outcome { try plain.resume(path: checkpoint.path) }
        == "wrongModel: average is none; the checkpoint has 0.4")
    averaged.average = 1
    #expect(
      outcome { try averaged.check() } == "invalidArgument: average 1.0; expected more than 0, less than 1")
  }

  @Test func `gives the same bits for one to three threads`() throws {
    var states: [[[UInt32]]] = []
    for threads in 1...3 {
      try withPool(threads: threads) {
        let trainer = try Trainer(small(), settings(centre))
        _ = try train(trainer, steps: 3)
        states.append(state(trainer))
      }
    }
    #expect(states.allSatisfy { $0 == states[0] })
  }

  @Test(arguments: [
    centre, .minedTriplet(.all, margin: 0.5, .mean), .contrastive(margin: 1, epsilon: 1e-6, .mean),
    .teacherDistance
  ])
  func `a damaged picture is refused, and changes nothing`(loss: Loss) throws {
    let trainer = try Trainer(small(), settings(loss))
    _ = try train(trainer, steps: 2)
    let before = state(trainer)
    for value in [Float.nan, .infinity] {
      let damaged = try pictures()
      damaged.pointer[1000] = value
      #expect(outcome { try trainer.step(damaged, targets(loss)) }.hasPrefix("badData: step 2: the loss is"))
      #expect(state(trainer) == before)
    }
    // It goes on as if nothing had been.
    let other = try Trainer(small(), settings(loss))
    _ = try train(other, steps: 2)
    #expect(try train(trainer, steps: 1) == train(other, steps: 1) && state(trainer) == state(other))
  }

  @Test func `what other step fails changes nothing either`() throws {
    let trainer = try Trainer(small(), settings(centre)), before = state(trainer)
    #expect(
      outcome { try trainer.step(pictures(), .nothing) }
        == "invalidArgument: a batch without labels of people")
    #expect(outcome { try trainer.step(pictures(), .labels([0])) }.hasPrefix("invalidArgument: "))
    #expect(
      outcome { try trainer.step(pictures(), .labels([Int32](repeating: 3, count: 12))) }
        == "invalidArgument: label 3; expected 0 to 2")
    #expect(
      outcome { try trainer.step(Tensor([1, 12, 12, 4], repeating: 0), .labels([0])) }.hasPrefix(
        "invalidArgument: "))
    #expect(outcome { try trainer.step(Tensor([0, 12, 12, 3]), .labels([])) }.hasPrefix("invalidArgument: "))
    trainer.allReduce = { _ throws(Failure) in throw .io("the line is down") }
    #expect(outcome { try trainer.step(pictures(), .labels(people)) } == "io: the line is down")
    trainer.allReduce = { numbers in numbers[0] = .nan }
    #expect(
      outcome { try trainer.step(pictures(), .labels(people)) }.hasPrefix(
        "badData: step 0: the gradient is not finite"))
    #expect(state(trainer) == before)
  }

  @Test func `hands all gradients to the all-reduce once a step`() throws {
    let trainer = try Trainer(small(), settings(centre, .sgd(SGD()))),
      plain = try Trainer(small(), settings(centre, .sgd(SGD())))
    var wanted = 1, seen: [Int] = []  // the loss, and all that a step moves
    for parameter in trainer.network.parameters + trainer.head { wanted += parameter.value.count }
    trainer.allReduce = { numbers in
      seen.append(numbers.count)
      // The mean of two processes whose gradients are alike.
      for i in 0..<numbers.count { numbers[i] = (numbers[i] + numbers[i]) / 2 }
    }
    #expect(try train(trainer, steps: 2) == train(plain, steps: 2) && state(trainer) == state(plain))
    #expect(seen == [wanted, wanted])
  }

  @Test func `processes on parts of a batch get the gradients of one on the whole`() throws {
    // Batch normalisation takes the statistics of a process's own pictures: here is none.
    let plain = Architecture(
      name: "plain", side: 12, mean: (0, 0, 0), scale: 1,
      layers: [
        .convolution("c", 8, kernel: 3, stride: 2, padding: .zeros(1), activation: .rectifier),
        .dense("d", 6), .tap("embedding")
      ])
    let loss = Loss.contrastive(margin: 3, epsilon: 1e-6, .mean)
    let all = try pictures(), labels: [Int32] = [0, 1, 0, 1, 0, 1]
    func shared(_ pairs: Range<Int>) throws -> [Float] {
      var seen: [Float] = []
      let trainer = try Trainer(plain, settings(loss))
      trainer.allReduce = { numbers in seen = numbers.values }
      let part = try Tensor(
        [2 * pairs.count, 12, 12, 3], Array(all.values[(pairs.lowerBound * 864)..<(pairs.upperBound * 864)]))
      _ = try trainer.step(part, .pairs(Array(labels[pairs])))
      return seen
    }
    let (first, second, whole) = (try shared(0..<3), try shared(3..<6), try shared(0..<6))
    let largest = whole.map(abs).max() ?? 0
    for i in whole.indices {
      let mean: Float = (first[i] + second[i]) / 2
      let difference: Float = (mean - whole[i]).magnitude
      #expect(Double(difference) <= Tolerance.lossFloat * Double(largest))
    }
  }

  @Test func `hands on statistics, centres and the loss, which stay alike in all processes`() throws {
    let trainer = try Trainer(small(), settings(centre))
    // The other process has seen nothing but zeros.
    trainer.allReduce = { numbers in for i in 0..<numbers.count { numbers[i] /= 2 } }
    let plain = try Trainer(small(), settings(centre))
    let (half, whole) = (
      try trainer.step(pictures(), .labels(people)), try plain.step(pictures(), .labels(people))
    )
    #expect(half.loss == whole.loss / 2)
    for (a, b) in zip(trainer.network.parameters + trainer.head, plain.network.parameters + plain.head)
    where !a.isTrained {
      #expect(a.value.values == b.value.values.map { $0 / 2 })
    }
    trainer.allReduce = { numbers in numbers[numbers.count - 1] = .infinity }
    #expect(
      outcome { try trainer.step(pictures(), .labels(people)) }.hasPrefix("badData: step 1: the loss is"))
    #expect(trainer.step == 1)
  }

  @Test func `shortens gradients to the length that is asked for, and reports what they were`() throws {
    var short = settings(.softmax(.mean), .sgd(SGD()))
    short.schedule = .constant(1)
    short.longestGradient = 1e-3
    let trainer = try Trainer(small(), short)
    let before = (trainer.network.parameters + trainer.head).filter { $0.isTrained }.flatMap {
      $0.value.values
    }
    let report = try trainer.step(pictures(), .labels(people))
    let after = (trainer.network.parameters + trainer.head).filter { $0.isTrained }.flatMap {
      $0.value.values
    }
    let moved = zip(before, after).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
    #expect(report.gradientNorm > 1e-3 && report.rate == 1 && abs(moved - 1e-3) < 1e-5)
    short.longestGradient = -1
    #expect(
      outcome { try Trainer(small(), short) }
        == "invalidArgument: longest gradient -1.0; expected more than 0")
  }

  @Test func `names of losses are apart`() {
    let names = Loss.examples.filter { !$0.hasStrangers }.map(\.name)
    #expect(Set(names).count == names.count)
  }
}
