import Faces
import Images
import Networks
import TestSupport
import Tensors
import Testing

/// A network whose points are `places`, each moved to the right by the mean level, from 0 to 1.
private func network(
  _ places: [Float], crop: String? = nil, side: Int = 4, output: String = "points",
  kind: String = "landmarks",
  size: String? = nil
) throws -> Model {
  let text = [
    "input channels=3 \(size ?? "height=\(side) width=\(side)")", "mean global-average < input",
    "\(output) dense outputs=\(places.count) < mean", "output \(output)"
  ].joined(separator: "\\n")
  var file = TensorFile(
    metadata: [("architecture", "graph"), ("kind", kind), ("graph", text)]
      + (crop.map { [("crop", $0)] } ?? []))
  let weights = places.indices.flatMap { [Float](repeating: $0 % 2 == 0 ? 1 / 765 : 0, count: 3) }
  file.add("\(output).weight", [places.count, 3], weights)
  file.add("\(output).bias", [places.count], places)
  return try Model(file.weightFile())
}

private func face(_ left: Float, _ top: Float, _ width: Float, _ height: Float) -> Face {
  Face(box: Box(left: left, top: top, right: left + width, bottom: top + height), score: 1, landmarks: [])
}

private func isNear(_ a: Point, _ x: Float, _ y: Float) -> Bool { abs(a.x - x) < 1e-3 && abs(a.y - y) < 1e-3 }

/// Corners and middle of the square.
private let places: [Float] = [0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1]

@Suite struct DenseLandmarksTests {
  @Test func `points are places in the square around the box, in pixels of the picture`() throws {
    let black = try plain(100, 80, level: 0)
    let landmarks = try DenseLandmarks(network(places, crop: "1.5"))
    #expect(landmarks.count == 5)
    // 40 times 1.5 around (50, 35): from (20, 5) to (80, 65); the first pixel's centre is (0, 0).
    let points = try landmarks.points(of: face(30, 25, 40, 20), in: .image(black))
    #expect(points.count == 5 && isNear(points[0], 19.5, 4.5) && isNear(points[2], 49.5, 34.5))
    #expect(isNear(points[1], 79.5, 4.5) && isNear(points[4], 79.5, 64.5))
    let usual = try DenseLandmarks(network(places)).points(of: face(30, 25, 40, 20), in: .image(black))
    #expect(isNear(usual[0], 27.5, 12.5))  // 44 wide
  }

  @Test func `the network sees the square, black beyond the picture`() throws {
    let white = try plain(100, 80, level: 255)
    let landmarks = try DenseLandmarks(network(places, crop: "1", side: 8))
    for (box, share) in [
      (face(20, 20, 32, 32), Float(1)), (face(-16, 20, 32, 32), 0.5), (face(84, 64, 32, 32), 0.25),
      (face(300, 300, 32, 32), 0), (face(10, 10, 8, 8), 1), (face(50, 40, 3, 3), 1)
    ] {
      let seen = try landmarks.points(of: box, in: .image(white))[0].x + 0.5 - box.box.left
      #expect(abs(seen / box.box.width - share) < 0.02, "\(box.box)")
    }
  }

  @Test func `a large face is averaged, not sampled`() throws {
    // Columns of black and white.
    let image = try Image(width: 256, height: 256) { _, row in
      for i in row.indices { row[i] = i / 3 % 2 == 0 ? 0 : 255 }
    }
    let landmarks = try DenseLandmarks(network(places, crop: "1", side: 32))
    let x = try landmarks.points(of: face(0, 0, 256, 256), in: .image(image))[0].x
    #expect(abs((x + 0.5) / 256 - 0.5) < 0.01)
  }

  @Test func `a face of a frame is that of its picture`() throws {
    let image = try Image(width: 90, height: 70) { y, row in
      for i in row.indices { row[i] = UInt8(truncatingIfNeeded: 5 * i + 3 * y) }
    }
    let landmarks = try DenseLandmarks(network(places, side: 8))
    let expected = try landmarks.points(of: face(30, -20, 50, 50), in: .image(image))
    try image.withPixels { pixels in
      let bytes = UnsafeRawBufferPointer(start: pixels, count: 3 * 90 * 70)
      let frame = try Frame(.packed(.rgb), width: 90, height: 70, planes: [Frame.Plane(bytes)])
      #expect(try landmarks.points(of: face(30, -20, 50, 50), in: .frame(frame)) == expected)
    }
  }

  @Test func `models and faces that will not do are refused by what is wrong`() throws {
    func reason(_ model: @autoclosure () throws -> Model) -> String {
      outcome { try DenseLandmarks(model()) }
    }
    #expect(reason(try network(places, kind: "liveness")).contains("expected a graph of kind landmarks"))
    #expect(reason(try network(places, crop: "9")) == "badData: model: crop 9.0; expected 0.5 to 8.0")
    #expect(reason(try network(places, output: "p")).hasPrefix("badData: model: output points is missing"))
    #expect(reason(try network([0, 0, 1])).hasPrefix("badData: model: output points is 1x1x3"))
    #expect(reason(try network(places, size: "height=4 width=6")).contains("no square"))
    let image = try plain(20, 20, level: 9), landmarks = try DenseLandmarks(network(places))
    #expect(
      outcome { try landmarks.points(of: face(0, 0, 0, 5), in: .image(image)) }
        .hasPrefix("invalidArgument: a face in a box"))
    let damaged = try DenseLandmarks(network([Float](repeating: .nan, count: 10)))
    #expect(
      outcome { try damaged.points(of: face(0, 0, 5, 5), in: .image(image)) }
        .hasPrefix("badData: the model answers"))
  }
}
