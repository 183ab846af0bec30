import Faces
import Images
import Networks
import TestSupport
import Tensors
import Testing

/// A network that sees one pixel per cell of 8: the logit is 20 times its level from 0 to 1, less 10. All
/// other cells see nothing. A face fills its cell, its points are in the middle.
private func pixelModel(
  _ metadata: [(String, String)] = [], change: (String, Tensor<Float>) -> Tensor<Float>? = { $1 }
) throws -> Model {
  try cellModel(metadata, coarse: -10, change: change) { name, tensor in
    let middle = tensor.shape.extents.last == 3 ? 4 : 0
    if name == "stem.weight" {
      // Of the first filter.
      for channel in 0..<3 { tensor.pointer[9 * channel + middle] = 1 / 3 }
    } else {
      tensor.pointer[middle] = name == "cells8.weight" ? 20 : name.hasPrefix("joint") ? 0 : 1
    }
  }
}

/// A network whose weights are set by `set`, from zeros, and whose cells have no score but their bias:
/// `coarse` for those of 16 and 32.
private func cellModel(
  _ metadata: [(String, String)] = [], fine: Float = -10, coarse: Float,
  change: (String, Tensor<Float>) -> Tensor<Float>? = { $1 },
  set: (String, Tensor<Float>) -> Void = { _, _ in }
) throws -> Model {
  let architecture = Architecture.yuNet()
  // A cell of 8 pixels is large enough for a face of 12, and a picture keeps its size.
  let usual = metadata.contains { $0.0 == "min_face" } ? [] : [("min_face", "12")]
  var file = TensorFile(metadata: [("architecture", "yunet")] + usual + metadata)
  for tensor in try architecture.tensors() {
    let values: Tensor<Float>
    switch tensor.kind {
    case .gamma, .variance: values = try Tensor(tensor.extents, repeating: 1)
    case .bias:
      values = try Tensor(tensor.extents, repeating: 0.5)
      values.pointer[0] = tensor.name == "cells8.bias" ? fine : coarse
      values.pointer[3] = 0
      values.pointer[4] = 0
    default: values = try Tensor(tensor.extents, repeating: 0)
    }
    if tensor.kind == .weight { set(tensor.name, values) }
    if let values = change(tensor.name, values) { file.add(tensor.name, values) }
  }
  if metadata.contains(where: { $0.0 == "aligned_look" }) { try addAlignedLook(&file) }
  return try Model(file.weightFile())
}

/// A network that is sure of a face whatever it sees, and leaves the points in the template's places.
private func addAlignedLook(_ file: inout TensorFile) throws {
  for tensor in try Architecture.facePoints.tensors() {
    let isOne = tensor.kind == .gamma || tensor.kind == .variance
    let values = try Tensor<Float>(tensor.extents, repeating: isOne ? 1 : 0)
    if tensor.name == "points.answer.bias" { values.pointer[10] = 0.3 }
    file.add(tensor.name, values)
  }
}

private func options(
  _ minFace: Float, threshold: Float? = nil, order: DetectorOptions.Order = .largestFirst
) -> DetectorOptions {
  var options = DetectorOptions()
  options.minFace = minFace
  options.thresholds = (nil, nil, threshold)
  options.order = order
  return options
}

/// A black picture with white squares.
private func picture(
  _ width: Int, _ height: Int, _ squares: [(x: Int, y: Int)], side: Int = 8
) throws -> Image {
  try Image(width: width, height: height) { y, row in
    for x in 0..<width {
      let isWhite = squares.contains { x >= $0.x && x < $0.x + side && y >= $0.y && y < $0.y + side }
      for c in 0..<3 { row[3 * x + c] = isWhite ? 255 : 0 }
    }
  }
}

private func isNear(_ a: Box, _ left: Float, _ top: Float, side: Float) -> Bool {
  abs(a.left - left) < 0.01 && abs(a.top - top) < 0.01 && abs(a.right - left - side) < 0.01
    && abs(a.bottom - top - side) < 0.01
}

@Suite struct OnePassDetectorTests {
  @Test func `a face is where its cell is, with its points`() throws {
    let detector = try Detector(pixelModel(), options(12))
    #expect(detector.findsPoints)
    let faces = try detector.faces(in: picture(100, 70, [(40, 16), (88, 64)]))
    #expect(faces.count == 2)
    for face in faces {
      #expect(face.score > 0.999)
      #expect(isNear(face.box, 40, 16, side: 8) || isNear(face.box, 88, 64, side: 8))
      let centre = Point((face.box.left + face.box.right) / 2, (face.box.top + face.box.bottom) / 2)
      #expect(face.landmarks == [Point](repeating: Point(centre.x - 0.5, centre.y - 0.5), count: 5))
    }
  }

