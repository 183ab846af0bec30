import Networks
import Tensors

/// nn4.small2 with generated weights: its speed does not depend on their values, and the published ones
/// cannot be downloaded.
func nn4Model() throws(Failure) -> Model {
  var file = WeightFileWriter()
  file.metadata = ["architecture": "nn4.small2", "lrn": "torch"]
  for (name, tensor) in try initialWeights(of: .nn4Small2(), seed: 1) { try file.add(name, tensor) }
  let bytes = try file.bytes()
  return try bytes.withSpan { bytes throws(Failure) in try Model(copying: bytes) }
}
