extension Architecture {
  /// MobileFaceNet: RGB to a unit vector of 128 with less than a million parameters, for small boards.
  ///
  /// MobileNetV2's inverted bottlenecks, with parametric rectifiers. Instead of the global average, a
  /// depthwise convolution covers the last feature map, so that corners count less than the centre.
  ///
  /// - Parameters:
  ///   - side: 112 in the paper; at least 16.
  ///   - width: a factor on all channels but the embedding's; 1 in the paper.
  /// Source: Chen, Liu, Gao, Han, "MobileFaceNets", 2018, table 1.
  package static func mobileFaceNet(side: Int = 112, width: Double = 1) -> Architecture {
    func channels(_ count: Int) -> Int { max(1, Int(Double(count) * width)) }
    var layers: [Layer] = [
      mobileUnit("conv1", channels(64), kernel: 3, stride: 2),
      mobileUnit("conv2_dw", channels(64), kernel: 3, groups: channels(64))
    ]
    var inputs = channels(64)
    //  expansion, channels, blocks, stride of the first
    let table = [(2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)]
    for (i, (expansion, outputs, count, stride)) in table.enumerated() {
      for j in 1...count {
        let body = bottleneck(
          "block\(i + 1)_\(j).", expansion * inputs, channels(outputs), stride: j == 1 ? stride : 1)
        if (j > 1 || stride == 1) && inputs == channels(outputs) {
          layers.append(.residual(body))
        } else {
          layers += body
        }
        inputs = channels(outputs)
      }
    }
    let wide = channels(512)
    layers += [
      mobileUnit("conv3", wide, kernel: 1),
      linear("conv4_dw", wide, kernel: (side + 15) / 16, groups: wide),
      linear("conv5", 128, kernel: 1),
      .unitLength, .tap("embedding")
    ]
    return Architecture(
      name: side == 96 ? "mobilefacenet-96" : "mobilefacenet",
      input: Extent(height: side, width: side, channels: 3),
      layers: layers)
  }

  /// Expansion, depthwise convolution, projection.
  private static func bottleneck(_ name: String, _ wide: Int, _ outputs: Int, stride: Int) -> [Layer] {
    [
      mobileUnit(name + "expand", wide, kernel: 1),
      mobileUnit(name + "dw", wide, kernel: 3, stride: stride, groups: wide),
      linear(name + "project", outputs, kernel: 1)
    ]
  }

  private static func mobileUnit(
    _ name: String, _ filters: Int, kernel: Int, stride: Int = 1, groups: Int = 1
  ) -> Layer {
    .convolution(
      name, filters, kernel: kernel, stride: stride, groups: groups,
      padding: kernel == 1 ? .valid : .zeros(kernel / 2),
      hasBias: false, normalisation: .batch(name + "_bn"), activation: .parametric(name + "_prelu"))
  }

  private static func linear(_ name: String, _ filters: Int, kernel: Int, groups: Int = 1) -> Layer {
    .convolution(
      name, filters, kernel: kernel, groups: groups, hasBias: false, normalisation: .batch(name + "_bn"))
  }
}
