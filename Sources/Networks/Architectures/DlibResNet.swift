extension Architecture {
  /// dlib's face_recognition_resnet_model_v1: a residual network of 29 convolutions, 150x150 RGB to 128
  /// numbers.
  ///
  /// A block that reduces has stride 2 and no padding in its first convolution and a 2x2 average on its
  /// shortcut; where the two sizes differ, the smaller is zero-padded. Source: dlib,
  /// examples/dnn_face_recognition_ex.cpp; King 2017.
  package static var dlibResNet: Architecture {
    Architecture(
      name: "dlib-resnet", side: 150, mean: (122.782, 117.001, 104.298), scale: 1 / 256,
      layers: [
        .convolution("stem", 32, kernel: 7, stride: 2, normalisation: .affine, activation: .rectifier),
        .pool(.maximum, kernel: 3, stride: 2)
      ]
        + block(1, 32) + block(2, 32) + block(3, 32)
        + block(4, 64, reduces: true) + block(5, 64) + block(6, 64) + block(7, 64)
        + block(8, 128, reduces: true) + block(9, 128) + block(10, 128)
        + block(11, 256, reduces: true) + block(12, 256) + block(13, 256)
        + block(14, 256, reduces: true)
        + [.globalAverage, .dense("embedding", 128, hasBias: false), .tap("embedding")])
  }

  private static func block(_ number: Int, _ filters: Int, reduces: Bool = false) -> [Layer] {
    [
      .residual(
        [
          .convolution(
            "block\(number).a", filters, kernel: 3, stride: reduces ? 2 : 1,
            padding: reduces ? .valid : .zeros(1),
            normalisation: .affine, activation: .rectifier),
          .convolution("block\(number).b", filters, kernel: 3, padding: .zeros(1), normalisation: .affine)
        ],
        shortCut: reduces ? [.pool(.average, kernel: 2, stride: 2)] : []),
      .rectifier
    ]
  }
}
