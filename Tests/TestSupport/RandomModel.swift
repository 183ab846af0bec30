import Networks
import Tensors

/// A model of random numbers, always the same.
/// - Parameter metadata: besides its architecture's name; nil: absent.
package func randomModel(_ architecture: Architecture, _ metadata: [String: String?] = [:]) throws -> Model {
  var writer = WeightFileWriter()
  writer.metadata = metadata.compactMapValues { $0 }
  writer.metadata["architecture"] = "\(architecture.name)"
  for (name, tensor) in try initialWeights(of: architecture, seed: 2) { try writer.add(name, tensor) }
  let bytes = try writer.bytes()
  return try bytes.withSpan { try Model(copying: $0) }
}
