import CSystem
import Faces
import Images
import Networks
import TestSupport
import Tensors
import Testing

/// A network that answers the mean level of its picture in one channel, from 0 to 1, as the logit or score of
/// one of three classes; the others have 0.
private func judge(
  crop: String? = "2", side: Int = 4, output: String = "logits", sees channel: Int = 0, class number: Int = 1,
  input: String = "order=bgr", count: Int = 3, kind: String = "liveness", bias: Float = 0
) throws -> Model {
  let text = [
    "input channels=3 height=\(side) width=\(side) \(input)", "mean global-average < input",
    "\(output) dense outputs=\(count) < mean", "output \(output)"
  ].joined(separator: "\\n")
  var file = TensorFile(
    metadata: [("architecture", "graph"), ("kind", kind), ("graph", text)]
      + (crop.map { [("crop", $0)] } ?? []))
  var weights = [Float](repeating: 0, count: 3 * count)
  weights[3 * number + channel] = 1 / 255
  file.add("\(output).weight", [count, 3], weights)
  file.add("\(output).bias", [count], [Float](repeating: bias, count: count))
  return try Model(file.weightFile())
}

private func face(_ left: Float, _ top: Float, _ width: Float, _ height: Float) -> Face {
  Face(box: Box(left: left, top: top, right: left + width, bottom: top + height), score: 1, landmarks: [])
}

/// Blue in a rectangle, else red.
private func picture(_ width: Int, _ height: Int, blue: Region) throws -> Image {
  try Image(width: width, height: height) { y, row in
    for x in 0..<width {
      let isBlue =
        x >= blue.x && x < blue.x + blue.width && y >= blue.y && y < blue.y + blue.height
      (row[3 * x], row[3 * x + 1], row[3 * x + 2]) = isBlue ? (0, 0, 255) : (255, 0, 0)
    }
  }
}

/// Of the logits x, 0, 0.
private func softmax(_ x: Double) -> Float { Float(exp(x) / (exp(x) + 2)) }

