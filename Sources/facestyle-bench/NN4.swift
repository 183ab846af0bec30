import Networks
import Tensors

/// nn4.small2 with weights made here: its speed does not depend on what they are, and the published ones are no download.
func nn4Model() throws(Failure) -> Model {
  var file = WeightWriter()
  var channels = 3
  file.add(Architecture.nn4Small2().layers, &channels)
  return try file.bytes.withUnsafeBytes { bytes in
    Result { () throws(Failure) in try Model(copying: bytes) }
  }.get()
}

/// A safetensors file with all tensors of a list of layers: filters that keep the size of their input, and normalisation
/// that changes nothing.
private struct WeightWriter {
  private var header = "{\"__metadata__\":{\"architecture\":\"nn4.small2\",\"lrn\":\"torch\"}"
  private var body: [UInt8] = []
  private var state: UInt32 = 1

  /// Follows the number of channels through the layers.
  mutating func add(_ layers: [Layer], _ channels: inout Int) {
    for layer in layers {
      switch layer {
      case .convolution(let name, let filters, let kernel, _, let groups, _, _, let normalisation, _):
        add(name, [filters, channels / groups, kernel, kernel])
        if case .batch(let statistics) = normalisation {
          for (part, value) in [("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)] as [(String, Float)] {
            add("\(statistics).\(part)", [filters]) { _ in value }
          }
        }
        channels = filters
      case .dense(let name, let outputs, _, _):
        add(name, [outputs, channels])
        channels = outputs
      case .concatenation(let branches):
        var sum = 0
        for branch in branches {
          var part = channels
          add(branch, &part)
          sum += part
        }
        channels = sum
      default: break
      }
    }
  }

  /// Weights of mean 0 and variance 2 / inputs, and a bias of 0.
  private mutating func add(_ name: String, _ extents: [Int]) {
    let inputs = extents.dropFirst().reduce(1, *)
    let most = (6 / Float(inputs)).squareRoot()
    add(name + ".weight", extents) { state in
      state = state &* 1_664_525 &+ 1_013_904_223
      return (Float(state >> 8) * 0x1p-23 - 1) * most
    }
    add(name + ".bias", [extents[0]]) { _ in 0 }
  }

  private mutating func add(_ name: String, _ extents: [Int], _ value: (inout UInt32) -> Float) {
    let count = extents.reduce(1, *), shape = extents.map { "\($0)" }.joined(separator: ",")
    header += ",\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(body.count),\(body.count + 4 * count)]}"
    for _ in 0..<count { withUnsafeBytes(of: value(&state).bitPattern.littleEndian) { body += $0 } }
  }

  var bytes: [UInt8] {
    let text = header + "}"
    return withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8) + body
  }
}