  /// A grid of cells of every size covers a picture; the 8-pixel boxes lie in larger ones, but overlap them
  /// by a quarter of both at most.
  @Test(arguments: [(32, 32), (1, 1), (33, 31), (100, 70)])
  func `all cells of the picture are looked at, and none of the padding`(width: Int, height: Int) throws {
    let detector = try Detector(cellModel(fine: 10, coarse: 10), options(12))
    let faces = try detector.faces(in: plain(width, height, level: 90))
    func cells(_ side: Int) -> Int { ((width + side - 1) / side) * ((height + side - 1) / side) }
    #expect(faces.count == cells(8) + cells(16) + cells(32))
    #expect(faces.first.map { $0.box.width } == 32)
  }

  @Test func `a picture is reduced or enlarged to the smallest face, and boxes are in its own pixels`() throws
  {
    // Half the size: a square of 16 pixels is one cell.
    var faces = try Detector(pixelModel(), options(24)).faces(in: picture(200, 140, [(80, 32)], side: 16))
    #expect(faces.count == 1 && faces.allSatisfy { isNear($0.box, 80, 32, side: 16) })
    // Twice the size: the first pixel of the cell lies between (19, 11) and (20, 12).
    let doubling = try pixelModel([("min_face", "24")]) { name, tensor in
      if name == "cells8.bias" { (tensor.pointer[3], tensor.pointer[4]) = (0.6931472, 0.6931472) }  // log 2
      return tensor
    }
    faces = try Detector(doubling, options(12)).faces(in: picture(64, 40, [(19, 11)], side: 5))
    #expect(faces.count == 1 && faces.allSatisfy { isNear($0.box, 18, 10, side: 8) })
    // The model's own smallest face is found in the picture as it is.
    faces = try Detector(doubling, options(24)).faces(in: picture(64, 40, [(24, 8)]))
    #expect(faces.count == 1 && faces.allSatisfy { isNear($0.box, 20, 4, side: 16) })
  }

  @Test func `faces much smaller than the smallest to find are not reported`() throws {
    let image = try picture(100, 70, [(40, 16)])
    func count(_ minFace: Float) throws -> Int {
      try Detector(pixelModel([("min_face", "\(minFace)")]), options(minFace)).faces(in: image).count
    }
    // A box of 8 pixels.
    #expect(try count(13) == 1 && count(14) == 0)
  }

  @Test func `a large picture is also looked at at a quarter of its size`() throws {
    // A square of 32 pixels: sixteen cells, and one that is as large as it.
    let image = try picture(704, 96, [(320, 32)], side: 32)
    let faces = try Detector(pixelModel(), options(12)).faces(in: image)
    #expect(faces.count == 17)
    #expect(faces.first.map { isNear($0.box, 320, 32, side: 32) } == true)
    let wide = try Detector(pixelModel([("max_side", "704")]), options(12)).faces(in: image)
    #expect(wide.count == 16)
  }

  /// Parts of 2900 pixels end at 1578, or 1322 from the other side; the seam is at 1450.
  @Test func `a face at the seam of two parts is found once`() throws {
    let columns = Array(stride(from: 8, to: 2900, by: 48)) + [1320, 1576]
    let squares = columns.map { (x: $0, y: 8) }
    // The parts' own cells begin at 0 and 1322: squares of 24 pixels hold a cell's first pixel in both.
    let image = try picture(2900, 32, squares, side: 16)
    let faces = try Detector(pixelModel([("max_side", "4000")]), options(12)).faces(in: image)
    for square in squares {
      let inside = faces.filter {
        let x = ($0.box.left + $0.box.right) / 2
        return x > Float(square.x) - 8 && x < Float(square.x + 16) + 8
      }
      #expect(inside.count >= 2 && inside.count <= 8, "\(square.x)")
    }
    for (i, a) in faces.enumerated() {
      for b in faces[(i + 1)...] {
        #expect(abs(a.box.left - b.box.left) > 3 || abs(a.box.top - b.box.top) > 3)
      }
    }
  }

  @Test func `the last threshold is the score that a face needs, of the caller or of the model`() throws {
    // The level 128 has the logit 20 * 0.00392 - 10, the level 204 the logit 2.
    let image = try Image(width: 32, height: 32) { _, row in for i in row.indices { row[i] = 204 } }
    func count(_ metadata: [(String, String)], _ threshold: Float?) throws -> Int {
      try Detector(pixelModel(metadata), options(12, threshold: threshold)).faces(in: image).count
    }
    #expect(try count([], nil) == 16 && count([], 0.88) == 16 && count([], 0.89) == 0)
    #expect(try count([("threshold", "0.89")], nil) == 0 && count([("threshold", "0.89")], 0.5) == 16)
    #expect(try count([], 1) == 0 && count([], 0) >= 16)
    var others = options(12)
    others.thresholds = (1, 1, nil)
    others.scaleStep = 0.5
    #expect(try Detector(pixelModel(), others).faces(in: image).count == 16)
  }

