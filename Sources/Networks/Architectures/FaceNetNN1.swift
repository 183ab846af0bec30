extension Architecture {
  /// FaceNet's NN1: 220x220 RGB to a unit vector of 128; a network similar to Zeiler and Fergus's,
  /// interleaved with 1x1 convolutions.
  ///
  /// 140 million parameters, nearly all of them in fc1 and fc2; 1.6 billion multiply-adds. The paper has no
  /// batch normalisation here and does not give the constants of its response normalisation; these are
  /// Torch's. Source: Schroff, Kalenichenko, Philbin, "FaceNet", 2015, table 1.
  package static var faceNetNN1: Architecture {
    Architecture(
      name: "facenet-nn1", input: Extent(height: 220, width: 220, channels: 3),
      layers: [
        layer("conv1", 64, 7, stride: 2), halved, .responseNormalisation(.torch),  // 55x55x64
        layer("conv2a", 64, 1), layer("conv2", 192, 3), .responseNormalisation(.torch), halved,  // 28x28x192
        layer("conv3a", 192, 1), layer("conv3", 384, 3), halved,  // 14x14x384
        layer("conv4a", 384, 1), layer("conv4", 256, 3),
        layer("conv5a", 256, 1), layer("conv5", 256, 3),
        layer("conv6a", 256, 1), layer("conv6", 256, 3), halved,  // 7x7x256
        .dense("fc1", 2 * 32 * 128), .maxout(pieces: 2),
        .dense("fc2", 2 * 32 * 128), .maxout(pieces: 2),
        .dense("fc7128", 128),
        .unitLength, .tap("embedding")
      ])
  }

  private static func layer(_ name: String, _ filters: Int, _ kernel: Int, stride: Int = 1) -> Layer {
    .convolution(
      name, filters, kernel: kernel, stride: stride, padding: .zeros(kernel / 2), activation: .rectifier)
  }

  private static var halved: Layer { .pool(.maximum, kernel: 3, stride: 2, padding: 1) }
}
