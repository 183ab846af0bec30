import Faces
import Images
import Networks
import TestSupport
import Tensors
import Testing

/// A head of a network that sees the mean levels of its cells: numbers that do not depend on them, but for
/// the first `seen` ones, to which the level from 0 to 1 is added.
private struct Head {
  let name: String
  let stride: Int
  var numbers: [Float]
  var seen: Range<Int> = 0..<0
  /// The channels whose level is seen, in the network's order.
  var channels = 0..<3
}

/// A converted network of these heads.
private func model(
  _ kind: String, _ heads: [Head], input: String = "channels=3", _ more: [(String, String)] = []
) throws -> Model {
  var lines = ["input \(input)"]
  for stride in Set(heads.map { $0.stride }).sorted() {
    lines.append("cells\(stride) pool pooling=average kernel=\(stride) stride=\(stride) < input")
  }
  for head in heads {
    lines.append("\(head.name) convolution filters=\(head.numbers.count) kernel=1 < cells\(head.stride)")
  }
  lines += heads.map { "output \($0.name)" }
  // A box of 8 pixels is large enough, and a picture that is searched for faces of 12 keeps its size.
  let usual = more.contains { $0.0 == "min_face" } ? [] : [("min_face", "12")]
  var file = TensorFile(
    metadata: [("architecture", "graph"), ("kind", kind), ("graph", lines.joined(separator: "\\n"))] + usual
      + more)
  for head in heads {
    var weights: [Float] = []
    for i in head.numbers.indices {
      for channel in 0..<3 {
        let isSeen = head.seen.contains(i) && head.channels.contains(channel)
        weights.append(isSeen ? 1 / (255 * Float(head.channels.count)) : 0)
      }
    }
    file.add("\(head.name).weight", [head.numbers.count, 3, 1, 1], weights)
    file.add("\(head.name).bias", [head.numbers.count], head.numbers)
  }
  return try Model(file.weightFile())
}

private func options(_ minFace: Float = 12, threshold: Float? = nil) -> DetectorOptions {
  var options = DetectorOptions()
  options.minFace = minFace
  options.thresholds = (nil, nil, threshold)
  return options
}

/// Black with a square of one colour.
private func picture(
  _ width: Int, _ height: Int, x left: Int, y top: Int, side: Int = 8, _ colour: [UInt8] = [255, 255, 255]
) throws -> Image {
  try Image(width: width, height: height) { y, row in
    for x in 0..<width {
      let isInside = x >= left && x < left + side && y >= top && y < top + side
      for c in 0..<3 { row[3 * x + c] = isInside ? colour[c] : 0 }
    }
  }
}

private func yunet(object: Float = 1, channels: Range<Int> = 0..<3) -> [Head] {
  [8, 16, 32].flatMap { stride in
    [
      Head(
        name: "class\(stride)", stride: stride, numbers: [0], seen: 0..<(stride == 8 ? 1 : 0),
        channels: channels),
      Head(name: "object\(stride)", stride: stride, numbers: [object]),
      // log 2 and log 1.5.
      Head(name: "box\(stride)", stride: stride, numbers: [0.5, 0.75, 0.6931472, 0.4054651]),
      Head(name: "points\(stride)", stride: stride, numbers: [0, 0, 1, 0, 0.5, 0.5, 0.25, 1, 0.75, 1])
    ]
  }
}

private func scrfd(hasPoints: Bool = true, anchors: Int = 2) -> [Head] {
  [8, 16, 32].flatMap { stride in
    [
      // Only the last of a cell's faces.
      Head(
        name: "score\(stride)", stride: stride, numbers: [Float](repeating: 0, count: anchors),
        seen: (stride == 8 ? anchors - 1 : anchors)..<anchors),
      Head(
        name: "box\(stride)", stride: stride,
        numbers: [Float](repeating: 9, count: 4 * (anchors - 1)) + [1, 0.5, 1.5, 2]),
      Head(
        name: "points\(stride)", stride: stride,
        numbers: [Float](repeating: 9, count: 10 * (anchors - 1)) + [0, 0, 1, 0, 0.5, -0.5, 0, 1, 1, 1])
    ].filter { hasPoints || !$0.name.hasPrefix("points") }
  }
}

