import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// Origin of the numbers: PyTorch in Double, by Tests/Fixtures/reference/losses_reference.py.
@Suite struct LossTests {
  @Test(arguments: try LossCase.all()) func `has PyTorch's value and gradients in Double`(
    known: LossCase
  ) throws {
    try known.compare(Double.self, tolerance: Tolerance.lossDouble)
  }

  @Test(arguments: try LossCase.all()) func `has PyTorch's value and gradients in Float`(
    known: LossCase
  ) throws {
    try known.compare(Float.self, tolerance: Tolerance.lossFloat)
  }

  @Test(arguments: try LossCase.all()) func `has the gradient of its definition`(known: LossCase) throws {
    // Scores of hundreds bend within a step, and the kinks of nothing but zeros are not near.
    guard known.note != "scores of hundreds" else { return }
    let (loss, targets) = try (known.loss(), known.targets(Double.self))
    let embeddings = try known.embeddings(Double.self), head = try known.head(Double.self)
    #expect(
      try gradientError(at: embeddings) { tape, x throws(Failure) in
        let head = head.map { tape.constant($0) }
        return try loss.value(embeddings: x, targets: targets, head: head, on: tape).loss
      } <= 1)
    for part in head.indices {
      #expect(
        try gradientError(at: head[part]) { tape, x throws(Failure) in
          var variables = head.map { tape.constant($0) }
          variables[part] = x
          return try loss.value(
            embeddings: tape.constant(embeddings), targets: targets, head: variables, on: tape
          ).loss
        } <= 1)
    }
  }

  @Test(arguments: Loss.examples) func `asks for a head that it can be computed with`(loss: Loss) throws {
    let parameters = try loss.headParameters(dimension: 4, classes: 3, seed: 5)
    #expect(parameters.map(\.name) == loss.headNames)
    #expect(try parameters.map(\.tensor.shape) == loss.headShapes(dimension: 4, classes: 3))
    let tape = Tape<Float>()
    let value = try loss.value(
      embeddings: tape.leaf(try Loss.exampleEmbeddings()), targets: Loss.exampleTargets(for: loss),
      head: parameters.map { tape.leaf($0.tensor) }, on: tape)
    #expect(value.loss.scalar.isFinite && value.loss.scalar > 0)
    #expect((value.statistics != nil) == (loss.wanted == .people))
    let other = try loss.headParameters(dimension: 4, classes: 3, seed: 6)
    for (a, b) in zip(parameters, other) {
      #expect((a.tensor.values == b.tensor.values) == a.name.hasSuffix(".bias"))
    }
  }

  /// sqrt(6 / (9 + 15)) = 0.5
  @Test func `begins with weights within Glorot's bound`() throws {
    let weights = try Loss.softmax(.mean).headParameters(dimension: 15, classes: 9, seed: 1)[0].tensor.values
    #expect(
      weights.max() ?? 1 <= 0.5 && weights.max() ?? 0 > 0.45 && weights.min() ?? -1 >= -0.5
        && weights.min() ?? 0 < -0.45)
  }

  @Test(arguments: Loss.examples) func `refuses targets of another kind and a head of another size`(
    loss: Loss
  ) throws {
    let tape = Tape<Float>()
    let x = tape.leaf(try Loss.exampleEmbeddings())
    let head = try loss.headParameters(dimension: 4, classes: 3, seed: 5).map { tape.leaf($0.tensor) }
    if loss.wanted != .nothing {
      #expect(
        outcome { try loss.value(embeddings: x, targets: .nothing, head: head, on: tape) }
          .hasPrefix("invalidArgument: a batch without"))
    }
    #expect(
      outcome {
        try loss.value(embeddings: x, targets: Loss.exampleTargets(for: loss), head: head + [x], on: tape)
      }
      .hasPrefix("invalidArgument: a head of"))
  }

  @Test(arguments: Loss.examples) func `gives numbers for zeros and for identical embeddings`(
    loss: Loss
  ) throws {
    for (value, weight) in [(0, 0), (0, 1), (0.5, 0), (0.5, 0.5)] as [(Float, Float)] {
      let tape = Tape<Float>()
      let x = tape.leaf(try Tensor([6, 4], repeating: value))
      let head = try loss.headShapes(dimension: 4, classes: 3).map {
        tape.leaf(try Tensor($0.extents, repeating: weight))
      }
      let y = try loss.value(
        embeddings: x, targets: Loss.exampleTargets(for: loss, teacher: weight), head: head, on: tape)
      #expect(y.loss.scalar.isFinite)
      for gradient in try tape.gradients(of: y.loss, at: [x] + head) {
        #expect(gradient.values.allSatisfy { $0.isFinite })
      }
    }
  }

  @Test(arguments: Loss.examples) func `does not hide what is no number`(loss: Loss) throws {
    for value in [Float.nan, .infinity] {
      let tape = Tape<Float>()
      let x = try Loss.exampleEmbeddings()
      x.pointer[9] = value
      let head = try loss.headParameters(dimension: 4, classes: 3, seed: 5).map { tape.constant($0.tensor) }
      let y = try loss.value(
        embeddings: tape.constant(x), targets: Loss.exampleTargets(for: loss), head: head, on: tape)
      // Infinity is brought to unit length by division: NaN or a direction, never a crash.
      if value.isNaN { #expect(y.loss.scalar.isNaN) }
    }
  }
}

