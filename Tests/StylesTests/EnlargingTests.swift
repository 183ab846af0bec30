import Images
import Styles
import TestSupport
import Tensors
import Testing

@Suite struct EnlargingTests {
  @Test func `a plane stays the same plane away from the edges`() throws {
    let picture = try Tensor<Float>([8, 10, 3], (0..<240).map { Float($0 / 30) * 3 + Float($0 / 3 % 10) * 2 + Float($0 % 3) })
    let larger = try enlarged(picture, height: 16, width: 20)
    for y in 4..<12 {
      for x in 4..<16 {
        for c in 0..<3 {
          let wanted = (Float(y) / 2 - 0.25) * 3 + (Float(x) / 2 - 0.25) * 2 + Float(c)
          #expect(abs(larger[(y * 20 + x) * 3 + c] - wanted) < Float(Tolerance.float))
        }
      }
    }
  }

  @Test func `agrees with the cubic that enlarges images, to a level`() throws {
    let image = try SmallVGG.picture(17, 12)
    let picture = try Tensor<Float>([12, 17, 3], Array(image.pixels.buffer).map { Float($0) })
    let mine = try enlarged(picture, height: 31, width: 40), theirs = try image.resized(width: 40, height: 31, filter: .bicubic)
    for (a, b) in zip(mine.values, theirs.pixels.buffer) { #expect(abs(min(max(a, 0), 255) - Float(b)) <= 1.01) }
  }

  @Test func `the same size is a copy, and one pixel fills any size`() throws {
    var numbers = Numbers(seed: 2)
    let picture: Tensor<Float> = try numbers.tensor([5, 4, 3])
    #expect(try enlarged(picture, height: 5, width: 4).values == picture.values)
    let dot = try Tensor<Float>([1, 1, 3], [1, 2, 3])
    #expect(try enlarged(dot, height: 2, width: 2).values == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
  }
}
