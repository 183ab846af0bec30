import CSystem
import Tensors

/// Random initial weights for a training, in the layout of weight files, in the order of
/// `Architecture.tensors`.
///
/// Convolutions: normal with deviation `sqrt(2 / inputs of one sum)` (He et al. 2015, equation 10). Dense
/// layers: uniform within `sqrt(6 / (inputs + outputs))` (Glorot and Bengio 2010, equation 16). Biases 0,
/// but the architecture's own, normalisations without effect, slopes 0.25 (He et al. 2015).
///
/// - Parameter seed: determines every number, on any machine with the same rounding of logarithm and cosine.
package func initialWeights(
  of architecture: Architecture, seed: UInt64
) throws(Failure) -> [(name: String, tensor: Tensor<Float>)] {
  var generator = Generator(seed: seed)
  var weights: [(name: String, tensor: Tensor<Float>)] = []
  for specification in try architecture.tensors() {
    weights.append((specification.name, try architecture.initialTensor(specification, &generator)))
  }
  return weights
}

extension Architecture {
  /// The initial value of one of its tensors.
  package func initialTensor(
    _ specification: TensorSpecification, _ generator: inout Generator
  ) throws(Failure) -> Tensor<Float> {
    if let biases = initialBiases[specification.name] { return try Tensor(specification.extents, biases) }
    return try Networks.initialTensor(specification, &generator)
  }
}

/// The initial value of a tensor.
package func initialTensor(
  _ specification: TensorSpecification, _ generator: inout Generator
) throws(Failure) -> Tensor<Float> {
  let extents = specification.extents
  switch specification.kind {
  case .bias, .beta, .mean: return try Tensor(extents, repeating: 0)
  case .gamma, .variance: return try Tensor(extents, repeating: 1)
  case .slope: return try Tensor(extents, repeating: 0.25)
  case .weight:
    let tensor = try Tensor<Float>(extents)
    let outputs = extents.first ?? 1, inputs = tensor.count / max(outputs, 1)
    if extents.count == 2 {
      let bound = (6 / Float(inputs + outputs)).squareRoot()
      for i in 0..<tensor.count { tensor.pointer[i] = (2 * generator.uniform() - 1) * bound }
    } else {
      let deviation = (2 / Float(max(inputs, 1))).squareRoot()
      for i in 0..<tensor.count { tensor.pointer[i] = generator.normal() * deviation }
    }
    return tensor
  }
}

extension Generator {
  /// Normal with mean 0 and deviation 1 (Box and Muller 1958).
  package mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(uniform()))).squareRoot()  // 1 - u is never 0
    return Float(radius * cos(2 * Double.pi * Double(uniform())))
  }
}
