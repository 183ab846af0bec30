import Faces
import Foundation
import Images
import Networks
import TestSupport
import Tensors
import Testing

/// The networks of a cascade: random ones, changed by `change`, with "thresholds" or without.
private func model(
  _ thresholds: String?, stages: Int = 3, change: (String, Tensor<Float>) -> Tensor<Float>? = { $1 }
) throws -> Model {
  var file = TensorFile(
    metadata: [("architecture", "cascade")] + (thresholds.map { [("thresholds", $0)] } ?? []))
  for name in ["12", "12-calibration", "24", "24-calibration", "48", "48-calibration"].prefix(2 * stages) {
    let architecture = try #require(Architecture.named("cascade-" + name))
    for (name, tensor) in try initialWeights(of: architecture, seed: 3) {
      if let tensor = change(name, tensor) { file.add(name, tensor) }
    }
  }
  return try Model(file.weightFile())
}

private func options(
  _ smallest: Float, _ thresholds: (Float?, Float?, Float?) = (nil, nil, nil)
) -> DetectorOptions {
  var options = DetectorOptions()
  options.minFace = smallest
  options.thresholds = thresholds
  return options
}

/// Waves of other lengths in each direction.
private func waves(_ width: Int, _ height: Int) throws -> Image {
  try Image(width: width, height: height) { y, row in
    for x in 0..<width {
      for c in 0..<3 {
        row[3 * x + c] = UInt8(128 + 60 * sin(0.31 * Double(x + c)) + 60 * cos(0.23 * Double(y + x / 2)))
      }
    }
  }
}

private func near(_ a: Box, _ b: Box) -> Bool {
  let differences = [a.left - b.left, a.top - b.top, a.right - b.right, a.bottom - b.bottom]
  // Of numbers around a hundred.
  return differences.allSatisfy { Double($0.magnitude) < Tolerance.float * 100 }
}

@Suite struct CascadeDetectorTests {
  // MARK: Arithmetic

  /// A face of 100 pixels at (50, 20); its window was taken too large by 1.21, 17 pixels right, 17 up.
  @Test func `an adjustment undoes what its pattern did to the window`() {
    let window = Box(left: 50 + 17, top: 20 - 17, right: 50 + 17 + 121, bottom: 20 - 17 + 121)
    let face = Box(left: 50, top: 20, right: 150, bottom: 120)
    #expect(near(window.adjusted(by: .init(scale: 1.21, x: 0.17, y: -0.17)), face))
    for number in 0..<CascadeCNN.Adjustment.count {
      let pattern = CascadeCNN.Adjustment(number: number), side = 100 * pattern.scale
      let left = face.left + 100 * pattern.x, top = face.top + 100 * pattern.y
      let window = Box(left: left, top: top, right: left + side, bottom: top + side)
      #expect(near(window.adjusted(by: pattern), face), "\(number)")
    }
  }

  @Test func `patterns that a network is sure of count alike, others not`() throws {
    func mean(_ sure: [Int: Float]) -> CascadeCNN.Adjustment? {
      let probabilities = (0..<45).map { sure[$0] ?? 0.01 }
      return CascadeCNN.Adjustment(meanOf: { probabilities[$0] })
    }
    #expect(mean([:]) == nil && mean([7: .nan]) == nil)
    #expect(mean([44: 0.9]) == CascadeCNN.Adjustment(number: 44))
    let two = try #require(mean([0: 0.2, 44: 0.6]))  // 0.83 and 1.21, -0.17 and 0.17
    #expect(abs(Double(two.scale) - 1.02) < Tolerance.float && two.x == 0 && two.y == 0)
  }

  // MARK: The stages

  /// Networks whose last layers are nothing but a bias: the same score for every window, and no pattern surer
  /// than others.
  private func constant(_ thresholds: String, stages: Int) throws -> Model {
    try model(thresholds, stages: stages) { name, tensor in
      guard name.hasSuffix(".face.weight") || name.hasSuffix(".face.bias") || name.contains(".patterns.")
      else { return tensor }
      for i in 0..<tensor.count { tensor.pointer[i] = 0 }
      return tensor
    }
  }

