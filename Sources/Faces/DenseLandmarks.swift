import Images
import Networks
import Tensors

/// Finds many points of a face, such as 68, 98 or 106 along its outline, brows, eyes, nose and mouth, with a
/// network of PFLD's kind.
///
/// The network sees a square around the centre of the face's box, black beyond the picture; its numbers are
/// places in the square, from 0 to 1. Source: Guo, Li, Ma, Zhang, et al., "PFLD: a practical facial landmark
/// detector", 2019.
package final class DenseLandmarks: @unchecked Sendable {
  /// Points of a face.
  package let count: Int
  private let architecture: Architecture
  private let executor: Executor
  private let side: Int
  /// The square's side, in sides of the box's longer one.
  private let crop: Float

  /// The square's side if the model does not specify "crop".
  private static let usualCrop: Float = 1.1
  private static let counts = 5...1024
  private static var output: String { "points" }

  /// - Throws: `.wrongModel`, and `.badData` for a model that is not of the kind's shape.
  package init(_ model: Model) throws(Failure) {
    try model.require(.landmarks, for: "landmarks")
    architecture = try model.architecture()
    guard let side = architecture.side, architecture.input.channels == 3 else {
      throw .badData(
        "model: landmarks whose input is no square of a size, or grey; expected one such as 112x112x3")
    }
    self.side = side
    crop = try model.metadata("crop", 0.5...8) ?? DenseLandmarks.usualCrop
    let found = architecture.graph.extent(of: DenseLandmarks.output, for: architecture.input)
    guard let found, found.height == 1, found.width == 1, found.channels % 2 == 0,
      DenseLandmarks.counts.contains(found.channels / 2)
    else {
      throw .badData(
        "model: output points is \(found?.description ?? "missing"); expected two numbers for each of "
          + "\(DenseLandmarks.counts.lowerBound) to \(DenseLandmarks.counts.upperBound) points")
    }
    count = found.channels / 2
    executor = Executor(try model.network(), .init([DenseLandmarks.output]))
  }

  /// The points of a face in pixels of the picture; (0, 0) is the centre of the first one.
  /// - Throws: `.invalidArgument` for a box without an area, `.badData` for a model that gives no numbers.
  package func points(of face: Face, in photo: ImageOrFrame) throws(Failure) -> [Point] {
    try face.box.checkArea()
    let box = face.box, length = Double(crop) * Double(max(box.width, box.height))
    let left = (Double(box.left) + Double(box.right) - length) / 2
    let top = (Double(box.top) + Double(box.bottom) - length) / 2
    let picture = try square(left, top, length, of: photo)
    return try executor.run(batch: 1, height: side, width: side) { input in
      picture.withPixels { architecture.fill(input, $0, height: side, width: side) }
    } _: { answers throws(Failure) in
      var points: [Point] = []
      for i in 0..<count {
        let x = left + Double(answers[0][2 * i]) * length, y = top + Double(answers[0][2 * i + 1]) * length
        guard x.magnitude < 1e9, y.magnitude < 1e9 else {  // nor is NaN
          throw .badData("the model answers \(answers[0][2 * i]): its weights are damaged")
        }
        points.append(Point(Float(x - 0.5), Float(y - 0.5)))
      }
      return points
    }
  }

  /// A square of the picture at the network's size: several samples of each pixel are averaged.
  private func square(
    _ left: Double, _ top: Double, _ length: Double, of photo: ImageOrFrame
  ) throws(Failure) -> Image {
    let fold = max(1, min(8, Int((length / Double(side)).rounded(.up)))), fine = fold * side
    let scale = Double(fine) / length
    // Edges of pixels to edges: (x + 0.5 - left) scale - 0.5.
    let map = Affine(scale, 0, (0.5 - left) * scale - 0.5, 0, scale, (0.5 - top) * scale - 0.5)
    return try photo.warped(by: map, width: fine, height: fine)
      .resized(width: side, height: side, filter: .area)
  }
}