private func retinaFace(seen stride: Int, anchor: Int) -> [Head] {
  [8, 16, 32].flatMap { each in
    [
      Head(
        name: "score\(each)", stride: each, numbers: [0.9, 0, 0.9, 0],
        seen: each == stride ? (2 * anchor + 1)..<(2 * anchor + 2) : 0..<0),
      Head(name: "box\(each)", stride: each, numbers: [Float](repeating: 0, count: 4) + [1, 2, 3.4657359, 0]),
      Head(name: "points\(each)", stride: each, numbers: [Float](repeating: 0, count: 19) + [1])
    ]
  }
}

private func centerFace() -> [Head] {
  [
    Head(name: "score4", stride: 4, numbers: [0], seen: 0..<1),
    Head(name: "box4", stride: 4, numbers: [1.0986123, 1.3862944, 0.25, -0.5]),  // log 3, log 4
    Head(name: "points4", stride: 4, numbers: [0, 0, 0, 1, 0.5, 0.25, 1, 0, 1, 1])
  ]
}

private func isNear(_ box: Box, _ left: Float, _ top: Float, _ right: Float, _ bottom: Float) -> Bool {
  abs(box.left - left) < 0.01 && abs(box.top - top) < 0.01 && abs(box.right - right) < 0.01
    && abs(box.bottom - bottom) < 0.01
}

private func areNear(_ points: [Point], _ expected: [(Float, Float)]) -> Bool {
  points.count == expected.count
    && zip(points, expected).allSatisfy { abs($0.x + 0.5 - $1.0) < 0.01 && abs($0.y + 0.5 - $1.1) < 0.01 }
}

@Suite struct PublishedHeadsTests {
  /// The cell of 8 pixels in row 2, column 5.
  private static let square = (x: 40, y: 16)

  private func only(_ model: Model, _ image: Image, _ options: DetectorOptions) throws -> Face {
    let faces = try Detector(model, options).faces(in: image)
    #expect(faces.count == 1)
    return try #require(faces.first)
  }

  @Test func `a YuNet's face is the root of class times object, its box by its centre`() throws {
    let image = try picture(100, 70, x: 40, y: 16)
    let face = try only(model("yunet", yunet(object: 0.64)), image, options())
    #expect(abs(face.score - 0.8) < 1e-5)
    // Centre (5.5, 2.75) * 8, sides 16 and 12.
    #expect(isNear(face.box, 36, 16, 52, 28))
    #expect(areNear(face.landmarks, [(40, 16), (48, 16), (44, 20), (42, 24), (46, 24)]))
  }

  @Test func `an SCRFD's face is given by the distances of its edges, of any of a cell's anchors`() throws {
    let image = try picture(100, 70, x: 40, y: 16)
    for anchors in [1, 2, 3] {
      let face = try only(model("scrfd", scrfd(anchors: anchors)), image, options())
      #expect(abs(face.score - 1) < 1e-5 && isNear(face.box, 32, 12, 52, 32))
      #expect(areNear(face.landmarks, [(40, 16), (48, 16), (44, 12), (40, 24), (48, 24)]))
    }
  }

  @Test func `an SCRFD without heads for points finds faces without them`() throws {
    let detector = try Detector(model("scrfd", scrfd(hasPoints: false)), options())
    #expect(try !detector.findsPoints && Detector(model("scrfd", scrfd()), options()).findsPoints)
    let faces = try detector.faces(in: picture(100, 70, x: 40, y: 16))
    #expect(faces.count == 1 && faces.allSatisfy { $0.landmarks.isEmpty && isNear($0.box, 32, 12, 52, 32) })
  }

