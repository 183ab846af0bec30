import Images
import Tensors
import TestSupport
import Testing

struct CanvasTests {
  private let red = Ink(200, 0, 0)

  private func plain(_ width: Int, _ height: Int, _ level: UInt8 = 0) throws -> Image {
    try Image.from(.init(repeating: level, count: 3 * width * height), width: width, height: height)
  }

  /// The red samples, row by row.
  private func reds(_ image: Image) -> [[UInt8]] {
    (0..<image.height).map { y in (0..<image.width).map { image.row(y)[3 * $0] } }
  }

  private func painted(_ image: Image, _ paint: (Canvas) -> Void) throws -> Image {
    let canvas = try Canvas(copying: image)
    paint(canvas)
    return try canvas.finish()
  }

  @Test func `a rectangle covers its pixels and no others`() throws {
    let image = try painted(plain(4, 3)) {
      $0.fill(Rectangle(left: 1, top: 1, right: 3, bottom: 2), radius: 0, red)
    }
    #expect(reds(image) == [[0, 0, 0, 0], [0, 200, 200, 0], [0, 0, 0, 0]])
    #expect(image.row(1)[4] == 0 && image.row(1)[5] == 0)
  }

  @Test func `round corners are covered as far as they lie inside`() throws {
    let image = try painted(plain(4, 4)) {
      $0.fill(Rectangle(left: 0, top: 0, right: 4, bottom: 4), radius: 2, Ink(255, 0, 0))
    }
    // By hand: 2.5 - sqrt(1.5^2 + 1.5^2) and 2.5 - sqrt(1.5^2 + 0.5^2), times 255.
    #expect(
      reds(image) == [[97, 234, 234, 97], [234, 255, 255, 234], [234, 255, 255, 234], [97, 234, 234, 97]])
  }

  @Test func `an outline lies inside its edge and is as wide as its line`() throws {
    let image = try painted(plain(7, 6)) {
      $0.outline(Rectangle(left: 0, top: 0, right: 7, bottom: 6), line: 2, radius: 0, red)
    }
    #expect(
      reds(image)
        == (0..<6).map { y in
          (0..<7).map { x in (2..<5).contains(x) && (2..<4).contains(y) ? 0 : 200 }
        })
  }

  @Test func `a line wider than its rectangle fills it, each pixel once`() throws {
    let half = Ink(200, 0, 0, opacity: 0.5)
    let image = try painted(plain(5, 5)) {
      $0.outline(Rectangle(left: 1, top: 1, right: 4, bottom: 4), line: 9, radius: 3, half)
    }
    #expect(reds(image)[2] == [0, 100, 100, 100, 0])
  }

  @Test func `ink that lets through is mixed with what was there`() throws {
    let image = try painted(plain(1, 1, 100)) {
      $0.fill(Rectangle(left: 0, top: 0, right: 1, bottom: 1), radius: 0, Ink(200, 0, 50, opacity: 0.25))
    }
    #expect(image.values == [125, 75, 88])  // 87.5 rounds away from zero
  }

  @Test func `a dot is as large as its radius`() throws {
    let image = try painted(plain(5, 5)) { $0.dot(SIMD2(2, 2), radius: 1, Ink(255, 0, 0)) }
    // 1.5 - sqrt(2), times 255.
    #expect(
      reds(image) == [
        [0, 0, 0, 0, 0], [0, 22, 128, 22, 0], [0, 128, 255, 128, 0], [0, 22, 128, 22, 0], [0, 0, 0, 0, 0]
      ])
  }

  @Test func `shapes that reach beyond the picture paint only their part in it`() throws {
    let far = [
      Rectangle(left: -9, top: -9, right: 2, bottom: 1), Rectangle(left: 3, top: 2, right: 99, bottom: 99),
      Rectangle(left: -1_000_000, top: 5, right: -5, bottom: 1_000_000),
      Rectangle(left: 5, top: 3, right: 2, bottom: 1)
    ]
    let parts: [[UInt8]] = [[200, 200, 0, 0], [0, 0, 0, 0], [0, 0, 0, 200]]
    #expect(
      try reds(painted(plain(4, 3)) { canvas in for area in far { canvas.fill(area, radius: 0, red) } })
        == parts)
    // The edges of the first two that lie in the picture are just these pixels.
    #expect(
      try reds(
        painted(plain(4, 3)) { canvas in
          for area in far { canvas.outline(area, line: 1, radius: 0, red) }
          canvas.dot(SIMD2(1e300, -1e300), radius: 4, red)
        }) == parts)
  }

  @Test func `16 bits are kept`() throws {
    let picture = try Image.deepPattern()
    let image = try painted(picture) {
      $0.fill(Rectangle(left: 2, top: 1, right: 5, bottom: 3), radius: 0, Ink(1, 128, 255))
    }
    let (before, after) = (try #require(picture.deepValues), try #require(image.deepValues))
    for pixel in 0..<13 * 9 {
      let isPainted = (2..<5).contains(pixel % 13) && (1..<3).contains(pixel / 13)
      let now = Array(after[3 * pixel..<3 * pixel + 3])
      #expect(now == (isPainted ? [257, 32896, 65535] : Array(before[3 * pixel..<3 * pixel + 3])))
    }
  }

  @Test func `alpha is kept, and marks are opaque`() throws {
    let picture = try Image.veiled()
    let image = try painted(picture) {
      $0.fill(Rectangle(left: 2, top: 1, right: 5, bottom: 3), radius: 0, Ink(1, 128, 255))
    }
    let (before, after) = (try #require(picture.alphaValues), try #require(image.alphaValues))
    let (old, new) = (picture.unblended.values, image.unblended.values)
    for pixel in 0..<13 * 9 {
      let isPainted = (2..<5).contains(pixel % 13) && (1..<3).contains(pixel / 13)
      #expect(after[pixel] == (isPainted ? 255 : before[pixel]))
      let now = Array(new[3 * pixel..<3 * pixel + 3])
      #expect(now == (isPainted ? [1, 128, 255] : Array(old[3 * pixel..<3 * pixel + 3])))
    }
  }

  @Test func `half a mark over nothing is half opaque, in the mark's colour`() throws {
    let clear = try Image.fromRGBA([9, 9, 9, 0], width: 1, height: 1)
    let image = try painted(clear) {
      $0.fill(
        Rectangle(left: 0, top: 0, right: 1, bottom: 1), radius: 0, Ink(200, 100, 0, opacity: 0.5))
    }
    #expect(image.alphaValues == [128] && image.unblended.values == [200, 100, 0])
  }

  @Test func `the picture itself is not changed`() throws {
    let picture = try Image.pattern(), before = picture.values
    _ = try painted(picture) { $0.fill(Rectangle(left: 0, top: 0, right: 13, bottom: 9), radius: 0, red) }
    #expect(picture.values == before)
  }
}
