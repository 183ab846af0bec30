import Faces
import Images
import TestSupport
import Testing

@Suite struct FaceMapTests {
  private func face(_ points: [(Float, Float)]) -> Face {
    Face(
      box: Box(left: 0, top: 0, right: 60, bottom: 60), score: 1, landmarks: points.map { Point($0.0, $0.1) })
  }

  private let points: [(Float, Float)] = [(20, 20), (40, 20), (30, 30), (22, 42), (38, 42)]

  @Test func `is white at eyes and mouth and black away from them`() throws {
    let map = try Image.map(of: [face(points)], width: 100, height: 80)
    for (x, y) in [(20, 20), (40, 20), (22, 42), (30, 42), (38, 42)] { #expect(map.row(y)[3 * x] == 255) }
    for (x, y) in [(0, 0), (99, 79), (70, 30), (30, 63)] { #expect(map.row(y)[3 * x] == 0) }
    // A third of the way from the radius, 0.35 of the eyes' distance, to twice that.
    #expect(abs(Int(map.row(20)[3 * (20 - 9)]) - Int(255 * (2 - 9 / 7.0))) <= 1)
  }

  @Test func `no face is black, points outside draw nothing there is not`() throws {
    #expect(try Image.map(of: [], width: 9, height: 9).row(4).allSatisfy { $0 == 0 })
    #expect(
      try Image.map(of: [face(points.map { ($0.0 - 500, $0.1) })], width: 9, height: 9).row(4).allSatisfy {
        $0 == 0
      })
  }

  @Test func `refuses faces without points and points that are none`() throws {
    func told(_ points: [(Float, Float)]) -> String {
      outcome { try Image.map(of: [face(points)], width: 9, height: 9) }
    }
    #expect(told([]).hasPrefix("invalidArgument: a face without points"))
    #expect(told(points.dropLast() + [(.nan, 1)]).hasPrefix("invalidArgument: a face with a point at nan"))
    #expect(told(points.dropLast() + [(1e9, 1)]).hasPrefix("invalidArgument: a face with a point at"))
  }
}