  @Test(arguments: [(8, Float(16)), (16, 64), (32, 256)])
  func `a RetinaFace's face is a move of one of two squares`(stride: Int, side: Float) throws {
    let image = try picture(512, 512, x: 5 * stride, y: 2 * stride, side: stride)
    let x = 5.5 * Float(stride), y = 2.5 * Float(stride)
    var face = try only(model("retinaface", retinaFace(seen: stride, anchor: 0)), image, options())
    #expect(abs(face.score - 1) < 1e-5)
    #expect(isNear(face.box, x - side / 2, y - side / 2, x + side / 2, y + side / 2))
    #expect(areNear(face.landmarks, [(Float, Float)](repeating: (x, y), count: 5)))
    face = try only(model("retinaface", retinaFace(seen: stride, anchor: 1)), image, options())
    // Twice the side; its centre moved by 0.1 and 0.2 of that; its width times exp(0.2 * 5 log 2).
    let large = 2 * side
    let left = x + 0.1 * large - large, top = y + 0.2 * large - large / 2
    #expect(isNear(face.box, left, top, left + 2 * large, top + large))
    #expect(areNear(Array(face.landmarks.suffix(1)), [(x, y + 0.1 * large)]))
  }

  @Test func `a CenterFace's face has its points in parts of its box`() throws {
    let image = try picture(100, 70, x: 40, y: 16, side: 4)
    let face = try only(model("centerface", centerFace()), image, options())
    // Centre (10 - 0.5 + 0.5, 4 + 0.25 + 0.5) * 4, 16 wide and 12 high.
    #expect(isNear(face.box, 32, 13, 48, 25))
    #expect(areNear(face.landmarks, [(32, 13), (48, 13), (36, 19), (32, 25), (48, 25)]))
  }

  @Test func `levels reach the network in its order, with a mean for each channel`() throws {
    // Only blue is seen, the first of B, G, R: the root of half of its level less 55, in 255ths.
    let blue = try model(
      "yunet", yunet(channels: 0..<1), input: "channels=3 mean=55,0,200 scale=0.5 order=bgr")
    for (colour, expected) in [([0, 0, 255], Float(0.626224)), ([0, 0, 155], 0.442807)] as [([UInt8], Float)]
    {
      // At its size, in parts, and reduced.
      for (minFace, factor) in [(Float(12), 1), (24, 2)] {
        let image = try picture(
          100 * factor, 70 * factor, x: 40 * factor, y: 16 * factor, side: 8 * factor, colour)
        let face = try only(blue, image, options(minFace, threshold: 0.4))
        #expect(abs(face.score - expected) < 1e-5)
      }
    }
    let red = try picture(100, 70, x: 40, y: 16, [255, 255, 0])
    #expect(try Detector(blue, options(threshold: 0.4)).faces(in: red).isEmpty)
  }

  @Test(arguments: ["yunet", "scrfd", "retinaface", "centerface"])
  func `the model's threshold and sizes count, the caller's score goes before`(kind: String) throws {
    let heads =
      switch kind {
      case "yunet": yunet()
      case "scrfd": scrfd()
      case "retinaface": retinaFace(seen: 8, anchor: 0)
      default: centerFace()
      }
    // Scores of 0.8; a root of a product for YuNet.
    let level = UInt8(kind == "yunet" ? 163 : 204)
    let image = try picture(64, 64, x: 24, y: 24, [level, level, level])
    func count(_ more: [(String, String)], _ threshold: Float? = nil) throws -> Int {
      try Detector(model(kind, heads, more), options(threshold: threshold)).faces(in: image).count
    }
    #expect(try count([]) == 1 && count([("threshold", "0.79")]) == 1 && count([("threshold", "0.81")]) == 0)
    #expect(try count([("threshold", "0.81")], 0.79) == 1 && count([], 0.81) == 0)
    #expect(try Detector(model(kind, heads, [("min_face", "4")]), options()).faces(in: image).isEmpty)
    #expect(try ModelInformation(model(kind, heads)).use == .detector)
  }

