import Images
import Networks
import Styles
import Tensors

/// Fast styles at 512x512, and enlarging to it, on generated weights in the published networks' sizes: the
/// speed does not depend on their values.
func fastStyleRows(threads: [Int]) throws(Failure) -> [Row] {
  let content = try Image(width: 512, height: 512) { y, row in
    for i in 0..<row.count { row[i] = UInt8((i * 7 + y * 13) & 255) }
  }
  var rows: [Row] = []
  for name in ["fast-style", "fast-style-resize"] {
    guard let architecture = Architecture.named(name) else { continue }
    let styler = try FastStyler(model(name, try initialWeights(of: architecture, seed: 1)))
    for threads in threads {
      rows.append(
        try measure(name, "512x512", threads: threads) { () throws(Failure) in _ = try styler.run(content) })
    }
  }
  let enlarger = try Enlarger(model("enlarger", try initialWeights(of: .enlarger(), seed: 1)))
  let quarter = try content.resized(width: 256, height: 256, filter: .area)
  for threads in threads {
    rows.append(
      try measure("enlarger", "256x256", threads: threads) { () throws(Failure) in
        _ = try enlarger.run(quarter)
      })
  }
  let universal = try model("universal-style", universalWeights())
  let styler = try UniversalStyler(universal, styles: [content])
  for threads in threads {
    rows.append(
      try measure("universal-style", "512x512", threads: threads) { () throws(Failure) in
        _ = try styler.run(content, UniversalStyler.Options())
      })
    rows.append(
      try measure("universal-new-style", "512x512", threads: threads) { () throws(Failure) in
        _ = try UniversalStyler(universal, styles: [content]).run(content, UniversalStyler.Options())
      })
  }
  return rows
}

/// A model with these weights.
func model(
  _ architecture: String, _ weights: [(name: String, tensor: Tensor<Float>)]
) throws(Failure) -> Model {
  var file = WeightFileWriter()
  file.metadata = ["architecture": architecture]
  for (name, tensor) in weights { try file.add(name, tensor) }
  let bytes = try file.bytes()
  return try bytes.withSpan { bytes throws(Failure) in try Model(copying: bytes) }
}

/// The sizes of the distilled networks (Wang and others, "Collaborative distillation for ultra-resolution
/// universal style transfer", 2020): a quarter of VGG-19's channels; the first level has 24.
private func universalWeights() throws(Failure) -> [(name: String, tensor: Tensor<Float>)] {
  var generator = Generator(seed: 1)
  var weights: [(name: String, tensor: Tensor<Float>)] = []
  for level in UniversalStyle.levels {
    var encoder: [String: Int] = [:], decoder: [String: Int] = [:], before = 3
    for (block, width, count) in [(1, 16, 2), (2, 32, 2), (3, 64, 4), (4, 128, 4), (5, 128, 4)] {
      for i in 1...count {
        let name = "conv\(block)\(i)"
        encoder[name] = level == 1 ? 24 : width
        decoder[name] = before
        before = width
      }
    }
    let channels = encoder["conv\(level)1"] ?? 0
    let picture = Extent(height: nil, width: nil, channels: 3),
      features = Extent(height: nil, width: nil, channels: channels)
    let specifications =
      try tensors(of: UniversalStyle.encoder(level, encoder), input: picture)
      + tensors(of: UniversalStyle.decoder(level, decoder), input: features)
    for specification in specifications {
      weights.append((specification.name, try initialTensor(specification, &generator)))
    }
  }
  return weights
}