  @Test func `overlapping faces are one, the surest`() throws {
    let wide = try cellModel(fine: 3, coarse: -10) { name, tensor in
      if name == "cells8.bias" { tensor.pointer[3] = 1.5 }
      return tensor
    }
    let faces = try Detector(wide, options(12)).faces(in: plain(64, 8, level: 0))
    // Boxes of 35.9 x 8 pixels, 8 apart: those 24 apart share less than 0.3.
    #expect(faces.count == 3)
  }

  @Test func `a part of the picture and a frame are searched like a picture`() throws {
    let image = try picture(200, 100, [(40, 16), (136, 64)])
    var searched = options(12)
    searched.region = Region(x: 96, y: 40, width: 90, height: 50)
    let faces = try Detector(pixelModel(), searched).faces(in: image)
    #expect(faces.count == 1 && faces.allSatisfy { isNear($0.box, 136, 64, side: 8) })
    let whole = try Detector(pixelModel(), options(12))
    let grey = (0..<(200 * 100)).map { i in image.row(i / 200)[3 * (i % 200)] }
    let found = try grey.withUnsafeBytes { bytes throws in
      try whole.faces(in: Frame(.packed(.grey), width: 200, height: 100, planes: [Frame.Plane(bytes)]))
    }
    #expect(found.map { $0.box } == (try whole.faces(in: image)).map { $0.box } && found.count == 2)
  }

  @Test func `the number of threads changes no bit`() throws {
    let random = try { () throws -> Model in
      var file = TensorFile(metadata: [("architecture", "yunet"), ("threshold", "0.01")])
      for (name, tensor) in try initialWeights(of: .yuNet(), seed: 3) { file.add(name, tensor) }
      return try Model(file.weightFile())
    }()
    let image = try Image(width: 300, height: 200) { y, row in
      for i in row.indices { row[i] = UInt8(truncatingIfNeeded: 7 * i + 13 * y + i * y / 50) }
    }
    var all: [[UInt32]] = []
    for threads in [1, 2, 5] {
      try withPool(threads: threads) {
        let faces = try Detector(random, options(12)).faces(in: image)
        all.append(faces.flatMap { [$0.score, $0.box.left, $0.landmarks[3].y].map(\.bitPattern) })
      }
    }
    #expect(all[0] == all[1] && all[0] == all[2] && !all[0].isEmpty)
  }

  // MARK: Second looks

  /// A network that sees one pixel per cell of 32, in which the left eye is a quarter and the right eye three
  /// quarters to the right.
  private func coarseModel(_ metadata: [(String, String)]) throws -> Model {
    try pixelModel(metadata) { name, tensor in
      if name == "cells8.weight" || name == "cells32.weight" {
        tensor.pointer[0] = name == "cells32.weight" ? 20 : 0
      }
      if name == "cells32.bias" { (tensor.pointer[5], tensor.pointer[7]) = (0.25, 0.75) }
      return tensor
    }
  }

  @Test func `a face that is found again is where it is`() throws {
    let image = try picture(96, 96, [(32, 32)], side: 32)
    let faces = try Detector(coarseModel([("second_look", "32")]), options(12)).faces(in: image)
    #expect(faces.count == 1)
    let face = try #require(faces.first)
    #expect(isNear(face.box, 32, 32, side: 32) && face.score > 0.999)
    #expect(abs(face.landmarks[0].x - 39.5) < 0.01 && abs(face.landmarks[1].x - 55.5) < 0.01)
    #expect(abs(face.landmarks[2].x - 47.5) < 0.01 && abs(face.landmarks[2].y - 47.5) < 0.01)
  }

  @Test func `a face that is not found again is none`() throws {
    let image = try picture(96, 96, [(32, 32)], side: 32)
    #expect(try Detector(coarseModel([]), options(12)).faces(in: image).count == 1)
    // At this size it fills many cells, none of which is a face as large.
    #expect(try Detector(coarseModel([("second_look", "112")]), options(12)).faces(in: image).isEmpty)
  }

  /// The geometric mean of equal scores is each.
  @Test func `the threshold is one of the mean score`() throws {
    let image = try Image(width: 96, height: 96) { y, row in
      for x in 0..<96 {
        for c in 0..<3 { row[3 * x + c] = (32..<64).contains(x) && (32..<64).contains(y) ? 204 : 0 }
      }
    }
    func scores(_ metadata: [(String, String)], _ threshold: Float) throws -> [Float] {
      try Detector(coarseModel(metadata), options(12, threshold: threshold)).faces(in: image).map(\.score)
    }
    let first = try #require(try scores([], 0.1).first)
    let again = try scores([("second_look", "32")], 0.1)
    #expect(again.count == 1 && abs((again.first ?? 0) - first) < 1e-5)
    #expect(try scores([("second_look", "32")], first + 0.001).isEmpty)
  }

