import Faces
import Images
import Networks
import TestSupport
import Tensors
import Testing

/// A detector's file with an aligned look whose features are the brightness of the aligned picture's left
/// edge, halfway down: 0 for black, 1 for white.
/// - Parameters:
///   - bias: of the eleven numbers of its answer.
///   - bright: added where the left edge is white.
private func model(
  _ metadata: [(String, String)] = [("aligned_look", "face-points")], bias: [Float],
  bright: [Float] = [Float](repeating: 0, count: 11)
) throws -> Model {
  var file = TensorFile(metadata: [("architecture", "yunet")] + metadata)
  for (name, tensor) in try initialWeights(of: .yuNet(), seed: 4) { file.add(name, tensor) }
  for tensor in try Architecture.facePoints.tensors() {
    let isOne = tensor.kind == .gamma || tensor.kind == .variance
    let values = try Tensor<Float>(tensor.extents, repeating: isOne ? 1 : 0)
    switch tensor.name {
    case "points.answer.bias": for i in 0..<11 { values.pointer[i] = bias[i] }
    case "points.answer.weight": for i in 0..<11 { values.pointer[96 * i] = bright[i] }
    // The last map is 4x4; its row 2 and column 0 see the pixel at (0, 32).
    case "points.features.weight": values.pointer[2 * 4 * 48] = 1
    // The middle of each filter: the mean of the colours, then what the first filter saw.
    case "points.conv1.weight": for channel in 0..<3 { values.pointer[9 * channel + 4] = 1 / 3 }
    default: if tensor.kind == .weight { values.pointer[4] = 1 }
    }
    file.add(tensor.name, values)
  }
  return try Model(file.weightFile())
}

/// Twice as large as the network's pictures, and where its template has the points there.
private let side = 128
private let points = AlignmentTemplate.meanFace.scaled(to: side).points
private var eyes: Float { points[1].x - points[0].x }

/// White where `isWhite`, else black.
private func picture(_ isWhite: (_ x: Int) -> Bool = { _ in false }) throws -> Image {
  try Image(width: side, height: side) { _, row in
    for x in 0..<side { for c in 0..<3 { row[3 * x + c] = isWhite(x) ? 255 : 0 } }
  }
}

private func sight(_ model: Model, _ image: Image, _ points: [Point] = points) throws -> AlignedLook.Sight? {
  try #require(try AlignedLook(model)).look(at: points, in: image)
}

private func answer(x: [Float] = [], y: [Float] = [], certainty: Float = 0) -> [Float] {
  (0..<5).flatMap { [$0 < x.count ? x[$0] : 0, $0 < y.count ? y[$0] : 0] } + [certainty]
}

@Suite struct AlignedLookTests {
  /// 0.2 of the eyes' distance, in the picture's pixels whatever its scale.
  @Test func `points move by parts of the eyes' distance`() throws {
    let model = try model(bias: answer(y: [0.2, 0.2, 0, 0, -0.1]))
    let moved = try #require(try sight(model, picture())).points
    let y: [Float] = [0.2, 0.2, 0, -0.05, -0.05]  // the corners of the mouth change places in the mirror
    for (i, point) in moved.enumerated() {
      #expect(abs(point.y - points[i].y - y[i] * eyes) < 0.01)
    }
  }

  /// The template's eyes are 74.01 of 150 pixels to the right on average, those of its mirror image 74.99.
  @Test func `to both sides alike cancels with the mirror, and the middle stays`() throws {
    let shifts = answer(x: [0.1, 0.1, 0.1, 0.1, 0.1])
    let moved = try #require(try sight(model(bias: shifts), picture())).points
    let centre: Float = (74.0127 + 149 - 74.0127) / 2 * Float(side) / 150
    #expect(abs((moved[0].x + moved[1].x) / 2 - centre) < 1)
  }

  /// In the mirror the right edge is left, and the right eye's shift to the right is one to the left.
  @Test func `the mirror image is the same face, seen from the other side`() throws {
    let seeing = try model(bias: answer(), bright: answer(x: [0.1], certainty: 0.3))
    let none = try #require(try sight(seeing, picture())).points
    let left = try #require(try sight(seeing, picture { $0 < 40 }))
    let right = try #require(try sight(seeing, picture { $0 > 88 }))
    #expect(abs(left.points[0].x - none[0].x - 0.05 * eyes) < 0.05 && left.points[1] == none[1])
    #expect(abs(right.points[1].x - none[1].x + 0.05 * eyes) < 0.05 && right.points[0] == none[0])
    // One of two looks is certain: half of 0.3, from -0.3...0.3 to 0...1.
    #expect(abs(left.score - 0.75) < 1e-3 && abs(right.score - 0.75) < 1e-3)
  }

  @Test(
    arguments: [(0.3, 1), (0.6, 1), (0, 0.5), (-0.15, 0.25), (-0.3, 0.001), (-9, 0.001)] as [(Float, Float)])
  func `the score is what the certainty is between the two that were taught`(
    certainty: Float, score: Float
  )
    throws
  {
    let found = try sight(model(bias: answer(certainty: certainty)), picture())
    #expect(abs((found?.score ?? 0) - score) < 1e-5)
  }

  @Test func `points in one place and answers that are no numbers show nothing`() throws {
    let sane = try model(bias: answer())
    #expect(try sight(sane, picture(), [Point](repeating: Point(9, 9), count: 5)) == nil)
    #expect(try sight(sane, picture(), points.map { Point($0.x, $0.y * .nan) }) == nil)
    #expect(try sight(model(bias: answer(x: [.nan])), picture()) == nil)
    #expect(try sight(model(bias: answer(certainty: .infinity)), picture()) == nil)
    #expect(try sight(model(bias: answer(y: [3e38, 3e38, 3e38])), picture()) == nil)
  }

  @Test func `a file that promises what it has not is refused by name`() throws {
    func reason(_ metadata: [(String, String)]) -> String {
      outcome { try Detector(model(metadata, bias: answer())) }
    }
    #expect(
      reason([("second_look", "76"), ("aligned_look", "onet")])
        == "badData: model: aligned_look \"onet\"; expected face-points")
    #expect(
      reason([("aligned_look", "face-points")])
        == "badData: model: aligned_look without second_look; expected both")
    var file = TensorFile(
      metadata: [("architecture", "yunet"), ("second_look", "76"), ("aligned_look", "face-points")])
    for (name, tensor) in try initialWeights(of: .yuNet(), seed: 4) { file.add(name, tensor) }
    let bare = try Model(file.weightFile())
    #expect(outcome { try Detector(bare) } == "badData: weights: points.conv1.weight is missing")
  }
}
