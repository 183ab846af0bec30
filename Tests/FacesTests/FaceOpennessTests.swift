import Faces
import TestSupport
import Tensors
import Testing

/// A ring of `count` points around (x, y), `width` wide and `height` high: corners first and half way.
private func ring(_ count: Int, _ x: Float, _ y: Float, _ width: Float, _ height: Float) -> [Point] {
  let half = count / 2
  return (0..<count).map { i in
    if i % half == 0 { return Point(x + (i == 0 ? -width / 2 : width / 2), y) }
    let step = i < half ? i : count - i
    return Point(x - width / 2 + width * Float(step) / Float(half), y + (i < half ? -height / 2 : height / 2))
  }
}

private func points(_ count: Int, _ rings: [(start: Int, ring: [Point])]) -> [Point] {
  var points = [Point](repeating: Point(0, 0), count: count)
  for (start, ring) in rings {
    for (i, point) in ring.enumerated() { points[start + i] = point }
  }
  return points
}

@Suite struct FaceOpennessTests {
  @Test func `is the mean height over the width of eyes and inner lips`() throws {
    let expected: [Float] = [0.3, 0.1, 0.25]  // 6 of 20, 2 of 20, 10 of 40
    for all in [
      points(68, [(36, ring(6, 40, 40, 20, 6)), (42, ring(6, 80, 42, 20, 2)), (60, ring(8, 60, 90, 40, 10))]),
      points(98, [(60, ring(8, 40, 40, 20, 6)), (68, ring(8, 80, 42, 20, 2)), (88, ring(8, 60, 90, 40, 10))])
    ] {
      let found = try FaceOpenness(all)
      for (ratio, wanted) in zip([found.leftEye, found.rightEye, found.mouth], expected) {
        #expect(abs(ratio - wanted) < 1e-6)
      }
      // Turning and scaling change nothing.
      let turned = try FaceOpenness(all.map { Point(3 * $0.y, -3 * $0.x) })
      #expect(abs(turned.leftEye - 0.3) < 1e-6 && abs(turned.mouth - 0.25) < 1e-6)
    }
  }

  @Test func `refuses other numbers of points, and eyes without a width`() {
    let origin = [Point](repeating: Point(0, 0), count: 106)
    #expect(
      outcome { try FaceOpenness(origin) }
        == "invalidArgument: 106 points of a face; expected 68 as iBUG has them, or 98 as WFLW")
    #expect(
      outcome { try FaceOpenness(Array(origin.prefix(68))) }
        == "invalidArgument: an eye or a mouth 0.0 pixels wide; expected more than 0")
    let damaged = points(68, [(36, ring(6, .nan, 40, 20, 6))])
    #expect(outcome { try FaceOpenness(damaged) }.hasPrefix("invalidArgument"))
  }
}
