import Tensors

/// A tensor in 8 bits: levels from -127 to 127 with a scale for each row of the first axis, which are the
/// outputs of a layer. `number = scale level`, `scale = largest / 127`, the largest magnitude of the row.
///
/// In a weight file: `name` I8 in the tensor's shape, `name_scale` F32 [rows]. Those are the names of
/// compressed-tensors, and of symmetric QuantizeLinear with an axis of 0 in ONNX.
struct QuantisedTensor {
  static var scaleEnding: String { "_scale" }
  private static var largestLevel: Float { 127 }

  let extents: [Int]
  /// Signed, in two's complement.
  let levels: Storage<UInt8>
  /// One for each row.
  let scales: Tensor<Float>

  init(extents: [Int], levels: Storage<UInt8>, scales: Tensor<Float>) {
    (self.extents, self.levels, self.scales) = (extents, levels, scales)
  }

  /// The nearest levels, ties to even.
  /// - Throws: `.invalidArgument` for a number that is not finite; the reason calls the tensor by `name`.
  init(_ tensor: Tensor<Float>, name: String) throws(Failure) {
    extents = tensor.shape.extents
    let rows = extents.first ?? 1, each = tensor.count / max(rows, 1)
    levels = try Storage(count: tensor.count)
    var scales: [Float] = []
    for row in 0..<rows {
      var largest: Float = 0
      for place in (row * each)..<((row + 1) * each) {
        guard tensor[place].isFinite else {
          throw .invalidArgument(
            "\(tensor[place]) in \(name) has no level of 8 bits; expected a finite number")
        }
        largest = max(largest, abs(tensor[place]))
      }
      let scale = largest / QuantisedTensor.largestLevel
      scales.append(scale)
      for place in (row * each)..<((row + 1) * each) {
        // A row may be all zeros, or so small that its scale has lost digits.
        let level = scale > 0 ? (tensor[place] / scale).rounded(.toNearestOrEven) : 0
        let bounded = min(max(level, -QuantisedTensor.largestLevel), QuantisedTensor.largestLevel)
        levels[place] = UInt8(bitPattern: Int8(bounded))
      }
    }
    self.scales = try Tensor([rows], scales)
  }

  /// Whether a tensor is stored so where 8 bits are asked for: the weights of a sum, if that saves bytes over
  /// halves.
  static func suits(_ name: String, _ extents: [Int], count: Int) -> Bool {
    guard name.hasSuffix(".weight"), extents.count > 1 else { return false }
    return count + 4 * extents[0] < 2 * count
  }
}
