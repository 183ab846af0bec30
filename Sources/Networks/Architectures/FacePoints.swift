/// A network that looks at a face which was aligned by rough points: it answers how far each true point lies
/// from its place in the template, and how sure it is that there is a face.
///
/// A detector's cells see a face at any size and place, and so its points only roughly; this one sees it
/// upright and large. Its result "points" has eleven numbers: x and y of each shift, in eye distances of the
/// template, and `certainty` of a face, minus that of anything else.
///
/// Such a second regression is O-Net's part in Zhang, Zhang, Li, Qiao, "Joint face detection and alignment
/// using multitask cascaded convolutional networks", 2016; that the face is aligned first is as in Xiong and
/// De la Torre, "Supervised descent method and its applications to face alignment", 2013.
package enum FacePoints {
  package static var name: StaticString { "face-points" }
  /// A side of its pictures.
  package static var side: Int { 64 }
  package static var result: String { "points" }
  package static var count: Int { 11 }
  /// What it was taught to answer of a face: of the size of the shifts, so that one squared error serves
  /// both.
  package static var certainty: Float { 0.3 }

  package static var layers: [Layer] {
    [
      unit("points.conv1", 16, stride: 2),
      unit("points.conv2", 32, stride: 2), unit("points.conv3", 32),
      unit("points.conv4", 64, stride: 2), unit("points.conv5", 64),
      unit("points.conv6", 48, stride: 2),
      .dense("points.features", 96, activation: .rectifier),
      .dense("points.answer", count), .tap(result)
    ]
  }

  private static func unit(_ name: String, _ filters: Int, stride: Int = 1) -> Layer {
    .convolution(
      name, filters, kernel: 3, stride: stride, padding: .zeros(1), hasBias: false,
      normalisation: .batch(name + "_bn"), activation: .rectifier)
  }
}

extension Architecture {
  package static var facePoints: Architecture {
    Architecture(
      name: FacePoints.name,
      input: Extent(height: FacePoints.side, width: FacePoints.side, channels: 3),
      layers: FacePoints.layers)
  }
}
