import CSystem
import Faces
import Images
import TestSupport
import Tensors
import Testing

/// A face in space, in distances of its eyes: eyes and mouth in a plane, the nose before it, turned and seen
/// from afar.
private func seen(yaw: Double, pitch: Double, roll: Double, scale: Double = 60) -> [Point] {
  let (q, depth, mouth) = (Pose.noseHeight, Pose.noseDepth, Pose.mouthHeight)
  let points = [(-0.5, 0.0, 0.0), (0.5, 0, 0), (0, q * mouth, depth), (-0.4, mouth, 0), (0.4, mouth, 0)]
  func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
  let (a, b, c) = (radians(yaw), radians(pitch), radians(roll))
  return points.map { x, y, z in
    let y1 = y * cos(b) + z * sin(b), z1 = z * cos(b) - y * sin(b)  // downwards
    let x2 = x * cos(a) + z1 * sin(a)  // to the right
    return Point(
      Float(100 + scale * (x2 * cos(c) - y1 * sin(c))), Float(100 + scale * (x2 * sin(c) + y1 * cos(c))))
  }
}

@Suite struct PoseTests {
  @Test(arguments: [
    (0.0, 0.0, 0.0), (30, 0, 0), (-45, 0, 0), (0, 20, 0), (0, -25, 0), (0, 0, 30), (0, 0, -80), (25, 0, 40)
  ])
  func `one angle at a time is found exactly`(yaw: Double, pitch: Double, roll: Double) {
    let pose = Pose(seen(yaw: yaw, pitch: pitch, roll: roll))
    #expect(
      abs(Double(pose.yaw) - yaw) < 0.01 && abs(Double(pose.pitch) - pitch) < 0.01
        && abs(Double(pose.roll) - roll) < 0.01)
  }

  @Test func `two angles together are found nearly`() {
    for yaw in [-30.0, -10, 20] {
      for pitch in [-20.0, 15] {
        let pose = Pose(seen(yaw: yaw, pitch: pitch, roll: 0))
        #expect(abs(Double(pose.yaw) - yaw) < 6 && abs(Double(pose.pitch) - pitch) < 6)
      }
    }
  }

  @Test func `the size of the face does not count`() {
    let small = Pose(seen(yaw: 20, pitch: 10, roll: 5, scale: 20)),
      large = Pose(seen(yaw: 20, pitch: 10, roll: 5, scale: 400))
    #expect(abs(small.yaw - large.yaw) < 0.01 && abs(small.pitch - large.pitch) < 0.01)
  }

  @Test func `points that fall together have angles that are numbers`() {
    let pose = Pose([Point](repeating: Point(3, 3), count: 5))
    #expect(pose.yaw.isFinite && pose.pitch.isFinite && pose.roll.isFinite)
  }
}

@Suite struct QualityTests {
  @Test func `for answers count size, sharpness and the picture's edge, not pose and light`() throws {
    let grey = try Image(width: 150, height: 150) { _, row in for i in 0..<450 { row[i] = 3 } }
    let quality = try FaceQuality(of: face(150), in: grey, .init())
    #expect(quality.reasons == [.blurred, .dark, .flat])
    #expect(quality.reasons(by: .forAnswers) == .blurred)
    let beside = Face(
      box: face(20).box, score: 1, landmarks: face(20).landmarks.map { Point($0.x - 8, $0.y) })
    #expect(
      try FaceQuality(of: beside, in: grey, .init()).reasons(by: .forAnswers) == [.small, .blurred, .cutOff])
  }

  private func face(_ side: Int) -> Face {
    Face(
      box: Box(left: 0, top: 0, right: 1, bottom: 1), score: 1,
      landmarks: AlignmentTemplate.meanFace.scaled(to: side).points)
  }

  /// Fine stripes, blurred by a mean of 2 radius + 1 pixels along the rows.
  private func stripes(_ side: Int, radius: Int) throws -> Image {
    func level(_ x: Int) -> Int { (x / 3) % 2 == 0 ? 60 : 180 }
    return try Image(width: side, height: side) { _, row in
      for x in 0..<side {
        var sum = 0
        for k in -radius...radius { sum += level(x + k + 300) }
        for channel in 0..<3 { row[3 * x + channel] = UInt8(sum / (2 * radius + 1)) }
      }
    }
  }

  @Test func `the more it is blurred, the less sharp it is`() throws {
    var last = Float.infinity
    for radius in [0, 1, 2] {
      let quality = try FaceQuality(of: face(150), in: stripes(150, radius: radius), .init())
      #expect(quality.sharpness < last)
      last = quality.sharpness
    }
  }

  @Test func `a large picture of the same face has the same light`() throws {
    let small = try Image(width: 120, height: 120) { y, row in
      for i in 0..<360 { row[i] = UInt8(40 + y + i / 9) }
    }
    let large = try small.resized(width: 1200, height: 1200, filter: .bilinear)
    var ten = face(1200)
    // Pixel x becomes 10 x to 10 x + 9.
    for i in 0..<5 { ten.landmarks[i] = Point(ten.landmarks[i].x + 4.5, ten.landmarks[i].y + 4.5) }
    let a = try FaceQuality(of: face(120), in: small, .init()),
      b = try FaceQuality(of: ten, in: large, .init())
    #expect(abs(a.brightness - b.brightness) < 0.5 && abs(a.contrast - b.contrast) < 0.5)
    #expect(abs(b.eyeDistance - 10 * a.eyeDistance) < 0.01)
  }

  @Test func `a face without points is measured in its box, whichever way it looks`() throws {
    let image = try stripes(150, radius: 1)
    // Five sixths of the box are the mean face's picture.
    var boxed = face(150)
    boxed.box = Box(left: -15, top: -15, right: 165, bottom: 165)
    let pointed = try FaceQuality(of: boxed, in: image, .init())
    boxed.landmarks = []
    var options = FaceQuality.Options()
    options.maxYaw = 0
    let found = try FaceQuality(of: boxed, in: image, options)
    #expect(found.pose == nil && pointed.pose != nil && found.reasons == pointed.reasons)
    #expect(
      abs(found.eyeDistance - pointed.eyeDistance) < 0.01 && abs(found.brightness - pointed.brightness) < 0.1)
    boxed.box = Box(left: 3, top: 3, right: 3, bottom: 9)
    #expect(
      outcome { try FaceQuality(of: boxed, in: image, .init()) }.hasPrefix(
        "invalidArgument: a face without points in a box of 0.0x6.0"))
    boxed.landmarks = [Point(1, 1)]
    #expect(
      outcome { try FaceQuality(of: boxed, in: image, .init()) }
        == "invalidArgument: a face with 1 points; expected 5 or none")
  }

  @Test func `what lies beyond the edge is counted`() throws {
    let image = try Image(width: 150, height: 150) { _, row in for i in 0..<450 { row[i] = 128 } }
    var face = face(150)
    #expect(try FaceQuality(of: face, in: image, .init()).outside == 0)
    for i in 0..<5 { face.landmarks[i].y -= 75 }
    let outside = try FaceQuality(of: face, in: image, .init()).outside
    // Rows 17 to 100 of 112 move up by 56: those to 55 are gone.
    #expect(abs(outside - Float(56 - 17) / 84) < 0.02)
  }
}
