extension Architecture {
  /// A feed-forward network that paints any picture in one style (Johnson, Alahi, Fei-Fei, "Perceptual losses
  /// for real-time style transfer and super-resolution", 2016, with instance normalisation): two
  /// downsamplings, residual blocks, two upsamplings. The input is levels 0...255, unchanged; the tap
  /// "picture" gives levels, which may lie outside that range. Sides are multiples of 4.
  ///
  /// This is the form of TensorFlow's fast-style-transfer (Engstrom 2016): zero padding, transposed
  /// convolutions, `150 tanh(x) + 127.5` at the end.
  package static func fastStyle(filters: Int = 32, blocks: Int = 5) -> Architecture {
    func normalised(_ name: String, _ layer: Layer, rectifies: Bool = true) -> [Layer] {
      [layer, .instanceNormalisation(name + "_in", epsilon: 1e-3, rectifies: rectifies)]
    }
    func convolution(_ name: String, _ filters: Int, _ kernel: Int, rectifies: Bool = true) -> [Layer] {
      normalised(
        name, .convolution(name, filters, kernel: kernel, padding: .zeros(kernel / 2), hasBias: false),
        rectifies: rectifies)
    }
    func halving(_ name: String, _ filters: Int) -> [Layer] {
      // TensorFlow's "SAME" for an even side.
      normalised(
        name,
        .convolution(
          name, filters, kernel: 3, stride: 2, padding: .uneven(before: 0, after: 1), hasBias: false))
    }
    func doubling(_ name: String, _ filters: Int) -> [Layer] {
      normalised(name, .transposedConvolution(name, filters, kernel: 3, stride: 2, hasBias: false))
    }
    var layers =
      convolution("conv1", filters, 9) + halving("conv2", 2 * filters) + halving("conv3", 4 * filters)
    for i in 1...max(blocks, 1) {
      layers.append(
        .residual(
          convolution("block\(i).conv1", 4 * filters, 3)
            + convolution("block\(i).conv2", 4 * filters, 3, rectifies: false)))
    }
    layers += doubling("deconv1", 2 * filters) + doubling("deconv2", filters)
    layers += convolution("deconv3", 3, 9, rectifies: false)
    layers += [.hyperbolicTangent, .linear(scale: 150, offset: 127.5), .tap("picture")]
    return Architecture(name: "fast-style", side: nil, mean: (0, 0, 0), scale: 1, layers: layers)
  }

  /// The same in the form of PyTorch's fast_neural_style example: reflection padding, upsampling by nearest
  /// neighbours and a convolution, which avoids checkerboard artefacts (Odena, Dumoulin, Olah 2016), and
  /// levels directly from the last sum.
  package static func fastStyleResize(filters: Int = 32, blocks: Int = 5) -> Architecture {
    func convolution(_ name: String, _ filters: Int, _ kernel: Int, stride: Int = 1) -> [Layer] {
      [.reflection(kernel / 2), .convolution(name, filters, kernel: kernel, stride: stride)]
    }
    func normalised(
      _ name: String, _ filters: Int, _ kernel: Int, stride: Int = 1, rectifies: Bool = true
    ) -> [Layer] {
      convolution(name, filters, kernel, stride: stride) + [
        .instanceNormalisation(name + "_in", rectifies: rectifies)
      ]
    }
    var layers = normalised("conv1", filters, 9)
    layers += normalised("conv2", 2 * filters, 3, stride: 2) + normalised("conv3", 4 * filters, 3, stride: 2)
    for i in 1...max(blocks, 1) {
      layers.append(
        .residual(
          normalised("block\(i).conv1", 4 * filters, 3)
            + normalised("block\(i).conv2", 4 * filters, 3, rectifies: false)))
    }
    layers += [.upsampling(2)] + normalised("deconv1", 2 * filters, 3)
    layers += [.upsampling(2)] + normalised("deconv2", filters, 3)
    layers += convolution("deconv3", 3, 9) + [.tap("picture")]
    return Architecture(name: "fast-style-resize", side: nil, mean: (0, 0, 0), scale: 1, layers: layers)
  }
}