extension Loss {
  static let examples: [Loss] = [
    .triplet(margin: 9, .mean), .minedTriplet(.hard, margin: 9, .sum),
    .minedTriplet(.semiHard, margin: 9, .mean),
    .minedTriplet(.all, margin: 9, .meanOfActive), .contrastive(margin: 3, epsilon: 1e-6, .mean),
    .softmax(.mean),
    .centre(lambda: 0.1, rate: 0.5, .sum), .pairwise(.absoluteDifference, .mean), .pairwise(.chiSquare, .sum),
    .angularMargin(.cosine(0.35), scale: 64, .mean), .angularMargin(.angle(0.5), scale: 64, .mean),
    .distillation(Distillation()), .distillation(Distillation(strangers: 3, strangerLimit: -0.5)),
    .teacherDistance, .crossEntropy(.mean)
  ]

  static func exampleEmbeddings() throws -> Tensor<Float> {
    var numbers = Numbers(seed: 21)
    return try numbers.tensor([6, 4])
  }

  static func exampleTargets(for loss: Loss, teacher: Float = 0.25) throws -> Targets<Float> {
    switch loss.wanted {
    case .nothing: .nothing
    case .people, .classes: .labels([0, 2, 0, 1, 2, 1])
    case .pairs: .pairs([0, 1, 1])
    case .teacher: .teacher(try Tensor([6, 4], repeating: teacher), people: [0, 2, 0, 1, 2, 1])
    case .faces: .faces([])
    }
  }
}

/// A case of losses.json.
struct LossCase: Sendable, CustomTestStringConvertible {
  let name, note, reduction: String
  let settings: [String: Double]
  let count, dimension, classes: Int
  let x, teacher, gradient, moved: [Double]
  let labels: [Int32]
  let parts, partGradients: [[Double]]
  let value: Double
  /// triplets, active, hardest positive and negative
  let statistics: [Double]

  var testDescription: String { "\(name), \(reduction) \(note)" }

  static func all() throws -> [LossCase] {
    let list =
      try JSONSerialization.jsonObject(with: Data(contentsOf: fixtureFile("losses.json"))) as? [[String: Any]]
    return try #require(list).map(LossCase.init)
  }

  private init(_ json: [String: Any]) {
    func text(_ value: Any?) -> String { value as? String ?? "" }
    func integer(_ value: Any?) -> Int { (value as? NSNumber)?.intValue ?? 0 }
    let all = json["settings"] as? [String: Any] ?? [:], found = json["statistics"] as? [String: Any] ?? [:]
    name = text(json["loss"])
    note = text(json["note"])
    reduction = text(all["reduction"])
    settings = all.compactMapValues { ($0 as? NSNumber)?.doubleValue }
    (count, dimension, classes) = (
      integer(json["count"]), integer(json["dimension"]), integer(json["classes"])
    )
    (x, teacher, gradient) = (flat(json["embeddings"]), flat(json["teacher"]), flat(json["gradient"]))
    moved = flat(json["moved"])
    labels = flat(json["labels"]).map { Int32($0) }
    parts = (json["head"] as? [Any] ?? []).map { flat($0) }
    partGradients = (json["head_gradients"] as? [Any] ?? []).map { flat($0) }
    value = flat(json["value"]).first ?? .nan
    statistics = ["triplets", "active", "hardest_positive", "hardest_negative"].flatMap { flat(found[$0]) }
  }