  @Test func `close-ups are looked at at a quarter of the size`() throws {
    // Only a cell of a reduced picture is as white as its square.
    let image = try picture(400, 300, x: 32, y: 32, side: 32)
    var close = options()
    let usual = try Detector(model("scrfd", scrfd()), close).faces(in: image)
    close.findsCloseUps = true
    let found = try Detector(model("scrfd", scrfd()), close).faces(in: image)
    #expect(found.count == usual.count + 1)
    // Of the cell in row 1, column 1 of 100x75.
    #expect(found.contains { isNear($0.box, 0, 16, 80, 96) } && !usual.contains { $0.box.width > 30 })
  }

  // MARK: Hostile models

  @Test func `models that lack something or have another form are refused by its name`() throws {
    func reason(
      _ kind: String, _ heads: [Head], input: String = "channels=3", _ more: [(String, String)] = []
    ) -> String {
      outcome { try Detector(model(kind, heads, input: input, more)) }
    }
    func without(_ name: String, _ heads: [Head]) -> [Head] { heads.filter { $0.name != name } }
    func with(_ name: String, _ count: Int, _ heads: [Head]) -> [Head] {
      heads.map {
        $0.name == name
          ? Head(name: name, stride: $0.stride, numbers: [Float](repeating: 0, count: count)) : $0
      }
    }
    #expect(
      reason("yunet", without("object16", yunet()))
        == "badData: model: output object16 is missing of a picture of 96x64; expected 6x4x1")
    #expect(
      reason("yunet", with("box32", 5, yunet()))
        == "badData: model: output box32 is 3x2x5 of a picture of 96x64; expected 3x2x4")
    #expect(
      reason("scrfd", with("points8", 10, scrfd()))
        == "badData: model: output points8 is 12x8x10 of a picture of 96x64; expected 12x8x20")
    #expect(reason("scrfd", without("score8", scrfd())).contains("output score8 of 0 faces a cell"))
    #expect(reason("scrfd", with("score8", 9, scrfd())).contains("output score8 of 9 faces a cell"))
    #expect(reason("centerface", scrfd()).contains("output score4 of 0 faces a cell; expected 1"))
    #expect(
      reason("retinaface", retinaFace(seen: 8, anchor: 0), input: "channels=3 height=64 width=64")
        == "badData: model: a retinaface for pictures of 64x64x3; expected colour pictures of any size")
    #expect(
      reason("liveness", yunet())
        == "wrongModel: the model is \"graph\" of kind \"liveness\"; expected a graph of kind yunet, scrfd, retinaface or centerface for a detector"
    )
    #expect(
      reason("yunet", yunet(), [("threshold", "1.5")])
        == "badData: model: threshold 1.5; expected 0.0 to 1.0")
    #expect(
      reason("scrfd", scrfd(), [("min_face", "3")]) == "badData: model: min_face 3.0; expected 4.0 to 128.0")
  }

  @Test func `a head of exchanged sides is refused`() throws {
    let heads = scrfd().map { $0.name == "box8" ? Head(name: "box8", stride: 16, numbers: $0.numbers) : $0 }
    #expect(
      outcome { try Detector(model("scrfd", heads)) }
        == "badData: model: output box8 is 6x4x8 of a picture of 96x64; expected 12x8x8")
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, 1e38, -1e38], ["score8", "box8", "points8"])
  func `numbers that are none make no faces`(value: Float, name: String) throws {
    let heads = scrfd().map {
      $0.name == name
        ? Head(name: name, stride: 8, numbers: [Float](repeating: value, count: $0.numbers.count)) : $0
    }
    let faces = try Detector(model("scrfd", heads), options(threshold: 0)).faces(
      in: plain(50, 40, level: 200))
    for face in faces {
      #expect((0...1).contains(face.score) && face.box.width.isFinite && face.box.left.isFinite)
    }
  }
}
