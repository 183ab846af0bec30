import Foundation
import Networks
import TestSupport
import Tensors

/// What Fixtures/reference/optimisers_reference.py wrote.
struct OptimisersReference: Decodable {
  struct Training: Decodable { let name: String, losses, end: [Double] }
  struct Rates: Decodable { let name: String, rates, betas: [Double] }
  struct Clipping: Decodable { let gradients: [Double], norm: Double, byNorm, byValue: [Double] }
  let x: [Double], labels: [Int], start: [Double]
  let trainings: [Training]
  let schedules: [Rates]
  let clipping: Clipping

  static func load() throws -> OptimisersReference { try fixture("optimisers.json") }
}

/// The network of that script: 5 numbers, 7 rectified units, 3 classes, softmax with cross-entropy, gradients
/// written out.
struct SmallTraining<Element: Scalar> {
  let parameters: [Parameter<Element>]
  private let x: [Element], labels: [Int]
  private let inputs = 5, units = 7, classes = 3

  init(_ reference: OptimisersReference) throws {
    x = reference.x.map { Element($0) }
    labels = reference.labels
    var rest = reference.start.map { Element($0) }[...]
    func parameter(_ name: String, _ extents: [Int]) throws -> Parameter<Element> {
      let count = extents.reduce(1, *)
      defer { rest = rest.dropFirst(count) }
      return Parameter(name, try Tensor(extents, Array(rest.prefix(count))))
    }
    parameters = [
      try parameter("first.weight", [7, 5]), try parameter("first.bias", [7]),
      try parameter("second.weight", [3, 7]),
      try parameter("second.bias", [3])
    ]
  }

  var numbers: [Element] { parameters.flatMap { $0.value.values } }

  func evaluate() throws -> (loss: Double, gradients: [Tensor<Element>]) {
    let (loss, gradients) = evaluate(parameters.map { $0.value.values })
    return (loss, try zip(parameters, gradients).map { try Tensor($0.value.shape.extents, $1) })
  }

  func evaluate(_ p: [[Element]]) -> (loss: Double, gradients: [[Element]]) {
    var g = p.map { [Element](repeating: 0, count: $0.count) }
    var loss: Element = 0
    let share = 1 / Element(labels.count)
    for (sample, label) in labels.enumerated() {
      let x = Array(self.x[(sample * inputs)..<((sample + 1) * inputs)])
      var hidden = p[1], scores = p[3]
      for j in 0..<units {
        for i in 0..<inputs { hidden[j] += p[0][j * inputs + i] * x[i] }
        hidden[j] = max(hidden[j], 0)
      }
      for c in 0..<classes { for j in 0..<units { scores[c] += p[2][c * units + j] * hidden[j] } }
      let largest = scores.max() ?? 0
      let powers = scores.map { Element.exponential($0 - largest) }
      let sum = powers.reduce(0, +)
      loss += share * (largest - scores[label] + Element(log(Double(sum))))
      var dHidden = [Element](repeating: 0, count: units)
      for c in 0..<classes {
        let d = share * (powers[c] / sum - (c == label ? 1 : 0))
        g[3][c] += d
        for j in 0..<units {
          g[2][c * units + j] += d * hidden[j]
          dHidden[j] += d * p[2][c * units + j]
        }
      }
      for j in 0..<units where hidden[j] > 0 {
        g[1][j] += dHidden[j]
        for i in 0..<inputs { g[0][j * inputs + i] += dHidden[j] * x[i] }
      }
    }
    return (Double(loss), g)
  }

  /// The losses before each of `steps` steps.
  func train(
    _ optimiser: Optimiser<Element>, steps: Int, rate: Element, momentum: Element? = nil
  ) throws -> [Double] {
    var losses: [Double] = []
    for _ in 0..<steps {
      let (loss, gradients) = try evaluate()
      losses.append(loss)
      try optimiser.step(gradients, rate: rate, momentum: momentum)
    }
    return losses
  }

  /// All parameters as one vector, for L-BFGS.
  func vector() throws -> Tensor<Element> { try Tensor([numbers.count], numbers) }

  func evaluate(_ x: Tensor<Element>, _ gradient: Tensor<Element>) -> Double {
    var rest = x.values[...]
    let parts = parameters.map { parameter in
      defer { rest = rest.dropFirst(parameter.value.count) }
      return Array(rest.prefix(parameter.value.count))
    }
    let (loss, gradients) = evaluate(parts)
    for (i, value) in gradients.joined().enumerated() { gradient.pointer[i] = value }
    return loss
  }
}
