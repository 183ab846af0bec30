extension Architecture {
  /// DenseNet-121 with bottlenecks and compression 0.5 (DenseNet-BC): 224x224 RGB to 32 numbers, not
  /// normalised.
  ///
  /// Tensors are named as in torchvision's densenet121, whose 1000 classes are the `outputs` of the paper.
  /// Source: Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks", 2017, table
  /// 1.
  package static func denseNet121(outputs: Int = 32) -> Architecture {
    Architecture(
      name: "densenet121", input: Extent(height: 224, width: 224, channels: 3),
      layers: denseNet(stem: 64, blocks: [6, 12, 24, 16], growth: 32, outputs: outputs))
  }

  /// - Parameters:
  ///   - blocks: the number of layers in each dense block.
  ///   - growth: channels that each layer adds.
  package static func denseNet(stem: Int, blocks: [Int], growth: Int, outputs: Int) -> [Layer] {
    var layers: [Layer] = [
      .convolution(
        "features.conv0", stem, kernel: 7, stride: 2, padding: .zeros(3), hasBias: false,
        normalisation: .batch("features.norm0"), activation: .rectifier),
      .pool(.maximum, kernel: 3, stride: 2, padding: 1)
    ]
    var channels = stem
    for (i, count) in blocks.enumerated() {
      for j in 1...max(count, 1) {
        layers.append(denseLayer("features.denseblock\(i + 1).denselayer\(j).", growth))
      }
      channels += count * growth
      layers.append(.tap("denseblock\(i + 1)"))
      if i < blocks.count - 1 {
        channels /= 2  // the compression
        layers += transition("features.transition\(i + 1).", channels)
      }
    }
    return layers + [
      .batchNormalisation("features.norm5", activation: .rectifier),
      .globalAverage, .dense("classifier", outputs), .tap("embedding")
    ]
  }

  /// The input, followed by `growth` new channels.
  private static func denseLayer(_ name: String, _ growth: Int) -> Layer {
    .concatenation([
      [],
      [
        .batchNormalisation(name + "norm1", activation: .rectifier),
        .convolution(
          name + "conv1", 4 * growth, kernel: 1, hasBias: false, normalisation: .batch(name + "norm2"),
          activation: .rectifier),
        .convolution(name + "conv2", growth, kernel: 3, padding: .zeros(1), hasBias: false)
      ]
    ])
  }

  private static func transition(_ name: String, _ filters: Int) -> [Layer] {
    [
      .batchNormalisation(name + "norm", activation: .rectifier),
      .convolution(name + "conv", filters, kernel: 1, hasBias: false),
      .pool(.average, kernel: 2, stride: 2)
    ]
  }
}
