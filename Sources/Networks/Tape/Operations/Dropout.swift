import Tensors

extension Tape {
  /// Dropout: each element is zero with a probability, and the others grow so that the mean stays.
  /// `y[i] = x[i] m[i]`, `m[i] = 0` with probability p, else `1 / (1 - p)`
  ///
  /// - Parameters:
  ///   - probability: p, 0 or more and less than 1.
  ///   - isTraining: otherwise `y = x`, and the generator rests.
  ///   - generator: one number an element, in order: the mask depends on its seed alone.
  /// Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014,
  /// with the scale on the side of training.
  package func dropout(
    _ x: Variable<Element>, probability: Double, isTraining: Bool, _ generator: inout Generator
  ) throws(Failure) -> Variable<Element> {
    guard probability >= 0, probability < 1 else {
      throw .invalidArgument("dropout with probability \(probability), wanted 0 or more and less than 1")
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
