import Tensors

/// In training, sets each number to 0 with this probability and enlarges the others; else does nothing.
package struct Dropout: LayerKind {
  package let probability: Double

  static var kind: StaticString { "dropout" }
  var onlyTrains: Bool { true }

  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    try pass.tape.dropout(
      inputs[0], probability: probability, isTraining: pass.isTraining, &pass.generator)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place { node.inputs[0] }

  init(probability: Double) { self.probability = probability }

  init(from text: inout LayerText) throws(Failure) {
    probability = try text.real("probability")
    guard probability >= 0, probability < 1 else {
      throw text.refusal("probability", "\(probability)", "0 or more and less than 1")
    }
  }

  func write(to text: inout LayerText) { text.set("probability", probability) }
}

extension Layer {
  /// In training, sets each number to 0 with this probability.
  package static func dropout(_ probability: Double) -> Layer {
    .single(.dropout(Dropout(probability: probability)))
  }
}

extension Tape {
  /// Dropout: each element becomes zero with a probability, and the others grow so that the mean is
  /// preserved. `y[i] = x[i] m[i]`, `m[i] = 0` with probability p, else `1 / (1 - p)`
  ///
  /// - Parameters:
  ///   - probability: p, 0 or more and less than 1.
  ///   - isTraining: if false, `y = x`, and the generator is not used.
  ///   - generator: one number per element, in order: the mask depends only on its seed.
  /// Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014,
  /// with the scale applied in training.
  package func dropout(
    _ x: Variable<Element>, probability: Double, isTraining: Bool, _ generator: inout Generator
  ) throws(Failure) -> Variable<Element> {
    guard probability >= 0, probability < 1 else {
      throw .invalidArgument("dropout with probability \(probability); expected 0 or more and less than 1")
    }
    guard isTraining, probability > 0 else { return x }
    let mask = try Tensor<Element>(x.shape)
    maskLoop(mask.pointer, mask.count, probability, &generator)
    return try product(x, constant(mask))
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func maskLoop<Element: Scalar>(
  _ mask: UnsafeMutablePointer<Element>, _ count: Int, _ probability: Double, _ generator: inout Generator
) {
  let kept = Element(1 / (1 - probability))
  for i in 0..<count { mask[i] = Double(generator.uniform()) < probability ? 0 : kept }
}