  func loss() throws -> Loss {
    let reduction: Reduction = reduction == "sum" ? .sum : reduction == "mean" ? .mean : .meanOfActive
    func setting(_ name: String) throws -> Double { try #require(settings[name]) }
    switch name {
    case "triplet": return .triplet(margin: try setting("margin"), reduction)
    case "batch_hard": return .minedTriplet(.hard, margin: try setting("margin"), reduction)
    case "semi_hard": return .minedTriplet(.semiHard, margin: try setting("margin"), reduction)
    case "all_triplets": return .minedTriplet(.all, margin: try setting("margin"), reduction)
    case "contrastive":
      return .contrastive(margin: try setting("margin"), epsilon: try setting("epsilon"), reduction)
    case "softmax": return .softmax(reduction)
    case "centre": return .centre(lambda: try setting("lambda"), rate: try setting("rate"), reduction)
    case "pair_difference": return .pairwise(.absoluteDifference, reduction)
    case "pair_chi_square": return .pairwise(.chiSquare, reduction)
    case "cosface":
      return .angularMargin(.cosine(try setting("margin")), scale: try setting("scale"), reduction)
    case "arcface":
      return .angularMargin(.angle(try setting("margin")), scale: try setting("scale"), reduction)
    case "distillation":
      return .distillation(Distillation(cosine: try setting("cosine"), similarity: try setting("similarity")))
    default:
      #expect(name == "teacher_distance")
      return .teacherDistance
    }
  }

  func tensor<Element: Scalar>(_ extents: [Int], _ values: [Double]) throws -> Tensor<Element> {
    try Tensor(extents, values.map { Element($0) })
  }

  func embeddings<Element: Scalar>(_: Element.Type) throws -> Tensor<Element> {
    try tensor([count, dimension], x)
  }

  func targets<Element: Scalar>(_: Element.Type) throws -> Targets<Element> {
    switch try loss().wanted {
    case .nothing: .nothing
    case .people, .classes: .labels(labels)
    case .pairs: .pairs(labels)
    case .teacher: .teacher(try tensor([count, dimension], teacher))
    case .faces: .faces([])
    }
  }

  func head<Element: Scalar>(_: Element.Type) throws -> [Tensor<Element>] {
    let shapes = try loss().headShapes(dimension: dimension, classes: classes)
    try #require(shapes.count == parts.count)
    return try zip(shapes, parts).map { try tensor($0.extents, $1) }
  }

  /// Value, gradients, statistics and moved centres against PyTorch's, relative to the largest number of
  /// each, or to 1.
  func compare<Element: Scalar>(_: Element.Type, tolerance: Double) throws {
    func error(_ tensor: Tensor<Element>, _ wanted: [Double]) -> Double {
      largestDifference(tensor.values.map { Double($0) }, wanted) / max(1, wanted.map(abs).max() ?? 0)
    }
    let loss = try loss(), tape = Tape<Element>()
    let leaves = try ([embeddings(Element.self)] + head(Element.self)).map { tape.leaf($0) }
    let y = try loss.value(
      embeddings: leaves[0], targets: targets(Element.self), head: Array(leaves.dropFirst()), on: tape)
    #expect(error(y.loss.tensor, [value]) <= tolerance)
    for (mine, wanted) in zip(try tape.gradients(of: y.loss, at: leaves), [gradient] + partGradients) {
      #expect(error(mine, wanted) <= tolerance)
    }
    if let found = y.statistics {
      #expect([found.triplets, found.active] == statistics.prefix(2).map { Int($0) })
      #expect(abs(found.hardestPositive - statistics[2]) <= tolerance * max(1, statistics[2]))
      #expect(abs(found.hardestNegative - statistics[3]) <= tolerance * max(1, statistics[3]))
    }
    if !moved.isEmpty {
      let head = try loss.updatedHead(
        leaves.dropFirst().map(\.tensor), embeddings: leaves[0].tensor, targets: targets(Element.self))
      #expect(error(head[2], moved) <= tolerance)
    }
  }
}
