import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// A filter of seeded weights, [outputs, inputs / groups, kernel, kernel].
func randomFilter<Element: Scalar>(
  _ outputs: Int, _ inputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1, padding: Padding = .valid,
  finish: Finish<Element> = .nothing, seed: UInt64
) throws -> Filter<Element> {
  var numbers = Numbers(seed: seed)
  // By way of Float, so that both kinds of number get the same weights.
  let weights: [Float] = numbers.array(outputs * inputs / groups * kernel * kernel)
  return try Filter(
    weights: Tensor([outputs, inputs / groups, kernel, kernel], weights.map { Element($0) }), finish: finish,
    stride: stride,
    groups: groups, padding: padding)
}

/// Seeded numbers at least 0.1 from 0, where a rectifier has its kink.
func awayFromZero(_ extents: [Int], seed: UInt64) throws -> Tensor<Double> {
  var numbers = Numbers(seed: seed)
  let tensor: Tensor<Double> = try numbers.tensor(extents)
  for i in 0..<tensor.count { tensor.pointer[i] += tensor[i] < 0 ? -0.1 : 0.1 }
  return tensor
}

/// Numbers between -1 and 1 in a seeded order, no two closer than 1/count: a maximum has no ties near.
func apart(_ extents: [Int], seed: UInt64) throws -> Tensor<Double> {
  var numbers = Numbers(seed: seed)
  let count = extents.reduce(1, *)
  let order = (0..<count).map { ($0, numbers.next()) }.sorted { $0.1 < $1.1 }.map(\.0)
  return try Tensor(extents, order.map { 2 * Double($0) / Double(count) - 1 })
}

func randomTensor(_ extents: [Int], seed: UInt64) throws -> Tensor<Double> {
  var numbers = Numbers(seed: seed)
  return try numbers.tensor(extents)
}

/// The gradient check with this project's tolerances: at most 1 is a pass.
func gradientError(
  at input: Tensor<Double>, _ function: (Tape<Double>, Variable<Double>) throws(Failure) -> Variable<Double>
) throws -> Double {
  try checkGradient(
    of: function, at: input, step: 1e-6, absolute: Tolerance.gradientAbsolute,
    relative: Tolerance.gradientRelative)
}

/// What an operation gives for a constant.
func forward<Element: Scalar>(
  _ x: Tensor<Element>, _ function: (Tape<Element>, Variable<Element>) throws(Failure) -> Variable<Element>
) throws -> Tensor<Element> {
  let tape = Tape<Element>()
  return try function(tape, tape.constant(x)).tensor
}

/// The numbers that the course notebooks print; nil, with a word on the console, where they are not at hand.
func notebook() throws -> [String: Any]? {
  let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let shared =
    ProcessInfo.processInfo.environment["FACESTYLE_SHARED"]
    .map { URL(fileURLWithPath: $0) } ?? root.appendingPathComponent("../shared")
  let file = shared.appendingPathComponent("fixtures/notebook.json")
  guard FileManager.default.fileExists(atPath: file.path) else {
    print("skipped: the course notebook's numbers, \(file.standardizedFileURL.path) is absent")
    return nil
  }
  return try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
}

/// What a script of Fixtures/reference wrote.
func fixture(_ name: String) throws -> [String: Any] {
  let data = try Data(contentsOf: fixtureFile(name))
  return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
}

extension Formula {
  /// Weights worked out from their names, as Fixtures/reference/networks_reference.py does.
  static func file(_ layers: [Layer], _ input: Extent) throws -> WeightFile {
    try file(Graph(layers), input)
  }

  static func file(_ graph: Graph, _ input: Extent) throws -> WeightFile {
    var file = TensorFile()
    try add(&file, graph, input)
    return try file.weightFile()
  }

  static func add(_ file: inout TensorFile, _ graph: Graph, _ input: Extent) throws {
    add(&file, try graph.tensors(for: input))
  }
}

/// The numbers of nested lists, in their order.
func flat(_ value: Any?) -> [Double] {
  if let list = value as? [Any] { return list.flatMap { flat($0) } }
  return (value as? NSNumber).map { [$0.doubleValue] } ?? []
}
