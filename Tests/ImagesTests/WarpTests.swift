import Images
import TestSupport
import Testing

struct WarpTests {
  @Test func `the identity changes nothing and pads with black`() throws {
    let image = try Image.pattern()
    #expect(try image.warped(by: Affine(1, 0, 0, 0, 1, 0), width: 13, height: 9).values == image.values)
    let larger = try image.warped(by: Affine(1, 0, 0, 0, 1, 0), width: 15, height: 10)
    #expect(Array(larger.row(3)) == Array(image.row(3)) + [0, 0, 0, 0, 0, 0])
    #expect(larger.row(9).allSatisfy { $0 == 0 })
  }

  @Test func `a shift moves and a half shift mixes`() throws {
    let image = try Image.pattern()
    let moved = try image.warped(by: Affine(1, 0, 2, 0, 1, 1), width: 13, height: 9)
    #expect(Array(moved.row(4)) == [0, 0, 0, 0, 0, 0] + Array(image.row(3).dropLast(6)))
    let line = try Image.from([10, 10, 10, 20, 20, 20], width: 2, height: 1)
    let half = try line.warped(by: Affine(1, 0, 0.5, 0, 1, 0), width: 3, height: 1)
    #expect(half.values == [5, 5, 5, 15, 15, 15, 10, 10, 10])  // beyond the edge is 0
  }

  @Test func `a quarter turn is exact`() throws {
    let image = try Image.pattern()  // (x, y) -> (8 - y, x)
    let turned = try image.warped(by: Affine(0, -1, 8, 1, 0, 0), width: 9, height: 13)
    #expect(turned.values == (try image.turned(.rotated90)).values)
  }

  @Test func `is OpenCV's warpAffine`() throws {
    let image = try Image.slope()
    for wanted in try Reference.load().warped {
      let m = wanted.matrix
      let out = try image.warped(by: Affine(m[0], m[1], m[2], m[3], m[4], m[5]), width: 17, height: 11)
      let difference = largestDifference(out.values, bytes(hexadecimal: wanted.pixels))
      print("warp", m, "differs by", difference)
      // OpenCV 5 agrees bit for bit; rounding differs by a level on machines with fused multiplication.
      #expect(difference <= 1)
    }
  }

  @Test func `refuses a map without an inverse and survives absurd ones`() throws {
    let image = try Image.pattern()
    for map in [
      Affine(0, 0, 0, 0, 0, 0), Affine(1, 2, 0, 2, 4, 0), Affine(.nan, 0, 0, 0, 1, 0),
      Affine(1, 0, .nan, 0, 1, 0),
      Affine(.infinity, 0, 0, 0, 1, 0), Affine(1, 0, .infinity, 0, 1, 0), Affine(1e300, 0, 0, 0, 1e300, 0)
    ] {
      #expect(
        outcome { _ = try image.warped(by: map, width: 5, height: 5) }.hasPrefix("invalidArgument: matrix"))
    }
    for map in [
      Affine(1e-30, 0, 0, 0, 1e-30, 0), Affine(1, 0, 1e300, 0, 1, 0), Affine(1e30, 0, 0, 0, 1e30, 0),
      Affine(1e-200, 0, 0, 0, 1, -1e19)
    ] {
      #expect(try image.warped(by: map, width: 5, height: 5).width == 5)
    }
    #expect(
      outcome { _ = try image.warped(by: Affine(1, 0, 0, 0, 1, 0), width: 0, height: 5) }.hasPrefix("invalid")
    )
  }
}
