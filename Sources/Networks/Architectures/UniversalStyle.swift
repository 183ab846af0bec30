import Tensors

/// The networks of universal style transfer: for each level an encoder, VGG-19 from the picture to its first
/// convolution of that block, and a decoder, the way back. Levels 0...1 come as R, G, B and come back so.
///
/// A file has the tensors `encoderL.conv0` (1x1: to what the encoder was trained on) and `encoderL.convBI`,
/// and `decoderL.convBI` for the same B and I; the widths are the file's, so that whole and distilled
/// networks load alike. Any of the levels may be absent. Source: Li, Fang, Yang, Wang, Lu, Yang, "Universal
/// style transfer via feature transforms", 2017, figure 1.
package struct UniversalStyle: Sendable {
  package static let levels = 1...5

  /// One level's two halves.
  package struct Level: Sendable {
    package let number: Int
    package let encoder, decoder: Network<Float>
    /// Of the features.
    package let channels: Int
    /// Pixels of the picture that one of the features' pixels stands for, along one side.
    package var scale: Int { 1 << (number - 1) }
  }

  /// From the first to the last.
  package let members: [Level]

  /// - Throws: `.badData` for a file that lacks a part, or whose parts do not fit each other.
  package init(_ weights: WeightFile) throws(Failure) {
    var members: [Level] = []
    for number in UniversalStyle.levels where weights.contains("encoder\(number).conv\(number)1.weight") {
      let encoder = UniversalStyle.encoder(number, try UniversalStyle.widths("encoder\(number)", weights))
      let decoder = UniversalStyle.decoder(number, try UniversalStyle.widths("decoder\(number)", weights))
      let channels = encoder.output(for: Extent(height: nil, width: nil, channels: 3)).channels
      members.append(
        Level(
          number: number, encoder: try Network(encoder, weights: weights),
          decoder: try Network(decoder, channels: channels, weights: weights), channels: channels))
    }
    guard !members.isEmpty else {
      throw .badData(
        "weights: a universal style has none of the levels 1 to 5; expected encoder1.conv11.weight or the like"
      )
    }
    self.members = members
  }

  /// Convolutions in each of VGG-19's blocks.
  private static let counts = [2, 2, 4, 4, 4]

  /// The filters of each convolution of a file, by its name without the network's.
  private static func widths(_ network: String, _ weights: WeightFile) throws(Failure) -> [String: Int] {
    var widths: [String: Int] = [:]
    for (block, count) in counts.enumerated() {
      for i in 1...count {
        let name = "conv\(block + 1)\(i)"
        guard let extents = weights.extents("\(network).\(name).weight") else { continue }
        guard extents.count == 4, extents[0] >= 1 else {
          throw .badData(
            "weights: \(network).\(name).weight is \(try Shape(extents).description); expected [outputs, inputs, 3, 3]"
          )
        }
        widths[name] = extents[0]
      }
    }
    return widths
  }

  /// A width of 1 where the file lacks the tensor, which building the network then names.
  private static func convolution(_ network: String, _ name: String, _ widths: [String: Int]) -> [Layer] {
    [.reflection(1), .convolution("\(network).\(name)", widths[name] ?? 1, kernel: 3, activation: .rectifier)]
  }

  package static func encoder(_ level: Int, _ widths: [String: Int]) -> [Layer] {
    let network = "encoder\(level)"
    var layers: [Layer] = [.convolution("\(network).conv0", 3, kernel: 1)]
    for block in 1...level {
      for i in 1...(block < level ? counts[block - 1] : 1) {
        layers += convolution(network, "conv\(block)\(i)", widths)
      }
      if block < level { layers.append(.pool(.maximum, kernel: 2, stride: 2)) }
    }
    return layers + [.tap("features")]
  }

  package static func decoder(_ level: Int, _ widths: [String: Int]) -> [Layer] {
    let network = "decoder\(level)"
    var layers: [Layer] = []
    for block in (1...level).reversed() {
      if block < level { layers.append(.upsampling(2)) }
      for i in (1...(block < level ? counts[block - 1] : 1)).reversed() {
        layers += convolution(network, "conv\(block)\(i)", widths)
      }
    }
    return layers + [.tap("picture")]
  }
}
