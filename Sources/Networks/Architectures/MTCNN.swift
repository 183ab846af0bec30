/// The three networks of MTCNN: proposals over a pyramid, then two refinements.
///
/// Taps: "face" [.., 2] (probability of no face, of a face), "box" [.., 4] (shift of left, top, right, bottom
/// in box sizes), and of the last network "points" [.., 10] (five x, then five y, in box sizes). Source:
/// Zhang, Zhang, Li, Qiao, "Joint face detection and alignment using multitask cascaded convolutional
/// networks", 2016, figure 2.
package enum MTCNN {
  package static let mean: Float = 127.5  // with the scale: 0...255 to -1...1, as it was trained
  package static let scale: Float = 0.0078125

  /// P-Net: fully convolutional, 12x12 windows with stride 2.
  package static var proposal: [Layer] {
    [
      unit("pnet.conv1", 10, 3, "pnet.prelu1"),
      .pool(.maximum, kernel: 2, stride: 2, roundsUp: true),
      unit("pnet.conv2", 16, 3, "pnet.prelu2"),
      unit("pnet.conv3", 32, 3, "pnet.prelu3"),
      .head([.convolution("pnet.conv4_1", 2, kernel: 1), .softmax, .tap("face")]),
      .convolution("pnet.conv4_2", 4, kernel: 1), .tap("box")
    ]
  }

  /// R-Net: 24x24.
  package static var refinement: [Layer] {
    [
      unit("rnet.conv1", 28, 3, "rnet.prelu1"),
      .pool(.maximum, kernel: 3, stride: 2, roundsUp: true),
      unit("rnet.conv2", 48, 3, "rnet.prelu2"),
      .pool(.maximum, kernel: 3, stride: 2, roundsUp: true),
      unit("rnet.conv3", 64, 2, "rnet.prelu3"),
      .dense("rnet.dense4", 128, activation: .parametric("rnet.prelu4")),
      .head([.dense("rnet.dense5_1", 2), .softmax, .tap("face")]),
      .dense("rnet.dense5_2", 4), .tap("box")
    ]
  }

  /// O-Net: 48x48.
  package static var output: [Layer] {
    [
      unit("onet.conv1", 32, 3, "onet.prelu1"),
      .pool(.maximum, kernel: 3, stride: 2, roundsUp: true),
      unit("onet.conv2", 64, 3, "onet.prelu2"),
      .pool(.maximum, kernel: 3, stride: 2, roundsUp: true),
      unit("onet.conv3", 64, 3, "onet.prelu3"),
      .pool(.maximum, kernel: 2, stride: 2, roundsUp: true),
      unit("onet.conv4", 128, 2, "onet.prelu4"),
      .dense("onet.dense5", 256, activation: .parametric("onet.prelu5")),
      .head([.dense("onet.dense6_1", 2), .softmax, .tap("face")]),
      .head([.dense("onet.dense6_2", 4), .tap("box")]),
      .dense("onet.dense6_3", 10), .tap("points")
    ]
  }

  private static func unit(_ name: String, _ filters: Int, _ kernel: Int, _ slopes: String) -> Layer {
    .convolution(name, filters, kernel: kernel, activation: .parametric(slopes))
  }
}