@Suite struct LivenessTests {
  @Test func `a network sees so many times the box, blue first, and its softmax is the score`() throws {
    // The part of a face of 20x10 at (40, 45) seen twice as large: 40x20 at (30, 40).
    let liveness = try Liveness([judge()])
    let whole = try picture(100, 100, blue: Region(x: 30, y: 40, width: 41, height: 21))
    let verdict = try liveness.verdict(of: face(40, 45, 20, 10), in: .image(whole))
    #expect(abs(verdict.score - softmax(1)) < 1e-6 && verdict.isLive)
    // Its left half: of the four columns two.
    let half = try picture(100, 100, blue: Region(x: 30, y: 0, width: 20, height: 100))
    #expect(
      abs(try liveness.verdict(of: face(40, 45, 20, 10), in: .image(half)).score - softmax(0.5)) < 1e-6)
    let none = try picture(100, 100, blue: Region(x: 0, y: 0, width: 30, height: 100))
    let red = try liveness.verdict(of: face(40, 45, 20, 10), in: .image(none))
    #expect(abs(red.score - 1 / 3) < 1e-6 && !red.isLive)  // no class is more probable
  }

  @Test func `networks are averaged, and the largest sum says what it is`() throws {
    let blue = try picture(100, 100, blue: Region(x: 0, y: 0, width: 100, height: 100))
    let scores = try Liveness([judge(output: "scores"), judge(output: "scores", class: 2)])
    let verdict = try scores.verdict(of: face(40, 45, 20, 10), in: .image(blue))
    #expect(abs(verdict.score - 0.5) < 1e-6 && !verdict.isLive)
    let mixed = try Liveness([judge(output: "scores"), judge(class: 2), judge(crop: "4", output: "scores")])
    let other = try mixed.verdict(of: face(40, 45, 20, 10), in: .image(blue))
    let third = Float((2 + 1 / (exp(1.0) + 2)) / 3)
    #expect(abs(other.score - third) < 1e-6 && other.isLive)
  }

  /// By the published code, of 640x480 pictures and boxes (left, top, width, height).
  @Test(arguments: [
    ((100, 100, 60, 80), 2.7, (49, 32, 163, 217)),
    // It is moved into the picture...
    ((10, 20, 60, 80), 2.7, (0, 0, 163, 217)),
    ((560, 420, 60, 50), 4, (399, 279, 241, 201)),
    // ... and made as large as that: 479 / 200 and 639 / 300.
    ((100, 100, 100, 200), 4, (30, 0, 240, 480)),
    ((200, 100, 300, 100), 4, (0, 43, 640, 214)),
    // A face that is larger than the picture is seen as far as it is there.
    ((-100, -100, 1000, 1000), 2.7, (160, 0, 480, 480))
  ])
  func `the part is that of the published code`(
    box: (Int, Int, Int, Int), crop: Double, expected: (Int, Int, Int, Int)
  ) throws {
    let image = try Image(width: 640, height: 480) { _, row in for i in row.indices { row[i] = 0 } }
    let given = face(Float(box.0), Float(box.1), Float(box.2), Float(box.3)).box
    let region = Liveness.region(of: given, times: crop, in: .image(image))
    #expect((region.x, region.y, region.width, region.height) == expected)
  }

  @Test(arguments: [(1, 1), (2, 3), (640, 1)])
  func `parts lie in the picture, wherever the face is`(width: Int, height: Int) throws {
    let image = try Image(width: width, height: height) { _, row in for i in row.indices { row[i] = 7 } }
    let liveness = try Liveness([judge(crop: "1"), judge(crop: "16")])
    for place: Float in [-1e6, -3, 0, 0.5, 2, 900, 1e6 - 1] {
      for side: Float in [1e-6, 0.5, 1, 3, 1000] where place + side <= 1e6 {
        let given = face(place, place, side, side)
        guard given.box.width > 0 else { continue }
        let verdict = try liveness.verdict(of: given, in: .image(image))
        #expect(verdict.score.isFinite)
      }
    }
  }

  @Test func `a face of a frame is that of its picture`() throws {
    let image = try picture(90, 70, blue: Region(x: 20, y: 10, width: 30, height: 40))
    let liveness = try Liveness([judge(), judge(crop: "3")])
    let expected = try liveness.verdict(of: face(30, 20, 20, 20), in: .image(image))
    try image.withPixels { pixels in
      let bytes = UnsafeRawBufferPointer(start: pixels, count: 3 * 90 * 70)
      let frame = try Frame(.packed(.rgb), width: 90, height: 70, planes: [Frame.Plane(bytes)])
      #expect(try liveness.verdict(of: face(30, 20, 20, 20), in: .frame(frame)).score == expected.score)
    }
  }

  @Test func `models and faces that will not do are refused by what is wrong`() throws {
    func reason(_ model: @autoclosure () throws -> Model) -> String {
      outcome { try Liveness([model()]) }
    }
    #expect(outcome { try Liveness([]) } == "invalidArgument: 0 models; expected 1 to 8")
    #expect(
      reason(try judge(kind: "landmarks"))
        == "wrongModel: the model is \"graph\" of kind \"landmarks\"; expected a graph of kind liveness for liveness"
    )
    #expect(reason(try judge(crop: nil)).hasPrefix("badData: model: no \"crop\" in the metadata"))
    #expect(reason(try judge(crop: "0.5")) == "badData: model: crop 0.5; expected 1.0 to 16.0")
    #expect(reason(try judge(count: 4)) == "badData: model: output logits is 1x1x4; expected 1x1x3")
    #expect(reason(try judge(output: "others")).hasPrefix("badData: model: no output scores or logits"))
    let image = try plain(20, 20, level: 9), liveness = try Liveness([judge()])
    for box in [(0, 0, 0, 5), (0, 0, 5, -5), (Float.nan, 0, 5, 5), (0, 0, .infinity, 5), (2e6, 0, 5, 5)]
      as [(Float, Float, Float, Float)]
    {
      #expect(
        outcome { try liveness.verdict(of: face(box.0, box.1, box.2, box.3), in: .image(image)) }
          .hasPrefix("invalidArgument: a face in a box of"))
    }
    for (output, bias) in [("logits", Float.nan), ("logits", .infinity), ("scores", 2), ("scores", .nan)] {
      let damaged = try Liveness([judge(output: output, bias: bias)])
      #expect(
        outcome { try damaged.verdict(of: face(2, 2, 5, 5), in: .image(image)) }
          .hasPrefix("badData: the model answers"))
    }
  }
}
