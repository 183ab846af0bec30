extension Architecture {
  /// FaceNet's NNS1, the mini inception: 165x165 RGB to a unit vector of 128.
  ///
  /// The paper gives only its input, 26 million parameters and 220 million multiply-adds. Designed to match:
  /// NN2's blocks at half their width, seven instead of ten, and a dense layer of 2048, which holds most of
  /// the parameters. Source: Schroff, Kalenichenko, Philbin, "FaceNet", 2015, section 3.3.
  package static var faceNetNNS1: Architecture {
    Architecture(
      name: "facenet-nns1", input: Extent(height: 165, width: 165, channels: 3),
      layers: inceptionStem(32, 32, 96)
        + inceptionBlock("3a", 32, (48, 64), (8, 16), .maximum, 16)
        + inceptionBlock("3b", 32, (48, 64), (16, 32), .euclidean, 32)
        + inceptionReduction("3c", (64, 128), (16, 32))
        + inceptionBlock("4a", 128, (48, 96), (16, 32), .euclidean, 64)
        + inceptionBlock("4b", 96, (64, 128), (16, 32), .euclidean, 64)
        + inceptionReduction("4c", (80, 128), (32, 64))
        + inceptionBlock("5a", 144, (64, 128), nil, .euclidean, 64)
        + [.dense("fc", 2048, activation: .rectifier), .dense("dense", 128), .unitLength, .tap("embedding")])
  }

  /// FaceNet's NNS2, the tiny inception: RGB pictures 140 high and 116 wide to a unit vector of 128.
  ///
  /// The paper gives only its input, 4.3 million parameters and 20 million multiply-adds, and not which side
  /// of 140x116 is the height: faces are taller than wide. Designed to match: five blocks without 5x5
  /// convolutions and a dense layer of 1008. Source: Schroff, Kalenichenko, Philbin, "FaceNet", 2015, section
  /// 3.3.
  package static var faceNetNNS2: Architecture {
    Architecture(
      name: "facenet-nns2", input: Extent(height: 140, width: 116, channels: 3),
      layers: inceptionStem(12, 12, 24)
        + inceptionBlock("3a", 8, (16, 24), nil, .maximum, 8)
        + inceptionReduction("3b", (24, 48), nil)
        + inceptionBlock("4a", 32, (24, 48), nil, .euclidean, 32)
        + inceptionReduction("4b", (40, 64), nil)
        + inceptionBlock("5a", 64, (48, 96), nil, .euclidean, 40)
        + [.dense("fc", 1008, activation: .rectifier), .dense("dense", 128), .unitLength, .tap("embedding")])
  }
}
