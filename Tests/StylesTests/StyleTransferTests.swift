import Images
import Styles
import Testing

@Suite struct StyleTransferTests {
  /// Columns of red rising from 0, rows of green.
  private func picture(_ width: Int, _ height: Int) throws -> Image {
    try Image(width: width, height: height) { y, row in
      for x in 0..<width {
        row[3 * x] = UInt8(x)
        row[3 * x + 1] = UInt8(y)
        row[3 * x + 2] = 7
      }
    }
  }

  @Test func `a style is cut about its centre, never squashed`() throws {
    // 100x40 to 20x20: the middle 40 columns, 30 to 69, scaled by a half.
    let covered = try cover(picture(100, 40), width: 20, height: 20)
    #expect(covered.width == 20 && covered.height == 20)
    let row = covered.row(10)
    for x in 2..<18 { #expect(abs(Int(row[3 * x]) - (30 + 2 * x)) <= 1) }
  }

  @Test func `a style of the right size is left as it is`() throws {
    let image = try picture(30, 20)
    let covered = try cover(image, width: 30, height: 20)
    #expect((0..<20).allSatisfy { Array(covered.row($0)) == Array(image.row($0)) })
  }

  @Test func `a line of pixels can be covered`() throws {
    let covered = try cover(picture(1, 200), width: 50, height: 3)
    #expect(covered.width == 50 && covered.height == 3)
  }
}