  /// Scores of 0.5 for all. Windows of 20 pixels stand a third of that apart: one overlaps the next by half
  /// of both together.
  @Test func `the first stage looks at every window, and those that overlap are one`() throws {
    let image = try waves(40, 40)
    let finder = try CascadeDetector(constant("0.5", stages: 1), options(20))
    let faces = try finder.faces(in: image)
    // Of equal scores the first stays.
    let first = try #require(faces.first)
    #expect(near(first.box, Box(left: 0, top: 0, right: 20, bottom: 20)))
    #expect(faces.allSatisfy { $0.score == 0.5 && $0.landmarks.isEmpty })
    for (i, a) in faces.enumerated() {
      for b in faces[(i + 1)...] {
        let width = min(a.box.right, b.box.right) - max(a.box.left, b.box.left)
        let height = min(a.box.bottom, b.box.bottom) - max(a.box.top, b.box.top)
        let common = max(width, 0) * max(height, 0)
        let whole = a.box.width * a.box.height + b.box.width * b.box.height - common
        #expect(common / whole <= 0.3)
      }
    }
    #expect(try CascadeDetector(constant("0.51", stages: 1), options(20)).faces(in: image).isEmpty)
  }

  @Test func `every stage has its threshold, from the model or from the caller`() throws {
    let image = try waves(60, 50)
    func count(_ own: String, _ asked: (Float?, Float?, Float?) = (nil, nil, nil)) throws -> Int {
      try CascadeDetector(constant(own, stages: 3), options(24, asked)).faces(in: image).count
    }
    #expect(try count("0.5 0.5 0.5") > 0)
    for own in ["0.6 0.5 0.5", "0.5 0.6 0.5", "0.5 0.5 0.6"] { #expect(try count(own) == 0, "\(own)") }
    #expect(try count("0.6 0.6 0.6", (0.5, 0.5, 0.5)) > 0)
    #expect(try count("0.5 0.5 0.5", (nil, nil, 0.6)) == 0)
  }

  @Test func `windows that all pass are survived`() throws {
    // Random networks take anything for a face: more windows than go on from one level.
    let finder = try CascadeDetector(model("0"), options(12))
    let faces = try finder.faces(in: waves(300, 300))
    #expect(!faces.isEmpty && faces.allSatisfy { $0.score.isFinite && $0.box.width > 0 })
  }

  // MARK: Hostile models and pictures

  @Test func `a model that lacks something is refused by its name`() throws {
    func reason(_ model: Model) -> String { outcome { try Detector(model) } }
    #expect(
      try reason(model(nil))
        == "badData: model: no thresholds in the metadata of a cascade, scores that pass its stages")
    #expect(try reason(model("")) == "badData: model: thresholds has 0 numbers; expected 1 to 3")
    #expect(
      try reason(model("0.1 0.2 0.3 0.4")) == "badData: model: thresholds has 4 numbers; expected 1 to 3")
    #expect(
      try reason(model("0.1 nan 0.3")) == "badData: model: thresholds \"0.1 nan 0.3\" is not made of numbers")
    #expect(try reason(model("0.1 1.5 0.3")) == "badData: model: threshold 1.5; expected 0 to 1")
    #expect(try reason(model("0.1 -0.5 0.3")) == "badData: model: threshold -0.5; expected 0 to 1")
    #expect(try reason(model("0.1 0.2 0.3", stages: 2)) == "badData: weights: net48.conv1.weight is missing")
    #expect(
      try reason(model("0.1 0.2 0.3") { $0 == "calibration24.patterns.bias" ? nil : $1 })
        == "badData: weights: calibration24.patterns.bias is missing")
    #expect(
      try reason(
        model("0.1 0.2 0.3") { name, tensor in
          name == "net12.features.weight" ? try? Tensor([16, 16, 3, 3], repeating: 0) : tensor
        }) == "badData: weights: net12.features.weight is [16, 16, 3, 3]; expected [16, 16, 4, 4]")
    let part = try Model(TensorFile(metadata: [("architecture", "cascade-12")]).weightFile())
    #expect(
      reason(part)
        == "wrongModel: the model is \"cascade-12\"; expected mtcnn, cascade or yunet for a detector")
  }

  @Test(
    arguments: ["net12", "calibration12", "net24", "calibration48"], [Float.nan, .infinity, -.infinity, 1e38])
  func `weights that are no numbers harm nobody`(network: String, value: Float) throws {
    let damaged = try model("0 0 0") { name, tensor in
      if name.hasPrefix(network + ".") { for i in 0..<tensor.count { tensor.pointer[i] = value } }
      return tensor
    }
    let faces = try Detector(damaged, options(20)).faces(in: waves(50, 40))
    #expect(faces.allSatisfy { $0.score.isFinite })
  }

  @Test func `its options list every member`() {
    let options = DetectorOptions()
    #expect(options.settings.count == members(of: options).count + 2)  // three thresholds are one member
  }

  @Test func `options out of range are refused, whichever the networks`() throws {
    let cascade = try model("0 0 0")
    func reason(_ change: (inout DetectorOptions) -> Void) -> String {
      var options = DetectorOptions()
      change(&options)
      return outcome { try Detector(cascade, options) }
    }
    #expect(reason { $0.minFace = 11 } == "invalidArgument: min face 11.0; expected 12 or more")
    #expect(reason { $0.thresholds.0 = -0.1 } == "invalidArgument: first threshold -0.1; expected 0 to 1")
    #expect(reason { $0.thresholds.1 = 1.5 } == "invalidArgument: second threshold 1.5; expected 0 to 1")
    #expect(reason { $0.thresholds.2 = .nan } == "invalidArgument: third threshold nan; expected 0 to 1")
    #expect(reason { $0.scaleStep = 1 } == "invalidArgument: scale step 1.0; expected 0.1 to 0.95")
    #expect(reason { $0.maxFaces = 0 } == "invalidArgument: max faces 0; expected 1 or more")
    #expect(
      reason { $0.region = Region(x: 0, y: 0, width: 0, height: 5) }.hasPrefix(
        "invalidArgument: region 0x5; expected at least 1x1"))
    #expect(reason { $0.thresholds = (0, 1, 0.5) } == "")
  }

  @Test(arguments: [(1, 1), (1, 400), (400, 1), (12, 12), (19, 300), (20, 20), (21, 23)])
  func `pictures of any size are searched`(width: Int, height: Int) throws {
    let faces = try Detector(model("0 0 0"), options(20)).faces(in: waves(width, height))
    #expect(faces.isEmpty == (min(width, height) < 20))
  }

  // MARK: The model that comes with the library

  private static let shipped = "models/faces-cascade.safetensors"

  @Test func `a blank picture has no face`() throws {
    let detector = try Detector(Model(path: Self.shipped), options(20))
    for level in [UInt8(0), 90, 255] {
      let blank = try Image(width: 200, height: 150) { _, row in for i in row.indices { row[i] = level } }
      #expect(try detector.faces(in: blank).isEmpty)
    }
  }

  @Test(arguments: ["obama.jpg", "obama2.jpg", "biden.jpg"]) func `finds the face of a photo`(
    name: String
  ) throws {
    let path = "build/photos/" + name
    guard FileManager.default.fileExists(atPath: path),
      FileManager.default.fileExists(atPath: "build/models/mtcnn.safetensors")
    else {
      print("skipped: \(path) or build/models/mtcnn.safetensors is not there, run `make models`")
      return
    }
    let photo = try Image.open(path)
    var wanted = DetectorOptions()
    wanted.maxFaces = 1
    wanted.minFace = Float(min(photo.width, photo.height)) / 10
    let expected = try #require(
      try Detector(Model(path: "build/models/mtcnn.safetensors"), wanted).faces(in: photo).first)
    let eyes = (expected.landmarks[0].x + expected.landmarks[1].x) / 2
    wanted.order = .surestFirst
    let detector = try Detector(Model(path: Self.shipped), wanted)
    let face = try #require(try detector.faces(in: photo).first)
    #expect(face.landmarks.isEmpty && !detector.findsPoints)
    let box = face.box
    for point in expected.landmarks {
      #expect(point.x > box.left && point.x < box.right)
      #expect(point.y > box.top && point.y < box.bottom)
    }
    // A face's box is about three times as wide as its eyes are apart.
    let apart = expected.landmarks[1].x - expected.landmarks[0].x
    #expect(box.width > 2 * apart && box.width < 5 * apart)
    let centre: Float = (box.left + box.right) / 2
    #expect((centre - eyes).magnitude < apart)
  }
}
