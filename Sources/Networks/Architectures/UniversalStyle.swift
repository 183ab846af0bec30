import Tensors

/// The networks of universal style transfer: per level an encoder, VGG-19 up to its first convolution of that
/// block, and a decoder, its inverse. Pictures are R, G, B in 0...1, both as input and output.
///
/// A file has the tensors `encoderL.conv0` (1x1: maps to the encoder's training input) and `encoderL.convBI`,
/// and `decoderL.convBI` for the same B and I. Widths are read from the file, so that full and distilled
/// networks load alike. Any level may be absent. Source: Li, Fang, Yang, Wang, Lu, Yang, "Universal style
/// transfer via feature transforms", 2017, figure 1.
package struct UniversalStyle: Sendable {
  package static let levels = 1...5

  /// One level's two halves.
  package struct Level: Sendable {
    package let number: Int
    package let encoder, decoder: Network<Float>
    /// Channels of the features.
    package let channels: Int
    /// Pixels of the picture per feature pixel, along one side.
    package var scale: Int { 1 << (number - 1) }
  }

  /// From the first to the last.
  package let members: [Level]

  /// - Throws: `.badData` if the file lacks a part, or its parts do not match.
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

  /// The width is 1 if the file lacks the tensor; building the network then reports it.
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
