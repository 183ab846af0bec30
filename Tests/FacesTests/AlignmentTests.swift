import CSystem
import Faces
import Images
import Networks
import Tensors
import TestSupport
import Testing

@Suite struct AlignmentTests {
  private let points = [Point(10, 20), Point(60, 25), Point(35, 50), Point(18, 70), Point(55, 72)]

  /// Turned by `angle`, scaled by `scale`, shifted.
  private func moved(_ points: [Point], angle: Double, scale: Double, x: Double, y: Double) -> [Point] {
    points.map {
      let (px, py) = (Double($0.x), Double($0.y))
      return Point(
        Float(scale * (cos(angle) * px - sin(angle) * py) + x),
        Float(scale * (sin(angle) * px + cos(angle) * py) + y))
    }
  }

  @Test(arguments: [(0.0, 1.0), (0.3, 2.5), (-2.9, 0.4), (3.14, 7.0)])
  func `finds the turn, scale and shift that were made`(angle: Double, scale: Double) throws {
    let map = try similarity(from: points, to: moved(points, angle: angle, scale: scale, x: 5, y: -9))
    let expected = [scale * cos(angle), -scale * sin(angle), 5, scale * sin(angle), scale * cos(angle), -9]
    #expect(largestDifference([map.a, map.b, map.c, map.d, map.e, map.f], expected) < Tolerance.float)
  }

  @Test func `never mirrors, even where a mirror would fit better`() throws {
    let mirrored = points.map { Point(-$0.x, $0.y) }
    let map = try similarity(from: points, to: mirrored)
    #expect(map.a * map.e - map.b * map.d >= 0)
  }

  @Test func `is the least-squares answer: no small change of it is better`() throws {
    let target = [Point(1, 2), Point(9, 1), Point(4, 7), Point(2, 11), Point(8, 12)]
    let map = try similarity(from: points, to: target)
    func error(_ a: Double, _ b: Double, _ x: Double, _ y: Double) -> Double {
      var sum = 0.0
      for (p, q) in zip(points, target) {
        let dx = a * Double(p.x) - b * Double(p.y) + x - Double(q.x)
        let dy = b * Double(p.x) + a * Double(p.y) + y - Double(q.y)
        sum += dx * dx + dy * dy
      }
      return sum
    }
    let best = error(map.a, map.d, map.c, map.f)
    for h in [-1e-3, 1e-3] {
      #expect(error(map.a + h, map.d, map.c, map.f) > best)
      #expect(error(map.a, map.d + h, map.c, map.f) > best)
      #expect(error(map.a, map.d, map.c + h, map.f) > best)
      #expect(error(map.a, map.d, map.c, map.f + h) > best)
    }
  }

  @Test func `a face without points is refused in words`() throws {
    let image = try Image(width: 30, height: 30)
    #expect(
      outcome { try AlignmentTemplate.meanFace.chip(image, []) }
        == "invalidArgument: the face has no points: to align it, find it with a detector that tells them, MTCNN"
    )
  }

  @Test func `every network that embeds square pictures has a template of its size`() throws {
    var found = 0
    for name in Architecture.names.map({ "\($0)" }) {
      let architecture = try #require(Architecture.named(name))
      guard architecture.hasEmbedding, let side = architecture.side else { continue }
      found += 1
      let template = AlignmentTemplate.published(for: name, side: side)
      #expect(template.side == side && template.points.count == 5)
      for point in template.points {
        #expect(point.x > 0 && point.y > 0 && point.x < Float(side) && point.y < Float(side))
      }
      // A frontal face: the eyes are level, the mouth is below, the nose between.
      #expect(abs(template.points[0].y - template.points[1].y) < 0.01 * Float(side))
      #expect(template.points[2].y > template.points[0].y && template.points[2].y < template.points[3].y)
    }
    #expect(found >= 10)
    #expect(
      AlignmentTemplate.published(for: "mobilefacenet", side: 112).points == AlignmentTemplate.arcFace.points)
    #expect(
      AlignmentTemplate.published(for: "dlib-resnet", side: 150).points == AlignmentTemplate.meanFace.points)
  }

  @Test(arguments: [AlignmentTemplate.meanFace, .arcFace])
  func `its text is read again to the bit, and nothing else is read`(template: AlignmentTemplate) throws {
    let template = template.scaled(to: 96), read = try AlignmentTemplate(template.text, side: 96)
    #expect(read.side == 96 && read.points == template.points)
    let nine = template.text.split(separator: " ").dropLast().joined(separator: " ")
    #expect(
      outcome { try AlignmentTemplate(nine, side: 96) }
        == "badData: model: template has 9 numbers; expected 10"
    )
  }

  @Test func `a training's crop shows what an embedder's chip shows`() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.png", face(300, 260))
    let landmarks = moved(points, angle: 0.2, scale: 1.3, x: 110, y: 70)
    var set = try PhotoSet(photosIn: folder.path), options = Crops.Options()
    try set.setLandmarks(landmarks)
    (options.framing, options.frame, options.margin) = (.trained, 96, 0)
    guard case .aligned(let template) = Framing.trained(.nn4Small2()) else {
      Issue.record("not aligned")
      return
    }
    let chip = try template.chip(face(300, 260), landmarks)
    #expect(try options.crop(set.photos[0]).bytes == chip.bytes)
  }

  @Test func `refuses points that fall together, are not finite or do not pair`() {
    let one = [Point](repeating: Point(3, 3), count: 5)
    #expect(throws: Failure.self) { try similarity(from: one, to: points) }
    #expect(throws: Failure.self) { try similarity(from: [Point(.nan, 0)] + points.dropFirst(), to: points) }
    #expect(throws: Failure.self) { try similarity(from: points, to: Array(points.dropLast())) }
  }

  @Test(arguments: [0, 90, 180, 270])
  func `the chip of a frame is that of its upright picture, to the bit`(rotation: Int) throws {
    let width = 160, height = 120
    let memory = (0..<(3 * width * height)).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / width * 13) }
    try memory.withUnsafeBytes { bytes in
      let frame = try Frame(
        .packed(.bgr), width: width, height: height, planes: [.init(bytes)], rotation: rotation,
        isMirrored: rotation > 90)
      let image = try frame.image()
      let template = AlignmentTemplate.meanFace.scaled(to: 96)
      for (angle, scale, x, y) in [
        (0.0, 0.5, 30.0, 20.0), (0.7, 0.8, 60, 10), (-2, 0.2, 100, 100), (0.1, 3, -80, -90), (0, 1, 999, 0)
      ] {
        let landmarks = moved(points, angle: angle, scale: scale, x: x, y: y)
        let chip = try template.chip(frame, landmarks), wanted = try template.chip(image, landmarks)
        #expect(chip.width == 96 && chip.height == 96)
        #expect((0..<96).allSatisfy { chip.row($0).elementsEqual(wanted.row($0)) })
      }
    }
  }
}