  /// At 47 pixels it lies on four cells, of which each shares a fifth with it.
  @Test func `a face that was seen well is not looked at again if it is looked at aligned`() throws {
    let image = try picture(96, 96, [(32, 32)], side: 32), aligned = [("aligned_look", "face-points")]
    func count(_ metadata: [(String, String)]) throws -> Int {
      try Detector(coarseModel(metadata), options(12)).faces(in: image).count
    }
    #expect(try count([("second_look", "47")]) == 0)
    #expect(try count([("second_look", "47")] + aligned) == 1)
    #expect(try count([("second_look", "112")] + aligned) == 0)
  }

  /// The usual box's size is that of `Box(faceWith:)`.
  @Test func `an aligned look's box is the mean of the network's and of the points' usual one`() throws {
    let image = try picture(96, 96, [(32, 32)], side: 32)
    let model = try coarseModel([("second_look", "32"), ("aligned_look", "face-points")])
    let face = try #require(try Detector(model, options(12)).faces(in: image).first)
    let x = face.landmarks.map(\.x), y = face.landmarks.map(\.y)
    let middle = (x: x.reduce(0, +) / 5, y: y.reduce(0, +) / 5)
    let squares = zip(x, y).map { ($0 - middle.x) * ($0 - middle.x) + ($1 - middle.y) * ($1 - middle.y) }
    let spread = squares.reduce(0, +).squareRoot(), tolerance: Float = 0.05
    #expect(abs(face.box.width - (32 + 1.576 * spread) / 2) < tolerance)
    #expect(abs(face.box.height - (32 + 2.136 * spread) / 2) < tolerance)
    #expect(abs((face.box.left + face.box.right) / 2 - (48 + middle.x + 0.5) / 2) < tolerance)
    #expect(abs((face.box.top + face.box.bottom) / 2 - (48.5 + middle.y - 0.145 * spread) / 2) < tolerance)
    #expect(face.score > 0.999)
  }

  @Test(arguments: [(1, 1), (33, 31), (5, 300), (300, 5), (97, 96)])
  func `second looks reach over every edge`(width: Int, height: Int) throws {
    let detector = try Detector(cellModel([("second_look", "76")], fine: 10, coarse: 10), options(12))
    for face in try detector.faces(in: plain(width, height, level: 90)) {
      #expect(face.score > 0 && face.score <= 1 && face.box.width.isFinite && face.landmarks.count == 5)
    }
  }

  // MARK: Hostile models and pictures

  @Test func `a model that lacks something or says nonsense is refused by its name`() throws {
    func reason(_ model: Model) -> String { outcome { try Detector(model) } }
    #expect(
      try reason(pixelModel([]) { $0 == "top8.pointwise.weight" ? nil : $1 })
        == "badData: weights: top8.pointwise.weight is missing")
    #expect(
      try reason(pixelModel([("threshold", "1.5")])) == "badData: model: threshold 1.5; expected 0.0 to 1.0")
    #expect(
      try reason(pixelModel([("min_face", "3")])) == "badData: model: min_face 3.0; expected 4.0 to 128.0")
    #expect(
      try reason(pixelModel([("max_side", "x")])) == "badData: model: max_side \"x\" is not made of numbers")
    #expect(
      try reason(pixelModel([("second_look", "20")]))
        == "badData: model: second_look 20.0; expected 32.0 to 112.0")
  }

  @Test(
    arguments: ["stem", "unit8_1", "cells16", "cells8"], [Float.nan, .infinity, -.infinity, 1e38, -1e38])
  func `weights that are no numbers harm nobody`(layer: String, value: Float) throws {
    let damaged = try pixelModel([("second_look", "76")]) { name, tensor in
      if name.hasPrefix(layer) { for i in 0..<tensor.count { tensor.pointer[i] = value } }
      return tensor
    }
    let faces = try Detector(damaged, options(12, threshold: 0)).faces(in: plain(50, 40, level: 200))
    for face in faces {
      #expect(face.score >= 0 && face.score <= 1 && face.box.width.isFinite && face.box.left.isFinite)
    }
  }

  @Test func `random networks that take anything for a face are survived`() throws {
    var file = TensorFile(metadata: [("architecture", "yunet")])
    for (name, tensor) in try initialWeights(of: .yuNet(), seed: 9) { file.add(name, tensor) }
    let detector = try Detector(Model(file.weightFile()), options(12, threshold: 0))
    let image = try Image(width: 700, height: 90) { y, row in
      for i in row.indices { row[i] = UInt8(truncatingIfNeeded: i * y) }
    }
    let faces = try detector.faces(in: image)
    #expect(!faces.isEmpty && faces.allSatisfy { $0.score.isFinite && $0.landmarks.count == 5 })
  }
}
