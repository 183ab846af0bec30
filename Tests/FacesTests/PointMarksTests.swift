import Faces
import Images
import TestSupport
import Testing

@Suite struct PointMarksTests {
  private let gold: [UInt8] = [255, 209, 51]

  private func white(_ width: Int, _ height: Int) throws -> Image { try plain(width, height, level: 255) }

  private func pixel(_ image: Image, _ x: Int, _ y: Int) -> [UInt8] { Array(image.row(y)[3 * x..<3 * x + 3]) }

  @Test func `a dot is drawn at each point on a copy, dark around it`() throws {
    let picture = try white(60, 40)
    let image = try picture.marked(at: [Point(10, 20), Point(40.5, 8)], radius: 3)
    #expect(pixel(image, 10, 20) == gold && pixel(image, 12, 20) == gold && pixel(image, 40, 8) == gold)
    // 255 * (1 - 0.45)
    #expect(pixel(image, 10, 24) == [140, 140, 140] || pixel(image, 10, 24)[0] < 255)
    #expect(pixel(image, 30, 30) == [255, 255, 255] && pixel(picture, 10, 20) == [255, 255, 255])
  }

  @Test func `dots grow with what the points cover, and are never less than a pixel`() throws {
    func covered(_ side: Float) throws -> Int {
      let image = try white(460, 20).marked(at: [Point(10, 10), Point(10 + side, 10)], radius: nil)
      return (0..<20).reduce(0) { sum, y in sum + (0..<20).count { pixel(image, $0, y) == gold } }
    }
    let least = try covered(30)
    #expect(try least >= 1 && covered(90) == least && covered(430) > 8 * least)
  }

  @Test func `points beyond the picture are not drawn`() throws {
    let picture = try white(20, 20)
    let image = try picture.marked(at: [Point(-50, 10), Point(10, 900_000)], radius: 2)
    #expect((0..<20).allSatisfy { Array(image.row($0)) == Array(picture.row($0)) })
    #expect(try picture.marked(at: [], radius: nil).width == 20)
  }

  @Test func `places that are none and sizes out of range are refused`() throws {
    let picture = try white(20, 20)
    #expect(
      outcome { try picture.marked(at: [Point(1, 1), Point(.nan, 3)], radius: nil) }
        == "invalidArgument: point 1 at (nan, 3.0); expected at most 1e6")
    for radius: Float in [0.4, 201, .nan, -1] {
      #expect(
        outcome { try picture.marked(at: [], radius: radius) }
          == "invalidArgument: dots of radius \(radius); expected 0.5 to 200")
    }
  }
}
